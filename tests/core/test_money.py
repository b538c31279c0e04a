"""Money is integers; only the edges show decimals."""

from decimal import Decimal

import pytest

from core.money import Money


@pytest.mark.parametrize(
    ("money", "text"),
    [
        (Money(248015, "GBP"), "£2,480.15"),
        (Money(-1200, "EUR"), "-€12.00"),
        (Money(1000, "CHF"), "CHF 10.00"),
        (Money(-5, "CHF"), "-CHF 0.05"),
        (Money(1500, "JPY"), "¥1,500"),
        (Money(1234567, "KWD"), "KWD 1,234.567"),
        (Money(0, "GBP"), "£0.00"),
    ],
)
def test_money_reads_as_a_customer_writes_it(money, text):
    assert str(money) == text


def test_decimals_are_exact():
    assert Money(10, "GBP").decimal + Money(20, "GBP").decimal == Decimal("0.30")
