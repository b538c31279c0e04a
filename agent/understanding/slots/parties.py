"""Payees and merchants that are known, wherever the message names them, and names that are not known."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import lru_cache

from agent.understanding.slots.matching import match_names, parts_that_tell, spoken_pattern
from agent.understanding.slots.mention import Kind, Known, Mention, Role
from agent.understanding.slots.names import find_names
from agent.understanding.slots.nearby import just_before
from agent.understanding.slots.vocabulary import COMMON

_ROLE = re.compile(
    r"\b(?P<to>to|pay|paid|paying|send|give|transfer|for|into)\s+(?:my\s+|the\s+)?$|\b(?P<from>from)\s+(?:my\s+|the\s+)?$",
    re.I,
)


def find_parties(text: str, known: Known) -> Iterator[Mention]:
    """Known payees by full name, by a word of theirs that tells, or, where a name stands, by something like it; known
    merchants likewise; other names as they were said."""
    names = [_recognised(mention, known) for mention in find_names(text)]
    others = [mention for mention in names if isinstance(mention.value, str)]
    for mention in (*_said_in_full(text, known.payees, "payee"), *_said_in_full(text, known.merchants, "merchant")):
        if not any(_is_longer_name(other, mention) for other in others):
            yield mention
    yield from names


def _is_longer_name(name: Mention, part: Mention) -> bool:
    """ "Maria Garcia" is not Maria Lopez; of "maria rent" only the first word is a name."""
    if name.start != part.start or name.end <= part.end:
        return False
    return not any(word in COMMON for word in name.text[len(part.text) :].lower().split())


def _recognised(mention: Mention, known: Known) -> Mention:
    """What is like a known name is that name; the longest beginning of what was said counts ("maria lopez gbp")."""
    for kind, names in (("payee", known.payees), ("merchant", known.merchants)):
        if names and (matches := match_names(mention.text, names)):
            return replace(mention, kind=kind, value=matches)  # pyright: ignore[reportArgumentType]
    return mention


def _said_in_full(text: str, names: tuple[str, ...], kind: Kind) -> Iterator[Mention]:
    if not names:
        return
    for match in _full_names(names).finditer(text):
        yield _mention(match, kind, match_names(match[0], names))
    if (parts := _parts(names)) is not None:
        for match in parts.finditer(text):
            yield _mention(match, kind, match_names(match[0], names))


@lru_cache(maxsize=256)
def _full_names(names: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(spoken_pattern(name) for name in sorted(names, key=len, reverse=True)), re.IGNORECASE)


@lru_cache(maxsize=256)
def _parts(names: tuple[str, ...]) -> re.Pattern[str] | None:
    words = sorted({word for name in names for word in parts_that_tell(name)}, key=len, reverse=True)
    return (
        re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, words))})(?:'s|’s)?(?!\w)", re.IGNORECASE) if words else None
    )


def _mention(match: re.Match[str], kind: Kind, matches: Sequence[str]) -> Mention:
    return Mention(
        kind, match[0], match.start(), match.end(), tuple(matches), role=role_before(match.string, match.start())
    )


def role_before(text: str, start: int) -> Role | None:
    """What the words before a party or an account make of it."""
    match = just_before(_ROLE, text, start)
    if match is None:
        return None
    return "to" if match["to"] else "from"
