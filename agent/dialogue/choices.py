"""Which of the things that were offered a message means: "the second one", "not the first", "Maria", "4821"."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from agent.dialogue.residue import FILLING, words
from agent.understanding.slots import Amount, Mention
from core.money import Money


@dataclass(frozen=True, slots=True)
class Picked:
    """One choice, or the ones that are left after "not the first" or "the debit one"; all of them: no idea."""

    choices: tuple[str, ...]

    @property
    def one(self) -> str | None:
        return self.choices[0] if len(self.choices) == 1 else None


def pick(
    choices: Sequence[str], text: str, mentions: Sequence[Mention], *, filling: frozenset[str] = FILLING
) -> Picked | None:
    """None where the message speaks of none of them. ``filling``: words that speak of nothing."""
    if not choices:
        return None
    left = _by_position(choices, mentions) or _by_words(choices, text, mentions, filling)
    return Picked(tuple(left)) if left else None


def _by_position(choices: Sequence[str], mentions: Sequence[Mention]) -> list[str]:
    excluded: set[int] = set()
    chosen: int | None = None
    for mention in mentions:
        if mention.kind != "ordinal" or not isinstance(mention.value, int):
            continue
        index = mention.value - 1 if mention.value > 0 else len(choices) + mention.value
        if not 0 <= index < len(choices):
            continue
        if mention.negated:
            excluded.add(index)
        else:
            chosen = index
    if chosen is not None:
        return [choices[chosen]]
    return [choice for index, choice in enumerate(choices) if index not in excluded] if excluded else []


def _by_words(choices: Sequence[str], text: str, mentions: Sequence[Mention], filling: frozenset[str]) -> list[str]:
    refused = [mention for mention in mentions if mention.negated]
    for mention in refused:
        text = text.replace(mention.text, " ")
    said = [word for word in words(text) if word not in filling]
    meant = _exactly(choices, mentions) or ([c for c in choices if _speaks_of(said, c)] if said else [])
    meant = meant or _by_card(choices, mentions)
    if not meant and not refused:
        return _by_number(choices, said)
    unwanted = [[word for word in words(mention.text) if word not in filling] for mention in refused]
    kept = [choice for choice in meant or choices if not any(_speaks_of(said, choice) for said in unwanted)]
    return kept if len(kept) < len(choices) or len(choices) == 1 else []


def _by_number(choices: Sequence[str], said: list[str]) -> list[str]:
    """A bare "2"."""
    if len(said) == 1 and said[0].isdigit() and 1 <= int(said[0]) <= len(choices):
        return [choices[int(said[0]) - 1]]
    return []


def _exactly(choices: Sequence[str], mentions: Sequence[Mention]) -> list[str]:
    """Choices that are a day, an amount or a name that was said."""
    said: set[str] = set()
    for mention in mentions:
        if mention.negated:
            continue
        value = mention.value
        if isinstance(value, tuple) and not isinstance(value, (Amount,)):
            said |= {str(each) for each in value}
        if isinstance(value, date):
            said.add(value.isoformat())
        if isinstance(value, Amount):
            said |= {str(Money.parse(format(value.number, ".2f"), code)) for code in (value.currency or "GBP", "EUR")}
    return [choice for choice in choices if choice in said or choice[:10] in said]


def _by_card(choices: Sequence[str], mentions: Sequence[Mention]) -> list[str]:
    """Cards by what their words come down to: "the Visa debit" is a debit card."""
    said = [
        each.value for each in mentions if each.kind == "card" and not each.negated and isinstance(each.value, dict)
    ]
    told = [words(" ".join(map(str, value.values()))) for value in said]
    return [choice for choice in choices if any(_speaks_of(each, choice) for each in told)]


def _speaks_of(said: Sequence[str], choice: str) -> bool:
    known = words(choice)
    return bool(said) and all(any(_same(word, each) for each in known) for word in said)


def _same(word: str, known: str) -> bool:
    """Also with an s, by its beginning, or, of a number, by its end: "the one ending 21"."""
    if word.isdecimal():
        return word == known or (len(word) > 1 and known.isdecimal() and known.endswith(word))
    return word == known or word.removesuffix("s") == known or (len(word) >= 4 and known.startswith(word))
