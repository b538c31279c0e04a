"""Periods of days and durations: "last month", "in June", "the past 10 days", "Q3 2025", "the weekend", "a year"."""

import re
from collections.abc import Callable, Iterator
from datetime import date, timedelta

from dateutil.relativedelta import relativedelta

from agent.understanding.slots.calendar_words import (
    COUNT,
    MONTH,
    MONTHS,
    UNIT,
    YEAR,
    Seen,
    and_a_half,
    duration_of,
    monday_of,
    month_of,
    real_day,
    shifted,
    unit_of,
    year_of,
)
from agent.understanding.slots.mention import Duration, Mention, Period
from agent.understanding.slots.nearby import just_before
from agent.understanding.slots.numbers import DIGITS, ORDINAL, WORDS, parse_ordinal

Rule = tuple[re.Pattern[str], Callable[[re.Match[str], Seen], Period | None]]

_STEPS = {"last": -1, "previous": -1, "past": -1, "prior": -1, "next": 1, "coming": 1, "following": 1, "upcoming": 1}
_BACK = r"last|previous|past|prior"
_AHEAD = r"next|coming|following|upcoming"
_SIDE = rf"this|current|{_BACK}|{_AHEAD}"
_SEASONS = {"spring": 3, "summer": 6, "autumn": 9, "fall": 9, "winter": 12}
_FIRST_MONTH_OF = {"first": 1, "1st": 1, "second": 4, "2nd": 4, "third": 7, "3rd": 7, "fourth": 10, "4th": 10}
_BEFORE_MONTH = "in|for|during|of|since|until|till|til|by|from|last|next|this|through|between|before|after|about|over"
_AFTER_WORD = "|".join(rf"(?<=\b{word}\s)" for word in _BEFORE_MONTH.split("|"))
_PLAIN_MONTH = "|".join(
    sorted((name for name in MONTHS if name not in ("mar", "may", "march", "dec", "jan", "sep")), key=len)[::-1]
)


