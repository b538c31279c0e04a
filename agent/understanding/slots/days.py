"""Single days: "tomorrow", "next Friday", "the 3rd", "in two weeks", "5/12", "end of the month", "next working day"."""

import re
from collections.abc import Callable, Iterator
from datetime import date, timedelta

from dateutil.easter import easter
from dateutil.relativedelta import relativedelta

from agent.understanding.slots.calendar_words import (
    COUNT,
    MONTH,
    UNIT,
    WEEKDAY,
    YEAR,
    Seen,
    duration_of,
    monday_of,
    month_of,
    real_day,
    shifted,
    weekday_of,
    year_of,
)
from agent.understanding.slots.mention import Mention
from agent.understanding.slots.numbers import ORDINAL, parse_ordinal
from tools.calendar import is_business_day, next_business_day

Rule = tuple[re.Pattern[str], Callable[[re.Match[str], Seen], date | str | None]]

_OFFSETS = {
    "day after tomorrow": 2,
    "day before yesterday": -2,
    "tomorrow": 1,
    "yesterday": -1,
    "today": 0,
    "tonight": 0,
    "last night": -1,
}
_EVERYWHERE = (
    r"(?:the\s+)?day\s+(?:after\s+tomorrow|before\s+yesterday)|tomorrow|yesterday|tonight|last\s+night"
    r"|this\s+(?:morning|afternoon|evening)|today"
)
_AT_ONCE = (
    r"right\s+now|immediately|straight\s?away|right\s+away|asap|at\s+once|now(?=\s*(?:please|pls|instead|,|$|[.!?]))"
)
""" "now" inside a sentence is no day: "I now want to know"."""
_PAYS = re.compile(
    r"\b(?:pay|send|transfer|move|make\s+it|do\s+it|schedule|wire|payment)\b|^\W*(?:\w+\W+){0,2}now\W*$", re.IGNORECASE
)
_DAY = r"\d{1,2}"
_OF = r"\s*(?:of\s+)?(?:the\s+)?"
_SIDE = r"this|current|last|previous|past|next|coming|following"
_UNIT_OF_TIME = r"month|week|year|quarter"
_NOT_COUNTED = (
    r"(?!\s*(?:one|ones|time|times|transactions?|payments?|cards?|accounts?|payees?|option|line|item|entry|party"
    r"|class|rate|step|choice|thing|attempt|half|quarter|of\s+(?:these|those|them|two|three)))"
)
_FEASTS: tuple[tuple[str, Callable[[int], date]], ...] = (
    (r"christmas\s+eve", lambda year: date(year, 12, 24)),
    (r"(?:christmas|xmas)(?:\s+day)?", lambda year: date(year, 12, 25)),
    (r"boxing\s+day", lambda year: date(year, 12, 26)),
    (r"new\s+year'?s?\s+eve", lambda year: date(year, 12, 31)),
    (r"new\s+year(?:'?s)?(?:\s+day)?", lambda year: date(year, 1, 1)),
    (r"valentine'?s?(?:\s+day)?", lambda year: date(year, 2, 14)),
    (r"hallowe'?en", lambda year: date(year, 10, 31)),
    (r"good\s+friday", lambda year: easter(year) - timedelta(days=2)),
    (r"easter\s+monday", lambda year: easter(year) + timedelta(days=1)),
    (r"easter(?:\s+sunday)?", easter),
)
_FEAST = "|".join(pattern for pattern, _ in _FEASTS)


def _word(match: re.Match[str], seen: Seen) -> date | None:
    said = re.sub(r"\s+", " ", match[0].lower()).removeprefix("the ")
    return seen.today + timedelta(days=_OFFSETS.get(said, 0))


def _at_once(match: re.Match[str], seen: Seen) -> date | None:
    """Today, of a payment; who wants something frozen at once names no day."""
    return seen.today if _PAYS.search(match.string) else None


