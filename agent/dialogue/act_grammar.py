"""What a part of a message does to the conversation, by the grammar in ``acts.yaml``: a few small sets of words and how
they go together. Parts are matched whole and without the words that say nothing, so that courtesy does not matter."""

import re
from importlib.resources import files

import yaml

from agent.dialogue.grammar import Grammar

_NAMES: dict[str, str] = yaml.safe_load((files(__package__ or "") / "acts.yaml").read_text(encoding="utf-8"))
GRAMMAR = Grammar(_NAMES)


def does(act: str, words: list[str], nouns: tuple[str, ...]) -> bool:
    """Whether the words are an act, such as "CANCEL".

    Args:
        nouns: what the open task is called.
    """
    return GRAMMAR.matches(act, words, {"TASK": nouns})


def plain(part: str) -> str:
    """The words of a part that say something."""
    words, kept, place = words_of(part), list[str](), 0
    while place < len(words):
        end = GRAMMAR.longest("SILENT", words, place)
        if end == place:
            kept.append(words[place])
        place = max(end, place + 1)
    return " ".join(kept)


def words_of(part: str) -> list[str]:
    """In small letters, without apostrophes and punctuation."""
    return re.sub(r"[^\w\s]|_", " ", part.casefold().replace("’", "'").replace("'", "")).split()
