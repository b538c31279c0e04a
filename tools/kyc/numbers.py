"""Numbers of documents and taxpayers. Where python-stdnum knows a country's check, it decides; elsewhere the form does.
Accounts are schwifty's. Pure."""

import importlib
import re
import tomllib
from functools import lru_cache
from pathlib import Path
from typing import Any

from stdnum.exceptions import ValidationError

from tools.kyc.application import DocumentKind

_PLAIN = re.compile(r"[\s\-./]")
_FORM = re.compile(r"[A-Z0-9]{4,24}")
_PASSPORT = re.compile(r"[A-Z0-9]{5,9}")
"""ICAO 9303, part 4: up to nine letters in the number's field."""
_NINO = re.compile(r"(?!BG|GB|KN|NK|NT|TN|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z][0-9]{6}[A-D]")
"""HMRC, NIM39110."""
_UK_LICENCE = re.compile(r"[A-Z9]{5}[0-9][0156][0-9][0-3][0-9][0-9][A-Z9]{2}[A-Z0-9]{3}")
"""DVLA: surname, decade, month (plus 50), day, year, initials, check letters."""


@lru_cache(maxsize=1)
def _known() -> dict[str, dict[str, list[str]]]:
    with Path(__file__).with_name("numbers.toml").open("rb") as file:
        return tomllib.load(file)


def plain(number: str) -> str:
    """Upper case, without what is printed for the eye."""
    return _PLAIN.sub("", number).upper()


def document_number(kind: DocumentKind, country: str, number: str) -> str:
    """The number as it is kept. Raises ValueError, which says what does not fit."""
    found = plain(number)
    if kind == "passport":
        if not _PASSPORT.fullmatch(found):
            raise ValueError("a passport's number has five to nine letters and digits")
        return found
    if kind == "driving_licence" and country == "GB":
        if not _UK_LICENCE.fullmatch(found):
            raise ValueError("a British licence's number has 16 letters and digits, at 5 on the card")
        return found
    if kind == "national_id":
        return _checked("national_id", country, number, "number of the card")
    return _by_form(found)


def tax_number(country: str, number: str) -> str:
    """The taxpayer's number as it is kept. Raises ValueError."""
    return _checked("tin", country, number, "taxpayer number")


def account_number(iban: str) -> str:
    """An IBAN, its check digits and its country's form checked. Raises ValueError."""
    # Its registries of banks take a tenth of a second to read, which a start would pay for.
    import schwifty  # noqa: PLC0415
    from schwifty.exceptions import SchwiftyException  # noqa: PLC0415

    try:
        return str(schwifty.IBAN(iban, validate_bban=True))
    except SchwiftyException as error:
        raise ValueError("this is no valid IBAN") from error


def _checked(which: str, country: str, number: str, called: str) -> str:
    modules = _known()[which].get(country)
    if modules is None:
        return _by_form(plain(number))
    for name in modules:
        found = _find(country, name, number)
        if found is not None:
            return found
    raise ValueError(f"this is no {called} of {country}: look at it again, each digit counts")


def _find(country: str, name: str, number: str) -> str | None:
    if (country, name) == ("GB", "nino"):
        return plain(number) if _NINO.fullmatch(plain(number)) else None
    try:
        return str(_module(country, name).validate(number))
    except ValidationError:
        return None


@lru_cache(maxsize=256)
def _module(country: str, name: str) -> Any:
    # Country codes that are Python's own words end with an underscore.
    package = f"{country.lower()}_" if country in ("IN", "IS", "DO") else country.lower()
    return importlib.import_module(f"stdnum.{package}.{name}")


def _by_form(number: str) -> str:
    if not _FORM.fullmatch(number) or not any(letter.isdigit() for letter in number):
        raise ValueError("write it with four to 24 letters and digits")
    return number
