"""Times of day and periods of them: "half past 3", "17:30", "9 05 in the morning", "noon", "the last 3 hours"."""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime, time, timedelta

from agent.understanding.slots.calendar_words import COUNT, HOUR, HOUR_WORDS, and_a_half, duration_of
from agent.understanding.slots.mention import Duration, Mention, TimePeriod
from agent.understanding.slots.nearby import just_before
from agent.understanding.slots.numbers import parse_number

_MINUTE_WORDS = {"five": 5, "ten": 10, "quarter": 15, "twenty": 20, "twenty-five": 25, "twenty five": 25, "half": 30}
_NAMED = {"noon": time(12), "midday": time(12), "midnight": time(0), "lunchtime": time(12)}
_PARTS = {
    "morning": TimePeriod(time(0), time(12)),
    "afternoon": TimePeriod(time(12), time(19)),
    "evening": TimePeriod(time(18), time(0)),
    "night": TimePeriod(time(18), time(6)),
}
"""Of the day; wide, so that nobody's evening is left out."""

_HOURS = tuple(HOUR_WORDS)
_MINUTES = r"[0-5]\d"
_HALF_OF_DAY = r"(?:(?P<ampm>[ap])\.?\s?m\b\.?|(?:in\s+the\s+|at\s+)?(?P<part>morning|afternoon|evening|night|noon)\b)"
_OCLOCK = r"o'?\s?clock"
_COUNTED_THINGS = (
    r"(?!\s*(?:[/%£€$-]|[.,:]\d|st\b|nd\b|rd\b|th\b|(?:per\s?cent|percent|pounds?|quid|euros?|dollars?|gbp|eur|usd|pence|p|k|transactions?|"
    r"payments?|days?|weeks?|months?|years?|hours?|minutes?|mins?|times|people|cards?|accounts?|payees?|pins?|of|more|"
    r"jan\w*|feb\w*|mar\w*|apr\w*|may|june?|july?|aug\w*|sept?\w*|oct\w*|nov\w*|dec\w*)\b|\d))"
)
_PAST_OR_TO = re.compile(
    rf"(?<![\d£€$.,:/])\b(?:a\s+)?(?P<minutes>[0-5]?\d|half|quarter|twenty[\s-]five|twenty|five|ten)(?:\s+min(?:ute)?s?)?\s+"
    rf"(?P<way>past|to|after|before)\s+(?P<hour>{HOUR})\b(?:\s*{_OCLOCK})?(?:\s*{_HALF_OF_DAY})?{_COUNTED_THINGS}",
    re.IGNORECASE,
)
_OPENING = re.compile(r"\b(?:from|between)\s+$", re.IGNORECASE)
_AND = re.compile(r"\s*and\b", re.IGNORECASE)
_DIGITAL = re.compile(
    rf"(?<![\d£€$.,:/+])(?<!(?<![m\d])-)(?P<hour>2[0-4]|1\d|0?\d)(?P<mark>[:.h])(?P<minutes>{_MINUTES})(?::\d\d)?(?![\d%])(?:\s*{_HALF_OF_DAY})?",
    re.IGNORECASE,
)
_SPACED = re.compile(
    rf"(?<![\d£€$.,:/+-])\b(?P<hour>2[0-4]|1\d|0?\d)\s(?P<minutes>{_MINUTES})\s*{_HALF_OF_DAY}", re.IGNORECASE
)
_SPACED_ALONE = re.compile(
    rf"(?:\b(?:at|around|about|by|before|after|until|till|from|between|than|time)\s+|(?<=\d\d\sand\s)|(?<=\d\d\sto\s))(?P<hour>2[0-3]|1\d|0?\d)\s(?P<minutes>{_MINUTES})\b"
    rf"{_COUNTED_THINGS}",
    re.IGNORECASE,
)
""" "at 13 15"."""
_COMPACT = re.compile(
    rf"(?<![\d£€$.,:/+-])(?P<hour>1[0-2]|0?[1-9])(?P<minutes>{_MINUTES})\s?(?P<ampm>[ap])\.?m\b\.?", re.I
)
""" "330 pm"."""
_TOGETHER = re.compile(
    rf"(?<![\d£€$.,:/+-])(?P<hour>[01]\d|2[0-3])(?P<minutes>{_MINUTES})(?=\s?(?:hours|hrs)\b)", re.IGNORECASE
)
""" "0930 hours"."""
_TOGETHER_AFTER_AT = re.compile(rf"(?<=\bat\s)(?P<hour>0\d)(?P<minutes>{_MINUTES})(?![\d.,:/])", re.IGNORECASE)
_IN_WORDS = re.compile(
    rf"\b(?:at|around|about|by|until|till|from|before|after)\s+(?P<hour>{'|'.join(_HOURS)})[\s-](?P<minutes>o'?h?\s?five|ten|fifteen|"
    rf"twenty(?:[\s-]five)?|thirty(?:[\s-]five)?|forty(?:[\s-]five)?|fifty(?:[\s-]five)?)\b(?:\s*{_HALF_OF_DAY})?{_COUNTED_THINGS}",
    re.IGNORECASE,
)
""" "at five fifteen"."""
_HALF = re.compile(
    rf"\bhalf\s+(?P<hour>{HOUR})\b(?:\s*{_HALF_OF_DAY})?{_COUNTED_THINGS}(?!\s+(?:hundred|thousand|million|dozen))",
    re.IGNORECASE,
)
""" "half 5" is half past five."""
_DOTTED = re.compile(
    rf"\b(?:at|around|by|until|till|before|after)\s+(?P<hour>2[0-3]|1\d|0?\d)\.(?P<minutes>{_MINUTES})(?![\d%]|\s?(?:[£€$]|pounds|euros))"
)
_OF_DAY = re.compile(
    rf"(?<![\d£€$.,:/+-])\b(?P<hour>{HOUR})(?:[:. ](?P<minutes>{_MINUTES}))?"
    r"(?=\s+(?:(?:this|tomorrow|yesterday)\s+(?P<part>morning|afternoon|evening)|(?P<tonight>tonight))\b)",
    re.IGNORECASE,
)
""" "at 7 tonight": the words after the hour are a day."""
_SHARP = re.compile(rf"(?<![:.\d])\b(?P<hour>{HOUR})\s+sharp\b", re.IGNORECASE)
_BOUND = re.compile(
    rf"\b(?:(?:some|any)\s?time\s+)?(?:after|before|until|till|by|since|past)\s+(?P<hour>{HOUR})\b{_COUNTED_THINGS}(?=\s*(?:$|[?!.,]|ok\b|please\b|today\b"
    r"|tomorrow\b|on\b|and\b|will\b|is\b|then\b|works\b|would\b))",
    re.IGNORECASE,
)
_IS_MONEY = re.compile(
    r"[£€$]|\b(?:pay|send|transfer|payments?|limit|amount|pounds?|quid|euros?|dollars?|transactions?|spen[dt]|lower|raise|increase|reduce|balance"
    r"|move|option|number|the)\b",
    re.IGNORECASE,
)
""" "by 5" may be money there."""
_TWO_HOURS = re.compile(
    rf"\b(?:between|from)\s+(?P<first>{HOUR})\s+(?:and|to|till|until)\s+(?P<last>{HOUR})\b"
    rf"(?:\s*{_HALF_OF_DAY}|(?=\s+(?:this|tomorrow|(?:on\s+)?\w+day)\s+(?P<that>morning|afternoon|evening)\b))?{_COUNTED_THINGS}",
    re.IGNORECASE,
)
_IS_MEETING = re.compile(
    r"\b(?:meet(?:ing|ings)?|appointments?|slots?|available|availability|call|ring|visit|come|branch|free|reschedule|o'?clock|any\s?time|time|hours?)\b",
    re.IGNORECASE,
)
""" "between 2 and 4" are hours where people meet, else they may be amounts."""
_PLAIN = re.compile(
    rf"(?<![\d£€$.,:/+])(?<!(?<![m\d])-)\b(?P<hour>{HOUR})\s*(?:{_OCLOCK}\s*)?{_HALF_OF_DAY}", re.IGNORECASE
)
_WITH_OCLOCK = re.compile(rf"(?<![\d£€$.,:/+-])\b(?P<hour>{HOUR})\s*{_OCLOCK}", re.IGNORECASE)
_AFTER_AT = re.compile(
    rf"\b(?:at|around|about|(?:any\s?time|later|earlier|time|slot|appointment|meeting|meet|call|come)"
    rf"\s+(?:is\s+|at\s+)?(?:after|before|from|than|by|until|at|around|for))\s+(?P<hour>{HOUR})\b{_COUNTED_THINGS}"
    r"(?=\s*(?:$|[?!.,]|ok\b|please\b|today\b|tomorrow\b|on\b|and\b|will\b|is\b|then\b|works\b|sharp\b|for\b|if\b|or\b|works\b|suits\b))",
    re.IGNORECASE,
)
_WORDS = re.compile(r"\b(?:noon|midday|midnight|lunchtime)\b", re.IGNORECASE)
_PART_OF_DAY = re.compile(
    r"\b(?:(?:this|tomorrow|yesterday|all|whole|in\s+the|during\s+the|every|each|same|any|the|day)\s+)(?P<part>morning|afternoon|evening|night)\b"
    r"|(?<=day\s)(?P<other>morning|afternoon|evening|night)\b",
    re.IGNORECASE,
)
_HOUR_BEFORE = re.compile(rf"\b{HOUR}(?:[:. ]{_MINUTES})?\s+$", re.IGNORECASE)
""" "8 this morning" is a time."""
_UNIT = r"(?:minutes?|mins?|hours?|hrs?)\b"
_COUNTED = re.compile(
    rf"\b(?P<side>last|past|previous|next|coming)\s+(?:(?P<count>{COUNT})\s*)?(?P<unit>{_UNIT})(?P<half>\s+and\s+a\s+half)?",
    re.IGNORECASE,
)
_OFFSET = re.compile(
    rf"\bin\s+(?P<ahead>{COUNT})\s*(?P<unit>{_UNIT})(?P<half>\s+and\s+a\s+half)?(?:'?\s+time)?"
    rf"|\b(?P<back>{COUNT})\s*(?P<unit2>{_UNIT})(?P<half2>\s+and\s+a\s+half)?\s+(?:ago|back)\b",
    re.IGNORECASE,
)


