"""Our own utterances for the intents that BANKING77 does not cover, made from the committed templates.

`data/intents/*.yaml` holds, for each label, templates with {slots}; `data/slots.yaml` the values. A label is an intent,
or an intent and a part of it ("out_of_scope/attack"). There are three kinds of template:

- `do`: what the customer wants done ("close my {account}"), put into requests ("could you ... please");
- `of`: what the customer wants to see ("my balance"), put into requests to see it ("can you tell me ...");
- `say`: whole messages.

The same phrase after "how do I" is a question and no request, so of each `do` and `of` a few questions are made as
well. They belong to `how_to` where a label names one, else to `banking_question/how_to`. Everything follows from a
seed: the same files give the same utterances.
"""

import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import yaml

DATA_DIR = Path(__file__).parent / "data"
QUESTIONS = "banking_question/how_to"
"""Label of the question how something is done."""

_FILLS = {"do": 4, "of": 3, "say": 2}
"""Utterances made of a template, and of a `say` with slots twice as many."""
_QUESTION_FILLS = {"do": 1, "of": 1}
_ACTS = frozenset(
    {"cancel_task", "change_answer", "decline", "postpone", "repeat", "undo", "wait", "what_is_that", "why_asked"}
)
"""They get a sigh or an "actually" in front and an apology behind, as people write while they are being asked."""
_SOCIAL = frozenset(
    {
        "abuse",
        "acknowledgement",
        "agree",
        "cancel_task",
        "change_answer",
        "decline",
        "gibberish",
        "goodbye",
        "greeting",
        "postpone",
        "repeat",
        "talk_to_human",
        "thanks",
        "unclear",
        "undo",
        "wait",
        "what_is_that",
        "why_asked",
    }
)
"""Short turns: "hi, thanks" and "please bye" would blur what tells them apart."""

_SMALL_WORDS = re.compile(r"\b(?:the|a|an|my|please|some|of|to)\b ", re.IGNORECASE)
_KEYS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")

Kind = Literal["do", "of", "say"]


@dataclass(frozen=True, slots=True)
class Template:
    label: str
    kind: Kind
    text: str
    questions: str
    """Label of the questions made of it."""


@dataclass(frozen=True, slots=True)
class Utterance:
    label: str
    text: str


def read_templates(directory: Path = DATA_DIR) -> list[Template]:
    """The templates in the order of their files."""
    return [
        Template(label, kind, line.strip(), block.get("how_to", QUESTIONS))
        for path in sorted((directory / "intents").glob("*.yaml"))
        for label, block in yaml.safe_load(path.read_text(encoding="utf-8")).items()
        for kind in ("do", "of", "say")
        for line in block.get(kind, "").splitlines()
    ]


def read_slots(directory: Path = DATA_DIR) -> dict[str, list[str]]:
    """Slot name -> values."""
    return yaml.safe_load((directory / "slots.yaml").read_text(encoding="utf-8"))


def read_phrasing(directory: Path = DATA_DIR) -> dict[str, list[str]]:
    """How people put a request, a question and what stands around it: kind of phrase -> phrases."""
    return yaml.safe_load((directory / "phrasing.yaml").read_text(encoding="utf-8"))


def iterate_families(seed: int, directory: Path = DATA_DIR) -> Iterator[list[Utterance]]:
    """The utterances of each template. They belong on one side of any split."""
    writer = Writer(read_slots(directory), read_phrasing(directory))
    for template in read_templates(directory):
        # Each template draws from a seed of its own, so that a new one leaves the others as they were.
        rng = random.Random(f"{seed}/{template.text}")  # noqa: S311
        yield writer.write(template, rng)


