"""What tests of slots share: a day, a customer, and mentions as short values."""

from datetime import UTC, date, datetime, time
from typing import Any

from agent.understanding.slots import Amount, Kind, Known, KnownAccount, KnownCard, Mention, Period, find_mentions

NOW = datetime(2026, 11, 21, 9, tzinfo=UTC)
"""A Saturday."""
CUSTOMER = Known(
    accounts=(
        KnownAccount("Everyday", "current", "GBP", "1234"),
        KnownAccount("Rainy Day", "savings", "GBP", "5678"),
        KnownAccount("Travel", "current", "EUR", "9012"),
    ),
    cards=(KnownCard("4821", "debit"), KnownCard("7733", "credit", "Platinum"), KnownCard("9034", "virtual")),
    payees=("Maria Lopez", "John Carter", "Jimmy Chan", "Gas Board", "Sunrise Lettings"),
    merchants=("Tesco", "Voltline Electronics"),
)


def find(text: str, *kinds: Kind, **options: Any) -> list[Mention]:
    """The mentions of these kinds, or all of them."""
    options = {"now": NOW, "known": CUSTOMER} | options
    return [mention for mention in find_mentions(text, **options) if not kinds or mention.kind in kinds]


def values(text: str, *kinds: Kind, **options: Any) -> list[str]:
    """Their values as short text: "20 GBP", "2026-11-22", "2026-10-01..2026-10-31", "Maria Lopez"."""
    return [short(mention.value) for mention in find(text, *kinds, **options)]


def short(value: object) -> str:
    match value:
        case Amount(number, currency):
            return f"{number} {currency}" if currency else str(number)
        case Period(first, last):
            return f"{first}..{last}"
        case time():
            return value.strftime("%H:%M")
        case date():
            return value.isoformat()
        case dict():
            return " ".join(f"{key}={said}" for key, said in value.items())
        case tuple():
            return ", ".join(map(short, value))
        case _:
            return str(value)