def _counted(match: re.Match[str], seen: Seen) -> date | None:
    """ "in two weeks", "3 days ago", "a week on Friday"."""
    duration = duration_of(match["count"], match["unit"], seen.locale)
    if duration.number is None or duration.unit in ("hours", "minutes"):
        return None
    groups = match.groupdict()
    if groups.get("on"):
        start = _coming(weekday_of(groups["on"]), seen.today)
    else:
        start = seen.today + timedelta(days=bool(groups.get("tomorrow")))
    return shifted(start, duration, -1 if groups.get("ago") else 1)


def _working_days(match: re.Match[str], seen: Seen) -> date | None:
    duration = duration_of(match["count"], "days", seen.locale)
    day = seen.today
    for _ in range(min(int(duration.number or 0), 366)):
        day = next_business_day(day)
    return day


def _coming(weekday: int, after: date) -> date:
    return after + timedelta(days=(weekday - after.weekday() - 1) % 7 + 1)


def _weekday(match: re.Match[str], seen: Seen) -> date | None:
    """ "next Friday" is that of next week, "last Friday" the one before today."""
    weekday, side = weekday_of(match["weekday"]), (match["side"] or "").lower()
    coming, monday = _coming(weekday, seen.today), monday_of(seen.today)
    if side in ("last", "previous", "past"):
        return coming - timedelta(days=7 if coming - timedelta(days=7) < seen.today else 14)
    if side in ("next", "following"):
        return monday + timedelta(days=7 + weekday)
    if side == "this":
        day = monday + timedelta(days=weekday)
        return day if day >= seen.today or seen.tense == "past" else coming
    if seen.tense == "past" and side != "coming":
        return coming - timedelta(days=7 if coming - timedelta(days=7) < seen.today else 14)
    return coming


def _weekday_of_week(match: re.Match[str], seen: Seen) -> date | None:
    """ "Saturday last week", "next week on Monday", "Friday week"."""
    weekday, side = weekday_of(match["weekday"]), (match.groupdict().get("side") or "").lower()
    groups = match.groupdict()
    if back := groups.get("back"):
        weeks = duration_of(back, "weeks", seen.locale).number
        return None if weeks is None else monday_of(seen.today) + timedelta(days=int(weekday - 7 * min(weeks, 9999)))
    if not side:
        weeks = duration_of(groups.get("count"), "weeks", seen.locale).number
        return None if weeks is None else _coming(weekday, seen.today + timedelta(days=int(7 * min(weeks, 9999)) - 1))
    weeks = {"last": -1, "previous": -1, "past": -1, "this": 0, "current": 0}.get(side, 1)
    return monday_of(seen.today) + timedelta(days=7 * weeks + weekday)


def _day_of_month(match: re.Match[str], seen: Seen) -> date | None:
    """ "the 3rd", "the 25th of next month"."""
    day, side = parse_ordinal(match["day"]), (match["side"] or "").lower()
    first = seen.today.replace(day=1)
    if side in ("this", "current", "next", "following", "coming", "last", "previous", "past"):
        months = {"this": 0, "current": 0, "last": -1, "previous": -1, "past": -1}.get(side, 1)
        return _in_month(first + relativedelta(months=months), day)
    return seen.nearest(*(_in_month(first + relativedelta(months=number), day) for number in range(-2, 3)))


def _in_month(first: date, day: int) -> date | None:
    return real_day(first.year, first.month, day)


def _day_and_month(match: re.Match[str], seen: Seen) -> date | str:
    """The words themselves where the month has no such day: "30 February"."""
    return _real_day_and_month(match, seen) or match[0]


def _real_day_and_month(match: re.Match[str], seen: Seen) -> date | None:
    day = parse_ordinal(match["day"]) if not match["day"].isdecimal() else int(match["day"])
    month, year = month_of(match["month"]), match["year"]
    side = (match.groupdict().get("side") or "").lower()
    if year:
        return real_day(year_of(year), month, day)
    if side:
        return real_day(seen.today.year + {"last": -1, "next": 1}.get(side, 0), month, day)
    return seen.nearest(*(real_day(seen.today.year + number, month, day) for number in (-4, -3, -2, -1, 0, 1, 2, 3, 4)))


