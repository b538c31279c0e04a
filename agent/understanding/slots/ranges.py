"""Ends that belong together: "between 3 and 10 June", "from 9 to 5 pm", "since March", "until Friday"."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import MINYEAR, date, time, timedelta
from typing import cast

from dateutil.relativedelta import relativedelta

from agent.understanding.slots.calendar_words import MONTH, Seen, real_day
from agent.understanding.slots.mention import Mention, Period, Role, TimePeriod
from agent.understanding.slots.nearby import just_before, near
from agent.understanding.slots.numbers import ORDINAL, parse_ordinal

_BETWEEN = re.compile(
    r"\s*(?:,?\s*(?P<word>to|until|till|til|through|thru|up\s+to|and)\s+(?:the\s+|on\s+|at\s+)*|[-–—]\s*)", re.I
)
_OPENING = re.compile(r"\b(?:from|between|starting(?:\s+from)?|since)\s+(?:the\s+|on\s+)*$", re.IGNORECASE)
_IN_BETWEEN = re.compile(r"\bbetween\b", re.IGNORECASE)
_FIRST_DAY = re.compile(
    rf"(?P<opening>\b(?:from|between)\s+(?:the\s+)?)?\b(?P<day>{ORDINAL}|\d{{1,2}})\s*"
    r"(?:(?P<word>to|and|until|till|through)\s+(?:the\s+)?|[-–]\s*)$",
    re.IGNORECASE,
)
_SINCE = re.compile(r"\bsince\s+(?:the\s+|on\s+)*$", re.IGNORECASE)
_STARTING = re.compile(
    r"\b(?:starting(?:\s+(?:from|on|at))?|beginning(?:\s+on)?|as\s+of|effective)\s+(?:the\s+|on\s+)*$"
    r"|\b(?:start(?:s|ed)?|beg[aiu]n(?:s|ning)?)\b(?:(?!\b(?:and|end\w*|until|till)\b)[^.,;!?]){0,40}\son\s+(?:the\s+)?$",
    re.IGNORECASE,
)
""" "starting in June", "I began paying it back on the 7th"."""
_FROM = re.compile(r"\bfrom\s+(?:the\s+|on\s+)*$", re.IGNORECASE)
_ON = re.compile(r"\s+(?:on(?:wards?)?|forward)\b(?!\s+(?:my|the|a|an|this|that|it|\w+ing)\b)", re.IGNORECASE)
_PASSED = re.compile(r"\b(?:ago|back|last|previous|today|yesterday)\b", re.IGNORECASE)
_UNTIL = re.compile(
    r"\b(?:until|till|til|up\s+(?:to|until|till)|through|up\s+to\s+and\s+including|no\s+later\s+than|ending(?:\s+(?:on|at|in))?|end(?:s|ed)?(?:\s+(?:on|at|in))|to)\s+(?:the\s+|on\s+)*$",
    re.IGNORECASE,
)
_BARE_DAY = re.compile(rf"(?:the\s+)?{ORDINAL}", re.IGNORECASE)
_CHANGES = re.compile(
    r"\b(?:change|changed|move|moved|push|pull|(?:re)?schedule|book|set|postpone|shift|switch|bring)\b", re.IGNORECASE
)
_TO = re.compile(r"\bto\s+(?:the\s+|on\s+)*$", re.IGNORECASE)
_ARRANGES = re.compile(r"\bschedul\w+|\bbook\b|\barrange\b", re.IGNORECASE)
""" "schedule it to Saturday" names the day itself."""
_STRANDED = re.compile(
    r"\b(?:who|whom|which|what)\b[^.,;?!]*\b(?:sen[dt]|pa(?:y|id)|transfer\w*|g[ai]ve|go|went|money)\s+to\s+$",
    re.IGNORECASE,
)
""" "who did I send money to last week": the end of a question that began with whom."""
_YEAR = re.compile(r"\b(?:19|20)\d\d\b")
_DAY_AND_MONTH = re.compile(rf"\d.*{MONTH}|{MONTH}.*\d|\d[/.-]\d", re.IGNORECASE)
_WEEK = 7


def join_ranges(text: str, mentions: Sequence[Mention], seen: Seen) -> Iterator[Mention]:
    """The mentions, in order, with neighbours joined that are two ends of one period, and the roles of single ends.

    Where something is said to come back ("every month from June until May"), the days are its first and its last.
    """
    comes_back = any(mention.kind == "frequency" for mention in mentions) and not _IN_BETWEEN.search(text)
    before: Mention | None = None
    for mention in mentions:
        joined = (
            None
            if comes_back
            else (before and _joined(text, before, mention)) or _with_bare_start(text, before, mention)
        )
        if before and not (joined and joined.start < before.end):
            yield _open_ended(text, before, seen, comes_back=comes_back)
        before = joined or mention
    if before:
        yield _open_ended(text, before, seen, comes_back=comes_back)


def _joined(text: str, first: Mention, second: Mention) -> Mention | None:
    between = _BETWEEN.fullmatch(text[first.end : second.start])
    if between is None:
        return None
    opening = just_before(_OPENING, text, first.start)
    word = (between["word"] or "").lower()
    if not opening and (word == "and" or (word == "to" and first.kind == "time")):
        return None
    if word == "to" and near(_CHANGES, text, first.start):
        return None
    if (
        isinstance(first.value, date | Period)
        and isinstance(second.value, date | Period)
        and not first.parts + second.parts
    ):
        parts = (_end_of(first, "from"), _end_of(second, "to"))
        return _spanning(text, "period", _days_between(*parts), parts)
    if isinstance(first.value, time) and isinstance(second.value, time):
        parts = (replace(first, role="from"), replace(second, role="to"))
        return _spanning(text, "time_period", TimePeriod(first.value, second.value), parts)
    return None


def _with_bare_start(text: str, before: Mention | None, last: Mention) -> Mention | None:
    """ "3 to 10 June", "2 to 4pm": the first number is a day or an hour only because of what follows."""
    match = just_before(_FIRST_DAY, text, last.start)
    if match is None or (not match["opening"] and (match["word"] == "and" or not match["day"].isdecimal())):
        return None
    if before and before.kind != "number" and before.end > match.start("day"):
        return None
    number = int(match["day"]) if match["day"].isdecimal() else parse_ordinal(match["day"])
    start = _before(last.value, number, last.text) if re.match(r"\d|\w+\s+\d", last.text) else None
    if start is None:
        return None
    kind = "date" if isinstance(start, date) else "time"
    first = Mention(kind, match["day"], match.start("day"), match.end("day"), start, role="from")
    if isinstance(start, time) and isinstance(last.value, time):
        return _spanning(text, "time_period", TimePeriod(start, last.value), (first, replace(last, role="to")))
    if isinstance(start, date) and isinstance(last.value, date):
        return _spanning(text, "period", Period(start, last.value), (first, replace(last, role="to")))
    return None


def _before(end: object, number: int, said: str) -> date | time | None:
    """The day of ``end``'s month, or the hour of its half of the day, that has this number and lies before it."""
    if isinstance(end, date):
        start = real_day(end.year, end.month, number)
        return start if start and start <= end else None
    if isinstance(end, time) and number <= 24 and re.search(r"[ap]\.?m|:|clock", said, re.IGNORECASE):
        hours = [hour for hour in (number % 24, (number + 12) % 24) if hour <= end.hour]
        return time(max(hours)) if hours else None
    return None


