"""Currencies as people write them: symbols, codes, names and what they call them in the street."""

import re

from core.money import CURRENCIES

_SYMBOLS = {
    "£": "GBP",
    "€": "EUR",
    "us$": "USD",
    "a$": "AUD",
    "au$": "AUD",
    "c$": "CAD",
    "ca$": "CAD",
    "nz$": "NZD",
    "hk$": "HKD",
    "s$": "SGD",
    "r$": "BRL",
    "$": "USD",
    "¥": "JPY",
    "₹": "INR",
    "₽": "RUB",
    "₺": "TRY",
    "₩": "KRW",
    "₪": "ILS",
    "zł": "PLN",
    "kč": "CZK",
}
_NAMES: tuple[tuple[str, str], ...] = (
    (r"(?:british\s+)?pounds?(?:\s+sterling)?|sterling|quids?|squid|nicker|lb", "GBP"),
    (r"euros?|uros", "EUR"),
    (r"(?:us|u\.s\.|american)\s+dollars?|dollars?|bucks?", "USD"),
    (r"(?:australian|aussie)\s+dollars?", "AUD"),
    (r"canadian\s+dollars?", "CAD"),
    (r"new\s+zealand\s+dollars?", "NZD"),
    (r"hong\s+kong\s+dollars?", "HKD"),
    (r"singapore\s+dollars?", "SGD"),
    (r"(?:swiss\s+)?francs?|franken", "CHF"),
    (r"(?:japanese\s+)?yen", "JPY"),
    (r"swedish\s+(?:kron(?:a|or)|crowns?)|kronor", "SEK"),
    (r"norwegian\s+(?:kroner?|crowns?)", "NOK"),
    (r"danish\s+(?:kroner?|crowns?)|kroner?", "DKK"),
    (r"(?:polish\s+)?z[lł]ot(?:y|ych|ys|e|ies)", "PLN"),
    (r"(?:czech\s+)?korun(?:a|y|as)|czech\s+crowns?", "CZK"),
    (r"(?:hungarian\s+)?forints?", "HUF"),
    (r"(?:romanian\s+)?(?:leu|lei)", "RON"),
    (r"(?:indian\s+)?rupees?", "INR"),
    (r"(?:turkish\s+)?lira", "TRY"),
    (r"(?:chinese\s+)?(?:yuan|renminbi)", "CNY"),
    (r"(?:south\s+african\s+)?rands?", "ZAR"),
    (r"(?:uae\s+)?dirhams?", "AED"),
    (r"(?:mexican\s+)?pesos?", "MXN"),
    (r"(?:thai\s+)?baht", "THB"),
)
_ANY_CASE = (
    "aed aud bgn brl cad chf cny czk dkk eur gbp hkd huf ils inr jpy krw mxn myr nok nzd pln ron sek sgd thb usd zar"
)
"""Codes that are no English words, so that they count in small letters too."""
_WORDS_TOO = frozenset(
    ["ALL", "BAM", "BOB", "COP", "CUP", "DOP", "GEL", "LAK", "MAD", "MOP", "MUR", "PEN", "RUB", "SOS", "TOP", "TRY"]
)
_CODE = f"{'|'.join(_ANY_CASE.split())}|(?-i:{'|'.join(sorted(CURRENCIES - _WORDS_TOO))})"

SYMBOL = "|".join(re.escape(symbol) for symbol in sorted(_SYMBOLS, key=len, reverse=True))
NAME = "|".join(pattern for pattern, _ in _NAMES)
CODE = rf"(?:{_CODE})(?![^\W\d])"
"""An ISO 4217 code, as a pattern; digits may follow at once."""
WORD = rf"(?:{NAME}|{_CODE})\b"
"""A currency by name or code, as a pattern."""
MINOR = r"(?:p|pence|pennies|penny|cents?)\b"
"""Hundredths, as a pattern."""

_EXACT = tuple((re.compile(pattern, re.IGNORECASE), code) for pattern, code in _NAMES)


def code_of(said: str) -> str:
    """The ISO 4217 code of what ``SYMBOL`` or ``WORD`` matched."""
    lowered = said.lower()
    if lowered in _SYMBOLS:
        return _SYMBOLS[lowered]
    return next((code for pattern, code in _EXACT if pattern.fullmatch(said)), said.upper())


def code_of_minor(said: str) -> str | None:
    """Pence are pounds; cents are of any currency."""
    return None if said.lower().startswith("cent") else "GBP"
