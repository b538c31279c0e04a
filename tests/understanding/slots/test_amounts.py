"""Amounts of money in a customer's words."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.understanding.slots import Amount
from tests.understanding.slots.finding import find, values


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("fifty quid", "50 GBP"),
        ("1,250.50 EUR", "1250.50 EUR"),
        ("1.250,50 €", "1250.50 EUR"),
        ("1250,50 €", "1250.50 EUR"),
        ("1 250,50 €", "1250.50 EUR"),
        ("£1 500", "1500 GBP"),
        ("2 500 euros", "2500 EUR"),
        ("1 500 000 pounds", "1500000 GBP"),
        ("a fiver", "5 GBP"),
        ("two tenners", "20 GBP"),
        ("2k", "2000"),
        ("£2.5k", "2500.0 GBP"),
        ("half a grand", "500.0"),
        ("two grand", "2000"),
        ("1.5 million euros", "1500000.0 EUR"),
        ("one hundred and twenty pounds fifty", "120.5 GBP"),
        ("five hundred and fifty two pounds and thirty pence", "552.3 GBP"),
        ("£1 50p", "1.5 GBP"),
        ("10 pounds 50", "10.5 GBP"),
        ("£5", "5 GBP"),
        ("£ 5", "5 GBP"),
        ("5£", "5 GBP"),
        ("50p", "0.5 GBP"),
        ("20 bucks", "20 USD"),
        ("EUR 20", "20 EUR"),
        ("USD1,000.00", "1000.00 USD"),
        ("sek 200", "200 SEK"),
        ("a hundred Swiss francs", "100 CHF"),
        ("a couple of hundred pounds", "200 GBP"),
        ("fifteen hundred pounds", "1500 GBP"),
        ("twenty-five pounds", "25 GBP"),
        ("minus 20 pounds", "-20 GBP"),
        ("-£20", "-20 GBP"),
        ("-20 pounds", "-20 GBP"),
        ("£-20", "-20 GBP"),
        ("£0", "0 GBP"),
        ("£10.999", "10.999 GBP"),
    ],
)
def test_an_amount_is_found_as_it_was_said(text, amount):
    assert values(text, "amount") == [amount]
    assert values(f"please send {text} to Maria.", "amount") == [amount]


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("pay Maria 20", "20"),
        ("pay anna berg 20", "20"),
        ("pay my landlord 500", "500"),
        ("send 20 to John", "20"),
        ("a 800 transfer to Maria", "800"),
        ("withdraw 200", "200"),
        ("top up my account with 100", "100"),
        ("set my limit to 500", "500"),
        ("a loan of 5000 over 3 years", "5000"),
        ("did I spend more than 400 in groceries", "400"),
        ("500 to savings please", "500"),
        ("what was that 42.50 at Boots", "42.50"),
        ("pay John -5", "-5"),
        ("pay John 20.999", "20.999"),
        ("pay John twenty", "20"),
        ("move one and a half grand from Everyday", "1500"),
        ("stash 350 in my savings", "350"),
    ],
)
def test_a_bare_number_is_an_amount_where_only_money_can_be_meant(text, amount):
    assert values(text, "amount") == [amount]


@pytest.mark.parametrize(
    "text",
    [
        "show my last 5 transactions",
        "the last 500 transactions",
        "freeze card 4821",
        "my card ending 4821",
        "on 5/12/2026",
        "on 3 December",
        "at 10:30",
        "half past 5",
        "in 20 days",
        "for 12 months",
        "sort code 20-00-00 account 55779911",
        "GB29 NWBK 6016 1331 9268 19",
        "I tried 4 times",
        "change my address to 12 High Street",
        "option 3",
        "55",
        "open 24/7",
        "top 5",
        "ALL 5 OF THEM",
    ],
)
def test_what_is_no_amount(text):
    assert find(text, "amount") == []


def test_both_ends_of_a_range_have_the_currency_that_is_said_once():
    assert values("payments between 20 and 40 pounds", "amount_range") == ["20 GBP, 40 GBP"]


@pytest.mark.parametrize(
    ("text", "locale", "amount"),
    [("€1.250", "en-GB", "1.250 EUR"), ("€1.250", "de-DE", "1250 EUR"), ("€1,250", "en-GB", "1250 EUR")],
)
def test_one_separator_before_three_digits_is_read_as_the_locale_does(text, locale, amount):
    assert values(text, "amount", locale=locale) == [amount]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("how much is that in euros?", [("EUR", None)]),
        ("from pounds to dollars", [("GBP", "from"), ("USD", "to")]),
        ("convert 200 pounds to euros", [("EUR", "to")]),
        ("pounds into yen", [("GBP", "from"), ("JPY", "to")]),
    ],
)
def test_currencies_without_a_number(text, found):
    assert [(mention.value, mention.role) for mention in find(text, "currency")] == found


WRITTEN = st.sampled_from(
    ["£{:,.2f}", "{:,.2f} GBP", "£{:.2f}", "GBP {:.2f}", "{:,.2f} pounds", "{:.2f} quid", "gbp{:,.2f}"]
)
PLACED = st.sampled_from(
    ["{}", "send {} to Maria", "no, {}", "{} from savings", "pay Maria {} tomorrow", "Make it {}!"]
)


@given(st.integers(0, 10**9), WRITTEN, PLACED)
def test_an_amount_that_is_written_in_any_usual_way_is_found_again(minor, written, placed):
    number = Decimal(minor).scaleb(-2)

    (found,) = find(placed.format(written.format(number)), "amount")

    assert found.value == Amount(number, "GBP")


@given(st.integers(0, 10**9))
def test_an_amount_that_is_written_in_the_european_way_is_found_again(minor):
    number = Decimal(minor).scaleb(-2)
    written = f"{number:,.2f}".translate(str.maketrans(",.", ".,"))

    assert find(f"{written} €", "amount")[0].value == Amount(number, "EUR")


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("pay 1 500 to maria", "1500"),
        ("transfer 2 000 to rainy day", "2000"),
        ("pay maria 12 500", "12500"),
        ("send 30 2 maria", "30"),
        ("pay maria 20 20", "20"),
    ],
)
def test_a_space_may_stand_between_thousands(text, amount):
    assert values(text, "amount")[0] == amount


@pytest.mark.parametrize(
    "text",
    [
        "pay maria 3 20",
        "pay maria 500 1",
        "pay 1 5000 to maria",
        "pay 2 100 pound payments to john",
        "pay £1 50 to john",
    ],
)
def test_figures_side_by_side_that_may_be_one_or_two_are_no_amount(text):
    assert values(text, "amount", "number") == []


@given(st.integers(1, 999), st.integers(0, 999))
def test_thousands_with_a_space_are_never_the_figure_before_it(thousands, rest):
    assert values(f"pay {thousands} {rest:03} to maria", "amount", "number") == [str(thousands * 1000 + rest)]


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("pay maria twenty fve punds", "25 GBP"),
        ("send thirty sx quid to john", "36 GBP"),
        ("pay maria twenty for lunch", "20"),
        ("pay maria twenty pounds", "20 GBP"),
    ],
)
def test_no_misspelt_part_of_a_number_is_left_out(text, amount):
    assert values(text, "amount") == [amount]