def _whole(unit: str, seen: Seen, steps: int) -> Period:
    """The week, month, quarter, year or weekend that lies so many of them from today's."""
    today = seen.today
    if unit == "week":
        first = monday_of(today) + timedelta(days=7 * steps)
        return Period(first, first + timedelta(days=6))
    if unit == "weekend":
        first = monday_of(today) + timedelta(days=5 + 7 * steps)
        return Period(first, first + timedelta(days=1))
    months = {"month": 1, "quarter": 3, "year": 12}[unit]
    first = date(today.year, (today.month - 1) // months * months + 1, 1) + relativedelta(months=months * steps)
    return Period(first, first + relativedelta(months=months, days=-1))


def _named_unit(match: re.Match[str], seen: Seen) -> Period | None:
    unit, side = match["unit"].lower(), match["side"].lower()
    if side == "past" and unit != "weekend":
        return counted_back(seen.today, duration_of(None, unit, seen.locale))
    steps = _STEPS.get(side, 0)
    if unit == "weekend" and steps == -1 and seen.today.weekday() == 6:
        return _whole(unit, seen, -1)
    if unit == "weekend" and steps == 0 and seen.tense == "past" and _whole(unit, seen, 0).first > seen.today:
        return _whole(unit, seen, -1)
    return _whole(unit, seen, steps)


def _tax_year(match: re.Match[str], seen: Seen) -> Period:
    """The British one, from 6 April."""
    start = date(seen.today.year, 4, 6)
    start = start if start <= seen.today else start - relativedelta(years=1)
    first = start + relativedelta(years=_STEPS.get((match["side"] or "").lower(), 0))
    return Period(first, first + relativedelta(years=1, days=-1))


def _before_last(match: re.Match[str], seen: Seen) -> Period:
    return _whole(match["unit"].lower(), seen, -2 if match["which"].lower() == "before last" else 2)


def _to_date(match: re.Match[str], seen: Seen) -> Period:
    return Period(_whole(match["unit"].lower(), seen, 0).first, seen.today)


def _weekend(match: re.Match[str], seen: Seen) -> Period:  # noqa: ARG001
    steps = -1 if seen.tense == "past" and seen.today.weekday() < 5 else 0
    return _whole("weekend", seen, steps)


def counted_back(today: date, duration: Duration) -> Period | None:
    """ "the last 7 days" ends today and has seven days."""
    first = shifted(today, duration, -1)
    return Period(first + timedelta(days=1), today) if first is not None and first < today else None


def counted_ahead(today: date, duration: Duration) -> Period | None:
    """ "the next 7 days" begins today and has seven days."""
    end = shifted(today, duration, 1)
    return Period(today, end - timedelta(days=1)) if end is not None and end > today else None


def _counted(match: re.Match[str], seen: Seen) -> Period | None:
    duration = duration_of(match["count"], match["unit"], seen.locale)
    if duration.unit in ("hours", "minutes"):
        return None
    count = counted_ahead if re.fullmatch(_AHEAD, match["side"], re.IGNORECASE) else counted_back
    return count(seen.today, duration)


def _fortnight(match: re.Match[str], seen: Seen) -> Period | None:
    count = counted_ahead if re.fullmatch(_AHEAD, match["side"], re.IGNORECASE) else counted_back
    return count(seen.today, duration_of(None, match["unit"], seen.locale))


def _month(match: re.Match[str], seen: Seen) -> Period | None:
    month, groups = month_of(match["month"]), match.groupdict()
    side = (groups.get("side") or "").lower()
    today = seen.today
    if groups.get("year"):
        year = year_of(groups["year"])
    elif groups.get("year_side"):
        year = today.year + _STEPS.get(groups["year_side"].lower(), 0)
    elif side in ("last", "previous", "past"):
        year = today.year - (month >= today.month)
    elif side in ("next", "coming", "following"):
        year = today.year + (month <= today.month)
    elif side == "this":
        year = today.year
    elif seen.tense == "past":
        year = today.year - (month > today.month)
    else:
        year = today.year + (month < today.month)
    first = date(year, month, 1)
    return Period(first, first + relativedelta(months=1, days=-1))


def _year(match: re.Match[str], seen: Seen) -> Period:  # noqa: ARG001
    year = year_of(match["year"])
    return Period(date(year, 1, 1), date(year, 12, 31))


def _quarter(match: re.Match[str], seen: Seen) -> Period:
    groups = match.groupdict()
    month = int(groups["number"]) * 3 - 2 if groups.get("number") else _FIRST_MONTH_OF[match["nth"].lower()]
    if groups.get("year"):
        year = year_of(groups["year"])
    else:
        side = (groups.get("year_side") or "").lower()
        year = seen.today.year + _STEPS.get(side, 0)
        if not side and seen.tense == "past" and date(year, month, 1) > seen.today:
            year -= 1
    first = date(year, month, 1)
    return Period(first, first + relativedelta(months=3, days=-1))


def _season(match: re.Match[str], seen: Seen) -> Period:
    """Of whole months, as the weather services count them: summer is June to August."""
    month, side = _SEASONS[match["season"].lower()], (match["side"] or "").lower()
    firsts = [date(seen.today.year + number, month, 1) for number in (-2, -1, 0, 1)]
    ends = [first + relativedelta(months=3, days=-1) for first in firsts]
    pairs = [Period(first, end) for first, end in zip(firsts, ends, strict=True)]
    if match["year"]:
        return pairs[2]._replace(
            first=date(year_of(match["year"]), month, 1),
            last=date(year_of(match["year"]), month, 1) + relativedelta(months=3, days=-1),
        )
    if side == "this":
        return pairs[2]
    if side == "last" or (not side and seen.tense == "past"):
        return next(
            pair for pair in reversed(pairs) if pair.first <= seen.today and (not side or pair.last < seen.today)
        )
    return next(pair for pair in pairs if pair.last >= seen.today and (side != "next" or pair.first > seen.today))


def _week_of(match: re.Match[str], seen: Seen) -> Period | None:
    """ "the week of the 1st": the week, from Monday, in which that day lies."""
    day, first = parse_ordinal(match["day"]), seen.today.replace(day=1)
    months = [first + relativedelta(months=number) for number in range(-2, 3)]
    found = seen.nearest(*(month + timedelta(days=day - 1) for month in months))
    return found and Period(monday_of(found), monday_of(found) + timedelta(days=6))


_RULES: tuple[Rule, ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), rule)
    for pattern, rule in (
        (
            rf"\b(?P<side>{_SIDE})(?:\s+(?:calendar|whole|full|entire))?\s+(?P<unit>weekend|week|month|quarter|year)(?:'s)?\b",
            _named_unit,
        ),
        (rf"\b(?:(?P<side>{_SIDE})\s+)?(?:tax|financial)\s+year\b", _tax_year),
        (r"\b(?P<unit>weekend|week|month|quarter|year)\s+(?P<which>before\s+last|after\s+next)\b", _before_last),
        (r"\b(?P<unit>week|month|quarter|year)[\s-]+to[\s-]+date\b", _to_date),
        (r"\b(?:over|at|on|during|for|the)\s+(?:the\s+)?weekend\b", _weekend),
        (
            rf"\b(?P<side>{_BACK}|{_AHEAD})\s+(?P<count>{COUNT})\s*(?P<unit>{UNIT}|quarters?\b)",
            _counted,
        ),
        (rf"\b(?P<count>{COUNT})\s+(?P<side>last|past|previous|next)\s+(?=\w+s\b)(?P<unit>{UNIT})", _counted),
        (
            rf"\b(?:(?P<side>last|previous|past|next|this|coming|following)\s+)?(?P<month>{MONTH})(?:,?\s+(?:of\s+)?"
            rf"(?:(?P<year>{YEAR})|(?P<year_side>this|last|next)\s+year\b))",
            _month,
        ),
        (rf"\b(?P<side>last|previous|past|next|this|coming|following)\s+(?P<month>{MONTH})(?!\s*\d)", _month),
        (rf"(?:{_AFTER_WORD}|^\W*)(?P<month>{MONTH})(?!\s*\d|\s+(?:i|we|you|the\s+\d)\b)", _month),
        (rf"{YEAR}\s*(?:to|until|-|–)\s*(?P<here>(?P<year>(?:19|20)\d\d))\b", _year),
        (rf"\b(?P<side>{_BACK}|{_AHEAD})\s+(?P<unit>fortnight)\b", _fortnight),
        (rf"\b(?P<month>{_PLAIN_MONTH})\b(?!\s*\d)", _month),
        (
            rf"(?:{MONTH}|{YEAR})\s*(?:to|and|-|–)\s*(?P<here>(?P<month>{MONTH}))(?:\s+(?P<year>{YEAR}))?(?!\s*\d)",
            _month,
        ),
        (
            r"\b(?:in|for|during|of|since|year|from|until|on)\s+(?P<year>(?:19|20)\d\d)\b(?!\s*(?:[-/:.,]\d|[£€$]|pounds|euros|dollars|quid))",
            _year,
        ),
        (
            rf"\bq(?P<number>[1-4])\b(?:\s*(?:of\s+)?(?:(?P<year>{YEAR})|(?P<year_side>this|last|next)\s+year))?",
            _quarter,
        ),
        (
            rf"\b(?P<nth>first|second|third|fourth|1st|2nd|3rd|4th)\s+quarter\b(?:\s*(?:of\s+)?(?:(?P<year>{YEAR})"
            rf"|(?P<year_side>this|last|next)\s+year))?",
            _quarter,
        ),
        (
            rf"\b(?:(?P<side>this|last|next)\s+)?(?P<season>summer|autumn|winter|(?<=\bin\s)spring|(?<=\bthis\s)spring|(?<=\blast\s)spring)\b(?:\s+(?P<year>{YEAR}))?",
            _season,
        ),
        (rf"\bweek\s+of\s+(?:the\s+)?(?P<day>{ORDINAL})", _week_of),
    )
)
_FIRST_CHARACTER = re.compile(r"\b(?:over|at|on|during|for|in|of|since|from|until)\s+", re.IGNORECASE)
_DURATION = re.compile(
    rf"\b(?P<count>{COUNT})[\s-]*(?P<unit>{UNIT}|quarters?\b)(?P<half>\s+and\s+a\s+half)?", re.IGNORECASE
)
_DAYS_OF_MONTH = re.compile(
    rf"(?P<month>{MONTH})\s+(?:the\s+)?(?P<first>\d{{1,2}})(?:st|nd|rd|th)?\s*(?:-|–|to|till?|until|through)\s*(?:the\s+)?"
    rf"(?P<last>\d{{1,2}})(?:st|nd|rd|th)?\b(?!\s*[:/.\d]|\s*(?:of\s+)?{MONTH}|\s*[ap]\.?m)(?:,?\s+(?P<year>{YEAR}))?",
    re.IGNORECASE,
)
_MEASURES = re.compile(
    r"(?:\b(?:for|over|than|within|of|about|almost|nearly|least|most|takes?|took|after|in|another|last(?:s|ed)?|been|by|next|up\s+to|every)\s+"
    r"(?:about\s+|almost\s+|nearly\s+|only\s+)?|^\W*)$",
    re.IGNORECASE,
)
""" "a day" alone is often no length: "call it a day"."""
_SET_TO = re.compile(
    rf"\b(?P<unit>months|years|weeks|days)\s+(?:to|is|are|should\s+be|=|:)\s+(?P<count>{DIGITS}|{WORDS})\b(?!\s*{UNIT})",
    re.IGNORECASE,
)
""" "change the months to 20"."""
_VAGUE = re.compile(
    r"(?<=\bfor\s)(?P<unit>minutes|hours|days|weeks|months|years|ages)\b|(?<=\bbeen\s)(?P<unit2>hours|days|weeks|months|years)\b",
    re.I,
)

