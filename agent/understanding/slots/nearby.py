"""Looks at the words around a place in a text. Only so far away that time stays linear in the text."""

import re

_NEAR = 90
"""Characters."""


def just_before(pattern: re.Pattern[str], text: str, place: int) -> re.Match[str] | None:
    """A match of a pattern that ends in ``$``, with ``$`` at ``place``; ``^`` is the beginning of the text."""
    return pattern.search(text, max(0, place - _NEAR), place)


def near(pattern: re.Pattern[str], text: str, place: int) -> re.Match[str] | None:
    """A match not far before or behind ``place``."""
    return pattern.search(text, max(0, place - _NEAR), place + _NEAR)