def _numeric(match: re.Match[str], seen: Seen) -> date | str | None:
    """Day first unless the locale says month first; the other way round if only that is a day."""
    first, second = int(match["first"]), int(match["second"])
    orders = [(first, second), (second, first)]
    if seen.locale.replace("_", "-").endswith("-US"):
        orders.reverse()
    for day, month in orders:
        if match["year"]:
            found = real_day(year_of(match["year"]), month, day)
        else:
            found = seen.nearest(*(real_day(seen.today.year + number, month, day) for number in (-1, 0, 1)))
        if found:
            return found
    return match[0] if match["year"] and match["mark"] == "/" else None


def _iso(match: re.Match[str], seen: Seen) -> date | str:  # noqa: ARG001
    return real_day(int(match["year"]), int(match["month"]), int(match["day"])) or match[0]


def _named_month(match: re.Match[str], seen: Seen) -> date:
    """The first day of the month that ``side`` or ``month`` names; of the month that runs if neither does."""
    groups = match.groupdict()
    first = seen.today.replace(day=1)
    if groups.get("month"):
        month = month_of(groups["month"])
        if groups.get("year"):
            return date(year_of(groups["year"]), month, 1)
        starts = [date(first.year + number, month, 1) for number in (-1, 0, 1)]
        return (
            next((day for day in starts if day >= first), starts[-1])
            if seen.tense == "future"
            else (seen.nearest(*starts) or first)
        )
    side = (groups.get("side") or "").lower()
    return first + relativedelta(
        months={"last": -1, "previous": -1, "next": 1, "following": 1, "coming": 1}.get(side, 0)
    )


def _edge(match: re.Match[str], seen: Seen) -> date | None:
    """ "end of the month", "beginning of next year", "mid June", "month end"."""
    groups = match.groupdict()
    unit, side = (groups.get("unit") or "month").lower(), (groups.get("side") or "").lower()
    edge = (groups.get("edge") or "end").lower()
    steps = {"last": -1, "previous": -1, "next": 1, "following": 1, "coming": 1}.get(side, 0)
    if groups.get("month") or unit == "month":
        first = _named_month(match, seen)
        last = first + relativedelta(months=1, days=-1)
    elif unit == "week":
        first = monday_of(seen.today) + timedelta(days=7 * steps)
        last = first + timedelta(days=4)
    elif unit == "quarter":
        first = date(seen.today.year, (seen.today.month - 1) // 3 * 3 + 1, 1) + relativedelta(months=3 * steps)
        last = first + relativedelta(months=3, days=-1)
    else:
        first = date(seen.today.year + steps, 1, 1)
        last = date(first.year, 12, 31)
    if re.match(r"(?:the\s+)?(?:mid|middle)", edge):
        return first + timedelta(days=(last - first).days // 2)
    day = first if re.search("start|begin|first", edge) else last
    if re.search("working|business", edge):
        return next_business_day(day - timedelta(days=1)) if day == first else _business_day_up_to(day)
    if unit == "week" and re.search("last day", edge):
        return first + timedelta(days=6)
    return day


def _business_day_up_to(day: date) -> date:
    while not is_business_day(day):
        day -= timedelta(days=1)
    return day


def _next_working_day(match: re.Match[str], seen: Seen) -> date | None:
    if (match["side"] or "").lower() in ("last", "previous"):
        return _business_day_up_to(seen.today - timedelta(days=1))
    return next_business_day(seen.today)


def _nth_weekday(match: re.Match[str], seen: Seen) -> date | None:
    """ "the first Monday of next month", "the last Friday in June"."""
    first, weekday, which = _named_month(match, seen), weekday_of(match["weekday"]), match["nth"].lower()
    if which == "last":
        day = first + relativedelta(months=1, days=-1)
        return day - timedelta(days=(day.weekday() - weekday) % 7)
    day = first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (parse_ordinal(which) - 1))
    if day.month != first.month:
        return None
    if day < seen.today and not match["side"] and not match["month"] and seen.tense == "future":
        first += relativedelta(months=1)
        return first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (parse_ordinal(which) - 1))
    return day


