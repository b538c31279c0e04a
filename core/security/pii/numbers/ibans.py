"""IBANs (ISO 13616): by country, length and check digits; with their cue also mistyped ones."""

import re
from collections.abc import Iterator

from core.security.pii.grammar import cued
from core.security.pii.kinds import NAMED, PROVEN, Claim, Kind
from core.security.pii.reading.needed import needs
from core.security.pii.reading.text import Reading
from core.security.pii.words.ordinary import ORDINARY

LENGTHS = dict(  # noqa: C408
    AD=24, AE=23, AL=28, AT=20, AZ=28, BA=20, BE=16, BG=22, BH=22, BR=29, BY=28, CH=21, CR=22, CY=28, CZ=24, DE=22,
    DK=18, DO=28, EE=20, EG=29, ES=24, FI=18, FO=18, FR=27, GB=22, GE=22, GI=23, GL=18, GR=27, GT=28, HR=21, HU=28,
    IE=22, IL=23, IQ=23, IS=26, IT=27, JO=30, KW=30, KZ=20, LB=28, LC=32, LI=21, LT=20, LU=20, LV=21, LY=25, MC=27,
    MD=24, ME=22, MK=19, MR=27, MT=31, MU=30, NL=18, NO=15, PK=24, PL=28, PS=29, PT=25, QA=29, RO=24, RS=22, SA=24,
    SC=31, SE=24, SI=19, SK=24, SM=27, SV=28, TL=23, TN=24, TR=26, UA=29, VA=22, VG=24, XK=20,
)  # fmt: skip
"""Registry of ISO 13616, in characters."""
_IN_FIGURES = frozenset(
    str.split("AE AT BA BE CZ DE DK EE ES FI FO GL HR HU IL IS LT ME NO PL PT RS SE SI SK TL VA XK")
)
"""Whose IBANs have no further letters."""
_START = re.compile(r"(?i)(?<![^\W_])([A-Z])[ .\-]{0,2}([A-Z])(?:[ \t\n.\-]{0,3}\d){2}")
_NEXT = re.compile(r"[ \t\n.\-_/]{0,3}([A-Za-z0-9])")
_SAID = cued(r"ibans?", r"[A-Z]{2} ?\d{2}(?:[ \-]{0,2}[A-Z0-9]{1,5}){3,8}", cased=True)
_SAID_HINTS = needs(_SAID)
_SAID_LEAST = 15


def find_ibans(reading: Reading) -> Iterator[Claim]:
    text, at = reading.cased, 0
    while start := _START.search(text, at):
        end = _end(text, start)
        at = end or start.start() + 1
        if end:
            yield Claim(Kind.IBAN, start.start(), end, PROVEN + 5)
    for said in _SAID.finditer(text) if reading.has(_SAID_HINTS) else ():
        value = _up_to_last_digit(said["value"])
        if sum(map(str.isalnum, value)) >= _SAID_LEAST:
            yield Claim(Kind.IBAN, said.start("value"), said.start("value") + len(value), NAMED + 3)


def _end(text: str, start: re.Match[str]) -> int:
    """Where the IBAN ends that may begin here; 0 where it is none."""
    length = LENGTHS.get((start[1] + start[2]).upper())
    if length is None:
        return 0
    number, at = start[1] + start[2], start.start(2) + 1
    while len(number) < length and (following := _NEXT.match(text, at)):
        number += following[1]
        at = following.end()
    is_whole = at == len(text) or not text[at].isalnum()
    if (number[:2].upper() in _IN_FIGURES and not number[2:].isdigit()) or any(
        len(word) > 1 and word in ORDINARY for word in text[start.end() : at].lower().split()
    ):
        # "no. 66120847 for my".
        return 0
    return at if is_whole and len(number) == length and passes_iso_7064(number) else 0


def passes_iso_7064(number: str) -> bool:
    """MOD 97-10 over the letters and digits of a whole IBAN."""
    moved = number[4:] + number[:4]
    return moved.isalnum() and int("".join(str(int(character, 36)) for character in moved)) % 97 == 1


def _up_to_last_digit(value: str) -> str:
    """Without the words that follow: "... 9268 18 please"."""
    found = re.match(r"(?i)\S+(?:[ \-]{1,2}(?:[A-Z]{4}\b|(?=[^\s\-]*\d)[^\s\-]+))*", value)
    return found[0] if found else value
