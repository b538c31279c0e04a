"""Times of day: "half past 3", "17:30", "9 05 in the morning", "noon", "in 2 hours"."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from agent.understanding.slots.calendar_words import COUNT, HOUR, and_a_half, duration_of
from agent.understanding.slots.clock import (
    FREE,
    FREE_OR_RANGE,
    HALF_OF_DAY,
    HOUR_FIGURES,
    HOUR_IN_WORDS,
    MINUTES,
    NOT_COUNTED,
    OCLOCK,
    PERHAPS_HALF,
    time_of,
)
from agent.understanding.slots.mention import Duration, Mention
from agent.understanding.slots.nearby import just_before
from agent.understanding.slots.phrases import one_of

_NAMED = {"noon": time(12), "midday": time(12), "midnight": time(0), "lunchtime": time(12)}
_WORDS = re.compile(rf"\b(?:{'|'.join(_NAMED)})\b", re.IGNORECASE)
_IS_MONEY = re.compile(rf"[£€$]|\b(?:{one_of('about_money')})\b", re.IGNORECASE)
_AT = rf"\b(?:{one_of('before_hour')})\s+"
_GOES_ON = rf"(?=\s*(?:$|[?!.,]|(?:{one_of('behind_hour')})\b))"
_OPENING = re.compile(r"\b(?P<word>from|between)\s+$", re.IGNORECASE)
_AND = re.compile(r"\s*and\b", re.IGNORECASE)
_LAST_HOUR = 24


def _is_two_hours(match: re.Match[str]) -> bool:
    """ "from 9 to 5", which is not nine minutes to five; but "between 20 to 2 and 3" is."""
    opening = just_before(_OPENING, match.string, match.start())
    if opening is None or match["way"].lower() != "to" or not match["minutes"].isdecimal():
        return False
    is_between = opening["word"].lower() == "between" and _AND.match(match.string, match.end())
    return int(match["minutes"]) <= _LAST_HOUR and not is_between


def _is_amount(match: re.Match[str]) -> bool:
    """ "1.05" is an amount, "1.05pm" is not."""
    return match["mark"] == "." and not (match["ampm"] or match["part"])


@dataclass(frozen=True, slots=True)
class _Form:
    """A way to say a time."""

    pattern: re.Pattern[str]
    """Its groups are those of ``clock.time_of``."""
    is_led: bool = False
    """The words before the hour are no part of the time."""
    minutes: str | None = None
    """That all such times have."""
    unless: Callable[[re.Match[str]], bool] | None = None


def _form(
    pattern: str,
    *,
    is_led: bool = False,
    minutes: str | None = None,
    unless: Callable[[re.Match[str]], bool] | None = None,
) -> _Form:
    return _Form(re.compile(pattern, re.IGNORECASE), is_led, minutes, unless)


_FIGURES = rf"(?P<hour>{HOUR_FIGURES})"
_ANY_HOUR = rf"(?P<hour>{HOUR})"
_AND_MINUTES = rf"(?P<minutes>{MINUTES})"
_FORMS = (
    # "at 7 tonight", "8:30 this morning": the words behind the hour are a day, and stay one.
    _form(
        rf"{FREE}\b{_ANY_HOUR}(?:[:. ]{_AND_MINUTES})?"
        r"(?=\s+(?:(?:this|tomorrow|yesterday)\s+(?P<part>morning|afternoon|evening)|(?P<tonight>tonight))\b)"
    ),
    # "half past 3", "25 to 11 at night", "ten minutes after five"
    _form(
        r"(?<![\d£€$.,:/])\b(?:a\s+)?(?P<minutes>[0-5]?\d|half|quarter|twenty[\s-]five|twenty|five|ten)"
        rf"(?:\s+min(?:ute)?s?)?\s+(?P<way>past|to|after|before)\s+{_ANY_HOUR}\b(?:\s*{OCLOCK})?{PERHAPS_HALF}{NOT_COUNTED}",
        unless=_is_two_hours,
    ),
    # "17:30", "7.30pm", "9h15", "10:30:00"
    _form(
        rf"{FREE_OR_RANGE}{_FIGURES}(?P<mark>[:.h]){_AND_MINUTES}(?::\d\d)?(?![\d%]){PERHAPS_HALF}", unless=_is_amount
    ),
    # "9 05 in the morning"
    _form(rf"{FREE}\b{_FIGURES}\s{_AND_MINUTES}\s*{HALF_OF_DAY}"),
    # "at 13 15", "between 10 30 and 11 15"
    _form(
        rf"(?:\b(?:{one_of('before_hour')}|between|than|time)\s+|(?<=\d\d\sand\s)|(?<=\d\d\sto\s))"
        rf"(?P<hour>2[0-3]|1\d|0?\d)\s{_AND_MINUTES}\b{NOT_COUNTED}",
        is_led=True,
    ),
    # "330 pm"
    _form(rf"{FREE}(?P<hour>1[0-2]|0?[1-9]){_AND_MINUTES}\s?(?P<ampm>[ap])\.?m\b\.?"),
    # "0930 hours", "at 0930"
    _form(rf"{FREE}(?P<hour>[01]\d|2[0-3]){_AND_MINUTES}(?=\s?(?:hours|hrs)\b)"),
    _form(rf"(?<=\bat\s)(?P<hour>0\d){_AND_MINUTES}(?![\d.,:/])"),
    # "5pm", "five in the afternoon", "5 o'clock in the morning"
    _form(rf"{FREE_OR_RANGE}\b{_ANY_HOUR}\s*(?:{OCLOCK}\s*)?{HALF_OF_DAY}"),
    # "10 o'clock"
    _form(rf"{FREE}\b{_ANY_HOUR}\s*{OCLOCK}"),
    # "at five fifteen"
    _form(
        rf"{_AT}(?P<hour>{HOUR_IN_WORDS})[\s-](?P<minutes>{one_of('minutes_behind')})\b{PERHAPS_HALF}{NOT_COUNTED}",
        is_led=True,
    ),
    # "at 5 please", "call me before 5"
    _form(
        rf"\b(?:at|around|about|(?:{one_of('waits')})\s+(?:is\s+|at\s+)?(?:{one_of('waits_for')}))\s+"
        rf"{_ANY_HOUR}\b{NOT_COUNTED}{_GOES_ON}",
        is_led=True,
    ),
    # "half 5" is half past five.
    _form(
        rf"\bhalf\s+{_ANY_HOUR}\b{PERHAPS_HALF}{NOT_COUNTED}(?!\s+(?:hundred|thousand|million|dozen))", minutes="half"
    ),
    # "5 sharp"
    _form(rf"(?<![:.\d])\b{_ANY_HOUR}\s+sharp\b"),
)
_WITHOUT_MONEY = (
    # "not before 4"
    _form(rf"\b(?:(?:some|any)\s?time\s+)?(?:{one_of('bounds')})\s+{_ANY_HOUR}\b{NOT_COUNTED}{_GOES_ON}", is_led=True),
    # "at 5.30"
    _form(
        rf"\b(?:at|around|by|until|till|before|after)\s+(?P<hour>2[0-3]|1\d|0?\d)\.{_AND_MINUTES}"
        r"(?![\d%]|\s?(?:[£€$]|pounds|euros))",
        is_led=True,
    ),
)
"""Forms that amounts have too: read in messages that speak of no money."""
_UNIT = r"(?:minutes?|mins?|hours?|hrs?)\b"
_HALF_MORE = r"\s+and\s+a\s+half"
_AHEAD = re.compile(
    rf"\bin\s+(?P<count>{COUNT})\s*(?P<unit>{_UNIT})(?P<half>{_HALF_MORE})?(?:'?\s+time)?", re.IGNORECASE
)
_AGO = re.compile(rf"\b(?P<count>{COUNT})\s*(?P<unit>{_UNIT})(?P<half>{_HALF_MORE})?\s+(?:ago|back)\b", re.IGNORECASE)


def find_times(text: str, now: datetime, locale: str) -> Iterator[Mention]:
    """Times of day; of overlapping ones the longest is meant."""
    for form in _FORMS if _IS_MONEY.search(text) else (*_FORMS, *_WITHOUT_MONEY):
        for match in form.pattern.finditer(text):
            groups = match.groupdict()
            said = time_of(groups | {"minutes": form.minutes or groups.get("minutes")})
            if said is None or (form.unless and form.unless(match)):
                continue
            start = match.start("hour") if form.is_led else match.start()
            whole = text[start : match.end()].rstrip()
            yield Mention("time", whole, start, start + len(whole), said)
    for match in _WORDS.finditer(text):
        yield Mention("time", match[0], match.start(), match.end(), _NAMED[match[0].lower()])
    yield from _from_now(text, now, locale)


def _from_now(text: str, now: datetime, locale: str) -> Iterator[Mention]:
    """ "in 2 hours", "15 minutes ago"."""
    for pattern, sign in ((_AHEAD, 1), (_AGO, -1)):
        for match in pattern.finditer(text):
            length = duration_of(match["count"], match["unit"], locale)
            if match["half"]:
                length = and_a_half(length, match["unit"], locale)
            moment = moved(now, length, sign)
            if moment is not None:
                yield Mention("time", match[0], match.start(), match.end(), moment)


def moved(now: datetime, length: Duration, sign: int) -> time | None:
    """The time so many hours or minutes before (-1) or after (1) now; None beyond the calendar or without a number."""
    if length.number is None:
        return None
    number = float(length.number) * sign
    try:
        moment = now + (timedelta(hours=number) if length.unit == "hours" else timedelta(minutes=number))
    except OverflowError:
        return None
    return moment.time().replace(microsecond=0)
