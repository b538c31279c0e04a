"""Stretches of a message and what each does: asks for something, tells what was, or states how things are.

"My boiler man came again on Tuesday, I owe the Gas Board 95 and I'd like to pay them now": Tuesday belongs to the
story. Stretches end at stops, commas and conjunctions. One without a verb goes on with the stretch before it: in "pay
John, on Friday" all is asked.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from agent.understanding.slots.mention import Kind, Mention, Tense
from agent.understanding.slots.tense import POLITE, has_evidence, tense_of
from agent.understanding.slots.vocabulary import ASKS, ENDS, NO_PAST, NO_SUBJECT, PAST

Manner = Literal["told", "stated", "needed", "asked"]
_WEIGHT: dict[Manner, int] = {"told": 0, "stated": 1, "needed": 2, "asked": 3}
"""How near a stretch is to what shall be done: "he wants it by the 28th" is nearer than "the party is on the 4th"."""


@dataclass(frozen=True, slots=True)
class Stretch:
    start: int
    end: int
    """In the text, in characters; each begins where the one before ends."""
    manner: Manner
    tense: Tense


_SENTENCE_END = re.compile(r"[.!?;\n]+(?=\s|$)")
_CUT = re.compile(
    # Only from the beginning of white space, so that time stays linear in it.
    r",\s+|(?<!\s)\s+(?:"
    r"[-–—]"
    r"|and|but|because|cos|while|then"
    # "so far", "so much" are no conclusion.
    r"|so(?!\s+(?:far|much|many|long|that)\b)"
    r"|(?:that|which)(?=\s+(?:i|you|he|she|we|they|it|the|my)\b)"
    r")\s+",
    re.IGNORECASE,
)
_LEAD = (
    r"^\W*(?:(?:and|but|so|then|now|also|just|only|please|pls|anyway|yes|no|ok|okay|first|next|to|hi|hello|hey)\b\W*)*"
    # "this month just send 10": when, before what.
    r"(?:(?:on|at|by|in|from|this|next|every|each|for)\s+(?:[\w']+\s+){1,3}?(?:just\s+|please\s+|only\s+)?)?"
)
_IMPERATIVE = re.compile(rf"{_LEAD}(?:{'|'.join(ASKS)})\b(?!\s+(?:was|were|is|are|has|had)\b)", re.IGNORECASE)
_QUESTION = re.compile(
    rf"{_LEAD}(?:(?:what|how|when|where|why|who|which)\b(?!\s+(?:the|my|i|he|she|we|they)\b)(?:'?s|'?re)?"
    r"|(?:is|are|was|were|do|does|did|can|could|will|would|has|have|should|may)\s+(?:i|you|it|there|my|the|this|that|we|he|she|they)\b)",
    re.IGNORECASE,
)
_WISH = re.compile(
    r"\b(?:i|we)\s+(?:really\s+|also\s+|just\s+|still\s+|now\s+|only\s+)*(?:want|need|would|wish|must|have\s+to|ought|should|wanna|gotta)\b"
    # "I bought one and need to pay for it"
    r"|^\W*(?:need|want|have)\s+to\b"
    r"|\bi'?d\s+(?:like|love|rather|prefer)\b|\b(?:can|could|would|will)\s+(?:you|i|we)\b|\bplease\b|\blet'?s\b"
    r"|\b(?:must|shall|should|has\s+to|have\s+to|needs?\s+to)\s+(?:be|go|get|come|arrive)\b",
    re.IGNORECASE,
)
_LEFT_OUT = re.compile(
    r"^\W*(?:(?:and|so|then)\s+)*[£€$]?\d[\d.,]{0,12}k?\s*(?:pounds?|quid|euros?|dollars?|gbp|eur|usd|p)?\s+(?:to|into)\s+\w",
    re.IGNORECASE,
)
""" "35 to John": the verb is left out."""
_NEEDS = re.compile(r"\b(?:owe|owes|wants?|needs?|due|promised\s+to|agreed\s+to)\b", re.IGNORECASE)
_STATES = re.compile(
    r"\b(?:i|you|he|she|it|we|they|there|is|are|am|will|has|have|won't|isn't|aren't|wants|needs|owes|due)\b|['’](?:s|m|re|ll)\b",
    re.IGNORECASE,
)
_INTENDED = re.compile(r"\b(?:promised|agreed|meant|wanted|planned|decided|hoped|supposed|used)\s+to\b", re.IGNORECASE)
""" "I promised to pay him by Friday": what was promised lies ahead."""
_PASSIVE = re.compile(
    rf"\b(?:get|gets|getting|be|being|is|are|am)\s+(?:{'|'.join(PAST)}|[^\W\d_]{{2,}}ed)\b(?!\s+since\b)", re.IGNORECASE
)
""" "I get paid on the 30th", "it is scheduled for Monday" are no past."""
_PAST = re.compile(
    rf"\b(?:{'|'.join(PAST)})\b|\b(?:did|was|were|had|could)n['’]?t\b"
    # Forms that are the same in the present, but for its -s.
    r"|\b(?:he|she|it)\s+(?:cost|cut|hit|hurt|let|put|set|split)\b",
    re.IGNORECASE,
)
_REGULAR = re.compile(
    r"(?<![\w'’])(?P<before>[\w'’]+)\s+(?P<verb>[^\W\d_]{2,}ed)\b(?=(?P<after>\W*\w*))", re.IGNORECASE
)
_OVER = re.compile(
    r"^\W*(?:(?:because|cos|coz|cause|since|as)\s+)?(?:i|he|she|they|we|it)\s+[^\W\d_]+\b.*"
    r"\b(?:yesterday|ago|last\s+(?:night|week|month|year|\w+day)|the\s+other\s+day)\b",
    re.IGNORECASE,
)
"""Whatever the verb: "she bort lunch yesterday"."""
_FAMILIES: dict[Kind, str] = {"date": "day", "period": "day", "time": "hour", "time_period": "hour"}


def read_stretches(text: str) -> tuple[Stretch, ...]:
    """At least one; together they are the whole text."""
    pieces = [_read(text, start, end, asks=asks) for start, end, asks in _pieces(text)]
    joined = list(_joined(pieces))
    return tuple(joined) or (Stretch(0, len(text), "stated", tense_of(text)),)


def mark_told(mentions: Iterable[Mention], stretches: Sequence[Stretch]) -> Iterator[Mention]:
    """The mentions, with ``told`` for days and times of a story around a request: what was, and what is or is needed
    where something nearer to the request has its own."""
    given = list(mentions)
    weights = [_WEIGHT[_stretch_at(mention.start, stretches).manner] for mention in given]
    has_request = any(stretch.manner != "told" for stretch in stretches)
    heaviest = {family: int(has_request) for family in _FAMILIES.values()}
    for mention, weight in zip(given, weights, strict=True):
        if family := _FAMILIES.get(mention.kind):
            heaviest[family] = max(heaviest[family], weight)
    for mention, weight in zip(given, weights, strict=True):
        family = _FAMILIES.get(mention.kind)
        yield replace(mention, told=True) if family and weight < heaviest[family] else mention


def tense_at(place: int, stretches: Sequence[Stretch]) -> Tense:
    """Of the stretch in which the place lies."""
    return _stretch_at(place, stretches).tense


def _stretch_at(place: int, stretches: Sequence[Stretch]) -> Stretch:
    return next((stretch for stretch in stretches if stretch.start <= place < stretch.end), stretches[-1])


def _pieces(text: str) -> Iterator[tuple[int, int, bool]]:
    """(start, end, whether its sentence ends in a question mark)."""
    begin = 0
    for stop in (*_SENTENCE_END.finditer(text), None):
        end = stop.end() if stop else len(text)
        asks = stop is not None and "?" in stop[0]
        start = begin
        for cut in _CUT.finditer(text, begin, end):
            yield start, cut.end(), asks
            start = cut.end()
        if start < end:
            yield start, end, asks
        begin = end


@dataclass(frozen=True, slots=True)
class _Piece:
    start: int
    end: int
    manner: Manner | None
    """None without a verb of its own."""
    tense: Tense | None


def _read(text: str, start: int, end: int, *, asks: bool) -> _Piece:
    said = _PASSIVE.sub(" is ", text[start:end])
    manner = _manner(said, asks=asks)
    tense: Tense | None = "past" if manner == "told" else tense_of(said) if manner or has_evidence(said) else None
    return _Piece(start, end, manner, tense)


def _manner(said: str, *, asks: bool) -> Manner | None:
    plain = _INTENDED.sub(" ", POLITE.sub(" i want ", said))
    if any(form.search(plain) for form in (_IMPERATIVE, _QUESTION, _WISH, _LEFT_OUT)):
        return "asked"
    if _PAST.search(plain) or _has_regular_past(plain):
        return "told"
    if asks:
        return "asked"
    if _OVER.search(plain):
        return "told"
    if _NEEDS.search(said):
        return "needed"
    return "stated" if _STATES.search(said) else None


def _has_regular_past(said: str) -> bool:
    return any(
        match["before"].lower() not in NO_SUBJECT
        and match["verb"].lower() not in NO_PAST
        and ((after := match["after"].strip().lower()) in ENDS or not after.isalpha())
        for match in _REGULAR.finditer(said)
    )


def _joined(pieces: Sequence[_Piece]) -> Iterator[Stretch]:
    """What has no verb goes on with what is before it, at the beginning with what follows."""
    manners: list[Manner] = [piece.manner for piece in pieces if piece.manner]
    tenses: list[Tense] = [piece.tense for piece in pieces if piece.tense]
    manner: Manner = manners[0] if manners else "stated"
    tense: Tense = tenses[0] if tenses else "future"
    for piece in pieces:
        manner, tense = piece.manner or manner, piece.tense or tense
        yield Stretch(piece.start, piece.end, manner, tense)
