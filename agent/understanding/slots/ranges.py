"""Ends that belong together: "between 3 and 10 June", "from 9 to 5 pm", "since March", "until Friday"."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, time, timedelta

from dateutil.relativedelta import relativedelta

from agent.understanding.slots.calendar_words import Seen, real_day
from agent.understanding.slots.mention import Mention, Period, Role, TimePeriod
from agent.understanding.slots.nearby import just_before
from agent.understanding.slots.numbers import ORDINAL, parse_ordinal

_BETWEEN = re.compile(
    r"\s*(?:,?\s*(?P<word>to|until|till|til|through|thru|up\s+to|and)\s+(?:the\s+|on\s+|at\s+)*|[-–—]\s*)", re.I
)
_OPENING = re.compile(r"\b(?:from|between|starting(?:\s+from)?|since)\s+(?:the\s+|on\s+)*$", re.IGNORECASE)
_FIRST_DAY = re.compile(
    rf"(?P<opening>\b(?:from|between)\s+(?:the\s+)?)?\b(?P<day>{ORDINAL}|\d{{1,2}})\s*"
    r"(?:(?P<word>to|and|until|till|through)\s+(?:the\s+)?|[-–]\s*)$",
    re.IGNORECASE,
)
_SINCE = re.compile(r"\bsince\s+(?:the\s+|on\s+)*$", re.IGNORECASE)
_STARTING = re.compile(
    r"\b(?:starting(?:\s+(?:from|on|at))?|beginning(?:\s+on)?|as\s+of|effective)\s+(?:the\s+|on\s+)*$", re.IGNORECASE
)
_FROM = re.compile(r"\bfrom\s+(?:the\s+|on\s+)*$", re.IGNORECASE)
_ON = re.compile(r"\s+(?:on(?:wards?)?|forward)\b(?!\s+(?:my|the|a|an|this|that|it|\w+ing)\b)", re.IGNORECASE)
_UNTIL = re.compile(
    r"\b(?:until|till|til|up\s+(?:to|until|till)|through|no\s+later\s+than|ending(?:\s+(?:on|at|in))?|ends?(?:\s+(?:on|at|in))|to)\s+(?:the\s+|on\s+)*$",
    re.IGNORECASE,
)
_DAYLIKE = ("date", "period")
_BARE_DAY = re.compile(rf"(?:the\s+)?{ORDINAL}", re.IGNORECASE)
_YEAR = re.compile(r"\b(?:19|20)\d\d\b")
_WEEK = 7


def join_ranges(text: str, mentions: Sequence[Mention], seen: Seen) -> Iterator[Mention]:
    """The mentions, in order, with neighbours joined that are two ends of one period."""
    rest = list(mentions)
    while rest:
        first = rest.pop(0)
        if rest and (joined := _joined(text, first, rest[0])):
            rest.pop(0)
            yield joined
        else:
            yield _with_bare_start(text, first) or _open_ended(text, first, seen)


def _joined(text: str, first: Mention, second: Mention) -> Mention | None:
    between = _BETWEEN.fullmatch(text[first.end : second.start])
    if between is None:
        return None
    opening = just_before(_OPENING, text, first.start)
    if not opening and (between["word"] or "").lower() in ("and", "to"):
        return None
    if first.kind in _DAYLIKE and second.kind in _DAYLIKE and not first.parts and not second.parts:
        parts = (_end_of(first, "from"), _end_of(second, "to"))
        return _spanning(text, "period", _days_between(*parts), parts)
    if isinstance(first.value, time) and isinstance(second.value, time):
        parts = (replace(first, role="from"), replace(second, role="to"))
        return _spanning(text, "time_period", TimePeriod(first.value, second.value), parts)
    return None


def _with_bare_start(text: str, last: Mention) -> Mention | None:
    """ "3 to 10 June": the first number is a day only because of what follows."""
    if last.kind != "date" or not re.match(r"\d|\w+\s+\d", last.text):
        return None
    match = just_before(_FIRST_DAY, text, last.start)
    if match is None or (not match["opening"] and match["word"] in ("and", "to") and match["day"].isdecimal() is False):
        return None
    end = last.value
    assert isinstance(end, date)
    day = int(match["day"]) if match["day"].isdecimal() else parse_ordinal(match["day"])
    start = real_day(end.year, end.month, day)
    if start is None or start > end:
        return None
    first = Mention("date", match["day"], match.start("day"), match.end("day"), start, role="from")
    return _spanning(text, "period", Period(start, end), (first, replace(last, role="to")))


def _open_ended(text: str, mention: Mention, seen: Seen) -> Mention:
    if mention.kind not in (*_DAYLIKE, "time") or mention.parts:
        return mention
    if just_before(_SINCE, text, mention.start):
        return _since(mention, seen)
    if just_before(_STARTING, text, mention.start) or _is_start(text, mention):
        return _end_of(mention, "from")
    if just_before(_UNTIL, text, mention.start) and not text.startswith(("'s", "’s"), mention.end):
        return _end_of(mention, "to")
    return mention


def _is_start(text: str, mention: Mention) -> bool:
    """ "from Friday" begins a period; "the payment from yesterday" and "the list from October" lie in one."""
    if not just_before(_FROM, text, mention.start):
        return False
    in_days = mention.kind == "date" and bool(re.search(r"\d|day\b|first", mention.text))
    is_one = mention.kind == "time" or (in_days and mention.text.lower() not in ("today", "yesterday"))
    return is_one or bool(_ON.match(text, mention.end))


def _since(mention: Mention, seen: Seen) -> Mention:
    start = _end_of(mention, "from")
    if isinstance(start.value, date) and start.value <= seen.today:
        return replace(mention, kind="period", value=Period(start.value, seen.today), parts=(start,))
    return start


def _end_of(mention: Mention, role: Role) -> Mention:
    """One end of a period: the first day of "March" where it begins, the last where it ends."""
    value = mention.value
    if isinstance(value, Period):
        return replace(mention, kind="date", value=value.first if role == "from" else value.last, role=role)
    return replace(mention, role=role)


def _days_between(first: Mention, last: Mention) -> Period:
    """In order. An end that is only a day of the month, or has no year, takes it from the other end."""
    start, end = first.value, last.value
    assert isinstance(start, date) and isinstance(end, date)
    if _BARE_DAY.fullmatch(first.text) and not _BARE_DAY.fullmatch(last.text):
        start = _same_or_month_before(end, start.day)
    elif _BARE_DAY.fullmatch(last.text) and not _BARE_DAY.fullmatch(first.text):
        end = next(day for number in range(3) if (day := _on_day(start, end.day, number)) and day >= start)
    elif _YEAR.search(last.text) and not _YEAR.search(first.text):
        start = start.replace(year=end.year, day=min(start.day, 28) if start.month == 2 else start.day)
    while start > end:
        if (start - end).days < _WEEK:
            end += timedelta(days=_WEEK)
        elif _BARE_DAY.fullmatch(first.text):
            end += relativedelta(months=1)
        else:
            start -= relativedelta(years=1)
    return Period(start, end)


def _same_or_month_before(end: date, day: int) -> date:
    candidates = (_on_day(end, day, number) for number in (0, -1, -2))
    return next(found for found in candidates if found and found <= end)


def _on_day(month: date, day: int, months: int) -> date | None:
    first = month.replace(day=1) + relativedelta(months=months)
    return real_day(first.year, first.month, day)


def _spanning(text: str, kind: str, value: Period | TimePeriod, parts: tuple[Mention, Mention]) -> Mention:
    start, end = parts[0].start, parts[1].end
    return Mention(kind, text[start:end], start, end, value, parts=parts)  # pyright: ignore[reportArgumentType]