_HINT = re.compile(
    rf"{MONTH}|week|month|quarter|year|day|{UNIT}|20\d\d|\bq[1-4]|summer|autumn|winter|spring|last|past|next|fall",
    re.IGNORECASE,
)
"""Without any of it no period is named."""


def find_periods(text: str, seen: Seen) -> Iterator[Mention]:
    """Every period that may be meant; of overlapping ones the longest is. A counted one has its duration as a part."""
    if not _HINT.search(text):
        return
    for pattern, rule in _RULES:
        for match in pattern.finditer(text):
            try:
                period = rule(match, seen)
            except (OverflowError, ValueError):
                # Beyond the years that a calendar has.
                continue
            if period is not None:
                yield _mention(match, period, seen)


def find_days_of_month(text: str, seen: Seen) -> Iterator[Mention]:
    """ "March 9-16", "Nov 2 to 10": both ends in a month that is said once, before them."""
    for match in _DAYS_OF_MONTH.finditer(text):
        month, year = month_of(match["month"]), match["year"]
        years = (year_of(year),) if year else tuple(seen.today.year + number for number in (-1, 0, 1))
        first, last = (
            seen.nearest(*(real_day(one, month, int(match[end])) for one in years)) for end in ("first", "last")
        )
        if first is None or last is None or first.replace(year=last.year) > last:
            continue
        first = first.replace(year=last.year)
        start = Mention(
            "date", text[match.start() : match.end("first")], match.start(), match.end("first"), first, role="from"
        )
        end = Mention("date", match["last"], *match.span("last"), last, role="to")
        yield Mention("period", match[0], match.start(), match.end(), Period(first, last), parts=(start, end))


