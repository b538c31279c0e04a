"""The digits of a text in one spelling, whatever they stand for: what the dialogue's guard and the evaluations compare.

The gate itself reads what a figure means (``claims.py``).
"""

import re
from collections.abc import Iterable

_FIGURE = re.compile(r"\d(?:[\d,.:]*\d)?")
_NOT_CLAIMED = re.compile(r"(?m)\[\d{1,2}\]|\[[A-Z_]+_\d{1,2}\]|^[ \t]*\d{1,2}[.)](?=\s|\Z)|\b24/7\b")
"""Figures that claim nothing: citation marks, placeholders, numbers of list items."""


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
