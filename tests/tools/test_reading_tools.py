"""What the reading tools say is what the owner of the tables sees, for that customer and nobody else."""

from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest

from core.clock import BANK_TIME_ZONE
from core.money import Money
from tests.tools.conftest import Desk

WHO = pytest.mark.parametrize("who", ["alex", "blair"])

SPENDING_KINDS = frozenset(
    (
        *("card_payment", "cash_withdrawal", "direct_debit", "standing_order"),
        *("subscription", "fee", "refund", "transfer_out"),
    )
)


def customer(desk: Desk, who: str) -> UUID:
    return {"alex": desk.alex, "blair": desk.blair}[who]


def today(desk: Desk) -> date:
    return desk.now.astimezone(BANK_TIME_ZONE).date()


def all_transactions(desk: Desk, customer_id: UUID) -> list[dict[str, Any]]:
    """Newest first, with the day in the bank's time zone."""
    rows = desk.owner(
        """select t.*, a.name as account, c.last4,
                  exists (select 1 from transactions o where o.entry_id = t.entry_id and o.id <> t.id
                             and o.customer_id = t.customer_id) as is_own
             from transactions t join accounts a on a.id = t.account_id
             left join cards c on c.id = t.card_id where t.customer_id = %(id)s
            order by t.occurred_at desc, t.id desc""",
        id=customer_id,
    )
    assert rows
    return [row | {"day": row["occurred_at"].astimezone(BANK_TIME_ZONE).date()} for row in rows]


def shown(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "reference": str(row["id"]),
        "date": row["day"].isoformat(),
        "amount": str(Money(row["amount_minor"], row["currency"]).decimal),
        "card_last4": row["last4"],
        **{name: row[name] for name in ("description", "category", "kind", "status", "currency", "account")},
        "decline_reason": row["decline_reason"],
    }


async def test_balances_are_as_the_design_says(reading_desk: Desk):
    alex = await reading_desk.ask(reading_desk.alex, "get_balance")
    blair = await reading_desk.ask(reading_desk.blair, "get_balance")

    assert {
        account["name"]: (account["ledger"], account["currency"])
        for account in alex["accounts"]
        if account["kind"] != "credit_card"
    } == {
        "Everyday": ("2480.15", "GBP"),
        "Rainy Day": ("10250.00", "GBP"),
        "Travel": ("640.20", "EUR"),
    }
    assert [(account["name"], account["ledger"], account["currency"]) for account in blair["accounts"]] == [
        ("Current", "35.60", "GBP")
    ]


@WHO
@pytest.mark.parametrize("tool", ["get_balance", "list_accounts"])
async def test_balances_are_the_sums_of_the_postings(reading_desk: Desk, who: str, tool: str):
    customer_id = customer(reading_desk, who)
    rows = reading_desk.owner(
        """select a.id, a.name, a.kind, a.currency, a.overdraft_minor,
                  right(coalesce(a.account_number, a.iban), 4) as last4,
                  (select sum(p.amount_minor) from postings p where p.account_id = a.id)::bigint as ledger,
                  (select coalesce(sum(t.amount_minor), 0) from transactions t where t.account_id = a.id
                      and t.status = 'pending' and t.amount_minor < 0)::bigint as pending
             from accounts a where a.customer_id = %(id)s""",
        id=customer_id,
    )

    result = await reading_desk.ask(customer_id, tool)

    assert result["status"] == "found"
    assert sorted(result["accounts"], key=lambda account: account["name"]) == [
        {
            **{name: row[name] for name in ("name", "kind", "currency", "last4")},
            "reference": str(row["id"]),
            "ledger": str(Money(row["ledger"], row["currency"]).decimal),
            "available": str(Money(row["ledger"] + row["pending"] + row["overdraft_minor"], row["currency"]).decimal),
        }
        for row in sorted(rows, key=lambda row: row["name"])
    ]


@pytest.mark.parametrize(
    ("words", "names"),
    [
        ("Everyday", ["Everyday"]),
        ("everyday account", ["Everyday"]),
        ("savings", ["Rainy Day"]),
        ("rainy", ["Rainy Day"]),
        ("EUR", ["Travel"]),
        ("current", ["Everyday", "Travel"]),
        ("credit card", ["Platinum"]),
    ],
)
async def test_an_account_may_be_named_in_several_ways(reading_desk: Desk, words: str, names: list[str]):
    result = await reading_desk.ask(reading_desk.alex, "get_balance", account=words)

    assert [account["name"] for account in result["accounts"]] == names


async def test_an_account_that_is_not_there_gives_the_choices(reading_desk: Desk):
    assert await reading_desk.ask(reading_desk.blair, "get_balance", account="Everyday") == {
        "status": "account_unclear",
        "message": "Which account do you mean?",
        "asked_for": "Everyday",
        "choices": ["Current"],
    }


@pytest.mark.parametrize("tool", ["list_transactions", "spending_summary"])
async def test_an_account_that_may_be_two_gives_those_two(reading_desk: Desk, tool: str):
    assert await reading_desk.ask(reading_desk.alex, tool, account="current") == {
        "status": "account_unclear",
        "message": "Which account do you mean?",
        "asked_for": "current",
        "choices": ["Everyday", "Travel"],
    }


