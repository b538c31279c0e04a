"""The placeholders of one turn, and the way back.

``[NAME_2]`` is a value as the bank has it, ``[NAME_2B]``, ``[NAME_2C]`` are its other spellings, so that what comes
back is exactly what was hidden. Of an account, an IBAN or a card the last four digits stay readable, as everywhere:
``[ACCOUNT_1 ending 6819]``.

A model may write a placeholder in any case, with spaces or hyphens for ``_``, with Markdown's backslash before it, with
or without the ending, and with spaces inside the brackets. The brackets must be there.
"""

import re
from collections.abc import Iterable, Iterator
from itertools import count
from typing import get_args

from agent.models.fencing.details import Detail, Kind
from core.security.pii import Placeholders
from core.security.pii.reading.folded import Folded

LONGEST = 40
"""Characters between the brackets."""
PLACEHOLDER = re.compile(rf"\[([A-Za-z0-9_\\ -]{{2,{LONGEST}}})\]")
_BEGUN = re.compile(rf"\[[A-Za-z0-9_\\ -]{{0,{LONGEST}}}\Z")
_KEY = re.compile(r"([A-Z]+(?:_[A-Z]+)*_\d+[A-Z]*)(?:_ENDING_\d+)?")
_WITH_TAIL = frozenset({"ACCOUNT", "IBAN", "CARD"})
_LEAST_FOR_TAIL = 8


def key_of(inside: str) -> str | None:
    """What stands in the brackets, in one spelling; None where it is no placeholder's."""
    plain = re.sub(r"[_ -]+", "_", inside.replace("\\", "").strip(" _-")).upper()
    match = _KEY.fullmatch(plain)
    return match[1] if match else None


def split_at_begun(text: str) -> tuple[str, str]:
    """The text up to what may become a placeholder, and the rest."""
    begun = _BEGUN.search(text)
    return (text[: begun.start()], text[begun.start() :]) if begun else (text, "")


_KINDS = frozenset({*get_args(Kind), "PERSON", "ACCOUNT_NUMBER"})


def is_placeholder(key: str) -> bool:
    """Whether it is named after something that is hidden, here or by the turn (``Result.PRIVATE``)."""
    return key.rstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ").rstrip("0123456789").rstrip("_") in _KINDS


class Names:
    """``placeholders`` are the turn's own: what they hide keeps its name here, and is put back elsewhere."""

    def __init__(self, placeholders: Placeholders) -> None:
        self._placeholders = placeholders
        self._bases: dict[int, str] = {}
        self._taken: set[str] = set()
        self._reached: dict[Kind, int] = {}
        """Numbers up to these are taken."""
        self._given: dict[tuple[int, str], str] = {}
        self._surfaces: dict[str, str] = {}
        self._foreign: set[str] = set()

    def reserve(self, keys: Iterable[str]) -> None:
        """They stand in what is sent already, and are not given away."""
        self._foreign.update(key for key in keys if not self.is_ours(key))

    def is_ours(self, key: str) -> bool:
        """Whether it was given away here: text that has it all the same only looks like it."""
        is_given = key in self._surfaces or key in self._taken
        return is_given and f"[{key}]" not in self._placeholders.originals

    def allot(self, owner: int, detail: Detail) -> str:
        """The name of a detail without brackets, the same from then on."""
        if owner not in self._bases:
            self._bases[owner] = base = self._known_as(detail) or self._next(detail.kind)
            self._taken.add(base)
            self._placeholders.typed.add(f"[{base}]")
        return self._bases[owner]

    def hide(self, owner: int, detail: Detail, surface: str) -> str:
        """The placeholder for a detail that is spelled like that."""
        if known := self._given.get((owner, surface)):
            return known
        base = self.allot(owner, detail)
        original = self._placeholders.originals.get(f"[{base}]")
        if original == surface:
            return f"[{base}]"
        if original is None and surface == detail.value and base not in self._surfaces:
            key = base
        else:
            key = next(filter(self._is_free, (f"{base}{letters}" for letters in _letters())))
        self._surfaces[key] = surface
        self._given[owner, surface] = f"[{key}{_tail(detail, surface)}]"
        return self._given[owner, surface]

    def restore(self, text: str) -> str:
        return PLACEHOLDER.sub(self._original, text)

    def _original(self, found: re.Match[str]) -> str:
        return self._surfaces.get(key_of(found[1]) or "", found[0])

    def _known_as(self, detail: Detail) -> str | None:
        plain = Folded.of(detail.value).compact_text
        for placeholder, original in self._placeholders.originals.items():
            if plain and plain == Folded.of(original).compact_text:
                return placeholder.strip("[]")
        return None

    def _next(self, kind: Kind) -> str:
        number = next(n for n in count(self._reached.get(kind, 0) + 1) if self._is_free(f"{kind}_{n}"))
        self._reached[kind] = number
        return f"{kind}_{number}"

    def _is_free(self, key: str) -> bool:
        if key in self._surfaces or key in self._taken or key in self._foreign:
            return False
        return f"[{key}]" not in self._placeholders.originals and f"[{key}]" not in self._placeholders.typed


def look_alikes(text: str) -> Iterator[tuple[re.Match[str], str]]:
    """What a model's answer would be searched for: where it stands, and its key."""
    if "[" not in text:
        return
    for found in PLACEHOLDER.finditer(text):
        if key := key_of(found[1]):
            yield found, key


def _letters() -> Iterator[str]:
    """B, C, ..., Z, BA, BB, ...: the first spelling has none."""
    for number in count(1):
        letters = ""
        while number:
            number, letter = divmod(number, 26)
            letters = chr(ord("A") + letter) + letters
        yield letters


def _tail(detail: Detail, surface: str) -> str:
    if detail.kind not in _WITH_TAIL:
        return ""
    digits = Folded.of(surface).compact_text
    return f" ending {digits[-4:]}" if len(digits) >= _LEAST_FOR_TAIL and re.fullmatch("[0-9]{4}", digits[-4:]) else ""
