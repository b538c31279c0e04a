"""Money is integers; only the edges show decimals."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.money import MINOR_DIGITS, Money

CURRENCIES = ("GBP", "EUR", "JPY", "KRW", "KWD", "CLF", "CHF")
BIGINT = 2**63 - 1


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


@given(st.integers(-BIGINT, BIGINT), st.sampled_from(CURRENCIES))
def test_what_is_written_as_a_decimal_is_read_as_the_same_money(minor, currency):
    money = Money(minor, currency)

    written = str(money.decimal)

    assert Money.parse(written, currency) == money
    assert len(written.partition(".")[2]) == MINOR_DIGITS.get(currency, 2)


@pytest.mark.parametrize(
    ("amount", "currency", "minor"),
    [("12", "GBP", 1200), ("12.5", "GBP", 1250), ("-0.01", "GBP", -1), ("1500", "JPY", 1500), ("1500.0", "JPY", 1500)],
)
def test_an_amount_may_have_fewer_decimals_than_its_currency(amount, currency, minor):
    assert Money.parse(amount, currency) == Money(minor, currency)


@pytest.mark.parametrize(
    ("amount", "currency"),
    [("0.001", "GBP"), ("1.5", "JPY"), ("1.2345", "KWD")],
)
def test_less_than_the_smallest_unit_is_refused_and_never_rounded(amount, currency):
    with pytest.raises(ValueError, match="no such small unit"):
        Money.parse(amount, currency)


@pytest.mark.parametrize(
    "amount",
    [
        *("", " ", "ten", "1,000.00", "£5", "5 ", "--5", "+5", "1.", ".5", "0x10"),
        # What Python's Decimal would read as a number, or round.
        *("NaN", "sNaN", "Infinity", "-Infinity", "1e3", "1E+999999", "1_000", "١٢", "9" * 30),
    ],
)
def test_what_is_no_amount_is_refused(amount):
    with pytest.raises(ValueError, match="not an amount"):
        Money.parse(amount, "GBP")


@given(st.text())
def test_any_text_is_an_amount_or_a_value_error(text):
    try:
        money = Money.parse(text, "GBP")
    except ValueError:
        return
    assert Decimal(text) == money.decimal
