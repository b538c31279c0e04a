"""Answers that stand in the next line of a transcript, behind a question for a name, an address, a password or what a
security question asks: "Agent: And the last name, please?" "Customer: Etxebarria Goikoetxea, with tx"."""

import re
from collections.abc import Iterator

from core.security.pii.kinds import NAMED, SAID, SHAPED, Claim, Kind
from core.security.pii.reading.needed import needs
from core.security.pii.reading.text import Reading
from core.security.pii.words.ordinary import CHAT, ORDINARY

_BEHIND = re.compile(r"[ \t]*(?:\n|(?=(?:customer|caller|client|member|user|me|a|ans|answer)\s?:))[ \t\n]*")
_LONGEST = 160
"""Characters of a question."""
_SPEAKER = r"(?:(?:[^\W\d_]{1,12}|[^\W\d_]{1,8} \d)\s?:\s{0,2})?"
_WAITS = (
    r"(?:(?:uh+m*|um+|er+m*|ehm?|hmm+|oh(?: god| goodness| dear| my)?|ah|well|so|ok(?:ay)?|yes|yeah|yep|sure|right"
    r"|no|sorry|please|i think|i believe|i guess|that's"
    r"|that is|that was|that would be|that'd be|it's|it is|it was|its|it should be|should be|the|a|an|my|mine is"
    r"|just|just put|put|you mean [^?.\n]{1,40}\?|no,? ma'am|no,? sir"
    r"|hold on|one (?:sec|second|moment|minute)|let me (?:see|think|check)|is it|was it|maybe|probably|possibly"
    r"|called|named|i (?:said|put|answered|used|wrote|typed|entered))"
    r"[\s,.…!\-]{1,4}){0,6}"
)
_ANSWER = re.compile(rf"(?i){_SPEAKER}{_WAITS}(?P<value>[^\s.,?!\n][^\n?!]{{1,100}})")
_OF_KINDS: tuple[tuple[Kind, re.Pattern[str]], ...] = (
    (
        Kind.SECURITY_ANSWER,
        re.compile(
            r"maiden name|\b(?:first|childhood|favou?rite|best|oldest|memorable|secret|security)\b[^?]{0,20}\b(?:pet"
            r"|dog|cat|animal|teacher|school|car|street|road|friend"
            r"|film|movie|team|book|colou?r|food|dish|meal|place|band|singer|song|job|boss|employer|phone|concert"
            r"|nickname|hero|actor|word|question|answer|toy|subject"
            r"|sport|holiday|kiss|love|company|city|town|mascot|author|cartoon)\b|\b(?:street|town|city|place"
            r"|hospital|country|village)\b[^?]{0,20}\b(?:born|grew up|grow up|met)\b"
            r"|\bwhere (?:were|was) (?:you|your \w+) born\b|\bpet'?s? name\b|\bmother'?s (?:first|middle) name\b"
            r"|\bsecurity (?:question|answer|word)\b|\bmemorable\b|\bmascot\b"
        ),
    ),
    (Kind.PASSWORD, re.compile(r"\bpass ?(?:word|phrase)\b")),
    (
        Kind.ADDRESS,
        re.compile(
            r"\b(?:address|where do you live|where are you living|post ?code|zip|street|city and zip"
            r"|verify the apartment)\b(?!.{0,20}\be-?mail)"
        ),
    ),
    (
        Kind.PERSON,
        re.compile(
            r"\b(?:(?:sur|fore|first|last|full|middle|family|given|your|account holder'?s|payee'?s?|second"
            r"|whose) ?names?|who am i speaking (?:to|with)|who'?s calling|who is (?:this|calling)"
            r"|name(?: again)?(?: please)?\s*\Z)"
        ),
    ),
)
_ENDS = {
    Kind.PERSON: re.compile(r"[,.(\n;]| (?:with|and|but|spelt|spelled|calling|here|speaking|again|from)\b"),
    Kind.SECURITY_ANSWER: re.compile(
        r"\.(?:\s|\Z)|[\n;(!]|,? (?:i (?:think|suppose|believe|guess|know)|but|please|is that|does it|why|that's it"
        r"|thats it|it (?:used|still))\b|,(?= \w+ \w+ \w+)|,?\s(?:chatbot|agent|bot)\s?:"
    ),
    Kind.ADDRESS: re.compile(r"\.(?:\s|\Z)|\n|,? (?:and (?:my|i|the)|but|please|thanks|we|since)\b"),
    Kind.PASSWORD: re.compile(r"[\n;(]|\.(?:\s|\Z)|,? (?:but|and (?:i|it|my|now)|please|all (?:lower|small|one))\b"),
}
_MOST_WORDS = {Kind.PERSON: 5, Kind.SECURITY_ANSWER: 6, Kind.ADDRESS: 18, Kind.PASSWORD: 6}
_WEIGHTS = {Kind.PERSON: NAMED, Kind.SECURITY_ANSWER: SAID - 3, Kind.ADDRESS: SHAPED - 1, Kind.PASSWORD: SAID - 4}
_NO_ANSWER = re.compile(
    r"(?:i (?:don'?t|do not|can'?t|forgot|have|need|want|am|was|never|cannot|did|would|will|already|just)|why|what"
    r"|which|how|where|when|can|could|do|does|is|are|you|we|they|none|same"
    r"|not|never|nothing|agent|because|forgot|here you go|see|sent|done|hello|hi)\b"
)
_HOUSE = re.compile(
    r"\d|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|\w+teen|twenty|thirty|forty|fifty|sixty"
    r"|seventy|eighty|ninety)\b"
    r"|\b(?:street|road|lane|avenue|drive|close|house|court|square|cottage|farm)\b|[A-Z]"
)


def find_asked(reading: Reading) -> Iterator[Claim]:
    lower = reading.lower
    if "?" not in reading.folded.lower or not reading.has(_HINTS) or not _HINT.search(lower):
        return
    for question, at in _questions(lower):
        kind = next((kind for kind, pattern in _OF_KINDS if pattern.search(question)), None)
        answer = _ANSWER.match(reading.cased, at) if kind else None
        if kind is None or answer is None:
            continue
        value = answer["value"]
        if end := _ENDS[kind].search(value.lower()):
            value = value[: end.start()]
        value = value.rstrip(" ,.;:")
        words = value.split()
        if not words or len(value) < _SHORTEST or len(words) > _MOST_WORDS[kind] or _NO_ANSWER.match(value.lower()):
            continue
        if kind is Kind.ADDRESS and not _HOUSE.search(value):
            continue
        if kind is Kind.PERSON and all(word.lower() in ORDINARY | CHAT for word in words):
            continue
        yield Claim(kind, answer.start("value"), answer.start("value") + len(value), _WEIGHTS[kind])


def _questions(lower: str) -> Iterator[tuple[str, int]]:
    """Each with where its answer begins; the reading has ": " where a transcript goes from one speaker to the other."""
    done = 0
    for mark in _MARK.finditer(lower):
        start = max(done, mark.start() - _LONGEST)
        question, done = lower[start : mark.start()], mark.end()
        if mark[0] == "?" and (behind := _BEHIND.match(lower, mark.end())):
            yield question, behind.end()
        elif mark[0] == ": ":
            yield question, mark.end()


_MARK = re.compile(r"\?|: |\n")
_HINT = re.compile(
    r"name|first|favou?rite|childhood|best|oldest|secret|memorable|security|born|gr[eo]w|met\b|mascot|pass ?(?:word"
    r"|phrase)|address|live|living|post ?code|zip|street|apartment|speaking|call"
)
_HINTS = needs(_HINT)
_SHORTEST = 2