_TIMES = (
    _OF_DAY,
    _PAST_OR_TO,
    _DIGITAL,
    _SPACED,
    _SPACED_ALONE,
    _COMPACT,
    _TOGETHER,
    _TOGETHER_AFTER_AT,
    _PLAIN,
    _WITH_OCLOCK,
    _IN_WORDS,
    _AFTER_AT,
    _HALF,
    _SHARP,
)
_HOUR_FIRST = frozenset({_AFTER_AT, _SPACED_ALONE, _IN_WORDS, _BOUND, _DOTTED})
"""Patterns of which the words before the hour are no part of the time."""


def find_times(text: str, now: datetime, locale: str) -> Iterator[Mention]:
    """Times of day; of overlapping ones the longest is meant."""
    for pattern in _TIMES if _IS_MONEY.search(text) else (*_TIMES, _BOUND, _DOTTED):
        for match in pattern.finditer(text):
            said = _time(match.groupdict() | ({"minutes": "half"} if pattern is _HALF else {}))
            if pattern is _PAST_OR_TO and _is_two_hours(match):
                continue
            # "1.05" is an amount, "1.05pm" is not.
            is_dotted = match.groupdict().get("mark") == "." and not (match["ampm"] or match["part"])
            if said is not None and not is_dotted:
                start = match.start("hour") if pattern in _HOUR_FIRST else match.start()
                yield Mention("time", text[start : match.end()].rstrip(), start, _end(match), said)
    for match in _WORDS.finditer(text):
        yield Mention("time", match[0], match.start(), match.end(), _NAMED[match[0].lower()])
    for match in _OFFSET.finditer(text):
        unit = match["unit"] or match["unit2"]
        duration = duration_of(match["ahead"] or match["back"], unit, locale)
        if match["half"] or match["half2"]:
            duration = and_a_half(duration, unit, locale)
        if duration.number is not None and (moment := _moved(now, duration, 1 if match["ahead"] else -1)):
            yield Mention("time", match[0], match.start(), match.end(), moment.time().replace(microsecond=0))


