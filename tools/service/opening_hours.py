"""When branches and the phone line are open. Hours are local; a bank holiday has hours of its own, or none."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Annotated, Literal, get_args

from pydantic import StringConstraints

from core.clock import BANK_TIME_ZONE
from core.db.database import ReadHandle
from tools.calendar import is_bank_holiday
from tools.queries import QUERIES

DayKind = Literal[
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
    "bank_holiday",
    "christmas_day",
]
DAY_KINDS: tuple[DayKind, ...] = get_args(DayKind)

GivenTime = Annotated[str, StringConstraints(pattern=r"^(?:[01][0-9]|2[0-3]):[0-5][0-9]$")]
"""A local time as a caller writes it, ``HH:MM``."""

_DAYS_AHEAD = 14
"""No place of the bank is closed for longer."""


@dataclass(frozen=True, slots=True)
class _HoursRow:
    branch_id: int | None
    day: DayKind
    opens: time
    closes: time


@dataclass(frozen=True, slots=True)
class Opening:
    """From and until a moment, aware."""

    opens: datetime
    closes: datetime


@dataclass(frozen=True, slots=True)
class Hours:
    """Of one place: when it opens and closes, by kind of day; closed on the others."""

    week: Mapping[DayKind, tuple[time, time]]

    def on(self, day: date) -> Opening | None:
        """None on a day on which it is closed."""
        open_at = self.week.get(day_kind(day))
        if open_at is None:
            return None
        opens, closes = (datetime.combine(day, clock, BANK_TIME_ZONE) for clock in open_at)
        return Opening(opens, closes)

    def from_now(self, now: datetime) -> Iterator[Opening]:
        """The present opening, if it is one, and those that follow."""
        today = now.astimezone(BANK_TIME_ZONE).date()
        for days in range(_DAYS_AHEAD):
            opening = self.on(today + timedelta(days=days))
            if opening is not None and opening.closes > now:
                yield opening


def day_kind(day: date) -> DayKind:
    if (day.month, day.day) == (12, 25):
        return "christmas_day"
    return "bank_holiday" if is_bank_holiday(day) else DAY_KINDS[day.weekday()]


async def read_hours(db: ReadHandle) -> dict[int | None, Hours]:
    """By branch; those of the phone line under None."""
    rows = await db.all(_HoursRow, QUERIES["list_opening_hours"])
    return {branch: Hours(_week(row for row in rows if row.branch_id == branch)) for branch in _branches(rows)}


def _branches(rows: Iterable[_HoursRow]) -> set[int | None]:
    return {None, *(row.branch_id for row in rows)}


def _week(rows: Iterable[_HoursRow]) -> dict[DayKind, tuple[time, time]]:
    return {row.day: (row.opens, row.closes) for row in rows}
