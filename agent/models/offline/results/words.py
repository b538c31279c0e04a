"""How amounts, days and lists are said."""

from collections.abc import Iterable
from datetime import date

from core.money import Money


def money(amount: str, currency: str) -> str:
    """A decimal string as a customer reads it: ``£2,480.15``."""
    return str(Money.parse(amount, currency))


def day(iso: str) -> str:
    """``21 November 2026``."""
    said = date.fromisoformat(iso)
    return f"{said.day} {said:%B %Y}"


def bullets(items: Iterable[str]) -> str:
    return "\n".join(f"- {item}" for item in items)


def capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def listed(items: list[str]) -> str:
    """``a, b and c``."""
    return " and ".join(filter(None, [", ".join(items[:-1]), *items[-1:]]))
