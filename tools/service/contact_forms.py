"""Telephone numbers and UK addresses as people write them, brought into the one form in which the bank keeps them.
Pure. ValueError says what would work."""

import re
from dataclasses import dataclass

_E164 = re.compile(r"\+[1-9][0-9]{7,14}")
_UK_NUMBER = re.compile(r"\+44[1-9][0-9]{8,9}")
_SEPARATORS = re.compile(r"[ ().\-/]")
_POSTCODE = re.compile(
    r"(?:[A-PR-UWYZ](?:[0-9]{1,2}|[A-HK-Y][0-9](?:[0-9]|[ABEHMNPRVWXY])?|[0-9][A-HJKPSTUW]))[0-9][ABD-HJLNP-UW-Z]{2}"
)
"""The forms of BS 7666 (A9 9AA, A9A 9AA, A99 9AA, AA9 9AA, AA9A 9AA, AA99 9AA), without the space."""
_POSTCODE_AT_END = re.compile(r"(?:^|[\s,])([A-Z]{1,2}[0-9][0-9A-Z]?\s?[0-9][A-Z]{2})\s*$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Address:
    """In the United Kingdom."""

    address_line: str
    city: str
    postcode: str

    def __str__(self) -> str:
        return f"{self.address_line}, {self.city} {self.postcode}"


def phone_number(said: str) -> str:
    """E.164, such as ``+447700900123``. A number without a country is British."""
    number = _SEPARATORS.sub("", said).replace("+440", "+44")
    if number.startswith("00"):
        number = "+" + number[2:]
    elif number.startswith("0"):
        number = "+44" + number[1:]
    if not _E164.fullmatch(number) or (number.startswith("+44") and not _UK_NUMBER.fullmatch(number)):
        raise ValueError("write the number with its area or country code, such as 07700 900123 or +49 30 1234567")
    return number


def postcode(said: str) -> str:
    """Upper case with one space, such as ``LS6 2QT``."""
    code = "".join(said.split()).upper()
    if not _POSTCODE.fullmatch(code):
        raise ValueError("that is no UK postcode: write it as LS6 2QT")
    return f"{code[:-3]} {code[-3:]}"


def postcode_area(said: str) -> str | None:
    """The letters that a postcode, or the beginning of one, starts with: ``LS`` for ``LS6 2QT``. None for any other
    word."""
    match = re.fullmatch(r"([A-Z]{1,2})(?:[0-9][0-9A-Z]?(?: ?[0-9][A-Z]{2})?)?", said.strip().upper())
    return match[1] if match else None


def uk_address(said: str, city: str | None, code: str | None) -> Address:
    """House and street, town, postcode: what is not given apart stands at the end of ``said``, behind commas."""
    if code is None:
        found = _POSTCODE_AT_END.search(said)
        if found is None:
            raise ValueError("what is the postcode? Write the address as 14 Linden Way, Leeds, LS6 2QT")
        code, said = str(found[1]), said[: found.start()]
    parts = [part.strip() for part in said.split(",") if part.strip()]
    if city is None:
        if len(parts) < 2:
            raise ValueError("put commas between street, town and postcode: 14 Linden Way, Leeds, LS6 2QT")
        city = parts.pop()
    if not parts:
        raise ValueError("what are the house and the street?")
    return Address(", ".join(parts), city, postcode(code))
