"""Our own utterances for the intents that BANKING77 does not cover, made from the committed templates.

`data/intents.yaml` holds templates with {slots}, `data/slots.yaml` the values. Everything follows from a seed: the
same files give the same utterances.
"""

import random
import re
from collections.abc import Iterator
from pathlib import Path

import yaml

DATA_DIR = Path(__file__).parent / "data"

_FILLS = 12
"""Utterances made of a template with slots."""
_PLAIN = 4
"""Variants of a template without slots: as it stands, and rewritten."""
_OPENINGS = (
    "hi, ",
    "hello ",
    "hey, ",
    "please ",
    "can you please ",
    "ok, ",
    "quick question: ",
    "um ",
    "good morning, ",
)
_ENDINGS = (" please", " pls", " thanks", ", thank you", " asap", " now")
_SOCIAL = frozenset({"acknowledgement", "greeting", "thanks", "goodbye", "talk_to_human"})
"""Short social turns: "hi, thanks" and "please bye" would blur what tells them apart."""


def read_templates(directory: Path = DATA_DIR) -> dict[str, list[str]]:
    """Label -> templates; a label is an intent, or an intent and a part of it ("out_of_scope/noise")."""
    return yaml.safe_load((directory / "intents.yaml").read_text(encoding="utf-8"))


def make_utterances(label: str, template: str, rng: random.Random, slots: dict[str, list[str]]) -> list[str]:
    """Different texts of one template: filled, and written as customers write."""
    filled = [_fill(template, slots, rng) for _ in range(_FILLS if "{" in template else _PLAIN)]
    plain = label.partition("/")[0] in _SOCIAL
    return list(dict.fromkeys([filled[0], *(_rewrite(text, rng, plain) for text in filled[1:])]))


def read_slots(directory: Path = DATA_DIR) -> dict[str, list[str]]:
    """Slot name -> values."""
    return yaml.safe_load((directory / "slots.yaml").read_text(encoding="utf-8"))


def vary_surface(text: str, rng: random.Random) -> str:
    """The same words with other punctuation at the end, so that a question mark says nothing about the subject."""
    bare = text.rstrip(" ?!.")
    if not bare:
        return text
    return bare if text != bare else bare + rng.choice("?.!?")


def _fill(template: str, slots: dict[str, list[str]], rng: random.Random) -> str:
    return re.sub(r"\{(\w+)\}", lambda match: rng.choice(slots[match[1]]), template)


def _rewrite(text: str, rng: random.Random, plain: bool) -> str:
    if not plain and rng.random() < 0.2:
        text = rng.choice(_OPENINGS) + text
    if not plain and rng.random() < 0.1:
        text = text.rstrip("?.! ") + rng.choice(_ENDINGS)
    if rng.random() < 0.4:
        text = vary_surface(text, rng)
    return _misspell(text, rng) if rng.random() < 0.2 else text


def _misspell(text: str, rng: random.Random) -> str:
    """One slip in one long word: a letter left out, doubled or exchanged with the next."""
    places = list(re.finditer(r"[A-Za-z]{5,}", text))
    if not places:
        return text
    word = rng.choice(places)
    at = rng.randrange(word.start() + 1, word.end() - 1)
    slip = rng.choice(["", text[at] * 2, text[at + 1] + text[at]])
    return text[:at] + slip + text[at + (2 if len(slip) == 2 and slip[0] != slip[1] else 1) :]


def iterate_templates(seed: int, directory: Path = DATA_DIR) -> Iterator[tuple[str, list[str]]]:
    """(label, utterances) of every template. A template's utterances belong on one side of any split."""
    slots = read_slots(directory)
    for label, templates in read_templates(directory).items():
        for template in templates:
            # Each template draws from a seed of its own, so that a new one leaves the others as they were.
            rng = random.Random(f"{seed}/{template}")  # noqa: S311
            yield label, make_utterances(label, template, rng, slots)
