"""Search page by page, one transaction in detail, and what a charge is."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import psycopg
import pytest

from core.clock import BANK_TIME_ZONE
from core.money import Money
from tests.tools.conftest import Desk
from tools.operations import decide


def today(desk: Desk) -> date:
    return desk.now.astimezone(BANK_TIME_ZONE).date()


def stored(desk: Desk, customer_id: UUID) -> list[dict[str, Any]]:
    """Newest first."""
    rows = desk.owner(
        """select t.*, a.name as account, m.name as merchant, p.name as payee
             from transactions t join accounts a on a.id = t.account_id
             left join merchants m on m.id = t.merchant_id left join payees p on p.id = t.payee_id
            where t.customer_id = %(id)s order by t.occurred_at desc, t.id desc""",
        id=customer_id,
    )
    return [row | {"day": row["occurred_at"].astimezone(BANK_TIME_ZONE).date()} for row in rows]


async def pages(desk: Desk, customer_id: UUID, **arguments: Any) -> list[list[str]]:
    """The references of every page of a search."""
    found: list[list[str]] = []
    cursor = None
    while True:
        page = await desk.ask(customer_id, "search_transactions", cursor=cursor, **arguments)
        found.append([each["reference"] for each in page["transactions"]])
        cursor = page["next_cursor"]
        if cursor is None:
            return found


@pytest.mark.parametrize("limit", [1, 7, 100])
async def test_pages_together_are_everything_once_and_in_order(reading_desk: Desk, limit: int):
    since = today(reading_desk) - timedelta(days=90)
    expected = [str(row["id"]) for row in stored(reading_desk, reading_desk.alex) if row["day"] >= since]

    found = await pages(reading_desk, reading_desk.alex, since=since.isoformat(), limit=limit)

    assert [reference for page in found for reference in page] == expected
    assert len(expected) > 100 > 7
    assert all(len(page) == limit for page in found[:-1])


async def test_what_is_booked_between_two_pages_moves_nothing(desk: Desk):
    before = [str(row["id"]) for row in stored(desk, desk.alex)]
    first = await desk.ask(desk.alex, "search_transactions", limit=5)
    with psycopg.connect(desk.services.owner_url) as connection:
        connection.execute(
            """insert into transactions (customer_id, account_id, kind, status, amount_minor, currency, category,
                   description, decline_reason, occurred_at)
               select customer_id, account_id, 'card_payment', 'declined', -100, currency, 'cash', 'New', 'x', %s
                 from transactions where customer_id = %s limit 3""",
            [desk.now, desk.alex],
        )

    second = await desk.ask(desk.alex, "search_transactions", limit=5, cursor=first["next_cursor"])

    both = first["transactions"] + second["transactions"]
    assert [each["reference"] for each in both] == before[:10]


async def test_transactions_of_the_same_moment_are_all_on_some_page(desk: Desk):
    with psycopg.connect(desk.services.owner_url) as connection:
        connection.execute(
            """insert into transactions (customer_id, account_id, kind, status, amount_minor, currency, category,
                   description, decline_reason, occurred_at)
               select customer_id, account_id, 'card_payment', 'declined', -100, currency, 'cash', 'Same', 'x', %s
                 from transactions where customer_id = %s limit 9""",
            [desk.now, desk.alex],
        )

    found = await pages(desk, desk.alex, text="Same", limit=2)

    assert [len(page) for page in found] == [2, 2, 2, 2, 1]
    assert len({reference for page in found for reference in page}) == 9


@pytest.mark.parametrize(
    "arguments",
    [
        {"merchant": "STREAMBERRY"},
        {"merchant": "maria"},
        {"text": "council"},
        {"category": "groceries"},
        {"kind": "direct_debit"},
        {"kind": "salary", "min_amount": "1"},
        {"account": "Travel"},
        {"min_amount": "100", "max_amount": "300.00"},
        {"max_amount": "4.99"},
        {"account": "EUR", "min_amount": "350"},
        {"merchant": "100%"},
        {"merchant": "_" * 3},
    ],
)
async def test_a_search_finds_what_has_all_that_was_asked_for(reading_desk: Desk, arguments: dict[str, str]):
    def fits(row: dict[str, Any]) -> bool:
        amount = abs(Money(row["amount_minor"], row["currency"]).decimal)
        names = {"Travel": "Travel", "EUR": "Travel"}
        who = row["merchant"] or row["payee"] or row["description"]
        return (
            arguments.get("merchant", "").lower() in who.lower()
            and arguments.get("text", "").lower() in row["description"].lower()
            and arguments.get("category", row["category"]) == row["category"]
            and arguments.get("kind", row["kind"]) == row["kind"]
            and names.get(arguments.get("account", ""), row["account"]) == row["account"]
            and Decimal(arguments.get("min_amount", 0)) <= amount <= Decimal(arguments.get("max_amount", "1e9"))
        )

    expected = [str(row["id"]) for row in stored(reading_desk, reading_desk.alex) if fits(row)]

    found = await pages(reading_desk, reading_desk.alex, limit=100, **arguments)

    assert [reference for page in found for reference in page] == expected
    assert bool(expected) != (arguments.get("merchant") in ("100%", "___"))


async def test_amounts_are_compared_in_each_currencys_own_units(desk: Desk):
    with psycopg.connect(desk.services.owner_url) as connection:
        for currency in ("JPY", "KWD", "GBP"):
            connection.execute(
                """insert into transactions (customer_id, account_id, kind, status, amount_minor, currency, category,
                       description, decline_reason, occurred_at)
                   select customer_id, id, 'card_payment', 'declined', -150, %s, 'cash', 'Kiosk', 'x', %s
                     from accounts where customer_id = %s and name = 'Current'""",
                [currency, desk.now, desk.blair],
            )

    async def currencies(**amounts: str) -> set[str]:
        page = await desk.ask(desk.blair, "search_transactions", text="Kiosk", **amounts)
        return {each["currency"] for each in page["transactions"]}

    assert await currencies(min_amount="2") == {"JPY"}
    assert await currencies(min_amount="1", max_amount="2") == {"GBP"}
    assert await currencies(max_amount="0.15") == {"KWD"}


async def test_money_in_and_money_out_are_all_there_is(reading_desk: Desk):
    async def ask(**arguments: str) -> list[dict[str, Any]]:
        found = await reading_desk.ask(
            reading_desk.alex, "list_transactions", limit=50, since="2026-10-01", **arguments
        )
        return found["transactions"]

    came, went = await ask(direction="in"), await ask(direction="out")
    assert {each["amount"].startswith("-") for each in came} == {False}
    assert {each["amount"].startswith("-") for each in went} == {True}
    assert "salary" in {each["kind"] for each in came}


@pytest.mark.parametrize(
    "forge",
    [
        lambda cursor: "x" + cursor,
        lambda cursor: cursor[:-8],
        lambda cursor: "äöü",
        lambda cursor: "bm9wZQ==",
        lambda cursor: urlsafe_b64encode(urlsafe_b64decode(cursor).replace(b"+00:00", b"")).decode(),
        lambda cursor: urlsafe_b64encode(urlsafe_b64decode(cursor)[:-1] + b"!").decode(),
    ],
)
async def test_a_cursor_that_no_page_gave_is_refused(reading_desk: Desk, forge):
    page = await reading_desk.ask(reading_desk.alex, "search_transactions", limit=2)

    outcome = await reading_desk.call(
        reading_desk.alex, "search_transactions", limit=2, cursor=forge(page["next_cursor"])
    )

    assert outcome.error == "This cursor is of no page of this search. Leave it out to begin anew."


async def test_a_cursor_belongs_to_one_search_of_any_size(reading_desk: Desk):
    page = await reading_desk.ask(reading_desk.alex, "search_transactions", limit=2, category="groceries")

    other = await reading_desk.call(
        reading_desk.alex, "search_transactions", category="cash", cursor=page["next_cursor"]
    )
    same = await reading_desk.call(
        reading_desk.alex, "search_transactions", category="groceries", limit=9, cursor=page["next_cursor"]
    )

    assert other.error is not None
    assert same.result is not None


async def test_somebody_elses_cursor_shows_only_ones_own(reading_desk: Desk):
    page = await reading_desk.ask(reading_desk.alex, "search_transactions", limit=2)

    result = await reading_desk.ask(reading_desk.blair, "search_transactions", limit=2, cursor=page["next_cursor"])

    own = {str(row["id"]) for row in stored(reading_desk, reading_desk.blair)}
    assert {each["reference"] for each in result["transactions"]} <= own


@pytest.mark.parametrize(
    "arguments",
    [
        {"min_amount": "-1"},
        {"min_amount": "2", "max_amount": "1"},
        {"max_amount": "1e400"},
        {"max_amount": "NaN"},
        {"min_amount": "1.23456"},
        {"limit": 0},
        {"limit": 101},
        {"kind": "nonsense"},
        {"merchant": "x"},
    ],
)
async def test_wrong_bounds_are_wrong_arguments(reading_desk: Desk, arguments: dict[str, Any]):
    outcome = await reading_desk.call(reading_desk.alex, "search_transactions", **arguments)

    assert str(outcome.error).startswith("The arguments are wrong.")


async def test_a_card_payment_in_detail(reading_desk: Desk):
    row = next(row for row in stored(reading_desk, reading_desk.alex) if row["description"] == "Front Row Tickets")

    result = await reading_desk.ask(reading_desk.alex, "get_transaction", reference=str(row["id"]))

    detail = result["transaction"]
    assert (detail["amount"], detail["currency"], detail["status"], detail["booked"]) == (
        "-38.50",
        "GBP",
        "pending",
        None,
    )
    assert detail["merchant"]["name"] == "Front Row Tickets"
    assert detail["merchant"]["category"] == "entertainment"
    assert detail["terminal"]["kind"] == "online"
    assert (detail["card_last4"], detail["card_kind"], detail["account"]) == ("7733", "credit", "Platinum")
    assert (detail["fees"], detail["fee_for"], detail["exchange"], detail["own_account"]) == ([], None, None, None)


@pytest.mark.parametrize("reference", ["1", "999999999999999999"])
async def test_what_is_not_the_customers_is_not_there(reading_desk: Desk, reference: str):
    others = reading_desk.owner(
        "select min(id) as id from transactions where customer_id <> %(id)s", id=reading_desk.blair
    )
    for each in (reference, str(others[0]["id"])):
        result = await reading_desk.ask(reading_desk.blair, "get_transaction", reference=each)
        assert result["status"] == "transaction_unknown"
        explained = await reading_desk.ask(reading_desk.blair, "explain_charge", reference=each)
        assert explained["status"] == "transaction_unknown"


@pytest.mark.parametrize("reference", ["", "0", "-1", "abc", "1; drop", "9" * 19])
async def test_a_reference_that_no_list_gave_is_a_wrong_argument(reading_desk: Desk, reference: str):
    outcome = await reading_desk.call(reading_desk.alex, "get_transaction", reference=reference)

    assert str(outcome.error).startswith("The arguments are wrong. reference:")


async def test_an_exchange_tells_the_rate_the_fee_and_both_accounts(desk: Desk):
    proposed = await desk.ask(
        desk.alex, "transfer_between_accounts", amount="100", currency="EUR", account="Everyday", to_account="Travel"
    )
    await decide(desk.context(desk.alex), UUID(proposed["operation_id"]), "approve")
    [deal] = desk.owner("select * from fx_deals")
    lines = {row["kind"]: row for row in stored(desk, desk.alex)[:3] if row["account"] == "Everyday"}

    payment = await desk.ask(desk.alex, "get_transaction", reference=str(lines["exchange"]["id"]))
    fee = await desk.ask(desk.alex, "explain_charge", reference=str(lines["fee"]["id"]))
    said = await desk.ask(desk.alex, "explain_charge", reference=str(lines["exchange"]["id"]))

    detail = payment["transaction"]
    assert detail["own_account"] == "Travel"
    assert (detail["exchange"]["bought"], detail["exchange"]["bought_currency"]) == ("100.00", "EUR")
    assert Decimal(detail["exchange"]["rate"]) == deal["rate"]
    assert not detail["exchange"]["with_fees"]
    assert [line["amount"] for line in detail["fees"]] == [str(Money(lines["fee"]["amount_minor"], "GBP").decimal)]
    assert fee["transaction"]["fee_for"]["reference"] == str(lines["exchange"]["id"])
    assert any(each.startswith("It is the fee for ") for each in fee["explanation"])
    assert any("became €100.00" in each for each in said["explanation"])
    assert any(each.startswith("A fee came with it: ") for each in said["explanation"])


async def test_a_fee_and_its_payment_are_spending_though_a_move_between_own_accounts_is_none(desk: Desk):
    proposed = await desk.ask(
        desk.alex, "transfer_between_accounts", amount="100", currency="EUR", account="Everyday", to_account="Travel"
    )
    before = await desk.ask(desk.alex, "spending_summary", category="transfers")
    await decide(desk.context(desk.alex), UUID(proposed["operation_id"]), "approve")

    after = await desk.ask(desk.alex, "spending_summary", category="fees")

    assert after["totals"][0]["number"] == 1
    assert before == await desk.ask(desk.alex, "spending_summary", category="transfers")


async def test_an_old_exchange_tells_what_it_came_to(reading_desk: Desk):
    row = next(row for row in stored(reading_desk, reading_desk.alex) if row["description"] == "Exchange GBP to EUR")

    result = await reading_desk.ask(reading_desk.alex, "get_transaction", reference=str(row["id"]))

    exchange = result["transaction"]["exchange"]
    assert exchange["with_fees"]
    assert (exchange["sold_currency"], exchange["bought_currency"]) == ("GBP", "EUR")
    assert abs(Decimal(exchange["bought"]) / Decimal(exchange["sold"]) - Decimal(exchange["rate"])) < Decimal("0.001")


async def test_a_charge_is_explained_from_its_merchant(reading_desk: Desk):
    result = await reading_desk.ask(reading_desk.alex, "explain_charge", merchant="voltline", amount="249.99")

    assert result["transaction"]["amount"] == "-249.99"
    assert result["explanation"][0].startswith("£249.99 out of Everyday, a card payment: Voltline Electronics")
    assert any("card ending 4821" in each for each in result["explanation"])
    assert not any(each.startswith("It was declined") for each in result["explanation"])


async def test_a_pending_charge_says_how_long_that_usually_takes(reading_desk: Desk):
    result = await reading_desk.ask(reading_desk.alex, "explain_charge", amount="38.50", merchant="Front Row")

    assert any("It is pending" in each and "3 working days" in each for each in result["explanation"])


async def test_several_charges_give_choices_and_ask_for_what_tells_them_apart(reading_desk: Desk):
    by_merchant = await reading_desk.ask(reading_desk.alex, "explain_charge", merchant="Brightwater")
    by_amount = await reading_desk.ask(reading_desk.alex, "explain_charge", amount="20")
    plain = await reading_desk.ask(reading_desk.alex, "explain_charge")

    assert by_merchant["status"] == "date_unclear"
    assert by_amount["status"] == "merchant_unclear"
    assert plain["status"] == "merchant_unclear"
    assert 1 < len(by_merchant["choices"]) == len(by_merchant["candidates"]) <= 8
    chosen = await reading_desk.ask(
        reading_desk.alex, "explain_charge", reference=by_merchant["candidates"][1]["reference"]
    )
    assert chosen["transaction"]["description"] == "Brightwater Energy"


async def test_of_a_subscription_the_latest_charge_is_explained(reading_desk: Desk):
    rows = [row for row in stored(reading_desk, reading_desk.alex) if row["merchant"] == "Streamberry"]
    year = [row for row in rows if row["day"] >= today(reading_desk) - timedelta(days=400)]

    result = await reading_desk.ask(reading_desk.alex, "explain_charge", merchant="streamberry")

    assert result["transaction"]["reference"] == str(rows[0]["id"])
    assert result["alike"] == [str(row["id"]) for row in year[1:]]
    assert result["explanation"][-1].startswith(f"The same was charged {len(year) - 1} times before, last on ")


async def test_the_day_may_be_some_days_off_and_the_exact_day_wins(reading_desk: Desk):
    row = next(row for row in stored(reading_desk, reading_desk.alex) if row["merchant"] == "Streamberry")

    for off in (0, 2, -3):
        day = (row["day"] + timedelta(days=off)).isoformat()
        result = await reading_desk.ask(reading_desk.alex, "explain_charge", merchant="Streamberry", date=day)
        assert result["transaction"]["reference"] == str(row["id"])
    result = await reading_desk.ask(
        reading_desk.alex, "explain_charge", merchant="Streamberry", date=(row["day"] + timedelta(days=4)).isoformat()
    )
    assert result["status"] == "charge_unknown"


async def test_two_charges_of_the_same_shop_amount_and_day_are_said_to_be_two(desk: Desk):
    row = next(row for row in stored(desk, desk.alex) if row["description"] == "Front Row Tickets")
    with psycopg.connect(desk.services.owner_url) as connection:
        connection.execute(
            """insert into transactions (customer_id, account_id, card_id, merchant_id, terminal_id, kind, status,
                   amount_minor, currency, category, description, occurred_at)
               select customer_id, account_id, card_id, merchant_id, terminal_id, kind, status, amount_minor, currency,
                      category, description, occurred_at from transactions where id = %s""",
            [row["id"]],
        )

    result = await desk.ask(desk.alex, "explain_charge", merchant="Front Row Tickets", date=row["day"].isoformat())

    assert len(result["alike"]) == 1
    assert result["explanation"][-1] == "There are 2 such payments on that day."


async def test_a_charge_that_is_not_there_says_what_would_find_it(reading_desk: Desk):
    result = await reading_desk.ask(reading_desk.blair, "explain_charge", merchant="Sunrise Lettings")

    assert result["status"] == "charge_unknown"
    assert "amount" in result["message"]