@WHO
async def test_transactions_are_the_customers_newest_ones(reading_desk: Desk, who: str):
    customer_id = customer(reading_desk, who)
    rows = all_transactions(reading_desk, customer_id)

    ten = await reading_desk.ask(customer_id, "list_transactions")
    fifty = await reading_desk.ask(customer_id, "list_transactions", limit=50)
    one = await reading_desk.ask(customer_id, "list_transactions", limit=1)

    assert ten["transactions"] == [shown(row) for row in rows[:10]]
    assert fifty["transactions"] == [shown(row) for row in rows[:50]]
    assert one["transactions"] == [shown(rows[0])]


async def test_the_first_and_the_last_day_count_as_days_in_the_banks_time_zone(reading_desk: Desk):
    rows = all_transactions(reading_desk, reading_desk.alex)
    first, last = today(reading_desk) - timedelta(days=45), today(reading_desk) - timedelta(days=31)
    expected = [shown(row) for row in rows if first <= row["day"] <= last]

    result = await reading_desk.ask(
        reading_desk.alex, "list_transactions", since=first.isoformat(), until=last.isoformat(), limit=50
    )

    assert 0 < len(expected) < 50
    assert result["transactions"] == expected
    assert (result["since"], result["until"]) == (first.isoformat(), last.isoformat())


async def test_a_day_in_the_far_past_or_future_is_only_a_wide_period(reading_desk: Desk):
    plain = await reading_desk.ask(reading_desk.alex, "list_transactions")

    wide = await reading_desk.ask(reading_desk.alex, "list_transactions", since="0001-01-01", until="9999-12-31")
    later = await reading_desk.ask(reading_desk.alex, "list_transactions", since="9999-12-30")

    assert wide["transactions"] == plain["transactions"]
    assert later["transactions"] == []


async def test_transactions_by_account_category_and_text(reading_desk: Desk):
    rows = all_transactions(reading_desk, reading_desk.alex)
    merchant = next(row["description"] for row in rows if row["category"] == "groceries")

    async def listed(**arguments: Any) -> list[dict[str, Any]]:
        result = await reading_desk.ask(reading_desk.alex, "list_transactions", limit=50, **arguments)
        return result["transactions"]

    assert await listed(account="Travel") == [shown(row) for row in rows if row["account"] == "Travel"][:50]
    assert await listed(category="rent") == []
    groceries = [shown(row) for row in rows if row["category"] == "groceries"]
    assert await listed(category="groceries") == groceries[:50]
    assert await listed(text=merchant.upper()) == [shown(row) for row in rows if merchant in row["description"]][:50]
    assert await listed(text=merchant, account="Rainy Day") == []


@pytest.mark.parametrize("text", ["%%", "__", "%a%", "_a", "\\\\", "'; drop table transactions; --", "a%b_c\\"])
async def test_wildcards_and_quotes_are_only_characters(reading_desk: Desk, text: str):
    listed = await reading_desk.ask(reading_desk.alex, "list_transactions", text=text)
    summed = await reading_desk.ask(reading_desk.alex, "spending_summary", text=text, since="2000-01-01")

    assert listed["transactions"] == []
    assert summed["totals"] == []


@WHO
@pytest.mark.parametrize(("since", "until"), [(None, None), (60, 31), (500, 0)])
async def test_spending_is_money_out_less_refunds(reading_desk: Desk, who: str, since: int | None, until: int | None):
    customer_id, day = customer(reading_desk, who), today(reading_desk)
    first = day.replace(day=1) if since is None else day - timedelta(days=since)
    last = day - timedelta(days=until or 0)
    spent: dict[tuple[str, str], list[int]] = defaultdict(list)
    for row in all_transactions(reading_desk, customer_id):
        counts = row["kind"] in SPENDING_KINDS and row["status"] in {"booked", "pending"}
        moved = row["kind"] == "transfer_out" and row["is_own"]
        if counts and not moved and first <= row["day"] <= last:
            spent[row["currency"], row["category"]].append(-row["amount_minor"])

    days = {} if since is None else {"since": first.isoformat(), "until": last.isoformat()}
    result = await reading_desk.ask(customer_id, "spending_summary", **days)

    assert (result["since"], result["until"]) == (first.isoformat(), last.isoformat())
    assert {
        (row["currency"], row["category"]): (Decimal(row["amount"]), row["number"]) for row in result["by_category"]
    } == {key: (Money(sum(amounts), key[0]).decimal, len(amounts)) for key, amounts in spent.items()}
    totals: dict[str, Decimal] = defaultdict(Decimal)
    for row in result["by_category"]:
        totals[row["currency"]] += Decimal(row["amount"])
    assert {row["currency"]: Decimal(row["amount"]) for row in result["totals"]} == totals


