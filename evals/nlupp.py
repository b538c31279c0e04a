"""NLU++ (Casanueva et al. 2022): reads its files, and says in its words what a message mentions.

Conventions of the data that differ from the bank's, seen in its values: it was written on Tuesday, 15 March 2022, at
9:00; a day without a year lies ahead even where the sentence speaks of the past; "last 3 days" begins three whole units
before the running one and ends with it, "next 3 days" begins with the unit after the running one and ends three later;
a length ("two weeks") counts as a period, in days of 30 to the month; a sentence names each slot once; today, tomorrow
and yesterday are dates even as the only end of a period; a moment less than an hour ahead is not noted.
"""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from itertools import zip_longest
from pathlib import Path
from typing import Any, cast

from dateutil.relativedelta import relativedelta

from agent.understanding.slots import Amount, Duration, Mention, Period, TimePeriod
from core.errors import InvalidInput

WRITTEN_AT = datetime(2022, 3, 15, 9, tzinfo=UTC)
_DAYS_OF = {"days": 1, "weeks": 7, "months": 30, "years": 365}
_DAYS_OF_RHYTHM = {
    "daily": 1.0,
    "weekly": 7.0,
    "fortnightly": 14.0,
    "monthly": 30.0,
    "quarterly": 90.0,
    "yearly": 365.0,
}
_HOUR = 60
"""Minutes."""
_AMBIGUOUS = "ambiguous"
_DEICTIC = frozenset({"today", "tomorrow", "yesterday"})
_AT_ONCE = frozenset(
    {"now", "right now", "immediately", "straightaway", "straight away", "right away", "asap", "at once"}
)
"""A day for a bank, not in the data."""
_BUSINESS = re.compile(
    r"\b(?:office|shop|store|restaurant|ltd|limited|plc|inc|bank|council|school|college|club|gym|market|energy|board|company|services"
    r"|lettings|hotel|cafe|bar|pharmacy|insurance|gas|water|group)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Slot:
    name: str
    span: tuple[int, int]
    value: object
    """Comparable: of times "9:05", of periods pairs, of names the lower-case text."""


@dataclass(frozen=True, slots=True)
class Case:
    text: str
    slots: list[Slot]


def read_cases(path: Path) -> list[Case]:
    """The cases of a file, or of the files fold*.json of a folder.

    Raises:
        InvalidInput: one cannot be read or has another form.
    """
    files = sorted(path.glob("fold*.json")) if path.is_dir() else [path]
    cases = [case for file in files for case in _read_file(file)]
    if not cases:
        raise InvalidInput(f"{path} has no cases.")
    return cases


def _read_file(path: Path) -> list[Case]:
    try:
        parsed = json.loads(path.read_text(encoding="utf-8"))
        return [_parse(item) for item in parsed]
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(f"{path} cannot be read: {error}.") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InvalidInput(f"{path} is not in the form of NLU++: {error!r}.") from error


def _parse(item: dict[str, Any]) -> Case:
    slots = [
        Slot(name, cast("tuple[int, int]", tuple(slot["span"])), _value(slot))
        for name, slot in item.get("slots", {}).items()
    ]
    return Case(item["text"], slots)


def _value(slot: dict[str, Any]) -> object:
    value = slot.get("value", slot.get("values"))
    if not isinstance(value, dict):
        return float(value) if isinstance(value, int | float) else str(value).lower()
    value = cast("dict[str, Any]", value)
    if value.get("type") == "absolute":
        return _point(value["from"]), _point(value["to"])
    if "type" in value:
        return ("relative", float(value["days"])) if "days" in value else value["type"]
    if "amount" in value:
        return float(value["amount"]), value["currency"]
    return _point(value)


def _point(value: dict[str, Any]) -> object:
    if "hour" in value:
        return f"{value['hour']}:{value['minute']:02}"
    if "day" in value:
        return date(value["year"], value["month"], value["day"]).isoformat()
    return json.dumps(value, sort_keys=True)


def slots_of(text: str, mentions: Sequence[Mention]) -> list[Slot]:
    """The mentions as NLU++ would note them, at most one of each name: the first."""
    found: dict[str, Slot] = {}
    for name, value, mention in _named(text, mentions):
        found.setdefault(name, Slot(name, (mention.start, mention.end), value))
    return list(found.values())


def _named(text: str, mentions: Sequence[Mention]) -> Iterator[tuple[str, object, Mention]]:
    rhythms: list[tuple[str, object, Mention]] = []
    for mention, after in zip_longest(mentions, mentions[1:]):
        if after and after.kind == "frequency" and _belong_together(text, mention, after):
            whole = replace(mention, end=after.end, text=text[mention.start : after.end])
            rhythms.append(("date_period", "periodic", whole))
            continue
        match mention.value:
            case Amount(number, currency):
                yield "amount_of_money", (float(number), currency or _AMBIGUOUS), mention
            case Period() | TimePeriod():
                yield from _period(mention)
            case Duration():
                yield from _length(text, mention)
            case date() as day if mention.text.lower() not in _AT_ONCE:
                yield _with_role("date", mention), _of_running_month(day, mention.text).isoformat(), mention
            case time() as moment if not _is_soon(mention.text, moment):
                yield _with_role("time", mention), _clock(moment), mention
            case str() as rhythm if mention.kind == "frequency" and rhythm in _DAYS_OF_RHYTHM:
                rhythms.append(("date_period", ("relative", _DAYS_OF_RHYTHM[rhythm]), mention))
            case int() | Decimal() as number if mention.kind == "number":
                yield "number", float(number), mention
            case _:
                yield from _words(mention)
    yield from rhythms


def _is_soon(said: str, moment: time) -> bool:
    """ "in 45 minutes" is nothing in the data, "in 8 hours" is a time."""
    minutes = (moment.hour - WRITTEN_AT.hour) * 60 + moment.minute - WRITTEN_AT.minute
    return said.lower().startswith("in ") and 0 <= minutes < _HOUR


def _belong_together(text: str, day: Mention, rhythm: Mention) -> bool:
    """ "the 4th of each month" is one rhythm."""
    return day.kind == "date" and day.role is None and text[day.end : rhythm.start].strip() in ("of", "in", "")


def _of_running_month(day: date, said: str) -> date:
    """A day of the running month that is named with it and without a year is of this year, even if it has passed."""
    is_next_year = (day.year, day.month) == (WRITTEN_AT.year + 1, WRITTEN_AT.month)
    return day.replace(year=WRITTEN_AT.year) if is_next_year and not re.search(r"\d{4}|'\d\d", said) else day


def _with_role(name: str, mention: Mention) -> str:
    """ "broken since yesterday", "starting tomorrow": the data calls such a day a date, unless it has another end."""
    return f"{name}_{mention.role}" if mention.role and mention.text.lower() not in _DEICTIC else name


def _period(mention: Mention) -> Iterator[tuple[str, object, Mention]]:
    ends = [part for part in mention.parts if part.role]
    if ends:
        for end in ends:
            if len(ends) > 1 and isinstance(end.value, date):
                yield f"date_{end.role}", _of_running_month(end.value, end.text).isoformat(), end
            else:
                yield from _named(end.text, [end])
        return
    is_days = isinstance(mention.value, Period)
    name = "date_period" if is_days else "time_period"
    lengths = [part.value for part in mention.parts if isinstance(part.value, Duration)]
    if lengths and lengths[0].number is None and not is_days:
        yield name, _AMBIGUOUS, mention
    elif lengths:
        ahead = mention.text.lower().startswith(("next", "coming", "following"))
        yield name, _counted(lengths[0], ahead=ahead), mention
    else:
        first, last = cast("tuple[Any, Any]", mention.value)
        points = (first.isoformat(), last.isoformat()) if is_days else (_clock(first), _clock(last))
        yield name, points, mention


def _clock(moment: time) -> str:
    return f"{moment.hour}:{moment.minute:02}"


def _counted(length: Duration, *, ahead: bool) -> tuple[str, str]:
    """A whole number of units, from the one that runs or the one after it."""
    step = relativedelta(**{length.unit: int(length.number if length.number is not None else 3)})  # pyright: ignore[reportArgumentType]
    unit = relativedelta(**{length.unit: 1})  # pyright: ignore[reportArgumentType]
    start = _begin(length.unit)
    if length.number is not None and length.number % 1:
        step = timedelta(minutes=int(length.number * 60))
        start, unit = _begin("minutes"), timedelta(minutes=1)
    first, last = (start + unit, start + unit + step) if ahead else (start - step, start)
    if length.unit in ("hours", "minutes"):
        return _clock(first.time()), _clock(last.time())
    return first.date().isoformat(), last.date().isoformat()


def _begin(unit: str) -> datetime:
    """Of the unit that runs."""
    day = WRITTEN_AT.replace(hour=0)
    match unit:
        case "minutes" | "hours":
            return WRITTEN_AT
        case "weeks":
            return day - timedelta(days=day.weekday())
        case "months":
            return day.replace(day=1)
        case "years":
            return day.replace(month=1, day=1)
        case _:
            return day


def _length(text: str, mention: Mention) -> Iterator[tuple[str, object, Mention]]:
    length = cast("Duration", mention.value)
    name = "time_period" if length.unit in ("hours", "minutes") else "date_period"
    if length.number is None:
        yield name.removesuffix("_period") if re.match(r"\s+ago\b", text[mention.end :]) else name, _AMBIGUOUS, mention
    elif name == "time_period":
        # The data says "days" and counts minutes.
        minutes = length.number * (60 if length.unit == "hours" else 1)
        yield name, ("relative", float(minutes)), mention
    else:
        yield name, ("relative", float(length.number * _DAYS_OF[length.unit])), mention


def _words(mention: Mention) -> Iterator[tuple[str, object, Mention]]:
    names = {"payee": "person_name", "name": "person_name", "merchant": "company_name", "category": "shopping_category"}
    if mention.kind == "name" and _BUSINESS.search(mention.text):
        yield "company_name", mention.text.lower(), mention
    elif mention.kind in names:
        yield names[mention.kind], mention.text.lower(), mention
