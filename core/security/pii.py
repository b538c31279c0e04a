"""Personal data in a customer's text, first version: what has a form that a pattern and a checksum can prove.

``mask`` replaces each finding by a stable placeholder (``[IBAN_1]``), so that neither history, logs nor a model see
it; ``Placeholders.restore`` puts the originals back into the owner's own stream. Secrets (PIN, CVV, password,
one-time code) are never restored.

Time is linear in the text: no pattern matches the same characters in two ways, and repeats are bounded.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import count

from stdnum import iban


def _card_length(text: str) -> int:
    """Groups of digits that are a card number together; an expiry date or another number may follow them."""
    digits, ends = "", list[tuple[int, int]]()
    for group in re.finditer(r"\d+", text):
        digits += group[0]
        ends.append((group.end(), len(digits)))
    return next((end for end, length in reversed(ends) if length in _CARD_DIGITS and _passes_luhn(digits[:length])), 0)


def _passes_luhn(digits: str) -> bool:
    """ISO/IEC 7812-1, annex B. stdnum's takes ten times as long, and hostile text has many candidates."""
    doubled = (2 * int(digit) for digit in digits[-2::-2])
    return (sum(map(int, digits[-1::-2])) + sum(twice - 9 * (twice > 9) for twice in doubled)) % 10 == 0


def _iban_length(text: str) -> int:
    """The words that are an IBAN together; ordinary words may follow them."""
    ends = [word.end() for word in re.finditer(r"\S+", text)]
    return next((end for end in reversed(ends) if iban.is_valid(text[:end])), 0)


_CARD_DIGITS = range(13, 20)
_SAID_SECRETLY = (
    r"\b(?:pin(?:\s+(?:code|number))?|cvv2?|cvc2?|security\s+code|passcode|pass\s?word"
    r"|one[- ]time\s+(?:code|password)|otp)(?:'s)?"
)
_SECRET = (
    rf"(?i){_SAID_SECRETLY}(?:"
    # "PIN 1234", but not "my PIN 3 times" or "PIN 1,000"
    r"\s+(?P<digits>\d{3,8})(?![\d,]|\.\d)"
    # "password: swordfish"
    r"|\s*[:=]\s*(?P<word>[^\s:=]\S{3,63})"
    # "code is abc123", but not "PIN is 4 digits long"
    r"|(?:\s*(?:\b(?:is|was|to)\b|[:=]))+\s*(?!\d{1,2}(?:\s|\Z))(?P<value>[^\s\d]{0,40}\d\S{0,40})"
    r")"
)
_PATTERNS: tuple[tuple[str, re.Pattern[str], Callable[[str], int]], ...] = (
    ("SECRET", re.compile(_SECRET), len),
    ("EMAIL", re.compile(r"(?<![\w.+-])([\w.+-]+@[\w-]+(?:\.[\w-]+)+)"), len),
    ("IBAN", re.compile(r"\b([A-Za-z]{2}\d{2}(?: ?[A-Za-z0-9]){11,30})\b"), _iban_length),
    ("CARD", re.compile(r"(?<!\d)(\d(?:[ -]?\d){12,22})(?!\d)"), _card_length),
    ("SORT_CODE", re.compile(r"(?<!\d)(\d{2}-\d{2}-\d{2})(?!\d)"), len),
    # Not a date such as 01-02-2026 with a time behind it, and no number of ours such as D-0123-4567-89AB.
    (
        "PHONE",
        re.compile(r"(?<!\w)(?<!\b[A-Z]-)(?!\d{2}-\d{2}-\d{4})((?:\+\d{1,3}[ -]?|0)\d(?:[ -]?\d){8,10})(?!\d)"),
        len,
    ),
)
"""Kind, form (the finding is the group that matched) and how much of it, from its start, is really one; 0: nothing."""
_WORTH_A_LOOK = re.compile(r"@|\d\D?\d\D?\d|(?i:pin|cv[vc]|pass|code|otp)")
"""What each pattern needs, looked for first since most texts of tools have nothing of it."""
_PLACEHOLDER = re.compile(r"\[[A-Z_]+_\d+\]")


@dataclass(slots=True)
class Placeholders:
    """The originals behind one turn's placeholders. Lives as long as the turn and is never stored."""

    originals: dict[str, str] = field(default_factory=dict[str, str])
    typed: set[str] = field(default_factory=set[str])
    """What looks like a placeholder in the customer's own words or stood for something earlier: not given away."""

    def hide(self, kind: str, original: str) -> str:
        if kind == "SECRET":
            return "[SECRET]"
        for placeholder, known in self.originals.items():
            if known == original:
                return placeholder
        names = (f"[{kind}_{number}]" for number in count(1))
        placeholder = next(name for name in names if name not in self.originals and name not in self.typed)
        self.originals[placeholder] = original
        return placeholder

    def reserve(self, texts: Iterable[str]) -> None:
        """Keeps the placeholders that stand in these texts for what they meant there."""
        for text in texts:
            self.typed.update(_PLACEHOLDER.findall(text))

    def restore(self, text: str) -> str:
        """In one pass: what an original looks like is not looked at."""
        return _PLACEHOLDER.sub(lambda found: self.originals.get(found[0], found[0]), text)

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


def mask(text: str, placeholders: Placeholders) -> str:
    """The text with placeholders; a card number keeps its last four digits beside it, which are not secret."""
    placeholders.typed.update(set(_PLACEHOLDER.findall(text)) - placeholders.originals.keys())
    for kind, pattern, real_length in _PATTERNS:
        text = "".join(_replaced(text, kind, pattern, real_length, placeholders))
    return text


def find_personal(text: str) -> Iterator[tuple[str, int, int]]:
    """Kind, start and end of whatever ``mask`` would hide; findings of different kinds may overlap."""
    if not _WORTH_A_LOOK.search(text):
        return
    for kind, pattern, real_length in _PATTERNS:
        for start, end in _spans(text, pattern, real_length):
            yield kind, start, end


def _spans(text: str, pattern: re.Pattern[str], real_length: Callable[[str], int]) -> Iterator[tuple[int, int]]:
    search_from = 0
    while match := pattern.search(text, search_from):
        start = match.start(match.lastindex or 0)
        length = real_length(match[match.lastindex or 0])
        search_from = start + (length or 1)
        if length:
            yield start, search_from


def _replaced(
    text: str, kind: str, pattern: re.Pattern[str], real_length: Callable[[str], int], placeholders: Placeholders
) -> Iterator[str]:
    done = 0
    for start, end in _spans(text, pattern, real_length):
        value = text[start:end]
        yield text[done:start]
        yield placeholders.hide(kind, value)
        if kind == "CARD":
            yield f" ending {re.sub(r'[ -]', '', value)[-4:]}"
        done = end
    yield text[done:]
