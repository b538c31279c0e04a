"""The words that may be part of a claim. All others can go out before their sentence is whole."""

import re

from agent.release.absence import MADE_UP
from agent.release.dates import MONTHS, RELATIVE, WEEKDAYS
from agent.release.deeds import GERUNDS, PARTICIPLES, STATES
from agent.release.tokens import NUMBER_WORDS
from agent.release.units import TIME_UNITS

_FIGURES = (
    "both twice double triple thrice dozens fiver tenner grand christmas easter noon midnight midday last next this "
    "ago within minus negative overdrawn owe owes owed owing credit red debt any single number free first second "
    "third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth fifteenth sixteenth "
    "seventeenth eighteenth nineteenth twentieth thirtieth"
)
_SAID_OF_OPERATIONS = (
    "no not t never nothing none without nobody cannot will ll shall going guarantee guaranteed guarantees "
    "guaranteeing promise promises promised promising assure definitely rest fail success successfully successful "
    "sorted way through taken ahead complete set gave given giving back money every"
)
""" "t" and "ll" end "don't" and "we'll"."""
_SECRETS = "pin password passcode pass cvv cvc code otp memorable secret"
_SCHEMES = "www http https javascript data mailto tel vbscript"
_MORE = frozenset(f"{_FIGURES} {_SAID_OF_OPERATIONS} {_SECRETS} {_SCHEMES}".split())
TRIGGERS = frozenset(
    {*_MORE, *NUMBER_WORDS, *MONTHS, *WEEKDAYS, *RELATIVE, *PARTICIPLES, *GERUNDS, *STATES, *TIME_UNITS, *MADE_UP}
)
_PIECE = re.compile(r"[^\W\d_]+|\s+|.", re.DOTALL)
_FREE = frozenset("-.,;:!?\"'’()“”")
_JOINS = frozenset(".:/@")
"""What makes an address of two words without a space."""


def find_trigger(before: str, text: str, *, is_whole: bool = False) -> int:
    """Where the first thing stands that may be part of a claim; the end if there is none.

    ``before`` is what stands before the text. The last word of a text that is not ``is_whole`` may go on.
    """
    last = before[-1:]
    for match in _PIECE.finditer(text):
        piece = match[0]
        if piece[0].isalpha():
            may_go_on = match.end() == len(text) and not is_whole
            if may_go_on or last in _JOINS or not piece.isascii() or piece.lower() in TRIGGERS:
                return match.start()
        elif not piece.isspace() and piece not in _FREE:
            return match.start()
        last = piece[-1]
    return len(text)
