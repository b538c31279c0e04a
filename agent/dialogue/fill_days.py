"""Days and periods for a task's slots."""

import re
from calendar import month_abbr, month_name
from datetime import date
from typing import Any

from dateutil.relativedelta import relativedelta

from agent.understanding.slots import Mention, Period

_UNTIL = re.compile(r"\b(?:until|till?|end(?:s|ing)?|finish\w*|stop\w*|last|up to|through)\b[^.]{0,20}$", re.I)
_MONTHS = [name.casefold() for name in month_abbr[1:]]
_MONTH = "|".join(f"{name.casefold()}|{name[:3].casefold()}" for name in month_name[1:]) + "|sept"
_DAY_OF_MONTH = re.compile(
    rf"\b(?:(?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?:\s+of)?\s+(?P<month>{_MONTH})|"
    rf"(?P<first>{_MONTH})\s+(?:the\s+)?(?P<second>\d{{1,2}})(?:st|nd|rd|th)?)\b(?:,?\s+(?P<year>20\d\d))?",
    re.I,
)


def fill_days(said: list[Mention], text: str, names: set[str], asked: str | None, today: date) -> dict[str, Any]:
    values: dict[str, Any] = {}
    if "since" not in names:
        # What is to be done is not done yesterday, whatever else happened then.
        ahead = [each for each in said if isinstance(each.value, date) and each.value >= today]
        said = ahead or said
    for mention in said:
        if mention.kind == "period" and isinstance(mention.value, Period):
            values |= _span(mention.value, names, today)
        if mention.kind != "date" or not isinstance(mention.value, date):
            continue
        day = mention.value.isoformat()
        if "since" in names:
            values |= _bounds(mention, day)
        elif "end_date" in names and (asked == "end_date" or _ends(mention, text)):
            values["end_date"] = day
        elif "date" in names and ("date" not in values or mention.corrects):
            values["date"] = day
    return values


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