@dataclass(frozen=True, slots=True)
class Writer:
    slots: dict[str, list[str]]
    phrasing: dict[str, list[str]]

    def write(self, template: Template, rng: random.Random) -> list[Utterance]:
        """Different utterances of one template: filled, framed, and written as customers write."""
        count = _FILLS[template.kind] * (2 if template.kind == "say" and "{" in template.text else 1)
        said = [self._fill(template.text, rng)]
        said += [self._rough(self._frame(template, rng), template.label, rng) for _ in range(count - 1)]
        asked = [
            self._rough(self._put(f"ask_{template.kind}", template.text, rng), template.questions, rng)
            for _ in range(_QUESTION_FILLS.get(template.kind, 0))
        ]
        return [Utterance(template.label, text) for text in dict.fromkeys(said)] + [
            Utterance(template.questions, text) for text in dict.fromkeys(asked)
        ]

    def _frame(self, template: Template, rng: random.Random) -> str:
        return template.text if template.kind == "say" else self._put(template.kind, template.text, rng)

    def _put(self, frames: str, phrase: str, rng: random.Random) -> str:
        return rng.choice(self.phrasing[frames]).replace("{}", phrase)

    def _fill(self, text: str, rng: random.Random) -> str:
        return re.sub(r"\{(\w+)\}", lambda match: rng.choice(self.slots[match[1]]), text)

    def _rough(self, text: str, label: str, rng: random.Random) -> str:
        """Filled, and as somebody writes who is polite, talkative, in a hurry or no good at spelling."""
        text = self._fill(text, rng)
        intent = label.partition("/")[0]
        if intent in _ACTS:
            text = self._lead_in(text, rng)
        elif intent not in _SOCIAL:
            text = self._surround(text, rng)
        for chance, change in self._habits():
            if rng.random() < chance:
                text = change(text, rng)
        return text

    def _surround(self, text: str, rng: random.Random) -> str:
        draw = rng.random()
        if draw < 0.12:
            return rng.choice(self.phrasing["openings"]) + text
        if draw < 0.2:
            return text.rstrip("?.! ") + rng.choice(self.phrasing["endings"])
        if draw < 0.32:
            return self._ramble(text, rng)
        return text

    def _ramble(self, text: str, rng: random.Random) -> str:
        """With a sentence or two before it, or one behind, or both."""
        asides = rng.sample(self.phrasing["rambling"], 2)
        end = text if text.endswith("?") else text.rstrip(".! ") + "."
        return rng.choice(
            [
                f"{asides[0]} {text}",
                f"{asides[0]} {asides[1]} {text}",
                f"{asides[0].rstrip('.?')} {rng.choice(['so', 'and', 'but', 'anyway'])} {text}",
                f"{end} {asides[0]}",
                f"{asides[0]} {end} {asides[1]}",
            ]
        )

    def _lead_in(self, text: str, rng: random.Random) -> str:
        draw = rng.random()
        if draw < 0.3:
            return rng.choice(self.phrasing["lead_ins"]) + text
        if draw < 0.42:
            return text.rstrip("?.! ") + rng.choice(self.phrasing["trailers"])
        return text

    def _habits(self) -> tuple[tuple[float, Callable[[str, random.Random], str]], ...]:
        return (
            (0.1, self._abbreviate),
            (0.05, self._hesitate),
            (0.05, drop_small_words),
            (0.4, vary_surface),
            (0.05, drop_punctuation),
            (0.18, misspell),
            (0.04, misspell),
        )

    def _hesitate(self, text: str, rng: random.Random) -> str:
        """A word that says nothing between two of them."""
        words = text.split(" ")
        if len(words) < 3:
            return text
        at = rng.randrange(1, len(words))
        return " ".join([*words[:at], rng.choice(self.phrasing["fillers"]), *words[at:]])

    def _abbreviate(self, text: str, rng: random.Random) -> str:
        """Some words as they are written in chats."""
        for pair in rng.sample(self.phrasing["abbreviations"], 12):
            long, short = pair.split(" > ")
            text = re.sub(rf"\b{long}\b", short, text, flags=re.IGNORECASE)
        return text


def vary_surface(text: str, rng: random.Random) -> str:
    """The same words with other punctuation at the end, so that a question mark says nothing about the subject."""
    bare = text.rstrip(" ?!.")
    if not bare:
        return text
    return bare if text != bare else bare + rng.choice("?.!?")


def drop_punctuation(text: str, _rng: random.Random) -> str:
    """Words and amounts only: no apostrophes, no commas, no ends of sentences."""
    return re.sub(r"[!?;:'\"]|[.,](?!\d)", "", text)


def drop_small_words(text: str, _rng: random.Random) -> str:
    """Without articles and such, as people write who are in a hurry or learnt English late."""
    bare = _SMALL_WORDS.sub("", text)
    return bare if len(bare.split()) > 2 else text


def misspell(text: str, rng: random.Random) -> str:
    """One slip in one long word: a letter left out, doubled, exchanged with the next or hit beside its key."""
    places = list(re.finditer(r"[A-Za-z]{5,}", text))
    if not places:
        return text
    word = rng.choice(places)
    at = rng.randrange(word.start() + 1, word.end() - 1)
    slip = rng.choice(["", text[at] * 2, text[at + 1] + text[at], _beside(text[at], rng)])
    return text[:at] + slip + text[at + (2 if len(slip) == 2 and slip[0] != slip[1] else 1) :]


def _beside(letter: str, rng: random.Random) -> str:
    """The letter on a key next to that of `letter`."""
    row = next((row for row in _KEYS if letter.lower() in row), letter)
    at = row.find(letter.lower())
    return rng.choice(row[max(at - 1, 0) : at] + row[at + 1 : at + 2] or letter)
