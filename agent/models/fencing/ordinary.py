"""Words that are names too: which of them are hidden where they stand alone."""

from functools import cache

from agent.understanding.spelling import WORDS_FILE
from core.security.pii.words.ordinary import NAMES_TOO

NEVER_FIRST = frozenset({"will", "may", "can", "so", "an", "in", "do", "my", "the", "we", "he", "no", "mark"})
"""Where they begin a sentence they are not taken for a name."""
PARTICLES = frozenset(
    str.split(
        "van von der den de da do dos das del della di du la le el al bin ibn ben st mac mc y e the and of for mr mrs"
        " ms miss dr prof sir"
    )
)
"""Of a name, though never one alone."""


@cache
def ordinary_words() -> frozenset[str]:
    """What customers talk about (agent/understanding/words.txt), and common English words that people or firms are
    called."""
    return NAMES_TOO.union(WORDS_FILE.read_text(encoding="utf-8").split())