def _feast(match: re.Match[str], seen: Seen) -> date | None:
    of = next(of for pattern, of in _FEASTS if re.fullmatch(pattern, match["feast"], re.IGNORECASE))
    if match["year"]:
        return of(year_of(match["year"]))
    if match["side"]:
        days = [of(seen.today.year + number) for number in (-1, 0, 1)]
        if match["side"].lower() == "last":
            return next(day for day in reversed(days) if day < seen.today)
        return next(day for day in days if day > seen.today)
    return seen.nearest(*(of(seen.today.year + number) for number in (-1, 0, 1)))


_ANY_DAY = rf"(?:{ORDINAL}|{_DAY})"
_WEEKDAY_BEFORE = rf"(?:(?P<ignored>{WEEKDAY}),?\s+(?:the\s+)?)?"
_RULES: tuple[Rule, ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), rule)
    for pattern, rule in (
        (rf"\b(?:{_EVERYWHERE})\b", _word),
        (rf"\b(?:{_AT_ONCE})\b", _at_once),
        (rf"\b(?:in|within)\s+(?P<count>{COUNT})\s*(?P<unit>{UNIT})(?:'?\s+time)?", _counted),
        (
            rf"\b(?P<count>{COUNT})\s*(?P<unit>{UNIT})\s+(?:from\s+(?:now|today)|(?:from\s+)?(?P<tomorrow>tomorrow)"
            rf"|today|(?P<ago>ago|back|earlier|before\s+(?:now|today))|(?:from|on)\s+(?P<on>{WEEKDAY}))",
            _counted,
        ),
        (rf"\b(?:in|within)\s+(?P<count>{COUNT})\s+(?:working|business|banking)\s+days?(?:'?\s+time)?", _working_days),
        (rf"(?:\b(?P<side>{_SIDE})\s+)?(?P<weekday>{WEEKDAY})", _weekday),
        (
            rf"(?P<weekday>{WEEKDAY})\s+(?:(?:of\s+)?(?P<side>{_SIDE})\s+week\b|week\b|in\s+(?P<count>{COUNT})\s+weeks?\b(?:'?\s+time)?|after\s+next\b"
            rf"|(?P<back>{COUNT})\s+weeks?\s+ago\b)",
            _weekday_of_week,
        ),
        (rf"\b(?P<side>{_SIDE})\s+week(?:'s|\s+on)?,?\s+(?P<weekday>{WEEKDAY})", _weekday_of_week),
        (
            rf"{_WEEKDAY_BEFORE}\b(?P<day>\d{{1,2}}\s?(?:st|nd|rd|th)\b)(?:{_OF}(?:(?P<side>{_SIDE})\s+)?month\b)?{_NOT_COUNTED}",
            _day_of_month,
        ),
        (
            rf"(?:(?<=\bon\sthe\s)|(?<=\bby\sthe\s)|(?<=\bfrom\sthe\s)|(?<=\buntil\sthe\s)|(?<=\bsince\sthe\s)|(?<=day\sthe\s)|^the\s+)(?P<day>{ORDINAL})\b"
            rf"(?:{_OF}(?:(?P<side>{_SIDE})\s+)?month\b)?{_NOT_COUNTED}",
            _day_of_month,
        ),
        (rf"^\W*(?:on\s+)?(?:the\s+)?(?P<day>{ORDINAL})(?P<side>)\W*$", _day_of_month),
        (
            r"(?<=\bon\sthe\s)(?P<day>\d{1,2})(?P<side>)(?=\s*(?:$|[,.?!]|please\b|of\s+(?:each|every)\b))",
            _day_of_month,
        ),
        (
            r"\b(?P<edge>(?:the\s+)?(?:last|first)(?:\s+(?:working|business))?\s+day)(?=\s+of\s+(?:each|every)\s+month)",
            _edge,
        ),
        (rf"\b(?P<day>{ORDINAL})\s+(?:of\s+)?(?:the\s+)?(?:(?P<side>{_SIDE})\s+)?month\b", _day_of_month),
        (
            rf"{_WEEKDAY_BEFORE}\b(?P<day>{_ANY_DAY})\s*(?:of\s+)?(?P<month>{MONTH})(?:,?\s+(?:of\s+)?(?:(?P<year>{YEAR})|(?P<side>this|last|next)\s+year\b))?",
            _day_and_month,
        ),
        (
            rf"{_WEEKDAY_BEFORE}(?P<month>{MONTH})\s+(?:the\s+)?(?P<day>{_ANY_DAY})\b(?!\s*[:,.]\d|\s*(?:{UNIT}|pounds|quid|euros|dollars|transactions|payments))"
            rf"(?:,?\s+(?:of\s+)?(?:(?P<year>{YEAR})|(?P<side>this|last|next)\s+year\b))?",
            _day_and_month,
        ),
        (
            r"(?<![\d/.,£€$-])(?P<first>\d{1,2})(?P<mark>[/.-])(?P<second>\d{1,2})(?P=mark)(?P<year>\d{4}|\d\d)(?![\d/-]|\.\d)",
            _numeric,
        ),
        (r"(?<![\d/.,£€$-])(?P<first>\d{1,2})/(?P<second>\d{1,2})(?P<year>)(?![\d/-]|\.\d)", _numeric),
        (r"(?<![\d/.,-])(?P<year>\d{4})(?P<mark>[/.-])(?P<month>\d{1,2})(?P=mark)(?P<day>\d{1,2})(?![\d/-])", _iso),
        (
            rf"\b(?P<edge>(?:end|start|beginning|middle|(?:the\s+)?(?:last|first)(?:\s+(?:working|business))?\s+day)\s+(?:of|in)"
            rf"|mid)[\s-]+(?:the\s+)?(?:(?P<side>{_SIDE})\s+)?(?:(?P<unit>{_UNIT_OF_TIME})\b|(?P<month>{MONTH})(?:\s+(?P<year>{YEAR}))?)",
            _edge,
        ),
        (r"\b(?P<unit>month|week|year|quarter)(?:\s+|-|'s\s+)(?P<edge>end)\b", _edge),
        (r"\b(?P<side>next|last|previous|following|first)\s+(?:working|business|banking)\s+day\b", _next_working_day),
        (
            rf"\b(?P<nth>first|second|third|fourth|last|1st|2nd|3rd|4th)\s+(?P<weekday>{WEEKDAY})\s+(?:of|in)\s+(?:the\s+)?"
            rf"(?:(?:(?P<side>{_SIDE})\s+)?month\b|(?P<month>{MONTH})(?:\s+(?P<year>{YEAR}))?)",
            _nth_weekday,
        ),
        (rf"\b(?:(?P<side>last|next)\s+)?(?P<feast>{_FEAST})\b(?:\s+(?P<year>{YEAR}))?", _feast),
    )
)

_HINT = re.compile(
    rf"\d|day|morrow|night|now|asap|once|immediate|away|morning|afternoon|evening|week|month|year|quarter|mon|tue|wed|thu|fri|sat|sun"
    rf"|{MONTH}|{_FEAST}|{ORDINAL}|ago",
    re.IGNORECASE,
)
"""Without any of it no day is named; most messages name none."""


def find_days(text: str, seen: Seen) -> Iterator[Mention]:
    """Every day that may be meant; of overlapping ones the longest is."""
    if not _HINT.search(text):
        return
    for pattern, rule in _RULES:
        for match in pattern.finditer(text):
            day = rule(match, seen)
            if day is not None and match[0] != "24/7":
                yield Mention("date", match[0], match.start(), match.end(), day)
