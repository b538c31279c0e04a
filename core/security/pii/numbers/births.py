"""Dates of birth, behind their cue: any other date is no personal data."""

import re
from collections.abc import Iterator

from core.security.pii.grammar import BEHIND
from core.security.pii.kinds import SAID, Claim, Kind
from core.security.pii.reading.dates import DATE, DAY_SAID, MONTH, TENS, UNITS
from core.security.pii.reading.text import Reading

_CUE = (
    r"d\.? ?o\.? ?b(?:\b\.?|(?=\d))|(?:date|day|year)s? of (?:my |your |his |her |their )?birth|birth ?(?:date|day)s?"
    r"|born|b-day|bday|birthdate|geboren|geburtsdatum|geb\.|nee? le|nacid[oa](?: el)?|fecha (?:de )?nac\w*"
    r"|nascimento|naissance|nascita|nat[oa] il|urodzon[ya]|fodd"
)
_BORN = re.compile(
    rf"(?i)\b(?:{_CUE})(?:\b|(?=\d))(?:['’]?s)?(?:[\s:=,\-()]{{1,3}}(?:is|was|on|in|as|of|i|my|date|am|dd|mm|yyyy"
    rf"|falls|it's|its|me"
    rf"|and|to|from|for|mine|um|uh|er|registered|given|should|be|not|listed|down|number|account|file|record|records"
    rf"|profile|system|you|have"
    rf"|has|actually|really|now|says|shown)\b){{0,6}}"
    rf"[\s:=,\-()/#]{{0,4}}(?P<value>{DATE}|\d{{1,2}}/\d{{1,2}}|{MONTH},? (?:of )?(?:19|20) ?\d{{2}})(?!(?: ?[.\-/]"
    rf" ?| )?\d)"
)
_AFTER = re.compile(rf"(?i)(?<![\d/])(?P<value>{DATE})(?!\d){BEHIND}(?:{_CUE})")

_YEAR_OF_BIRTH = re.compile(
    r"(?i)\b(?:year of (?:my )?birth|birth year)(?:[\s:=]{1,2}(?:is|was))?[\s:=,\-]{1,3}(?P<value>(?:19|20)"
    r" ?\d\d)(?!\d)"
)
_LABELLED = re.compile(
    rf"\b(?:day|month|year|y of b|yr)[ :,]{{1,2}}(?:is |of |it is )?(?:the )?(?P<value>(?:19|20)\d\d|\d{{1,2}}(?:st"
    rf"|nd|rd|th)?|{MONTH}|{DAY_SAID}|nineteen {TENS}(?:[ \-](?:{UNITS}))?)\b"
)
"""Given part by part: "day twelve, month eight, and the year 1983"."""
_HINT = re.compile(rf"{_CUE}|birth|\by of b\b")
"""One look for all of it: most texts have no such word."""


def find_births(reading: Reading) -> Iterator[Claim]:
    if not _HINT.search(reading.lower):
        return
    labelled = list(_LABELLED.finditer(reading.lower))
    for found in labelled if len(labelled) > 1 else ():
        yield Claim(Kind.DOB, *found.span("value"), SAID - 6)
    for pattern in (_BORN, _YEAR_OF_BIRTH):
        for found in pattern.finditer(reading.cased):
            yield _claim(found)
    done = 0
    for cue in _HINT.finditer(reading.lower):
        # A day ahead of its word: looked for only there.
        if cue.start() >= done:
            done = cue.end()
            for found in _AFTER.finditer(
                reading.cased, max(0, cue.start() - _FAR), min(len(reading.cased), cue.end() + 1)
            ):
                yield _claim(found)


_FAR = 80
"""Characters of a day and what links it to a word about birth behind it."""


def _claim(found: re.Match[str]) -> Claim:
    value = found["value"].rstrip(" ,.-")
    return Claim(Kind.DOB, found.start("value"), found.start("value") + len(value), SAID - 5)