def _open_ended(text: str, mention: Mention, seen: Seen, *, comes_back: bool) -> Mention:
    if not isinstance(mention.value, date | time | Period) or mention.parts:
        return mention
    if just_before(_SINCE, text, mention.start):
        return _since(mention, seen)
    is_first = comes_back and just_before(_FROM, text, mention.start)
    if is_first or just_before(_STARTING, text, mention.start) or _is_start(text, mention):
        return _end_of(mention, "from")
    is_moved = just_before(_TO, text, mention.start) and near(_ARRANGES, text, mention.start)
    is_other = is_moved or just_before(_STRANDED, text, mention.start)
    if just_before(_UNTIL, text, mention.start) and not is_other and not text.startswith(("'s", "’s"), mention.end):
        return _end_of(mention, "to")
    return mention


def _is_start(text: str, mention: Mention) -> bool:
    """ "from Friday" begins a period; "the payment from yesterday" and "the list from October" lie in one."""
    if not just_before(_FROM, text, mention.start):
        return False
    in_days = (
        mention.kind == "date" and bool(re.search(r"\d|day\b|first", mention.text)) and not _PASSED.search(mention.text)
    )
    return mention.kind == "time" or in_days or bool(_ON.match(text, mention.end))


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
    start, end = cast("date", first.value), cast("date", last.value)
    if _BARE_DAY.fullmatch(first.text) and _DAY_AND_MONTH.search(last.text):
        start = _same_or_month_before(end, start.day)
    elif _BARE_DAY.fullmatch(last.text) and _DAY_AND_MONTH.search(first.text):
        end = next(day for number in range(3) if (day := _on_day(start, end.day, number)) and day >= start)
    elif _YEAR.search(last.text) and not _YEAR.search(first.text):
        start = start.replace(year=end.year, day=min(start.day, 28) if start.month == 2 else start.day)
    while start > end:
        if (start - end).days < _WEEK:
            end += timedelta(days=_WEEK)
        elif _BARE_DAY.fullmatch(first.text):
            end += relativedelta(months=1)
        else:
            return _with_start_before(start, end)
    return Period(start, end)


def _with_start_before(start: date, end: date) -> Period:
    """The start in the last year in which it comes before the end."""
    year = end.year - ((start.month, start.day) > (end.month, end.day))
    return Period(start + relativedelta(year=year), end) if year >= MINYEAR else Period(end, start)


def _same_or_month_before(end: date, day: int) -> date:
    candidates = (_on_day(end, day, number) for number in (0, -1, -2))
    return next(found for found in candidates if found and found <= end)


def _on_day(month: date, day: int, months: int) -> date | None:
    first = month.replace(day=1) + relativedelta(months=months)
    return real_day(first.year, first.month, day)


def _spanning(text: str, kind: str, value: Period | TimePeriod, parts: tuple[Mention, Mention]) -> Mention:
    start, end = parts[0].start, parts[1].end
    return Mention(kind, text[start:end], start, end, value, parts=parts)  # pyright: ignore[reportArgumentType]
