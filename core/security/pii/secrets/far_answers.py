"""Answers to security questions behind their question or ahead of it, whatever stands between; and what is spelt sign
by sign where a text speaks of a name, a password or such an answer."""

import re
from collections.abc import Iterator

from core.security.pii.asked import find_asked
from core.security.pii.kinds import NAMED, SAID, Claim, Kind
from core.security.pii.reading.dates import DATE
from core.security.pii.reading.hints import Hints, any_of
from core.security.pii.reading.text import ACKNOWLEDGED, Reading
from core.security.pii.secrets.told_answers import find_told
from core.security.pii.words.ordinary import CHAT, ORDINARY, english

_THING = (
    r"(?:pet|dog|cat|hamster|rabbit|horse|teacher|(?:primary |secondary |high )?school|car|motorbike|street|road"
    r"|friend|film|movie"
    r"|(?:football )?team|book|colou?r|food|place|band|singer|job|boss|employer|phone|concert|nickname|hero|author"
    r"|song|toy"
    r"|house|subject|sport|club|restaurant|university|college|actor|boat|holiday)"
)
_QUESTION = (
    rf"(?:(?:mother|mum|mom|grandmother|nan)?(?:['’]?s)? ?maiden name|(?P<thing>first|childhood|favou?rite|fave?|fav"
    rf"|oldest|best|memorable) {_THING}"
    r"|(?:memorable|secret|security|recovery|challenge) (?:word|answer|name|place|info|information|phrase|hint"
    r"|question)"
    r"|where (?:was i|were you|i was|you were) born|(?:town|city|place) (?:of birth|(?:where )?i was born(?: in)?)"
    r"|(?:street|road|town) (?:i|you) (?:grew up|lived) (?:in|on))(?:['’]?s)?(?: name)?"
)
_TAIL = (
    r"(?: (?:i (?:ever )?(?:had|owned|went to|drove|attended|lived (?:on|in)|kept)|for my account|on (?:my|the)"
    r" account|answer|question|q|again"
    r"|please|now))?"
)
_ITS = (
    r"(?P<its>(?:the )?(?:answer|reply|a|ans)(?: is|:| would be)?\s|(?:it was|it says|it is|it's|its|that's|thats"
    r"|that is"
    r"|that would be|that'd be|that was|this is|mine is|we put|i (?:put|answered|answer|wrote|said|typed|entered"
    r"|chose|use|used|went with|gave)"
    r"|is|was|called|named)\s)?"
)
_WORD = r"[^\W\d_][\w'’\-]{1,24}"
_VALUE = rf"(?P<value>{_WORD}(?:\s{_WORD}){{0,2}}?)"
_ENDS = (
    r"(?=\s{0,2}(?:[.,:;!?)\n]|\Z)"
    r"|\s(?:i|thats|that's|please|plz|pls|thanks|thx|cheers|but|and (?:it|i|now)|isn'?t|doesn'?t|dont|don't|won'?t)\b)"
)
_BEHIND_QUESTION = re.compile(
    rf"(?i)\b{_QUESTION}{_TAIL}(?P<gap>\s?[?:.,…\-–=\"(]{{1,5}}\s{{0,3}}|\s)(?P<says>{ACKNOWLEDGED}){{0,2}}{_ITS}{_VALUE}{_ENDS}"
)
_FILLED = (
    rf"(?P<value>{_WORD}(?:(?:,? (?:er|erm|um|uh|no|sorry|wait|i mean),?)? {_WORD}){{0,3}}?)"
    r"(?!,? (?:er|erm|um|uh|sorry|wait|i mean)\b)"
)
_FORMS = (
    re.compile(
        rf"(?i)\b(?:answer|answered|reply|ans)(?: (?:to|for)) (?:[\w'’]+ ){{0,6}}(?:question|q|one)s?(?: is| was|:|"
        rf" =|,)\s{_FILLED}{_ENDS}"
    ),
    re.compile(
        r"(?i)\b(?:sec(?:urity|ret)?|memorable|challenge|recovery) ?(?:question|q)s?\b[^?!\n]{0,40}?[ ,)?:](?:answer"
        r"|ans|a(?=[:=]))(?: is| was|:| =)?"
        rf"\s{_FILLED}{_ENDS}"
    ),
    re.compile(
        rf"(?i)\b(?:for|as|under) (?:the |my )?(?:first |favou?rite |childhood |memorable )?{_THING}(?: question|"
        rf" name)? i"
        rf" (?:put|wrote|said|answered|typed|entered|chose|set|gave)(?: in| down)? {_FILLED}{_ENDS}"
    ),
    re.compile(
        rf"(?i)\banswer (?:is|was) {_VALUE}\s(?:to|for) (?:my|the|that|your) (?:security |secret |memorable )?question"
    ),
    re.compile(
        rf"(?i)\b{_THING} (?:that )?i (?:first )?(?:went to|attended|drove|grew up (?:on|in)|lived (?:on|in)) (?:is"
        rf"|was)(?: called| named)? {_VALUE}{_ENDS}"
    ),
    re.compile(r"\b[Ii] grew up (?:on|in) (?P<value>[A-Z][\w'’\-]+(?: [A-Z][\w'’\-]+){0,2})"),
    re.compile(r"(?i)\b(?:mother|mum|mom)(?:['’]s)? (?:was |is )?(?:born|nee|née) (?P<value>(?-i:[A-Z])[\w'’\-]+)"),
)
_OF_SECURITY = re.compile(
    rf"(?i)\b(?:sec(?:urity|ret)?|memorable|challenge|recovery|first|favou?rite|childhood|{_THING})\b"
)
_MEMORABLE_DAY = re.compile(
    rf"(?i)\b(?:memorable|secret|special|significant) date(?: is| was|:|,| -)*\s(?P<value>{DATE})"
)
_AHEAD = re.compile(
    rf"(?i)(?<![\w'’])(?P<value>{_WORD}(?:\s{_WORD}){{0,2}}),?\s(?:for|as|is|was|the right|thats|that's|that is"
    rf"|which is|is what you have as)\s"
    rf"(?:(?:my|the|your|our)\s)?(?:answer to (?:my|the|your) )?{_QUESTION}\b"
)
_HINTS = Hints(
    (
        *(
            "maiden",
            "first",
            "childhood",
            "favo",
            "fav",
            "oldest",
            "best",
            "memorable",
            "secret",
            "security",
            "recovery",
        ),
        *(
            "sec q",
            "sec. q",
            "answer to",
            "answer for",
            "ans to",
            " i put",
            " i wrote",
            " i answered",
            " i typed",
            " i entered",
        ),
        *(
            "challenge",
            "special date",
            "significant date",
            "answer is",
            "answer was",
            "i went",
            "i attended",
            "i drove",
        ),
        *(
            "i first",
            "nee ",
            "mother was",
            "mum was",
            "mom was",
            "mother's born",
            "mum's born",
            "mom's born",
            "mother born",
        ),
        *("mum born", "mom born", "mother is born", "where was i", "where i was", "where were you", "where you were"),
        *("of birth", "i grew", "you grew", "i lived", "you lived", "town i was", "city i was", "place i was"),
    )
)
_MORE = frozenset(
    str.split(
        "birth asked asks wrong rejected accepted missing required forgotten changed reset needed incorrect locked"
        " set up now"
        " issue problem failing failed expired unknown regards hello please thanks help soon obvious difficult correct"
        " question answer word name place its it's thats that's the a an my your is was are be not no yes why how what"
        " when where who can could will would should does did do you i we they he she it"
    )
)
_NO_ANSWER = ORDINARY | CHAT | _MORE
_OF_PLACES = frozenset(
    str.split("new lake port north south east west the st saint mr mrs miss old upper lower little big great")
)
"""Ordinary words that names of places and people begin with."""

