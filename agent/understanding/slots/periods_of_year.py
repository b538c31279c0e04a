"""Parts of a year and years: "in June", "March 2025", "Q3", "last summer", "2024"."""

import re
from datetime import date

from dateutil.relativedelta import relativedelta

from agent.understanding.slots.calendar_words import (
    MONTH,
    MONTHS,
    STEPS,
    YEAR,
    Seen,
    month_of,
    year_of,
)
from agent.understanding.slots.mention import Period
from agent.understanding.slots.nearby import just_before
from agent.understanding.slots.rules import rules
from agent.understanding.slots.vocabulary import COMMON

_SEASONS = {"spring": 3, "summer": 6, "autumn": 9, "fall": 9, "winter": 12}


_FIRST_MONTH_OF = {"first": 1, "1st": 1, "second": 4, "2nd": 4, "third": 7, "3rd": 7, "fourth": 10, "4th": 10}


_BEFORE_MONTH = "in|for|during|of|since|until|till|til|by|from|last|next|this|through|between|before|after|about|over"


_AFTER_WORD = "|".join(rf"(?<=\b{word}\s)" for word in _BEFORE_MONTH.split("|"))


_PLAIN_MONTH = "|".join(
    sorted((name for name in MONTHS if name not in ("mar", "may", "march", "dec", "jan", "sep")), key=len)[::-1]
)


_RECIPIENT = re.compile(r"\b(?:pay|paying|send|give|lend|repay|owe|called|named)\s+$", re.IGNORECASE)
_TO = re.compile(
    r"\b(?:send|sending|pay|give|transfer|wire|lend|[£€$]\s?\d[\d.,]*)\b[^,.;]{0,40}\sto\s+$", re.IGNORECASE
)
_RANGE = re.compile(r"\b(?:from|between|since|change|move|switch|push|extend)\b", re.IGNORECASE)
_IN = re.compile(r"\b(?:in|for|during|of|since|until|till|by|from|before|after|and|to)\s+$", re.IGNORECASE)
_NEXT_WORD = re.compile(r"\s+(?P<word>[^\W\d_][\w'’-]*)")


def _month(match: re.Match[str], seen: Seen) -> Period | None:
    if _is_name(match):
        return None
    month, groups = month_of(match["month"]), match.groupdict()
    side = (groups.get("side") or "").lower()
    today = seen.today
    if groups.get("year"):
        year = year_of(groups["year"])
    elif groups.get("year_side"):
        year = today.year + STEPS.get(groups["year_side"].lower(), 0)
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


def _is_name(match: re.Match[str]) -> bool:
    """ "pay August Lettings", "£30 to June", "is May Carter a payee"; but "pay the October bill", "move it to June"."""
    text, start, end = match.string, match.start("month"), match.end("month")
    after = _NEXT_WORD.match(text, end)
    if just_before(_RECIPIENT, text, start):
        return after is None or after["word"].lower() not in COMMON
    if just_before(_TO, text, start):
        return not _RANGE.search(text)
    if after is None or match.start() != start or just_before(_IN, text, start):
        return False
    surname = after["word"]
    return text[start].isupper() and surname.istitle() and surname.lower() not in COMMON


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
        year = seen.today.year + STEPS.get(side, 0)
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


RULES = rules(
    (
        rf"\b(?:(?P<side>last|previous|past|next|this|coming|following)\s+)?(?P<month>{MONTH})(?:,?\s+(?:of\s+)?"
        rf"(?:(?P<year>{YEAR})|(?P<year_side>this|last|next)\s+year\b))",
        _month,
    ),
    (rf"\b(?P<side>last|previous|past|next|this|coming|following)\s+(?P<month>{MONTH})(?!\s*\d)", _month),
    (rf"(?:{_AFTER_WORD}|^\W*(?!march\s+(?:on|with)\b))(?P<month>{MONTH})(?!\s*\d|\s+(?:i|we|you|the\s+\d)\b)", _month),
    (rf"{YEAR}\s*(?:to|until|-|–)\s*(?P<here>(?P<year>(?:19|20)\d\d))\b", _year),
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
)
