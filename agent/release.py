"""The gate between a model's words and the customer: what it lets out can not be taken back.

Text without figures passes at once. A sentence with a figure waits until it is whole and every figure in it stands in
the evidence; otherwise its rest is replaced by a remark. A placeholder of masked data goes out whole, also when it
comes in pieces.
"""

import re
from collections.abc import Iterable

LEFT_OUT = "(I left out a figure here that I could not verify.)"

_FIGURE = re.compile(r"\d(?:[\d,.:]*\d)?")
_SENTENCE_END = re.compile(r"[.!?:](?=\s)|\n")
_NOT_CLAIMED = re.compile(r"(?m)\[\d{1,2}\]|\[[A-Z_]+_\d{1,2}\]|^[ \t]*\d{1,2}[.)](?=\s|\Z)|\b24/7\b")
"""Figures that claim nothing: citation marks, placeholders, numbers of list items."""
_FREE = re.compile(r"(?:\[\d{1,2}\]|\[[A-Z_]+_\d{1,2}\]|[^\[\d£$€])*")
"""What can not become part of a figure, a list number, a citation mark or a placeholder."""


def figures(text: str) -> set[str]:
    """The figures of a text in one spelling: ``1,250.50`` and ``1250.5`` are the same."""
    return {_spelling(match) for match in _FIGURE.findall(_NOT_CLAIMED.sub(" ", text))}


def _spelling(figure: str) -> str:
    plain = figure.replace(",", "").strip(".:")
    whole, point, part = plain.partition(".")
    if not (whole + part).isdigit():
        return plain
    part = part.rstrip("0")
    return (whole.lstrip("0") or "0") + (point if part else "") + part


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

    def __init__(self, known: set[str]) -> None:
        self._known = known
        self._held = ""
        self._before = ""
        """Stands for what was let out of the line so far: empty at its start, where a number may be a list item's."""
        self.dropped = 0

    def push(self, text: str) -> str:
        self._held += text
        out: list[str] = []
        while end := _SENTENCE_END.search(self._held):
            out.append(self._checked(*self._take(end.end())))
        if free := _FREE.match(self._held):
            out.append(self._take(free.end())[1])
        return "".join(out)

    def finish(self) -> str:
        return self._checked(*self._take(len(self._held)))

    def drop(self) -> None:
        """What is held goes nowhere: the rest of it will never come."""
        self._held = ""

    def _take(self, length: int) -> tuple[str, str]:
        """The next piece of what is held, with what stands before it."""
        before, piece, self._held = self._before, self._held[:length], self._held[length:]
        line = (before + piece).rpartition("\n")[2]
        self._before = f"x{line[-1]}" if line.strip() else ""
        return before, piece

    def _checked(self, before: str, sentence: str) -> str:
        if figures(before + sentence) <= self._known:
            return sentence
        self.dropped += 1
        free = _FREE.match(sentence)
        return (free[0] if free else "") + LEFT_OUT + ("\n" if sentence.endswith("\n") else "")
