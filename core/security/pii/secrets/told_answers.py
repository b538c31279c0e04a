"""Answers to security questions wherever the text speaks of such a question: what stands behind "I put", "the answer
is", "it was", "or maybe", or ahead of "is the name of my first pet"."""

import re
from collections.abc import Iterator

from core.security.pii.kinds import SAID, Claim, Kind
from core.security.pii.reading.hints import Hints, any_of
from core.security.pii.reading.text import Reading
from core.security.pii.words.ordinary import CHAT, ORDINARY, english
from core.security.pii.words.people import COMPANY

_THING = (
    r"(?:pet|dog|cat|animal|hamster|rabbit|horse|bird|parrot|fish|goldfish|teacher|professor|school|college"
    r"|university|car|motorbike|bike|street|road|town|city|village|place|friend"
    r"|film|movie|cartoon|series|team|club|book|author|colou?r|food|dish|meal|dessert|drink|band|group|singer|artist"
    r"|song|album|job|boss|employer|company|phone|concert|gig|nickname"
    r"|hero|heroine|actor|actress|toy|doll|teddy|house|subject|sport|player|restaurant|holiday|destination|country"
    r"|crush|love|kiss|girlfriend|boyfriend|babysitter|mascot|game)"
)
QUESTION = re.compile(
    rf"maiden name|\b(?:first|1st|fist|frist|favou?rite|fave?|favorit|childhood|best|oldest|memorable"
    rf"|dream) (?:ever )?(?:\w+ )?{_THING}\b(?! (?:discount|account|offer|deal))"
    r"|\b(?:security|secret|memorable|recovery|challenge|verification) (?:question|answer|word|name|place|info\w*"
    r"|hint|phrase|date|thing|q)s?\b|\bmascot\b|\bmemorable\b|\b(?:the|my) answer\b"
    r"|\b(?:dog|cat|pet|hamster|rabbit)(?:'?s)? name\b"
    r"|\b(?:school|street|road|town|city|car|pet|dog|teacher|film|book|place"
    r"|animal|food) (?:question|answer|one)\b|\bquestion about\b"
    r"|\bmy (?:mother|mum|mom|dad|father|grandmother|grandfather|nan|spouse|husband|wife)'?s? (?:middle|first"
    r"|birth) name\b|\bbest man\b|\bbridesmaid\b|\bgodmother\b|\bhoneymoon"
)
_CAPITALS = (
    r"(?:(?-i:['’]?\d{2,4} )?(?-i:[A-Z])[\w'’.\-]*(?:,? (?:(?:of|the|de|del|la|le|di|da|von|van|and|&|in|on"
    r"|upon|with) )?(?-i:[A-Z])[\w'’\-]*){0,4})"
)
_SMALL = r"(?:[a-z][\w'’\-]{2,20}(?: [a-z][\w'’\-]{1,20}){0,2})"
_END = (
    r"(?=\s{0,2}(?:[.,:;!?)\n\"”']|\Z)|\s(?:and|but|or|which|that|is|was|with|in|for|so|please|pls|plz|isn'?t"
    r"|doesn'?t|don'?t|won'?t|didn'?t|not|it|i|you|your|on|at|to|when|as)\b)"
)
_ENTERED = re.compile(
    rf"(?i)\b(?:i|we)(?:['’]d|['’]ve| would| could| might| may| must| always| once| have| had| think i| also"
    rf"| probably| usually){{0,3}} (?:put|answered|answer|typed|said|say|entered|wrote|gave|used|use"
    rf"|chose|picked|set|went with|go with|registered|told you|told them|spelt|spelled|written|given|chosen|entered"
    rf"|put down)(?: in| down| also| it as| as| was| that| it was| just| for that| there){{0,2}}[ :,\"“']{{1,3}}"
    rf"(?P<value>{_CAPITALS}|{_SMALL}{_END})"
)
_LINKED = re.compile(
    rf"(?i)(?:\b(?:is|was|were|be|it['’]?s|its|that['’]?s|thats|called|calld|named|answer|answer,|been|should be"
    rf"|would be|must be|a:|ans:?|as)|[:=\-–?,])[ \"“'‘]{{1,3}}(?:(?:a|an|the|called|named|my|just|actually|um|uh|er"
    rf"|erm),? ){{0,3}}"
    rf"[\"“'‘]?(?P<value>{_CAPITALS})"
)
_LINKED_SMALL = re.compile(
    rf"(?i)(?:\b(?:is|was|it['’]?s|its|called|calld|named|a:|ans:?|answer:)|[:=])[ \"“'‘]{{1,3}}(?:(?:a|an|the"
    rf"|called|named|just|um|uh|er|erm),? ){{0,2}}[\"“'‘]?(?P<value>{_SMALL}){_END}"
)
_AHEAD = re.compile(
    rf"(?i)(?:\A|[.!?:;\n]\s{{0,2}}|\b(?:i think|it'?s|say|said|not) )[\"“'‘]?(?P<value>{_CAPITALS}"
    rf"|(?<=\A){_SMALL})[\"”'’]?,? (?:is|was|were|that['’]?s|thats|should be|would be|as)"
    rf"(?: (?:the|my|our|your|a)| what| how| name| of| right| correct| for){{0,3}} "
)
_OR = re.compile(
    rf"(?i)\b(?:or|i mean|and|either|maybe|and also|also)(?: (?:possibly|maybe|perhaps|just|even|it'?s|put|also|with"
    rf"|the|in|greek|letters|as|was|is)){{0,4}} [\"“'‘]?(?P<value>{_CAPITALS}|{_SMALL}{_END})"
)
_NOT = (
    ORDINARY
    | CHAT
    | frozenset(
        str.split(
            "wrong right correct incorrect rejected accepted required needed missing set changed"
            " asked asking showing unknown reset blocked locked refused invalid case sensitive"
            " optional please thanks hello hi january february march april june july august september"
            " october november december monday tuesday wednesday thursday friday saturday sunday"
            " agent customer caller client chatbot bot bank app android iphone ios face touch"
            " id pin otp cvv sms google apple windows chrome safari security question answer memorable"
            " english irish british american german french spanish"
        )
    )
)
_HINTS = Hints(
    (
        *(
            "maiden",
            "first",
            "fist",
            "frist",
            "favo",
            "fave",
            "fav ",
            "childhood",
            "best ",
            "oldest",
            "memorable",
            "dream",
            "security",
            "secret",
            "recovery",
            "challenge",
        ),
        *(
            "verification",
            "mascot",
            "'s name",
            "dog name",
            "cat name",
            "pet name",
            "question",
            "answer",
            "pet one",
            "car one",
            "school one",
            "film one",
            "street one",
            "teacher one",
        ),
        *("middle name", "godmother", "honeymoon", "bridesmaid", "best man"),
    )
)
_PLACE_QUESTION = re.compile(
    r"\b(?:town|city|place|village|hospital|street|road|house)\b[^.?!\n]{0,24}\b(?:born|gr[eo]w up|raised|met"
    r"|married|lived)\b"
    r"|\bplace of birth\b|\bbirth ?place\b"
)
_PLACE_HINTS = Hints(("born", "grew", "grow", "raised", " met", "married", "lived", "birth"))
_ANY = any_of(_HINTS, _PLACE_HINTS)
_NEAR = 110
_FAR_AHEAD = 60
_WEIGHT = SAID - 4


