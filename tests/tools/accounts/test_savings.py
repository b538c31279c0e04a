"""Savings rates."""

from decimal import Decimal

from tests.tools.bookkeeping import ask, fail
from tests.tools.conftest import Desk


async def test_savings_rates_are_the_published_ones(reading_desk: Desk):
    found = await ask(reading_desk, reading_desk.alex, "list_savings_rates")

    rows = reading_desk.owner("select percent from product_terms where product = 'savings' and kind = 'rate'")
    assert sorted(Decimal(one["aer"]) for one in found["products"]) == sorted(row["percent"] for row in rows)
    one_year = next(one for one in found["products"] if one["name"] == "Fixed term, 1 year")
    assert one_year == {
        "name": "Fixed term, 1 year",
        "aer": "4.1",
        "is_fixed": True,
        "years": 1,
        "min_deposit": "500.00",
        "max_deposit": "100000.00",
        "currency": "GBP",
        "access": "Locked until the term ends.",
    }
    assert found["notice"] == "14 days"


async def test_a_new_rate_is_told_at_once(desk: Desk):
    desk.owner("update product_terms set percent = 2.75 where code = 'savings.easy_access.rate'")

    found = await ask(desk, desk.blair, "list_savings_rates")

    assert found["products"][0]["aer"] == "2.75"


async def test_a_rate_that_is_not_published_is_not_made_up(desk: Desk):
    desk.owner("delete from product_terms where code = 'savings.isa.rate'")

    assert await fail(desk, desk.alex, "list_savings_rates") == "The bank does not offer that."
