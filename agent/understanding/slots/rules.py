"""Rules that read days and periods: a pattern, and what a match of it means."""

import re
from collections.abc import Callable
from typing import TypeVar

from agent.understanding.slots.calendar_words import Seen

Meaning = TypeVar("Meaning")
Rule = tuple[re.Pattern[str], Callable[[re.Match[str], Seen], Meaning]]


def rules(*given: tuple[str, Callable[[re.Match[str], Seen], Meaning]]) -> tuple[Rule[Meaning], ...]:
    """Patterns as text, in any case of letters."""
    return tuple((re.compile(pattern, re.IGNORECASE), meaning) for pattern, meaning in given)
