"""Words that are none: heads that have to choose find something even in "wibbly fnorgle again"."""

import re

from agent.dialogue.desk import Heard
from agent.dialogue.residue import residue
from agent.understanding.language import ANY_LANGUAGE
from agent.understanding.spelling import Speller

_UNSURE = 0.75
"""Confidence up to which a guess may be owed to chance."""
_LONG = 4
"""Letters from which the encoder knows a word of English."""
_MOST_KNOWN = 0.5
_TURNS, _ROUND = 60, 5
"""Words from which, and times that, a text says the same before it says nothing."""
_SAYS_SOMETHING = frozenset({"amount", "number", "payee", "account"})


def is_nonsense(heard: Heard) -> bool:
    """Whether at least half of what is no name, number or day are no words, and the rest says little; or a few words
    are said again and again."""
    kinds = {mention.kind for mention in heard.mentions}
    if kinds & _SAYS_SOMETHING:
        return False
    if _goes_round(heard.text):
        return True
    if heard.confidence >= _UNSURE or not heard.text.isascii():
        return False
    said = [word for word in residue(heard.text, heard.mentions) if len(word) >= _LONG and word.isalpha()]
    said = [word for word in said if not ANY_LANGUAGE.fullmatch(word)]
    said = [word for word in said if not re.search(rf"\b{word.capitalize()}\b", heard.text)]
    unknown = [word for word in said if not Speller.load().knows(word)]
    return bool(unknown) and len(unknown) >= _MOST_KNOWN * len(said)


def _goes_round(text: str) -> bool:
    words = text.casefold().split()
    return len(words) >= _TURNS and len(words) >= _ROUND * len(set(words))
