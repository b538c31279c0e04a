"""Lists of words, from ``words.yaml``."""

from importlib.resources import files
from typing import Any

import yaml

_WORDS: dict[str, Any] = yaml.safe_load((files(__package__ or "") / "words.yaml").read_text(encoding="utf-8"))


def _words(name: str) -> tuple[str, ...]:
    return tuple(_WORDS[name].split())


ENDS = frozenset(_words("ends"))
"""A name ends before any of them."""
COMMON = ENDS | frozenset(_words("starts_none"))
"""A name does not begin with one of them."""
NO_COMPANY = COMMON | frozenset(_words("no_company"))
"""A company's name does not begin with one of them."""
DECIMAL_COMMA = frozenset(_words("decimal_comma"))
"""Languages in whose countries people write 1.250,50."""
CALENDAR = _words("calendar")
"""Words of the calendar that are recognised with a slip or two."""
MONEY = _words("money")
"""Units of money that are recognised with a slip where a number stands before them."""
CALENDAR_NOT = frozenset(_words("calendar_not"))
"""Words near one of them that are right as they are."""
CALENDAR_SHORT: dict[str, str] = {
    short: word for word, forms in _WORDS["calendar_short"].items() for short in forms.split()
}
"""The word for each short form."""
ONES = _words("ones")
"""Numbers in words, from zero."""
TENS = _words("tens")
"""From twenty."""
ORDINALS = _words("ordinals")
"""From the first."""
ASKS = _words("asks")
"""Verbs with which a request begins."""
PAST = _words("past")
"""Forms that say that something is over, but for the regular ones."""
NO_PAST = frozenset(_words("no_past"))
"""Words in -ed that say nothing of the past."""
NO_SUBJECT = frozenset(_words("no_subject"))
"""Words before a form in -ed that is no verb then."""
