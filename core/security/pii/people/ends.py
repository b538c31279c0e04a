"""What belongs to a name behind its first part: a surname behind a nickname in quotes, behind an aside, on the next
line, or behind one that was found."""

import re

from core.security.pii.words.ordinary import ORDINARY, is_unknown
from core.security.pii.words.people import COMPANY, PLACES, is_on_a_list

_WORD = r"[^\W\d_](?:['’\-]?[^\W\d_]){1,24}"
_NICKNAME = re.compile(rf"(?: {_WORD})? [\"'“‘(][^\W\d_]{{2,15}}[\"'”’)] (?P<rest>{_WORD}(?:[ \-][A-Z][\w'’\-]+)?)")
_ASIDE = re.compile(
    r",? (?:with|spelt|spelled|that's|thats|not) [^,.?!\n]{1,30}, (?P<rest>[A-Z][\w'’\-]{1,24})(?![\w'’])"
)
_NEXT_LINE = re.compile(rf"[ \t]?\n(?P<rest>{_WORD})(?=[ \t]?(?:\n|\Z|[,.])| (?:is|was|on) )")

_LINKED = re.compile(
    r"(?: (?:[a-z]\.|mac|mc|nic|ni|bin|binti|bint|von|van|de|da|del|und|zu|der|den|o|al|el|ibn|giolla|ui|ap|dos))*"
    rf" (?P<rest>{_WORD})"
)
_PARTICLE_END = re.compile(r" (?:mac|mc|nic|ni|bin|binti|von|van|de|del|der|al|el|ibn|giolla)\Z")
_SHORTEST = 4


def whole_name(text: str, start: int, end: int) -> int:
    """Where the name ends of which one part was found."""
    for _ in range(2):
        further = _further(text, start, end)
        if further == end:
            break
        end = further
    return end


def _further(text: str, start: int, end: int) -> int:
    for pattern in (_NICKNAME, _ASIDE):
        if (found := pattern.match(text, end)) and _may_be_name(found["rest"]):
            return found.end("rest")
    found = _LINKED.match(text, end) if text[start:end].islower() else None
    is_linked = found is not None and (
        text[end : found.start("rest")].strip() or _PARTICLE_END.search(text, start, end) is not None
    )
    if found is not None and is_linked and len(found["rest"]) >= _SHORTEST and _may_be_name(found["rest"]):
        return found.end("rest")
    is_one_word = " " not in text[start:end].rpartition("\n")[2]
    if is_one_word and (found := _NEXT_LINE.match(text, end)) and _may_be_name(found["rest"]):
        return found.end("rest")
    return end


def _may_be_name(said: str) -> bool:
    plain = said.lower().split()[0]
    return (is_unknown(plain) or is_on_a_list(plain)) and not {plain} & (ORDINARY | COMPANY | PLACES)
