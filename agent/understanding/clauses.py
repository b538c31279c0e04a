"""Parts a message into its clauses, without a model: at the ends of sentences, after an interjection ("yes, and ...")
and at a conjunction that is followed by the beginning of another request or question.

"Send £20 to John and £30 to Maria" are two; "pay John and Maria", "Marks and Spencer", "go ahead and freeze it" and
anything in quotation marks are one. A clause keeps its words; the conjunction before it is left out.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

MOST_CLAUSES = 6
"""More are not looked at: each costs a pass of the encoder."""


@dataclass(frozen=True, slots=True)
class Span:
    text: str
    start: int
    """Of `text` in the message, in characters."""
    end: int


_INTERJECTION = re.compile(
    r"\s*(?:(?:oh|ah|well|um|uh|so|hey)[,\s]+)?"
    r"(?:yes(?:\s+please)?|yep|yeah|yup|ok(?:ay)?|sure|fine|great|perfect|no(?:\s+thanks|\s+thank\s+you)?|nope|nah"
    r"|never\s?mind(?:\s+that)?|forget\s+(?:it|that)|cancel(?:\s+(?:it|that))?|stop(?:\s+(?:it|that))?|scrap\s+that"
    r"|leave\s+it|thanks(?:\s+a\s+lot)?|thank\s+you(?:\s+very\s+much)?|cheers|hi(?:\s+there)?|hello(?:\s+there)?|hiya"
    r"|good\s+(?:morning|afternoon|evening)|one\s+(?:moment|second|sec)|hold\s+on|wait|hang\s+on)"
    r"(?:\s*[,;:–—-]+\s*(?:and\s+|but\s+)?|\s+(?:and|but)\s+)(?=\S)",
    re.IGNORECASE,
)
_LINK = re.compile(r"(?:\s+(?:and|but))?\s*[,;:–—-]*\s*(?:and\s+|but\s+)?$", re.IGNORECASE)
_SENTENCE_END = re.compile(r"(?:[.!?;]+[\"')\]]*\s+|\s*\n\s*)(?=\S)")
_ABBREVIATION = re.compile(r"(?:\b(?:mr|mrs|ms|dr|st|no|vs|etc|approx|e\.g|i\.e)|\b[A-Z])\.\s+$", re.IGNORECASE)
_CONJUNCTION = re.compile(
    r"\s*[,;–—]?\s+(?:(?:and|but|or|plus|oh)\s+)?(?:then|also|after\s+that|afterwards|next|while\s+you'?re\s+at\s+it)\s*,?\s+"
    r"|\s*[,;–—]?\s+(?:and|but|plus)\s+|\s*,\s+(?=please\s|can\s+you\s|could\s+you\s)",
    re.IGNORECASE,
)
_COMMA = re.compile(r"\s*[,–—]\s+(?:(?:and|but|so|because|well|anyway)\s+)*")
_LONG_SENTENCE = 20
"""Words."""
_AMOUNT = r"(?:[£$€]\s?\d[\d.,]*k?|\d[\d.,]*\s*(?:pounds?|quid|gbp|euros?|eur|dollars?|usd|bucks|pence|p)?)"
_VERBS = (
    "activate add apply arrange axe bin block book bump bung buy call cancel cap change check chuck clear close "
    "convert create deactivate decrease delete disable ditch download edit enable exchange explain export fetch "
    "find forecast freeze get give go halve help increase limit list lock look lower make move open order pause "
    "pay ping pop print pull put raise reactivate reduce refund register reimburse remind remove rename repay "
    "replace report request reset ring save schedule scrap search send set settle shift show sling stash stick "
    "stop suspend swap switch talk tell transfer turn unblock unfreeze unlock unsubscribe update verify view wire "
    "withdraw"
)
_WANTS = (
    r"(?:i|we)(?:'?d|'?ll)?\s+(?:also\s+)?(?:want|need|would|like|wanna|wish|must)\b|i'?d\s|i\s+(?:wanna|have\s+to)\b"
)
_REQUEST = (
    r"(?:(?:please|pls|just|now|then|also|first(?:ly)?|next|finally|lastly|maybe),?\s+)*"
    rf"(?:(?:{'|'.join(_VERBS.split())})\b|(?:what|how|when|where|why|who|which)(?:'?s|'?re)?\b"
    r"|(?:is|are|was|were|do|does|did|can|could|will|would|has|have|am|should|may)\s+"
    rf"(?:i|you|it|there|my|the|this|that|we)\b|{_WANTS})"
)
_BEGINS_REQUEST = re.compile(_REQUEST, re.IGNORECASE)
_STATES = r"(?:i|we)(?:'?m|'?ve)?\s+(?:have|owe|was|am|think|lost|can'?t)\b|(?:i'?m|i'?ve|we'?ve)\s"
_START = re.compile(
    rf"{_REQUEST}|{_STATES}|{_AMOUNT}\s+(?:from\s+\S.{{0,40}}?\s+)?(?:to|into)\s+\S",
    re.IGNORECASE,
)
"""How a clause begins after a conjunction; the last is a second payment that leaves out its verb."""
_AUXILIARY_ONLY = re.compile(
    r"(?:(?:please|pls|can you|could you|would you|will you|i want you to|i'?d like you to|you can)\s+)*"
    r"(?:go(?:\s+ahead)?|try|come|hurry(?:\s+up)?|be\s+(?:so\s+)?(?:kind|nice|a\s+dear)|do\s+me\s+a\s+fav(?:o|ou)r|sit\s+down"
    r"|log\s+in|call(?:\s+me)?\s+back|wait|see|find\s+out|stop|look)$",
    re.IGNORECASE,
)
"""What before "and" is no request of its own: "go ahead and freeze it"."""
_NAMES_IT = re.compile(r"(?:call|name)\s+(?:it|this|that|him|her|them)\b", re.IGNORECASE)
"""What after a comma or "and" belongs to the request before: "open a savings account and call it Holiday"."""
_QUOTED = re.compile(r"\"[^\"]*\"|“[^”]*”|‘[^’]*’|(?<!\w)'[^']*'(?!\w)")
_BETWEEN = re.compile(r"\b(?:between|from|both)\s+\S+(?:\s+\S+)?$", re.IGNORECASE)


def split_clauses(text: str) -> tuple[Span, ...]:
    """The clauses in their order, at least one and at most `MOST_CLAUSES`; a single one comes back whole."""
    quoted = [match.span() for match in _QUOTED.finditer(text)]
    cuts = [cut for cut in _find_cuts(text) if not any(start < cut[0] < end for start, end in quoted)]
    spans = [span for start, end in _between(cuts, len(text)) if (span := _trim(text, start, end))]
    if not spans:
        return (Span(text, 0, len(text)),)
    return tuple(spans[:MOST_CLAUSES])


def begins_request(clause: str) -> bool:
    """Whether it begins as a question or a command does, perhaps after an interjection, or ends as a question."""
    interjection = _INTERJECTION.match(clause)
    begins = _BEGINS_REQUEST.match(clause, interjection.end() if interjection else 0)
    return bool(begins) or clause.rstrip().endswith("?")


def _find_cuts(text: str) -> list[tuple[int, int]]:
    """(end of one clause, start of the next), in order and apart from each other."""
    cuts: list[tuple[int, int]] = []
    for start, end in _sentences(text):
        if start:
            cuts.append((len(text[:start].rstrip()), start))
        cuts += _cuts_in_sentence(text, start, end)
    return sorted(cuts)


def _sentences(text: str) -> Iterator[tuple[int, int]]:
    start = 0
    for match in _SENTENCE_END.finditer(text):
        if not _ABBREVIATION.search(text[start : match.end()]):
            yield start, match.end()
            start = match.end()
    yield start, len(text)


def _cuts_in_sentence(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    if interjection := _INTERJECTION.match(text, start, end):
        bare = re.sub(
            r"(?:\s+(?:and|but))?\s*[,;:–—-]*\s*(?:and\s+|but\s+)?$", "", interjection[0], flags=re.IGNORECASE
        )
        yield start + len(bare), interjection.end()
        start = interjection.end()
    cuts = list(_cuts_at_conjunctions(text, start, end))
    yield from cuts
    for begins, ends in _between([(one - start, other - start) for one, other in cuts], end - start):
        if len(text[start + begins : start + ends].split()) > _LONG_SENTENCE:
            yield from _cuts_at_commas(text, start + begins, start + ends)


def _cuts_at_conjunctions(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    for match in _CONJUNCTION.finditer(text, start, end):
        before = text[start : match.start()].strip()
        if before and _START.match(text, match.end(), end) and not _belong_together(before, text[match.end() : end]):
            yield match.start(), match.end()
            start = match.end()


def _cuts_at_commas(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Of a sentence that goes on and on: where what comes begins as a request does, and where that ends."""
    begun = False
    for match in _COMMA.finditer(text, start, end):
        begins = bool(_BEGINS_REQUEST.match(text, match.end(), end)) and not _NAMES_IT.match(text, match.end())
        if begins or begun:
            yield match.start(), match.end()
        begun = begins


def _belong_together(before: str, after: str) -> bool:
    if _AUXILIARY_ONLY.match(before) or _NAMES_IT.match(after):
        return True
    return bool(_BETWEEN.search(before) and re.match(_AMOUNT, after))


def _between(cuts: list[tuple[int, int]], length: int) -> Iterator[tuple[int, int]]:
    start = 0
    for end, following in cuts:
        yield start, end
        start = following
    yield start, length


def _trim(text: str, start: int, end: int) -> Span | None:
    part = text[start:end]
    stripped = part.strip()
    if not re.search(r"\w", stripped):
        return None
    at = start + part.index(stripped)
    return Span(stripped, at, at + len(stripped))
