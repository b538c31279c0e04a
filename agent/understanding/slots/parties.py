"""Payees and merchants that are known, wherever the message names them, and names that are not known."""

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache

from agent.understanding.slots.matching import is_like, match_names, parts_that_tell, spoken_pattern, words_of
from agent.understanding.slots.mention import Kind, Known, Mention, Role
from agent.understanding.slots.names import find_names
from agent.understanding.slots.nearby import just_before
from agent.understanding.slots.vocabulary import COMMON

_WORD = re.compile(r"[^\W_]+")
_ROLE = re.compile(
    r"\b(?P<to>to|2|pay|paid|paying|repay|send|give|transfer|wire|lend|lent|owe|bung|ping|refund|reimburse|for|into)\s+(?:my\s+|the\s+)?$"
    r"|\b(?P<from>from)\s+(?:my\s+|the\s+)?$",
    re.IGNORECASE,
)


def find_parties(text: str, known: Known) -> Iterator[Mention]:
    """Known payees by full name, by a word of theirs that tells, or, where a name stands, by something like it; known
    merchants likewise; other names as they were said."""
    names = [_recognised(mention, known) for mention in find_names(text)]
    unknown = [mention for mention in names if isinstance(mention.value, str)]
    for kind, own in _own(known):
        yield from _matches(text, _full_names(own), kind, own)
        yield from _misspelt(text, kind, own)
        for mention in _matches(text, _parts(own), kind, own):
            if not any(_is_longer_name(other, mention) for other in unknown):
                yield mention
    yield from names


def _misspelt(text: str, kind: Kind, own: tuple[str, ...]) -> Iterator[Mention]:
    """Full names of several words with a slip or two: "gas borad"."""
    said = list(_WORD.finditer(text))
    for start in range(len(said)):
        for name, words in _long_names(own):
            run = said[start : start + len(words)]
            if len(run) < len(words) or run[0][0][0].casefold() != words[0][0]:
                continue
            span = text[run[0].start() : run[-1].end()]
            if all(is_like(word[0].casefold(), right) for word, right in zip(run, words, strict=True)):
                role = role_before(text, run[0].start())
                yield Mention(kind, span, run[0].start(), run[-1].end(), (name,), role=role)


@lru_cache(maxsize=256)
def _long_names(names: tuple[str, ...]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Names of several words, with their words."""
    return tuple((name, tuple(words)) for name in names if len(words := words_of(name)) > 1)


def _own(known: Known) -> Iterator[tuple[Kind, tuple[str, ...]]]:
    if known.payees:
        yield "payee", known.payees
    if known.merchants:
        yield "merchant", known.merchants


def _is_longer_name(name: Mention, part: Mention) -> bool:
    """ "Maria Garcia" is not Maria Lopez; of "maria rent" only the first word is a name."""
    if not (name.start <= part.start and name.end >= part.end and len(name.text) > len(part.text)):
        return False
    return not any(word in COMMON for word in name.text.lower().replace(part.text.lower(), " ").split())


def _recognised(mention: Mention, known: Known) -> Mention:
    """What is like a known name is that name."""
    for kind, own in _own(known):
        if matches := match_names(mention.text, own):
            return replace(mention, kind=kind, value=matches)
    return mention


def _matches(text: str, pattern: re.Pattern[str] | None, kind: Kind, own: tuple[str, ...]) -> Iterator[Mention]:
    if pattern is None:
        return
    for match in pattern.finditer(text):
        role = role_before(text, match.start())
        yield Mention(kind, match[0], match.start(), match.end(), match_names(match[0], own), role=role)


@lru_cache(maxsize=256)
def _full_names(names: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(spoken_pattern(name) for name in sorted(names, key=len, reverse=True)), re.IGNORECASE)


@lru_cache(maxsize=256)
def _parts(names: tuple[str, ...]) -> re.Pattern[str] | None:
    words = sorted({word for name in names for word in parts_that_tell(name)}, key=len, reverse=True)
    return (
        re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, words))})(?:'s|’s)?(?!\w)", re.IGNORECASE) if words else None
    )


def role_before(text: str, start: int) -> Role | None:
    """What the words before a party or an account make of it."""
    match = just_before(_ROLE, text, start)
    if match is None:
        return None
    return "to" if match["to"] else "from"