def find_durations(text: str, locale: str) -> Iterator[Mention]:
    """ "six months", "an hour and a half", "for days"."""
    for match in _DURATION.finditer(text):
        if (
            match["count"].lower() in ("a", "an")
            and not match["half"]
            and not just_before(_MEASURES, text, match.start())
        ):
            continue
        duration = duration_of(match["count"], match["unit"], locale)
        if match["half"]:
            duration = and_a_half(duration, match["unit"], locale)
        yield Mention("duration", match[0], match.start(), match.end(), duration)
    for match in _SET_TO.finditer(text):
        duration = duration_of(match["count"], match["unit"], locale)
        yield Mention("duration", match[0], match.start(), match.end(), duration)
    for match in _VAGUE.finditer(text):
        unit, _ = unit_of((match["unit"] or match["unit2"]).replace("ages", "years"))
        yield Mention("duration", match[0], match.start(), match.end(), Duration(None, unit))


def _mention(match: re.Match[str], period: Period, seen: Seen) -> Mention:
    start = match.start()
    if lead := _FIRST_CHARACTER.match(match[0]):
        start += lead.end()
    groups = match.groupdict()
    if groups.get("here"):
        start = match.start("here")
    parts: tuple[Mention, ...] = ()
    if groups.get("count"):
        duration = duration_of(groups["count"], match["unit"], seen.locale)
        parts = (Mention("duration", match[0], start, match.end(), duration),)
    return Mention("period", match.string[start : match.end()], start, match.end(), period, parts=parts)