_SPELT = re.compile(r"(?<![^\s:=,\"'(])(?:[^\W\d_]|0)(?:[ .\-]{1,3}(?:[^\W\d_]|0)(?![^\W_])){4,40}")
_SPELT_SECRET = re.compile(r"(?<![^\s(\"':=])[^\W_](?: [^\s\[](?![^\s)\"'])){5,40}(?<![.,?!)\"'])")
_NAME_HINTS = Hints(("name", "spel"))
_PASSWORD_HINTS = Hints(("passw", "pass w", "passphrase", "pwd", "pass:", "pass is", "pw "))
_MAY_BE_SPELT = any_of(_PASSWORD_HINTS, _NAME_HINTS, _HINTS)


def find_far_answers(reading: Reading) -> Iterator[Claim]:
    yield from (claim for claim in find_asked(reading) if claim.kind is not Kind.PERSON)
    yield from find_told(reading)
    if reading.has(_HINTS):
        for found in _BEHIND_QUESTION.finditer(reading.cased):
            words = found["value"].lower().split()
            is_linked = found["gap"].strip() or found["says"] or found["its"]
            # "Best friend discount".
            is_plain = not is_linked and found["thing"] and found["value"].islower() and words[0] in english()
            is_told = is_linked or words[0] not in _NO_ANSWER - _OF_PLACES
            if is_told and not is_plain and not _is_ordinary(words):
                yield Claim(Kind.SECURITY_ANSWER, *found.span("value"), SAID - 2)
        for pattern in _FORMS:
            for found in pattern.finditer(reading.cased):
                words = found["value"].lower().split()
                is_plain = words[0].strip(",") in english() and not _OF_SECURITY.search(found[0])
                if words[0] not in _NO_ANSWER - _OF_PLACES and not is_plain:
                    yield Claim(Kind.SECURITY_ANSWER, *found.span("value"), SAID - 2)
        for found in _MEMORABLE_DAY.finditer(reading.cased):
            yield Claim(Kind.SECURITY_ANSWER, *found.span("value"), SAID - 2)
        for found in _AHEAD.finditer(reading.cased):
            start, words = found.start("value"), found["value"].split(" ")
            while words and words[0].lower() in _NO_ANSWER:
                start += len(words.pop(0)) + 1
            if words and not _is_ordinary([word.lower() for word in words]):
                yield Claim(Kind.SECURITY_ANSWER, start, found.end("value"), SAID - 2)


def _is_ordinary(words: list[str]) -> bool:
    return all(word in _NO_ANSWER for word in words) or any(word in _NO_ANSWER - _OF_PLACES for word in words)


def find_spelt(reading: Reading) -> Iterator[Claim]:
    if not reading.may_have(_MAY_BE_SPELT):
        return
    lower = reading.lower
    if reading.has(_PASSWORD_HINTS):
        for found in _SPELT_SECRET.finditer(reading.cased):
            if any(map(str.isalpha, found[0])):
                yield Claim(Kind.PASSWORD, *found.span(), SAID + 1)
    if reading.has(_NAME_HINTS) or reading.has(_HINTS):
        kind, weight = (
            (Kind.PERSON, NAMED + 3) if "name" in lower or not reading.has(_HINTS) else (Kind.SECURITY_ANSWER, SAID - 1)
        )
        for found in _SPELT.finditer(reading.cased):
            # "O" is a figure among letters, too.
            if not any(map(str.isdigit, found[0].replace("0", ""))):
                yield Claim(kind, *found.span(), weight)
