"""Personal data in a customer's text, first version: what has a form that a pattern and a checksum can prove.

``mask`` replaces each finding by a stable placeholder (``[IBAN_1]``), so that neither history, logs nor a model see
it; ``Placeholders.restore`` puts the originals back into the owner's own stream. Secrets (PIN, CVV, password,
one-time code) are never restored.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from stdnum import iban, luhn


def _is_card(text: str) -> bool:
    digits = re.sub(r"\D", "", text)
    return 13 <= len(digits) <= 19 and luhn.is_valid(digits)


def _always(_: str) -> bool:
    return True


_SAID_SECRETLY = (
    r"(?i:\b(?:pin(?:\s+(?:code|number))?|cvv2?|cvc|security\s+code|passcode|pass\s?word"
    r"|one[- ]time\s+(?:code|password)|otp)\b)"
)

_PATTERNS: tuple[tuple[str, re.Pattern[str], Callable[[str], bool]], ...] = (
    ("SECRET", re.compile(_SAID_SECRETLY + r"(?i:\s*(?:is|was|:|=|to)\s*)+(?P<value>\S*\d\S*)"), _always),
    ("EMAIL", re.compile(r"(?P<value>[\w.+-]+@[\w-]+(?:\.[\w-]+)+)"), _always),
    ("IBAN", re.compile(r"\b(?P<value>[A-Za-z]{2}\d{2}(?: ?[A-Za-z0-9]){11,30})\b"), iban.is_valid),
    ("CARD", re.compile(r"(?<!\d)(?P<value>\d(?:[ -]?\d){12,18})(?!\d)"), _is_card),
    ("SORT_CODE", re.compile(r"(?<!\d)(?P<value>\d{2}-\d{2}-\d{2})(?!\d)"), _always),
    ("PHONE", re.compile(r"(?<![\d\w])(?P<value>(?:\+\d{1,3}[ -]?|0)\d(?:[ -]?\d){8,10})(?!\d)"), _always),
)


@dataclass(slots=True)
class Placeholders:
    """The originals behind one turn's placeholders. Lives as long as the turn and is never stored."""

    originals: dict[str, str] = field(default_factory=dict[str, str])
    kinds: set[str] = field(default_factory=set[str])

    def hide(self, kind: str, original: str) -> str:
        self.kinds.add(kind)
        if kind == "SECRET":
            return "[SECRET]"
        for placeholder, known in self.originals.items():
            if known == original:
                return placeholder
        number = sum(1 for name in self.originals if name.startswith(f"[{kind}_")) + 1
        placeholder = f"[{kind}_{number}]"
        self.originals[placeholder] = original
        return placeholder

    def restore(self, text: str) -> str:
        for placeholder, original in self.originals.items():
            text = text.replace(placeholder, original)
        return text


def mask(text: str, placeholders: Placeholders) -> str:
    """The text with placeholders; a card number keeps its last four digits beside it, which are not secret."""
    for kind, pattern, is_real in _PATTERNS:
        text = "".join(_replaced(text, kind, pattern, is_real, placeholders))
    return text


def _replaced(
    text: str, kind: str, pattern: re.Pattern[str], is_real: Callable[[str], bool], placeholders: Placeholders
) -> Iterator[str]:
    end = 0
    for match in pattern.finditer(text):
        value = match["value"]
        if not is_real(value):
            continue
        yield text[end : match.start("value")]
        yield placeholders.hide(kind, value)
        if kind == "CARD":
            yield f" ending {re.sub(r'[^0-9]', '', value)[-4:]}"
        end = match.end("value")
    yield text[end:]
