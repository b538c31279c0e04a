"""Currencies, units of time and nouns, as they are written to a number."""

from decimal import Decimal

from core.money import CURRENCIES

_CURRENCIES = {
    "£": ("GBP", 0), "€": ("EUR", 0), "$": ("USD", 0), "¥": ("JPY", 0), "¢": ("", -2),
    "pound": ("GBP", 0), "pounds": ("GBP", 0), "quid": ("GBP", 0), "sterling": ("GBP", 0), "gbp": ("GBP", 0),
    "euro": ("EUR", 0), "euros": ("EUR", 0), "eur": ("EUR", 0),
    "dollar": ("USD", 0), "dollars": ("USD", 0), "bucks": ("USD", 0), "usd": ("USD", 0),
    "franc": ("CHF", 0), "francs": ("CHF", 0), "yen": ("JPY", 0), "rupees": ("INR", 0), "zloty": ("PLN", 0),
    "pence": ("GBP", -2), "penny": ("GBP", -2), "p": ("GBP", -2), "cents": ("", -2), "c": ("", -2),
    "grand": ("GBP", 3),
}  # fmt: skip
"""ISO 4217 code and the power of ten that the number is multiplied by. "" is a currency that was not named."""

TIME_UNITS = {
    name: unit
    for unit, names in {
        "minute": "minute minutes min mins",
        "hour": "hour hours hr hrs",
        "day": "day days",
        "week": "week weeks",
        "fortnight": "fortnight fortnights",
        "month": "month months",
        "year": "year years yr yrs",
    }.items()
    for name in names.split()
}
WORKING = frozenset({"working", "business", "banking"})
_IN_BASE = {"hour": ("minute", 60), "week": ("day", 7), "fortnight": ("day", 14), "year": ("month", 12)}
FREE_NOUNS = frozenset(
    {"way", "thing", "option", "step", "question", "point", "choice", "moment", "possibilitie", "last", "digit"}
)
"""What a reply may count of itself."""
_ALIKE = {"transaction": "payment", "purchase": "payment", "recipient": "payee", "beneficiarie": "payee"}


def currency_at(word: str) -> tuple[str, int] | None:
    """The currency of a symbol, a word in small letters or a code in capitals."""
    return _CURRENCIES.get(word) or ((word, 0) if word in CURRENCIES else None)


def in_base_unit(number: Decimal, unit: str, working: bool) -> tuple[Decimal, str, bool]:
    """Weeks are days and years are months; a day is not 24 hours, and a month is no number of days."""
    base, factor = _IN_BASE.get(unit, (unit, 1))
    return number * factor, base, working


def stem(noun: str) -> str:
    """One form for one and many; of words that mean the same, one word."""
    one = noun[:-1] if noun.endswith("s") and not noun.endswith("ss") else noun
    return _ALIKE.get(one, one)