def find_told(reading: Reading) -> Iterator[Claim]:
    """Behind the question or ahead of it, within a sentence or two."""
    if not reading.may_have(_ANY):
        return
    text, lower = reading.cased, reading.lower
    asked = [found.span() for found in QUESTION.finditer(lower)] if reading.has(_HINTS) else []
    if reading.has(_PLACE_HINTS):
        asked = sorted([*asked, *(found.span() for found in _PLACE_QUESTION.finditer(lower))])
    if not asked:
        return
    found: list[tuple[int, int]] = []
    for start, end in asked[:_MOST_QUESTIONS]:
        low, high = max(0, start - _NEAR), min(len(text), end + _NEAR)
        for told in _ENTERED.finditer(text, low, high):
            found.extend(_value(told, is_small=True))
        for told in _LINKED.finditer(text, end, high):
            if not _PARTED.search(lower, end, told.start()):
                found.extend(_value(told))
                break
        is_named = not _ANY_ANSWER.fullmatch(lower, start, end)
        small = _LINKED_SMALL.search(text, end, min(high, end + _CLOSE)) if is_named else None
        if small and not _PARTED.search(lower, end, small.start()):
            found.extend(_value(small, is_small=True))
        for told in _AHEAD.finditer(text, max(0, start - _FAR_AHEAD), start + 1):
            if start - told.end() < _CLOSE:
                found.extend(_value(told))
    for start, end in dict.fromkeys(found):
        yield Claim(Kind.SECURITY_ANSWER, start, end, _WEIGHT)
        for other in _OR.finditer(text, end, min(len(text), end + _NEAR)):
            for span in _value(other):
                yield Claim(Kind.SECURITY_ANSWER, *span, _WEIGHT)


_ANY_ANSWER = re.compile(r"(?:the|my) answer")
_MOST_QUESTIONS = 6
_CLOSE = 40
_PARTED = re.compile(r"\n\n|[.!] (?=\S+ \S+ \S+)")


def _value(told: re.Match[str], *, is_small: bool = False) -> Iterator[tuple[int, int]]:
    value = told["value"].rstrip(" .,'’")
    words = [word.strip("'’.,").lower() for word in value.split()]
    if not words or len(value) <= _SHORTEST:
        return
    if value[0].islower():
        if (
            not is_small
            or any(word in _NOT for word in words)
            or (len(words) > 1 and all(word in english() for word in words))
        ):
            return
    elif (words[0] in _NOT and (len(words) == 1 or words[1] in _NOT)) or (
        len(words) == 1 and words[0] in COMPANY and words[0] in english()
    ):
        return
    yield told.start("value"), told.start("value") + len(value)


_SHORTEST = 2
