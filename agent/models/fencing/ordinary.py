"""Words that are names too: which of them are hidden where they stand alone."""

from functools import cache
from pathlib import Path

from agent.understanding.spelling import WORDS_FILE

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
    called (names.txt)."""
    texts = (WORDS_FILE.read_text(encoding="utf-8"), Path(__file__).with_name("names.txt").read_text(encoding="utf-8"))
    return frozenset(" ".join(texts).split())
