"""The days of a history. Inside the generator a moment is an integer: seconds of local clock time since the first day's
midnight, so that planning needs no datetime objects.

Movements happen between 04:00 and 23:00 local time: after the hour that a clock change skips or repeats, so one offset
per day (the one at noon) is exact.
"""

from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from core.clock import BANK_TIME_ZONE

DAY = 86_400
"""Seconds."""

MONTHS_BACK = 18
"""Whole months before the current one."""


@dataclass(frozen=True, slots=True)
class Month:
    """One calendar month: its first day as an index into the history, and its length in days."""

    start: int
    length: int

    def day(self, number: int) -> int:
        """Index of the day with this number, or of the last day of a shorter month."""
        return self.start + min(number, self.length) - 1


class History:
    """The span from the first of a month, MONTHS_BACK months before ``now``, to ``now``."""

    def __init__(self, now: datetime) -> None:
        if now.tzinfo is None:
            raise ValueError("now must be an aware datetime")
        self.now = now.astimezone(UTC)
        local = now.astimezone(BANK_TIME_ZONE)
        self.today = local.date()
        self.first = months_later(self.today.replace(day=1), -MONTHS_BACK)
        self.today_index = (self.today - self.first).days
        self.now_at = self.today_index * DAY + local.hour * 3600 + local.minute * 60 + local.second
        self.months = [self._month(months_later(self.first, n)) for n in range(MONTHS_BACK + 1)]
        self.weekday_of_first = self.first.weekday()
        days = self.months[-1].start + self.months[-1].length
        self._stamps = [_stamp_parts(self.first + timedelta(days=n)) for n in range(days)]

    def _month(self, first: date) -> Month:
        return Month((first - self.first).days, monthrange(first.year, first.month)[1])

    def weekday(self, day: int) -> int:
        """Monday is 0."""
        return (self.weekday_of_first + day) % 7

    def working_day_before(self, day: int) -> int:
        """The day itself, or the Friday before a weekend."""
        return day - max(0, self.weekday(day) - 4)

    def working_day_after(self, day: int) -> int:
        """The day itself, or the Monday after a weekend."""
        weekday = self.weekday(day)
        return day if weekday < 5 else day + 7 - weekday

    def date(self, day: int) -> date:
        return self.first + timedelta(days=day)

    def stamp(self, at: int) -> str:
        """The moment as PostgreSQL reads a timestamptz."""
        day, second = divmod(at, DAY)
        prefix, offset = self._stamps[day]
        return f"{prefix}{second // 3600:02d}:{second // 60 % 60:02d}:{second % 60:02d}{offset}"


def at(day: int, hour: int, minute: int = 0) -> int:
    return day * DAY + hour * 3600 + minute * 60


def standing_order_at(day: int) -> int:
    return at(day, 5, 30)


def months_later(first: date, months: int) -> date:
    """The first of the month that many months later."""
    year, month = divmod(first.year * 12 + first.month - 1 + months, 12)
    return date(year, month + 1, 1)


def _stamp_parts(day: date) -> tuple[str, str]:
    noon = datetime.combine(day, time(12), BANK_TIME_ZONE)
    return f"{day.isoformat()} ", noon.strftime("%z")