async def test_saving_and_paying_off_a_card_are_no_spending(reading_desk: Desk):
    """The payments of the card are: to count what settles them would count them twice."""
    rows = all_transactions(reading_desk, reading_desk.alex)
    own = {row["description"] for row in rows if row["is_own"] and row["kind"] == "transfer_out"}

    assert {"Platinum payment", "Monthly saving"} <= own
    for description in own:
        result = await reading_desk.ask(reading_desk.alex, "spending_summary", since="2000-01-01", text=description)
        assert result["totals"] == []


async def test_spending_on_one_category(reading_desk: Desk):
    everything = await reading_desk.ask(reading_desk.alex, "spending_summary", since="2000-01-01")
    groceries = await reading_desk.ask(
        reading_desk.alex, "spending_summary", since="2000-01-01", category="groceries", account="Everyday"
    )

    assert {row["category"] for row in groceries["by_category"]} == {"groceries"}
    assert any(row["category"] == "groceries" for row in everything["by_category"])


async def test_a_category_that_the_customer_does_not_have_gives_the_choices(reading_desk: Desk):
    known = reading_desk.owner(
        "select distinct category from transactions where customer_id = %(id)s order by 1", id=reading_desk.blair
    )

    assert await reading_desk.ask(reading_desk.blair, "spending_summary", category="yachts") == {
        "status": "category_unknown",
        "message": "There is no spending under that category.",
        "asked_for": "yachts",
        "choices": [row["category"] for row in known],
    }


@WHO
async def test_cards(reading_desk: Desk, who: str):
    customer_id = customer(reading_desk, who)
    rows = reading_desk.owner(
        """select c.*, a.name as account from cards c join accounts a on a.id = c.account_id
            where c.customer_id = %(id)s and c.status <> 'closed'""",
        id=customer_id,
    )

    result = await reading_desk.ask(customer_id, "list_cards")

    assert {card.pop("label") for card in result["cards"]} == {
        "alex": {"debit card ending 4821", "Platinum credit card ending 7733", "virtual card ending 9034"},
        "blair": {"debit card ending 1107"},
    }[who]
    assert sorted(result["cards"], key=lambda card: card["last4"]) == [
        {
            **{name: row[name] for name in ("kind", "last4", "status", "account")},
            "expires": f"{row['expires_on']:%m/%y}",
            "switches": dict.fromkeys(("contactless", "online", "cash_machines", "abroad"), True),
            "replaced_by": None,
        }
        for row in sorted(rows, key=lambda row: row["last4"])
    ]


@WHO
async def test_payees_show_only_the_tail_of_an_account(reading_desk: Desk, who: str):
    customer_id = customer(reading_desk, who)
    rows = reading_desk.owner("select * from payees where customer_id = %(id)s order by name", id=customer_id)

    result = await reading_desk.ask(customer_id, "list_payees")

    assert result["payees"] == [
        {
            "name": row["name"],
            "currency": row["currency"],
            "last4": (row["account_number"] or row["iban"])[-4:],
        }
        for row in rows
    ]
    assert len(rows) == {"alex": 5, "blair": 0}[who]


async def test_standing_orders(reading_desk: Desk):
    [row] = reading_desk.owner(
        "select id, next_run_on from standing_orders where customer_id = %(id)s", id=reading_desk.alex
    )

    assert await reading_desk.ask(reading_desk.alex, "list_standing_orders") == {
        "status": "found",
        "standing_orders": [
            {
                "reference": str(row["id"]),
                "payee": "Sunrise Lettings",
                "amount": "850.00",
                "currency": "GBP",
                "frequency": "monthly",
                "next_run_on": row["next_run_on"].isoformat(),
                "ends_on": None,
                "account": "Everyday",
                "text": "Rent",
            }
        ],
    }


async def test_open_fraud_alerts(reading_desk: Desk):
    result = await reading_desk.ask(reading_desk.alex, "list_fraud_alerts")

    [alert] = result["alerts"]
    reason = alert.pop("reason")
    assert reason
    [stored] = reading_desk.owner(
        "select id from fraud_alerts where customer_id = %(id)s and status = 'open'", id=reading_desk.alex
    )
    assert alert == {
        "reference": str(stored["id"]),
        "merchant": "Voltline Electronics",
        "amount": "249.99",
        "currency": "GBP",
        "date": (today(reading_desk) - timedelta(days=1)).isoformat(),
        "card_last4": "4821",
        "payment_status": "booked",
    }


@pytest.mark.parametrize(
    ("tool", "empty"),
    [
        ("list_accounts", "accounts"),
        ("get_balance", "accounts"),
        ("list_transactions", "transactions"),
        ("spending_summary", "totals"),
        ("list_cards", "cards"),
        ("list_payees", "payees"),
        ("list_standing_orders", "standing_orders"),
        ("list_fraud_alerts", "alerts"),
        ("freeze_card", "choices"),
        ("unfreeze_card", "choices"),
    ],
)
async def test_a_customer_without_anything_gets_an_empty_result(reading_desk: Desk, tool: str, empty: str):
    result = await reading_desk.ask(uuid4(), tool)

    assert result[empty] == []
