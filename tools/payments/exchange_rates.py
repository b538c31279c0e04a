"""The bank's exchange rates, as its operator enters them."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path

import psycopg

from core.db.queries import Queries
from core.errors import InvalidInput
from core.money import CURRENCIES

QUERIES = Queries(Path(__file__).with_suffix(".sql"))
_DECIMALS = 8
_LARGEST = Decimal(10) ** 9


@dataclass(frozen=True, slots=True)
class EnteredRate:
    base: str
    quote: str
    rate: Decimal


def set_rate(owner_url: str, base: str, quote: str, rate: str, now: datetime) -> EnteredRate:
    """Holds from ``now`` until the next one; what was proposed before is exchanged at the rate that was shown.

    Raises:
        InvalidInput: the currencies or the rate cannot be.
    """
    entered = _parse(base.upper(), quote.upper(), rate)
    with psycopg.connect(owner_url) as connection:
        values = {"base": entered.base, "quote": entered.quote, "rate": entered.rate, "now": now}
        connection.execute(QUERIES["insert_rate"], values)
    return entered


def _parse(base: str, quote: str, rate: str) -> EnteredRate:
    for currency in (base, quote):
        if currency not in CURRENCIES:
            raise InvalidInput(f"{currency} is no currency that we know.", code="wrong_currency")
    if base == quote:
        raise InvalidInput("A rate is between two currencies.", code="wrong_currency")
    try:
        value = Decimal(rate)
    except InvalidOperation:
        raise InvalidInput("Write the rate as a number with a point, such as 1.1675.", code="wrong_rate") from None
    if not value.is_finite() or not 0 < value < _LARGEST or value != round(value, _DECIMALS):
        raise InvalidInput(
            f"A rate is more than zero, less than {_LARGEST:,}, with at most {_DECIMALS} decimals.", code="wrong_rate"
        )
    return EnteredRate(base, quote, value)
