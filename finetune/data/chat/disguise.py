"""Takes people out of a recorded dialogue: names become names of a closed, invented list, numbers become the
placeholders that the agent's own mask gives, and ids that the bank drew become ids that follow from the dialogue."""

import hashlib
import random
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import yaml

from agent.models.fencing.fields import rewrite
from core.security.pii import IN_DIALOGUE, SECRETS, Placeholders, mask
from finetune.data.chat.bank import Client

NAMES_FILE = Path(__file__).parent / "names.yaml"
_UUID = re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b")
_NUMBER_OF_OURS = re.compile(r"\b([A-Z])((?:-[0-9A-F]{4}){3})\b")
_ACCOUNT_NUMBER = re.compile(r"(?<![\w.,-])\d{8}(?![\w.,-])")
_TITLES = frozenset({"Mr", "Mrs", "Ms", "Dr", "Aunt", "Uncle"})
_COMMON_WORDS = frozenset(
    {"grace", "may", "rose", "will", "mark", "art", "bill", "hope", "price", "marsh", "hall", "green"}
)
"""Names that are words: they are names only when they are written like one."""


@dataclass(frozen=True, slots=True)
class Names:
    first: tuple[str, ...]
    last: tuple[str, ...]
    firms: frozenset[str]
    """Words that make a payee a firm."""

    @classmethod
    def load(cls, path: Path = NAMES_FILE) -> "Names":
        read = yaml.safe_load(path.read_text(encoding="utf-8"))
        return cls(tuple(read["first"]), tuple(read["last"]), frozenset(read["firms"]))

    def is_person(self, name: str) -> bool:
        words = name.split()
        is_named = len(words) > 1 and all(word[0].isupper() for word in words) and words[0] not in _TITLES
        return is_named and not self.firms & set(words)


@dataclass(slots=True)
class Disguise:
    """Of one dialogue: the same value becomes the same throughout."""

    key: str
    """Makes the ids."""
    names: dict[str, str]
    details: tuple[tuple[str, str], ...]
    placeholders: Placeholders = field(default_factory=Placeholders)
    _ids: dict[str, str] = field(default_factory=dict[str, str])
    _people: re.Pattern[str] | None = field(init=False)

    def __post_init__(self) -> None:
        # The longest first: a whole name before its parts.
        names = sorted(self.names, key=lambda name: (-len(name), name))
        self._people = re.compile(rf"\b(?:{'|'.join(map(re.escape, names))})\b", re.IGNORECASE) if names else None

    @classmethod
    def of(
        cls,
        client: Client | None,
        people: Iterable[str],
        details: Iterable[str],
        names: Names,
        rng: random.Random,
        key: str,
    ) -> "Disguise":
        """For a dialogue of `client` in which the `people` are named, beside their payees, and the `details` told."""
        everybody: list[str] = [*([client.name, *client.payees] if client else []), *people]
        told = [name for name in dict.fromkeys(everybody) if names.is_person(name)]
        firsts, lasts = rng.sample(names.first, len(names.first)), rng.sample(names.last, len(names.last))
        changed: dict[str, str] = {}
        for name, first, last in zip(told, firsts, lasts, strict=False):
            own_first = name.split()[0]
            changed[name] = f"{first} {last}"
            changed.setdefault(own_first, first)
        hidden = tuple((detail, _kind_of(detail)) for detail in dict.fromkeys(details))
        return cls(key, changed, hidden)

    def put_on(self, text: str, *, of_bank: bool = False) -> str:
        """``of_bank``: the bank's own words have no secrets of anybody, though its articles speak of passwords and its
        tools of a card's last four digits."""
        for detail, kind in self.details:
            if detail in text:
                text = text.replace(detail, self.placeholders.hide(kind, detail))
        if self._people is not None:
            text = self._people.sub(self._renamed, text)
        text = _UUID.sub(lambda found: self._id(found[0], _as_uuid), text)
        text = _NUMBER_OF_OURS.sub(lambda found: found[1] + self._id(found[2], _as_number), text)
        text = _ACCOUNT_NUMBER.sub(lambda found: self.placeholders.hide("ACCOUNT_NUMBER", found[0]), text)
        return mask(text, self.placeholders, IN_DIALOGUE - SECRETS if of_bank else IN_DIALOGUE)

    def put_on_each(self, value: Any, *, of_bank: bool = False) -> Any:
        """The same with every text in it changed: JSON read as one text has long numbers that nobody wrote."""
        return rewrite(value, change := partial(self.put_on, of_bank=of_bank), change)

    def _renamed(self, found: re.Match[str]) -> str:
        said = found[0]
        if said in self.names:
            return self.names[said]
        if said.casefold() in _COMMON_WORDS:
            return said
        return next(other for name, other in self.names.items() if name.casefold() == said.casefold()).lower()

    def _id(self, drawn: str, write: Callable[[str], str]) -> str:
        if drawn not in self._ids:
            tries = (write(_digest(f"{self.key}/{len(self._ids)}/{again}")) for again in range(100))
            # By chance an id looks like a card's number: then it is another.
            self._ids[drawn] = next(made for made in tries if mask(made, Placeholders()) == made)
        return self._ids[drawn]


def _kind_of(detail: str) -> str:
    if "@" in detail:
        return "EMAIL"
    if detail.startswith("+"):
        return "PHONE"
    return "DATE_OF_BIRTH" if re.search(r"\b(?:19|20)\d\d\b", detail) else "ADDRESS"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _as_uuid(digest: str) -> str:
    return f"{digest[:8]}-{digest[8:12]}-7{digest[13:16]}-8{digest[17:20]}-{digest[20:32]}"


def _as_number(digest: str) -> str:
    return "".join(f"-{digest[at : at + 4]}" for at in (0, 4, 8)).upper()
