"""Stable placeholders (``[IBAN_1]``), and the way back for the owner's own stream."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import count

from core.security.pii.kinds import SECRETS

_PLACEHOLDER = re.compile(r"\[[A-Z_]+_\d+\]")
_SHOWN = re.compile(rf"({_PLACEHOLDER.pattern})(?:\\(?=:))?")
"""With what kept ``[IBAN_1]:`` from being the definition of a link (CommonMark 4.7) while it stood in brackets."""
_STANDING = re.compile(r"\[(?:[A-Z_]+_\d+|SECRET)\]")
_NEVER_BACK = frozenset({*SECRETS, "SECRET"})


@dataclass(slots=True)
class Placeholders:
    """The originals behind one turn's placeholders. Lives as long as the turn and is never stored."""

    originals: dict[str, str] = field(default_factory=dict[str, str])
    typed: set[str] = field(default_factory=set[str])
    """What looks like a placeholder in the customer's own words or stood for something earlier: not given away."""

    def hide(self, kind: str, original: str) -> str:
        if kind in _NEVER_BACK:
            return "[SECRET]"
        for placeholder, known in self.originals.items():
            if known == original:
                return placeholder
        names = (f"[{kind}_{number}]" for number in count(1))
        placeholder = next(name for name in names if name not in self.originals and name not in self.typed)
        self.originals[placeholder] = original
        return placeholder

    def reserve_typed(self, text: str) -> None:
        """Keeps what looks like a placeholder in the text about to be masked, and is none of ours, for itself."""
        if "[" in text:
            self.typed.update(set(_PLACEHOLDER.findall(text)) - self.originals.keys())

    def reserve(self, texts: Iterable[str]) -> None:
        """Keeps the placeholders that stand in these texts for what they meant there."""
        for text in texts:
            self.typed.update(_PLACEHOLDER.findall(text))

    def restore(self, text: str) -> str:
        """In one pass: what an original looks like is not looked at."""
        return _SHOWN.sub(lambda found: self.originals.get(found[1], found[0]), text)

    def conceal(self, text: str) -> str:
        """The text with what is known hidden again, as when a tool repeats what it was asked for. What only looks like
        one of our placeholders gets one of its own."""
        text = self.conceal_look_alikes(text)
        for placeholder, original in self.originals.items():
            if original not in self.originals:
                text = text.replace(original, placeholder)
        return text

    def conceal_look_alikes(self, text: str) -> str:
        """The text with a placeholder of its own for whatever only looks like one of ours."""
        return _PLACEHOLDER.sub(self._concealed_look_alike, text)

    def _concealed_look_alike(self, found: re.Match[str]) -> str:
        if found[0] in self.originals:
            return self.hide("TEXT", found[0])
        self.typed.add(found[0])
        return found[0]


def blank_out(masked: str, instead: str) -> str:
    """The text with ``instead`` where something was hidden, for whom a placeholder says nothing."""
    return _STANDING.sub(instead, masked)


def list_placeholders(text: str) -> list[tuple[int, int]]:
    """Where something stands that is one already, or looks like one."""
    return [found.span() for found in _STANDING.finditer(text)] if "[" in text else []
