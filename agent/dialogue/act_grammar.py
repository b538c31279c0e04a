"""What a part of a message does to the conversation, by the grammar in ``acts.yaml``: a few small sets of words and how
they go together. Parts are matched whole and without the words that say nothing, so that courtesy does not matter."""

import re
from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files

import yaml
from rapidfuzz.distance import OSA

from agent.dialogue.grammar import Grammar

_NAMES: dict[str, str] = yaml.safe_load((files(__package__ or "") / "acts.yaml").read_text(encoding="utf-8"))
GRAMMAR = Grammar(_NAMES)
_KNOWN = frozenset(re.findall(r"[a-z]+", " ".join(_NAMES.values())))
_RESPELT: Mapping[str, str] = {
    "dinnae": "dont",
    "dinna": "dont",
    "donot": "dont",
    "didnae": "didnt",
    "cannae": "cant",
    "nae": "no",
    "gonna": "going to",
    "wanna": "want to",
    "gotta": "have to",
    "gimme": "give me",
    "lemme": "let me",
    "u": "you",
    "ur": "your",
    "r": "are",
    "jist": "just",
    "wi": "with",
    "cuz": "because",
}
_SHORTEST_SLIP = 4
"""Letters of a word in which a slip can be told from another word."""
_OPPOSITES = ("un", "in", "im", "dis", "non", "mis")


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
    """In small letters, without apostrophes and punctuation; dialect and chat as in other places."""
    said = re.sub(r"[^\w\s]|_", " ", part.casefold().replace("’", "'").replace("'", "")).split()
    return " ".join(_RESPELT.get(word, word) for word in said).split()


def put_right(words: list[str]) -> list[str]:
    """The words with slips of one letter put right, where a long enough word of the grammar begins alike: "ahed"."""
    return [_put_right(word) for word in words]


@lru_cache(maxsize=1024)
def _put_right(word: str) -> str:
    if word in _KNOWN or len(word) < _SHORTEST_SLIP or word.startswith(_OPPOSITES):
        return word
    near = [
        known for known in _KNOWN if known[0] == word[0] and _may_be(word, known) and OSA.distance(word, known) == 1
    ]
    return near[0] if len(near) == 1 else word


def _may_be(word: str, known: str) -> bool:
    """Among short words only two letters in the wrong order: "sned" is "send", "sent" is not."""
    return len(known) > _SHORTEST_SLIP or sorted(word) == sorted(known)
