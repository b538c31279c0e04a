"""Amounts as customers and models write them, checked before anything is prepared."""

import re

from core.errors import InvalidInput
from core.money import CURRENCIES, MINOR_DIGITS, Money

_NUMBER = re.compile(r"-?[0-9]{1,15}(?:\.[0-9]+)?")


def parse_amount(amount: str, currency: str) -> Money:
    """A positive amount of a known currency.

    Args:
        amount: a decimal string with a point: ``50``, ``1250.50``.
        currency: ISO 4217.

    Raises:
        InvalidInput: says what would work.
    """
    if currency not in CURRENCIES:
        raise InvalidInput(
            f"{currency} is no currency that we know. Use a code such as GBP, EUR or USD.", code="wrong_currency"
        )
    digits = MINOR_DIGITS.get(currency, 2)
    if not _NUMBER.fullmatch(amount):
        raise InvalidInput("Write the amount as a number with a point, such as 50 or 1250.50.", code="wrong_amount")
    if len(amount.partition(".")[2].rstrip("0")) > digits:
        raise InvalidInput(f"{currency} has at most {digits} decimals.", code="too_many_decimals")
    whole, _, part = amount.partition(".")
    money = Money.parse(f"{whole}.{part[:digits]}" if part[:digits] else whole, currency)
    if money.minor <= 0:
        raise InvalidInput("The amount must be more than zero.", code="wrong_amount")
    return money