def find_time_periods(text: str, now: datetime, locale: str) -> Iterator[Mention]:
    """ "the last 3 hours", "tomorrow morning", of a meeting "between 2 and 4"."""
    if _IS_MEETING.search(text):
        yield from _two_hours(text)
    for match in _COUNTED.finditer(text):
        duration = duration_of(match["count"], match["unit"], locale)
        if duration.number is None:
            continue
        if match["half"]:
            duration = and_a_half(duration, match["unit"], locale)
        ahead = match["side"].lower() in ("next", "coming")
        other = _moved(now, duration, 1 if ahead else -1)
        if other is None:
            continue
        first, last = (now, other) if ahead else (other, now)
        value = TimePeriod(first.time().replace(microsecond=0), last.time().replace(microsecond=0))
        part = Mention("duration", match[0], match.start(), match.end(), duration)
        yield Mention("time_period", match[0], match.start(), match.end(), value, parts=(part,))
    for match in _PART_OF_DAY.finditer(text):
        if just_before(_HOUR_BEFORE, text, match.start()):
            continue
        group = "part" if match["part"] else "other"
        said = match[group]
        yield Mention("time_period", said, match.start(group), match.end(group), _PARTS[said.lower()])


def _two_hours(text: str) -> Iterator[Mention]:
    for match in _TWO_HOURS.finditer(text):
        groups = match.groupdict()
        groups["part"] = groups["part"] or groups["that"]
        last = _time({**groups, "hour": match["last"]})
        first = _time({**groups, "hour": match["first"]})
        if first and last and first > last:
            first = _time({"hour": match["first"]})
        if first is None or last is None:
            continue
        start, end = match.start("first"), len(match[0].rstrip()) + match.start()
        parts = (
            Mention("time", match["first"], *match.span("first"), first, role="from"),
            Mention("time", text[match.start("last") : end], match.start("last"), end, last, role="to"),
        )
        yield Mention("time_period", text[start:end], start, end, TimePeriod(first, last), parts=parts)


