"""Which of the customer's own names some words mean, with typing errors and parts of names."""

import re
from collections.abc import Iterable, Sequence

from rapidfuzz.distance import OSA

from agent.understanding.slots.vocabulary import COMMON

_TITLES = frozenset(
    {"mr", "mrs", "ms", "miss", "dr", "the", "my", "our", "ltd", "limited", "plc", "inc", "account", "pot"}
)
_ALIKE = 0.78
"""Least likeness of a word with typing errors."""
_PREFIX = 3
"""Letters of a short form: "Jim" for "Jimmy"."""
_SHORT_FORM = 0.6
"""Least part of the word that a short form is: "Car" is not "Carter"."""


def words_of(name: str) -> list[str]:
    """In small letters, without titles and punctuation."""
    plain = "".join(
        letter if letter.isalnum() else " " for letter in name.casefold().replace("'s", "s").replace("’s", "s")
    )
    words = plain.split()
    return [word for word in words if word not in _TITLES] or words


def match_names(said: str, names: Iterable[str]) -> tuple[str, ...]:
    """The names that ``said`` may mean, best first: every word said is a word of the name, or nearly. Empty if none is.

    Only the names that are about as near as the nearest: "Maria" means both Marias, and not "Mario" too.
    """
    words = words_of(said)
    if not words:
        return ()
    scored = [(score, name) for name in names if (score := _likeness(words, words_of(name)))]
    best = max((score for score, _ in scored), default=0.0)
    return tuple(name for score, name in sorted(scored, key=lambda pair: -pair[0]) if score >= best - 0.05)


def _likeness(said: Sequence[str], name: Sequence[str]) -> float:
    """0 if a word has no partner; a whole name is a little better than a part of one."""
    if not name:
        return 0.0
    rest, total = list(name), 0.0
    for word in said:
        likeness = _initial_likeness if len(word) == 1 and len(said) > 1 else _word_likeness
        score, partner = max(((likeness(word, other), other) for other in rest), default=(0.0, ""))
        if score < _ALIKE:
            return _run_together(said, name)
        rest.remove(partner)
        total += score
    return total / len(said) + (0.1 if not rest else 0.0)


def _initial_likeness(said: str, word: str) -> float:
    """ "J Carter"."""
    return 0.85 if word.startswith(said) else 0.0


def _run_together(said: Sequence[str], name: Sequence[str]) -> float:
    """ "marialopez", "rainyday"."""
    whole = _word_likeness("".join(said), "".join(name))
    return whole if whole >= 0.88 else 0.0


def _word_likeness(said: str, word: str) -> float:
    if said == word:
        return 1.0
    if len(said) >= _PREFIX and word.startswith(said) and len(said) >= _SHORT_FORM * len(word):
        return 0.85
    if said[0] != word[0] and len(said) < 6:
        return 0.0
    likeness = OSA.normalized_similarity(said, word)
    # One slip in a short name: "Jon", "Jhon".
    if likeness < _ALIKE and min(len(said), len(word)) >= _PREFIX and OSA.distance(said, word) == 1:
        return _ALIKE
    return likeness if likeness >= _ALIKE else 0.0


def is_like(said: str, word: str) -> bool:
    """Whether it is the word in full, with a slip or without."""
    return said == word or (min(len(said), len(word)) >= _PREFIX and OSA.distance(said, word, score_cutoff=1) <= 1)


def spoken_pattern(name: str) -> str:
    """A pattern for a name that is said in full, in any case, with any spaces."""
    words = r"[\s-]+".join(re.escape(word) for word in name.split())
    return rf"(?<!\w){words}(?:'s|’s)?(?!\w)"


def parts_that_tell(name: str) -> list[str]:
    """The words of a name that are no ordinary words, so that they mean it wherever they stand."""
    return [word for word in words_of(name) if len(word) >= _PREFIX and word not in COMMON]
