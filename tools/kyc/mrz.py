"""The machine readable zone of passports, visas' relatives and cards (ICAO Doc 9303, eighth edition, parts 4 to 6).

    TD1  three lines of 30: cards      TD2  two lines of 36: larger cards      TD3  two lines of 44: passports

Every check digit is checked (part 3, section 4.9); what was misread shows up. Pure.
"""

from dataclasses import dataclass
from datetime import date

import pycountry

_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_WEIGHTS = (7, 3, 1)
_FILLER = "<"
_SHAPES: dict[tuple[int, ...], str] = {(30, 30, 30): "TD1", (36, 36): "TD2", (44, 44): "TD3"}


class UnreadableZone(ValueError):
    """Says which part cannot be right, for the customer to look at again."""


@dataclass(frozen=True, slots=True)
class Zone:
    format: str
    kind: str
    """First letter: P for passports, I, A or C for cards."""
    issuer: str
    """ISO 3166-1 alpha-3 or one of ICAO's own codes."""
    surname: str
    given_names: str
    number: str
    nationality: str
    birth: date
    sex: str | None
    expires_on: date


def check_digit(text: str) -> str:
    """Sum of values by weights 7, 3, 1, modulo 10; a filler is 0. Raises UnreadableZone for other letters."""
    total = 0
    for place, letter in enumerate(text):
        value = 0 if letter == _FILLER else _ALPHABET.find(letter)
        if value < 0:
            raise UnreadableZone(f"{letter!r} cannot stand in the zone: letters A to Z, digits and < alone.")
        total += value * _WEIGHTS[place % 3]
    return str(total % 10)


def read_zone(text: str, today: date) -> Zone:
    """Reads a zone, its lines one below the other; spaces do not matter.

    Args:
        today: decides the century of a year of two digits: nobody is born after it.

    Raises:
        UnreadableZone: a line has another length, or a check digit does not fit.
    """
    lines = ["".join(line.split()).upper() for line in text.strip().splitlines()]
    lines = [line for line in lines if line]
    shape = _SHAPES.get(tuple(map(len, lines)))
    if shape is None:
        raise UnreadableZone("The zone has two lines of 44 or 36 letters, or three of 30. Fill up with <.")
    if shape == "TD1":
        return _card(lines, today)
    return _book(lines, shape, today)


def to_alpha2(code: str) -> str | None:
    """A state of the zone as ISO 3166-1 alpha-2; Germany is D, British kinds are GB. None for no state."""
    plain = code.strip(_FILLER)
    own = {"D": "DE", "GBD": "GB", "GBN": "GB", "GBO": "GB", "GBP": "GB", "GBS": "GB", "RKS": "XK"}
    found = pycountry.countries.get(alpha_3=plain)
    return own.get(plain) or (found.alpha_2 if found else None)


def _card(lines: list[str], today: date) -> Zone:
    first, second, third = lines
    number = first[5:14]
    # A longer number goes on in the optional data, its check digit at the end.
    if first[14] == _FILLER:
        rest = first[15:30].split(_FILLER)[0]
        if not rest:
            raise UnreadableZone("The check digit of the number is missing.")
        number += rest[:-1]
        _require(number, rest[-1], "number")
    else:
        _require(number, first[14], "number")
    _require(first[5:30] + second[0:7] + second[8:15] + second[18:29], second[29], "zone")
    return _zone("TD1", first[0], first[2:5], third, number, second[15:18], second[0:7], second[7], second[8:15], today)


def _book(lines: list[str], shape: str, today: date) -> Zone:
    first, second = lines
    _require(second[0:9], second[9], "number")
    if shape == "TD3":
        personal = second[28:42]
        # An empty personal number may have a filler for its check digit.
        if not (personal == _FILLER * 14 and second[42] == _FILLER):
            _require(personal, second[42], "personal number")
    _require(second[0:10] + second[13:20] + second[21:-1], second[-1], "zone")
    names, number = first[5:], second[0:9]
    return _zone(
        shape, first[0], first[2:5], names, number, second[10:13], second[13:20], second[20], second[21:28], today
    )


def _zone(
    shape: str,
    kind: str,
    issuer: str,
    names: str,
    number: str,
    nationality: str,
    birth: str,
    sex: str,
    expiry: str,
    today: date,
) -> Zone:
    _require(birth[:6], birth[6], "date of birth")
    _require(expiry[:6], expiry[6], "date of expiry")
    if sex not in "MFX<":
        raise UnreadableZone("The letter between the dates is M, F, X or <.")
    surname, _, given = names.partition(_FILLER * 2)
    born = _date(birth[:6], 2000, "date of birth")
    if born > today:
        born = _date(birth[:6], 1900, "date of birth")
    return Zone(
        shape,
        kind,
        issuer,
        _words(surname),
        _words(given),
        number.replace(_FILLER, ""),
        nationality,
        born,
        None if sex == _FILLER else sex,
        _date(expiry[:6], 2000, "date of expiry"),
    )


def _require(text: str, digit: str, what: str) -> None:
    if check_digit(text) != digit:
        raise UnreadableZone(f"The check digit of the {what} does not fit: copy the lines once more.")


def _date(text: str, century: int, what: str) -> date:
    if not text.isdecimal():
        raise UnreadableZone(f"The {what} is not complete.")
    try:
        return date(century + int(text[:2]), int(text[2:4]), int(text[4:6]))
    except ValueError as error:
        raise UnreadableZone(f"The {what} is no date.") from error


def _words(text: str) -> str:
    return " ".join(text.replace(_FILLER, " ").split())
