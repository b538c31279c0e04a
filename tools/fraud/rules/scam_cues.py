"""What somebody who is being deceived writes: in the memo of a payment, or to the chat before it.

The words are looked at and never followed; they can only make a decision more careful.
"""

import re
import tomllib
import unicodedata
from collections.abc import Iterable, Mapping
from pathlib import Path

from tools.fraud.rules.base import Finding, Severity
from tools.fraud.rules.facts import Facts
from tools.fraud.rules.limits import Limits

Cue = tuple[str, ...]

_WORD = re.compile(r"[a-z0-9]+(?:'[a-z]+)?")
_LONG = 4
"""Letters from which on a cue's word stands for its other forms, too."""
_FORMS = ("s", "es", "d", "ed", "ing", "'s")
_MOST = 4_000
"""Characters of a text that are looked at."""


def _read(path: Path) -> Mapping[str, tuple[tuple[Cue, ...], tuple[Cue, ...]]]:
    kinds = tomllib.loads(path.read_text(encoding="utf-8"))
    return {kind: (_cues(cues["strong"]), _cues(cues["weak"])) for kind, cues in kinds.items()}


def _cues(lists: Iterable[Iterable[str]]) -> tuple[Cue, ...]:
    return tuple(tuple(words) for words in lists)


_KINDS = _read(Path(__file__).with_name("cues.toml"))


def find_scam_cues(facts: Facts, limits: Limits) -> Finding | None:
    if not facts.is_payout or not facts.words:
        return None
    texts = [_words(text) for text in facts.words]
    counted = {kind: (_count(strong, texts), _count(weak, texts)) for kind, (strong, weak) in _KINDS.items()}
    kind, (strong, weak) = max(counted.items(), key=lambda each: (2 * each[1][0] + each[1][1], each[1][0]))
    weight = 2 * strong + weak
    if not weight:
        return None
    sure = min(0.95, 0.35 + 0.15 * weight)
    why = f"The memo or the chat sounds like a {kind.replace('_', ' ')} scam ({strong} strong and {weak} weak cues)."
    return Finding("scam_cues", _severity(weight, facts.amount >= limits.scam_cues.amount), sure, why)


def _severity(weight: int, is_worth: bool) -> Severity:
    if weight < 2 or not is_worth:
        return Severity.NOTE
    return Severity.SERIOUS


def _words(text: str) -> frozenset[str]:
    plain = unicodedata.normalize("NFKD", text[:_MOST].replace("\u2019", "'")).casefold()
    return frozenset(_WORD.findall(plain))


def _count(cues: tuple[Cue, ...], texts: list[frozenset[str]]) -> int:
    """How many of the cues stand in some text."""
    return sum(any(all(_has(text, word) for word in cue) for text in texts) for cue in cues)


def _has(text: frozenset[str], word: str) -> bool:
    return word in text or (len(word) >= _LONG and any(word + form in text for form in _FORMS))
