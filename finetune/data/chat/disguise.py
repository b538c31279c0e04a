"""Takes people out of a recorded dialogue: names become names of a closed, invented list, numbers become the placeholders
that the agent's own mask gives, and ids that the bank drew become ids that follow from the dialogue."""

import hashlib
import random
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from core.security.pii import Placeholders, mask
from finetune.data.chat.bank import Client

NAMES_FILE = Path(__file__).parent / "names.yaml"
_UUID = re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b")
_NUMBER_OF_OURS = re.compile(r"\b([A-Z])((?:-[0-9A-F]{4}){3})\b")
_ACCOUNT_NUMBER = re.compile(r"(?<![\d.,-])\d{8}(?![\d.,-])")
_COMMON_WORDS = frozenset({"grace", "may", "rose", "will", "mark", "art", "bill", "hope", "price", "marsh", "hall", "green"})
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
        return len(words) > 1 and not self.firms & set(words)


@dataclass(slots=True)
class Disguise:
    """Of one dialogue: the same value becomes the same throughout."""

    key: str
    """Makes the ids."""
    names: dict[str, str]
    details: tuple[tuple[str, str], ...]
    placeholders: Placeholders = field(default_factory=Placeholders)
    _ids: dict[str, str] = field(default_factory=dict[str, str])

    @classmethod
    def of(cls, client: Client | None, people: Iterable[str], names: Names, rng: random.Random, key: str) -> "Disguise":
        """For a dialogue of `client` in which the `people` may be named, beside their payees."""
        told = dict.fromkeys([*([client.name, *client.payees] if client else []), *people])
        firsts, lasts = rng.sample(names.first, len(names.first)), rng.sample(names.last, len(names.last))
        changed: dict[str, str] = {}
        for name, first, last in zip(filter(names.is_person, told), firsts, lasts, strict=False):
            own_first, *_, own_last = name.split()
            changed[name] = f"{first} {last}"
            changed.setdefault(own_first, first)
            changed.setdefault(own_last, last)
        details = tuple((detail, _kind_of(detail)) for detail in (client.details if client else ()))
        # The longest first: a whole name before its parts.
        return cls(key, dict(sorted(changed.items(), key=lambda pair: (-len(pair[0]), pair[0]))), details)

    def put_on(self, text: str) -> str:
        for detail, kind in self.details:
            text = re.sub(re.escape(detail), lambda _, d=detail, k=kind: self.placeholders.hide(k, d), text, flags=re.I)
        for name, other in self.names.items():
            text = _replace_name(text, name, other)
        text = _UUID.sub(lambda found: self._id(found[0], _as_uuid), text)
        text = _NUMBER_OF_OURS.sub(lambda found: found[1] + self._id(found[2], _as_number), text)
        text = _ACCOUNT_NUMBER.sub(lambda found: self.placeholders.hide("ACCOUNT_NUMBER", found[0]), text)
        return mask(text, self.placeholders)

    def _id(self, drawn: str, write: Callable[[str], str]) -> str:
        if drawn not in self._ids:
            tries = (write(_digest(f"{self.key}/{len(self._ids)}/{again}")) for again in range(100))
            # By chance an id looks like a card's number: then it is another.
            self._ids[drawn] = next(made for made in tries if mask(made, Placeholders()) == made)
        return self._ids[drawn]


def _replace_name(text: str, name: str, other: str) -> str:
    plain = re.compile(rf"\b{re.escape(name)}\b")
    text = plain.sub(other, text)
    if name.casefold() in _COMMON_WORDS:
        return text
    return re.sub(rf"\b{re.escape(name)}\b", other.lower(), text, flags=re.IGNORECASE)


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
