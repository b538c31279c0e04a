"""Adding money: ways, limits and what became of top-ups."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from tests.tools.bookkeeping import ask
from tests.tools.conftest import Desk


def top_up(desk: Desk, minor: int, at: datetime, status: str = "pending", account: str = "Everyday") -> None:
    """As the card network would bring it; none of these is booked."""
    desk.owner(
        """insert into transactions (customer_id, account_id, kind, status, amount_minor, currency, category,
                                     description, decline_reason, occurred_at)
           select customer_id, id, 'top_up', %(status)s::text, %(minor)s, currency, 'income', 'Top-up by card',
                  case when %(status)s::text = 'declined' then 'insufficient_funds' end, %(at)s
             from accounts where customer_id = %(who)s and name = %(account)s""",
        who=desk.alex,
        minor=minor,
        at=at,
        status=status,
        account=account,
    )


async def test_the_ways_are_those_of_the_terms(reading_desk: Desk):
    found = await ask(reading_desk, reading_desk.blair, "list_top_up_methods")

    ways = {way["method"]: way for way in found["methods"]}
    assert list(ways) == ["debit_card", "apple_or_google_pay", "automatic", "bank_transfer", "cash", "cheque"]
    assert (ways["debit_card"]["min_amount"], ways["debit_card"]["max_amount"]) == ("10.00", "1000.00")
    assert ways["debit_card"]["fee"] == "None for cards from the UK and the EEA, else 1.75%."
    assert (ways["automatic"]["min_amount"], ways["automatic"]["max_amount"]) == ("20.00", "500.00")
    assert ways["bank_transfer"]["max_amount"] is None
    assert ways["cash"]["max_amount"] == "1000.00"
    assert ways["cheque"]["arrives"] == "After 1 working day."


async def test_limits_without_a_top_up_are_whole(reading_desk: Desk):
    found = await ask(reading_desk, reading_desk.blair, "get_top_up_limits")

    assert found["card"] == {
        "min_amount": "10.00",
        "max_amount": "1000.00",
        "per_day": "2000.00",
        "left_today": "2000.00",
        "per_month": "10000.00",
        "left_this_month": "10000.00",
        "number_per_day": 10,
        "number_left_today": 10,
    }
    assert (found["cash_max"], found["cash_per_month"]) == ("1000.00", "5000.00")


async def test_what_was_topped_up_today_and_this_month_counts(desk: Desk):
    middle = desk.now.replace(day=15, hour=12)
    top_up(desk, 30_000, middle)
    top_up(desk, 12_345, middle, account="Travel")
    top_up(desk, 20_000, middle.replace(day=3))
    top_up(desk, 99_900, middle.replace(day=3), status="declined")
    top_up(desk, 99_900, middle.replace(day=1) - timedelta(days=2))

    card = (await ask(desk, desk.alex, "get_top_up_limits", at=middle + timedelta(hours=2)))["card"]

    [rate] = desk.owner("select rate_at('EUR', 'GBP', %(now)s) as rate", now=middle)
    euros = (Decimal("123.45") * rate["rate"]).quantize(Decimal("0.01"))
    assert Decimal(card["left_today"]) == 2000 - 300 - euros
    assert Decimal(card["left_this_month"]) == 10_000 - 500 - euros
    assert card["number_left_today"] == 8


async def test_limits_are_never_less_than_nothing(desk: Desk):
    for _ in range(11):
        top_up(desk, 100_000, desk.now)

    card = (await ask(desk, desk.alex, "get_top_up_limits"))["card"]

    assert (card["left_today"], card["left_this_month"], card["number_left_today"]) == ("0.00", "0.00", 0)


@pytest.mark.parametrize(
    ("status", "state", "says"),
    [
        ("pending", "pending", {"next_step": "It is being checked, which takes 24 hours at most. Do not repeat it."}),
        ("declined", "failed", {"reason": "insufficient_funds"}),
    ],
)
async def test_each_state_is_told(desk: Desk, status: str, state: str, says: dict[str, Any]):
    top_up(desk, 5_000, desk.now, status=status)

    [latest] = (await ask(desk, desk.alex, "get_top_up_status", limit=1))["top_ups"]

    assert (latest["amount"], latest["account"], latest["state"]) == ("50.00", "Everyday", state)
    assert says.items() <= latest.items()


async def test_a_reverted_one_says_when_the_money_is_back(desk: Desk):
    desk.owner(
        "update transactions set status = 'reversed' where kind = 'top_up' and customer_id = %(id)s", id=desk.alex
    )

    found = (await ask(desk, desk.alex, "get_top_up_status"))["top_ups"]

    assert [one["state"] for one in found] == ["reverted", "reverted"]
    assert found[0]["next_step"] == "The money is back on the card it came from within 5 working days."


async def test_the_latest_top_ups_come_first(reading_desk: Desk):
    """Alex had two."""
    found = (await ask(reading_desk, reading_desk.alex, "get_top_up_status"))["top_ups"]

    assert [(one["amount"], one["state"]) for one in found] == [("50.00", "completed"), ("100.00", "completed")]
    assert (await ask(reading_desk, reading_desk.blair, "get_top_up_status"))["top_ups"] == []