def _is_two_hours(match: re.Match[str]) -> bool:
    """ "from 9 to 5", which is not nine minutes to five; but "between 20 to 2 and 3" is."""
    is_counted = (
        match["minutes"].isdecimal() and int(match["minutes"]) <= _HOURS_OF_DAY and match["way"].lower() == "to"
    )
    opening = just_before(_OPENING, match.string, match.start())
    is_between = opening is not None and opening[0].lower().startswith("between")
    return is_counted and opening is not None and not (is_between and _AND.match(match.string, match.end()))


def _moved(now: datetime, duration: Duration, sign: int) -> datetime | None:
    number = float(duration.number or 0) * sign
    try:
        return now + (timedelta(hours=number) if duration.unit == "hours" else timedelta(minutes=number))
    except OverflowError:
        return None


def _end(match: re.Match[str]) -> int:
    return match.start() + len(match[0].rstrip())


def _time(groups: Mapping[str, str | None]) -> time | None:
    said_hour = (groups.get("hour") or "0").lower()
    hour = HOUR_WORDS.get(said_hour) or int(said_hour)
    minutes = 0
    if said := groups.get("minutes"):
        word = re.sub(r"[\s-]+", " ", said.lower())
        minutes = (
            _MINUTE_WORDS[word]
            if word in _MINUTE_WORDS
            else int(parse_number(word.replace("oh ", "").replace("o ", ""), "en"))
        )
    hour = _in_half(hour, groups)
    if (groups.get("way") or "").lower() in ("to", "before"):
        hour, minutes = (hour - 1) % 24, 60 - minutes
        hour, minutes = (hour + 1, 0) if minutes == 60 else (hour, minutes)
    return time(hour % 24, minutes) if hour <= 24 and minutes < 60 else None


_NOON = 12
_HOURS_OF_DAY = 24
_NIGHT_BEGINS = 6
"""An hour up to which "at night" is after midnight."""


def _in_half(hour: int, groups: Mapping[str, str | None]) -> int:
    ampm = (groups.get("ampm") or "").lower()
    part = (groups.get("part") or ("evening" if groups.get("tonight") else "")).lower()
    if hour == 24:
        return 0
    if ampm == "a" or part == "morning":
        return 0 if hour == _NOON else hour
    late = ampm == "p" or part in ("afternoon", "evening") or (part == "night" and _NIGHT_BEGINS <= hour < _NOON)
    if part == "night" and hour == _NOON:
        return 0
    return hour + _NOON if late and hour < _NOON else hour
