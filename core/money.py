"""Money as integer minor units with an ISO 4217 currency, converted to decimals only at the edges."""

import re
from dataclasses import dataclass
from decimal import Decimal

_HUNDREDTHS = (
    "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CNY "
    "COP CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF "
    "IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR "
    "MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG "
    "SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD UYU UZS VED VES "
    "WST XCD YER ZAR ZMW ZWG"
)
_UNITS_ALONE = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"
_THOUSANDTHS = "BHD IQD JOD KWD LYD OMR TND"
MINOR_DIGITS = dict.fromkeys(_UNITS_ALONE.split(), 0) | dict.fromkeys(_THOUSANDTHS.split(), 3) | {"CLF": 4, "UYW": 4}
"""Currencies whose minor unit is not a hundredth (ISO 4217)."""
CURRENCIES = frozenset(_HUNDREDTHS.split()) | frozenset(MINOR_DIGITS)
"""Active codes with a minor unit (ISO 4217); the table ``currencies`` holds the same."""

SYMBOLS = {"GBP": "£", "EUR": "€", "USD": "$", "JPY": "¥"}

_AMOUNT = re.compile(r"-?[0-9]{1,19}(?:\.[0-9]{1,4})?")
"""What fits a bigint of minor units. Decimal itself also reads "1e9", "1_0", "Infinity" and rounds beyond 28 digits."""


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in minor units, signed."""

    minor: int
    currency: str

    @classmethod
    def parse(cls, amount: str, currency: str) -> "Money":
        """From a decimal string. Raises ValueError for more decimals than the currency has, or no number."""
        if not _AMOUNT.fullmatch(amount):
            raise ValueError("not an amount")
        minor = Decimal(amount).scaleb(MINOR_DIGITS.get(currency, 2))
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
