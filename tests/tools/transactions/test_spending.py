"""Spending by category, month and merchant: three ways to cut the same sum."""

from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from core.clock import BANK_TIME_ZONE
from core.money import Money
from tests.tools.conftest import Desk

_KINDS = frozenset(
    (
        *("card_payment", "cash_withdrawal", "direct_debit", "standing_order"),
        *("subscription", "fee", "refund", "transfer_out"),
    )
)


def today(desk: Desk) -> date:
    return desk.now.astimezone(BANK_TIME_ZONE).date()


def spent(desk: Desk, customer_id: UUID, since: date) -> list[dict[str, Any]]:
    rows = desk.owner(
        """select t.*, coalesce(m.name, p.name, t.description) as merchant,
                  exists (select 1 from transactions o where o.entry_id = t.entry_id and o.account_id <> t.account_id
                             and o.customer_id = t.customer_id) as is_own
             from transactions t left join merchants m on m.id = t.merchant_id left join payees p on p.id = t.payee_id
            where t.customer_id = %(id)s and t.status in ('booked', 'pending')""",
        id=customer_id,
    )
    days = [row | {"day": row["occurred_at"].astimezone(BANK_TIME_ZONE).date()} for row in rows]
    return [
        row
        for row in days
        if row["kind"] in _KINDS and not (row["kind"] == "transfer_out" and row["is_own"]) and row["day"] >= since
    ]


@pytest.mark.parametrize("who", ["alex", "blair"])
@pytest.mark.parametrize("group_by", ["category", "month", "merchant"])
async def test_the_parts_are_what_the_owner_of_the_tables_adds_up(reading_desk: Desk, who: str, group_by: str):
    customer_id = {"alex": reading_desk.alex, "blair": reading_desk.blair}[who]
    since = today(reading_desk) - timedelta(days=330)
    expected: dict[tuple[str, str], tuple[int, int]] = defaultdict(lambda: (0, 0))
    for row in spent(reading_desk, customer_id, since):
        label = f"{row['day']:%Y-%m}" if group_by == "month" else row[group_by]
        minor, number = expected[label, row["currency"]]
        expected[label, row["currency"]] = minor - row["amount_minor"], number + 1

    result = await reading_desk.ask(customer_id, "spending_summary", since=since.isoformat(), group_by=group_by)

    assert {
        (part[group_by], part["currency"]): (Decimal(part["amount"]), part["number"])
        for part in result[f"by_{group_by}"]
    } == {key: (Money(minor, key[1]).decimal, number) for key, (minor, number) in expected.items()}
    others = {"category", "month", "merchant"} - {group_by}
    assert all(result[f"by_{other}"] == [] for other in others)


async def test_the_sum_is_the_same_however_it_is_cut(reading_desk: Desk):
    totals = [
        await reading_desk.ask(reading_desk.alex, "spending_summary", since="2000-01-01", group_by=group_by)
        for group_by in ("category", "month", "merchant")
    ]

    sums = [sorted((each["currency"], each["amount"], each["number"]) for each in total["totals"]) for total in totals]
    assert sums[0] == sums[1] == sums[2]


async def test_months_come_in_order_and_merchants_by_size(reading_desk: Desk):
    months = await reading_desk.ask(reading_desk.alex, "spending_summary", since="2000-01-01", group_by="month")
    merchants = await reading_desk.ask(reading_desk.alex, "spending_summary", since="2000-01-01", group_by="merchant")

    names = [part["month"] for part in months["by_month"]]
    amounts = [Decimal(part["amount"]) for part in merchants["by_merchant"]]
    assert names == sorted(names)
    assert amounts == sorted(amounts, reverse=True)
    assert merchants["by_merchant"][0]["merchant"] == "Sunrise Lettings"


async def test_another_way_to_cut_is_a_wrong_argument(reading_desk: Desk):
    outcome = await reading_desk.call(reading_desk.alex, "spending_summary", group_by="customer_id")

    assert str(outcome.error).startswith("The arguments are wrong. group_by:")
