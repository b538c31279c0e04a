"""The gate between a model's words and the customer: what it lets out can not be taken back.

Text without figures passes at once. A sentence with a figure waits until it is whole and every figure in it stands in
the evidence; otherwise its rest is replaced by a remark. Placeholders of masked data are put back, also when they come
in pieces.
"""

import re
from collections.abc import Iterable
from decimal import Decimal

from core.security.pii import Placeholders

LEFT_OUT = "(I left out a figure here that I could not verify.)"

_FIGURE = re.compile(r"\d(?:[\d,.:]*\d)?")
_SENTENCE_END = re.compile(r"[.!?:](?=\s)|\n")
_NOT_CLAIMED = re.compile(r"(?m)\[\d{1,2}\]|^\s*\d{1,2}[.)](?=\s|\Z)|\b24/7\b")
"""Figures that claim nothing: citation marks, numbers of list items."""
_LONGEST_PLACEHOLDER = 20


def figures(text: str) -> set[str]:
    """The figures of a text in one spelling: ``1,250.50`` and ``1250.5`` are the same."""
    return {_spelling(match) for match in _FIGURE.findall(_NOT_CLAIMED.sub(" ", text))}


def _spelling(figure: str) -> str:
    plain = figure.replace(",", "").strip(".:")
    if plain.count(".") <= 1 and plain.replace(".", "").isdigit():
        return format(Decimal(plain).normalize(), "f")
    return plain


def evidence_figures(texts: Iterable[str]) -> set[str]:
    """The figures of the evidence. An ISO date also gives its parts, as a date may be written in words."""
    known: set[str] = set()
    for text in texts:
        known |= figures(text)
        for year, month, day in re.findall(r"(\d{4})-(\d{2})-(\d{2})", text):
            known |= {str(int(part)) for part in (year, month, day)}
    return known


class Release:
    """One answer's gate. ``push`` and ``finish`` return what may go out; ``dropped`` counts sentences replaced."""

    def __init__(self, known: set[str], placeholders: Placeholders) -> None:
        self._known = known
        self._placeholders = placeholders
        self._held = ""
        self.dropped = 0

    def push(self, text: str) -> str:
        self._held += text
        out: list[str] = []
        while end := _SENTENCE_END.search(self._held):
            out.append(self._checked(self._held[: end.end()]))
            self._held = self._held[end.end() :]
        free = self._free_length()
        out.append(self._held[:free])
        self._held = self._held[free:]
        return self._placeholders.restore("".join(out))

    def finish(self) -> str:
        rest, self._held = self._checked(self._held), ""
        return self._placeholders.restore(rest)

    def _free_length(self) -> int:
        """How much of the held text can not become part of a figure, a list number or a placeholder."""
        first = re.search(r"[\d£$€]", self._held)
        free = first.start() if first else len(self._held)
        bracket = self._held.rfind("[", 0, free)
        if bracket >= 0 and "]" not in self._held[bracket:] and len(self._held) - bracket < _LONGEST_PLACEHOLDER:
            free = bracket
        return free

    def _checked(self, sentence: str) -> str:
        if figures(sentence) <= self._known:
            return sentence
        self.dropped += 1
        return LEFT_OUT + ("\n" if sentence.endswith("\n") else " ")
