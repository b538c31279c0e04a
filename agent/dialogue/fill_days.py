"""Days and periods for a task's slots."""

import re
from calendar import day_name, month_abbr, month_name
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from dateutil.relativedelta import relativedelta

from agent.understanding.slots import Mention, Period, Shift
from agent.understanding.slots.relative import move

_ISO_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_PURPOSE = re.compile(r"\bfor\s+(?:(?!to\b)[^\W\d_][\w'-]*\s+){1,4}$", re.I)
_WEEKDAYS = frozenset(name.casefold() for name in day_name)
_UNTIL = re.compile(r"\b(?:until|till?|end(?:s|ing)?|finish\w*|stop\w*|last|up to|through)\b[^.]{0,20}$", re.I)
_HOLDS = re.compile(
    r"\b(?:hold|wait|leave|keep|delay|postpone|defer|put|push|hang|sit|park|save|let)\b[^.]{0,40}$|\bnot\s+(?:to\s+)?[^.]{0,20}$",
    re.I,
)
_MONTHS = [name.casefold() for name in month_abbr[1:]]
_MONTH = "|".join(f"{name.casefold()}|{name[:3].casefold()}" for name in month_name[1:]) + "|sept"
_DAY_OF_MONTH = re.compile(
    rf"\b(?:(?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?:\s+of)?\s+(?P<month>{_MONTH})|"
    rf"(?P<first>{_MONTH})\s+(?:the\s+)?(?P<second>\d{{1,2}})(?:st|nd|rd|th)?)\b(?:,?\s+(?P<year>20\d\d))?",
    re.I,
)


def fill_days(
    said: list[Mention], text: str, names: set[str], given: dict[str, Any], asked: str | None, today: date
) -> dict[str, Any]:
    """Values of the slots that are days: when something is to be done, or the ends of a period that is looked up."""
    values: dict[str, Any] = {}
    if "date" in names and (moved := _moved(said, given, today)):
        return {"date": moved}
    if "since" not in names:
        said = [each for each in said if not _explains(each, text, today)]
        # What is to be done is not done yesterday, whatever else happened then.
        if "amount" in given:
            said = [_next(each, today) for each in said]
        ahead = [each for each in said if isinstance(each.value, date) and each.value >= today]
        said = _from_start(ahead) or said
    if "days" in names and (ahead_of := [days for each in said if (days := _days_ahead(each, today)) > 0]):
        values["days"] = ahead_of[-1]
    for mention in said:
        if mention.kind == "period" and isinstance(mention.value, Period):
            values |= _span(mention.value, names, today)
        if mention.kind != "date" or not isinstance(mention.value, date):
            continue
        day = mention.value.isoformat()
        if "since" in names:
            values |= _bounds(mention, day)
        elif "end_date" in names and (
            asked == "end_date" or (_ends(mention, text) and not _held(mention, text, given))
        ):
            values["end_date"] = day
        elif "date" in names and ("date" not in values or mention.corrects):
            values["date"] = day
    return values


def _days_ahead(mention: Mention, today: date) -> int:
    """How far away the day or the last of the days is: 14 for "the next 14 days", of which today is one."""
    match mention.value:
        case Period(first, last):
            return (last - today).days + (first == today)
        case date():
            return (mention.value - today).days
        case _:
            return 0


def _explains(mention: Mention, text: str, today: date) -> bool:
    """When that was which is paid for: "for the cab last night"."""
    is_behind = isinstance(mention.value, date) and mention.value < today
    return is_behind and bool(_PURPOSE.search(text[: mention.start]))


def _from_start(days: list[Mention]) -> list[Mention]:
    """ "every Friday from next month" begins on the first Friday of it."""
    starts = [mention.value for mention in days if mention.role == "from" and isinstance(mention.value, date)]
    if not starts or len(days) < 2:
        return days
    return [replace(each, value=_on(each.value, starts[0])) if _is_weekday(each) else each for each in days]


def _is_weekday(mention: Mention) -> bool:
    return mention.role is None and mention.text.casefold().removesuffix("s") in _WEEKDAYS


def _next(mention: Mention, today: date) -> Mention:
    """The coming Friday, also beside a word about what was: "can it be sent Friday"."""
    if not _is_weekday(mention) or not isinstance(mention.value, date) or mention.value >= today:
        return mention
    return replace(mention, value=mention.value + timedelta(days=7))


def _on(weekday: Any, start: date) -> date:
    return start + timedelta(days=(weekday.weekday() - start.weekday()) % 7)


def _moved(said: list[Mention], given: dict[str, Any], today: date) -> str | None:
    """The day that was given, or else today, as far away as was said: "a week later", "the Monday after"."""
    shifts = [mention.value for mention in said if isinstance(mention.value, Shift)]
    given_day = str(given.get("date", today))
    if not shifts or not _ISO_DAY.fullmatch(given_day):
        return None
    day = move(date.fromisoformat(given_day), shifts[-1])
    return day.isoformat() if day else None


def _span(period: Period, names: set[str], today: date) -> dict[str, str]:
    if "since" in names:
        return _behind(period, today)
    if "end_date" in names and period.first >= today:
        return {"date": period.first.isoformat(), "end_date": period.last.isoformat()}
    return {}


def _behind(period: Period, today: date) -> dict[str, str]:
    """What is looked up has happened: the last June, and no days to come."""
    first, last = period
    if first > today:
        first, last = (day - relativedelta(years=1) for day in period)
    return {"since": first.isoformat(), "until": min(last, today).isoformat()}


def _ends(mention: Mention, text: str) -> bool:
    """ "until Friday", but not "change it to Friday"."""
    return mention.role == "to" and bool(_UNTIL.search(text[: mention.start] + mention.text.partition(" ")[0]))


def _held(mention: Mention, text: str, given: dict[str, Any]) -> bool:
    """ "hold it until Friday": a payment that waits for the day, where nothing repeats itself."""
    return "frequency" not in given and bool(_HOLDS.search(text[: mention.start]))


def find_no_day(said: list[Mention], today: date) -> str | None:
    """A day that no month has, written as one: the tool says what is wrong with it."""
    words = next((each.text for each in said if each.kind == "date" and isinstance(each.value, str)), None)
    match = words and _DAY_OF_MONTH.search(words)
    if not match:
        return words
    month = _MONTHS.index((match["month"] or match["first"])[:3].casefold()) + 1
    year = int(match["year"] or today.year + (month < today.month))
    day = int(match["day"] or match["second"])
    return f"{year:04}-{month:02}-{day:02}"


def _bounds(mention: Mention, day: str) -> dict[str, str]:
    match mention.role:
        case "from":
            return {"since": day}
        case "to":
            return {"until": day}
        case _:
            return {"since": day, "until": day}
