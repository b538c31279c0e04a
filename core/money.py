"""Money as integer minor units with an ISO 4217 currency, converted to decimals only at the edges."""

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

MINOR_DIGITS = {"JPY": 0, "KRW": 0, "BHD": 3, "KWD": 3, "TND": 3}
"""Currencies whose minor unit is not a hundredth (ISO 4217)."""

SYMBOLS = {"GBP": "£", "EUR": "€", "USD": "$", "JPY": "¥"}


@dataclass(frozen=True, slots=True, order=True)
class Money:
    """An amount in minor units, signed."""

    minor: int
    currency: str

    @classmethod
    def parse(cls, amount: str, currency: str) -> "Money":
        """From a decimal string. Raises ValueError for more decimals than the currency has, or no number."""
        try:
            minor = Decimal(amount).scaleb(MINOR_DIGITS.get(currency, 2))
        except InvalidOperation as error:
            raise ValueError("not an amount") from error
        if minor != minor.to_integral_value():
            raise ValueError(f"{currency} has no such small unit")
        return cls(int(minor), currency)

    @property
    def decimal(self) -> Decimal:
        return Decimal(self.minor).scaleb(-MINOR_DIGITS.get(self.currency, 2))

    def __str__(self) -> str:
        """As a customer reads it: ``£2,480.15``, ``-€12.00``, ``CHF 10.00``."""
        sign = "-" if self.minor < 0 else ""
        digits = f"{abs(self.decimal):,}"
        symbol = SYMBOLS.get(self.currency)
        return f"{sign}{symbol}{digits}" if symbol else f"{sign}{self.currency} {digits}"
