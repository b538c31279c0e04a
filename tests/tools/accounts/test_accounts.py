"""An account's details; opening, renaming and closing accounts under the bank's rules."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from stdnum import iban

from tests.tools.conftest import Desk
from tools.accounts import closing
from tools.operations import Operation, decide


async def confirmed(desk: Desk, customer_id: UUID, tool: str, **arguments: Any) -> Operation:
    """Proposes and approves."""
    proposed = await desk.ask(customer_id, tool, **arguments)
    assert proposed["status"] == "confirmation_needed", proposed
    return await decide(desk.context(customer_id), UUID(proposed["operation_id"]), "approve")


def accounts_of(desk: Desk, customer_id: UUID) -> dict[str, dict[str, Any]]:
    rows = desk.owner("select * from accounts where customer_id = %(id)s order by opened_at", id=customer_id)
    return {row["name"]: row for row in rows}


def as_owner(desk: Desk, statement: str, **params: Any) -> None:
    with psycopg.connect(desk.services.owner_url) as connection:
        connection.execute(statement, params)  # pyright: ignore[reportArgumentType, reportCallIssue]


async def test_the_details_are_the_customers_own_numbers_in_full(reading_desk: Desk):
    row = accounts_of(reading_desk, reading_desk.alex)["Travel"]

    detail = await reading_desk.ask(reading_desk.alex, "get_account", account="EUR")

    assert {name: detail[name] for name in ("name", "kind", "currency", "iban", "sort_code", "account_number")} == {
        name: row[name] for name in ("name", "kind", "currency", "iban", "sort_code", "account_number")
    }
    assert (detail["ledger"], detail["available"], detail["held"], detail["limit"]) == (
        "640.20",
        "640.20",
        "0.00",
        "0.00",
    )
    assert detail["state"] == "open"
    assert detail["cards"] == []
    assert detail["reference"] == str(row["id"])


async def test_the_details_name_the_cards_and_the_credit_limit(reading_desk: Desk):
    everyday = await reading_desk.ask(reading_desk.alex, "get_account", account="Everyday")
    platinum = await reading_desk.ask(reading_desk.alex, "get_account", account="Platinum")

    assert sorted(everyday["cards"]) == ["4821", "9034"]
    assert (platinum["cards"], platinum["limit"], platinum["held"]) == (["7733"], "5000.00", "38.50")


async def test_an_account_can_be_named_by_the_reference_of_a_list(reading_desk: Desk):
    listed = await reading_desk.ask(reading_desk.alex, "list_accounts")

    for account in listed["accounts"]:
        detail = await reading_desk.ask(reading_desk.alex, "get_account", account=account["reference"])
        assert detail["name"] == account["name"]


async def test_somebody_elses_account_is_not_there(reading_desk: Desk):
    reference = str(accounts_of(reading_desk, reading_desk.alex)["Everyday"]["id"])

    for words in (reference, "Everyday"):
        result = await reading_desk.ask(reading_desk.blair, "get_account", account=words)
        assert (result["status"], result["choices"]) == ("account_unclear", ["Current"])


@pytest.mark.parametrize("words", ["current", "nothing like it"])
async def test_details_of_several_or_none_ask_which(reading_desk: Desk, words: str):
    result = await reading_desk.ask(reading_desk.alex, "get_account", account=words)

    assert result["status"] == "account_unclear"
    assert len(result["choices"]) > 1


async def test_an_account_is_opened_when_it_is_confirmed_and_not_before(desk: Desk):
    proposed = await desk.ask(desk.alex, "open_account", kind="savings", name="Holiday")
    assert proposed["summary"] == "Open a savings account in GBP named Holiday"
    assert not proposed["step_up"]
    assert "Holiday" not in accounts_of(desk, desk.alex)

    operation = await decide(desk.context(desk.alex), UUID(proposed["operation_id"]), "approve")

    assert operation.status == "completed"
    opened = accounts_of(desk, desk.alex)["Holiday"]
    assert (opened["kind"], opened["currency"], opened["balance_minor"], opened["overdraft_minor"]) == (
        "savings",
        "GBP",
        0,
        0,
    )
    assert iban.is_valid(opened["iban"])
    assert opened["iban"].endswith(opened["sort_code"].replace("-", "") + opened["account_number"])


async def test_no_two_accounts_get_the_same_number(desk: Desk):
    await asyncio.gather(
        *(
            confirmed(desk, who, "open_account", kind="savings", name=f"Pot {n}")
            for who in (desk.alex, desk.blair)
            for n in range(4)
        )
    )

    numbers = desk.owner("select iban, sort_code || account_number as domestic from accounts where name like 'Pot %%'")
    assert len(numbers) == len({row["iban"] for row in numbers}) == len({row["domestic"] for row in numbers}) == 8


async def test_a_name_is_made_up_where_none_is_given(desk: Desk):
    first = await desk.ask(desk.blair, "open_account", kind="current")
    euro = await desk.ask(desk.blair, "open_account", kind="current", currency="eur")
    await confirmed(desk, desk.blair, "open_account", kind="savings")
    second = await desk.ask(desk.blair, "open_account", kind="savings")

    assert (first["account"], euro["account"], second["account"]) == ("Current 2", "EUR", "Savings 2")


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        ({"kind": "savings", "name": "EVERYDAY"}, "account_name_taken"),
        ({"kind": "savings", "currency": "EUR"}, "savings_in_pounds"),
        ({"kind": "current", "currency": "EUR"}, "currency_account_exists"),
        ({"kind": "current", "currency": "JPY"}, "currency_not_offered"),
        ({"kind": "current", "currency": "pounds"}, "currency_not_offered"),
    ],
)
async def test_what_cannot_be_opened_is_refused_with_the_reason(reading_desk: Desk, arguments, status: str):
    result = await reading_desk.ask(reading_desk.alex, "open_account", **arguments)

    assert result["status"] == status
    assert result["message"]
    assert reading_desk.owner("select 1 from banking_operations") == []


@pytest.mark.parametrize("kyc", ["pending", "rejected", "expired"])
async def test_who_is_not_identified_opens_nothing(desk: Desk, kyc: str):
    as_owner(desk, "update customers set kyc_status = %(kyc)s where id = %(id)s", kyc=kyc, id=desk.alex)

    assert (await desk.ask(desk.alex, "open_account", kind="savings"))["status"] == "identity_unverified"


async def test_savings_accounts_are_as_many_as_the_terms_say(desk: Desk):
    [term] = desk.owner("select quantity from product_terms where code = 'account.savings.max'")
    for number in range(term["quantity"] - 1):
        await confirmed(desk, desk.alex, "open_account", kind="savings", name=f"Pot {number}")

    assert (await desk.ask(desk.alex, "open_account", kind="savings", name="More"))["status"] == "too_many_savings"
    assert (await desk.ask(desk.alex, "open_account", kind="current", name="More"))["status"] == "confirmation_needed"


async def test_the_rules_hold_again_when_it_is_confirmed(desk: Desk):
    """Two proposals that exclude each other: one is carried out."""
    proposed = [await desk.ask(desk.alex, "open_account", kind="savings", name=name) for name in ("Boat", "boat")]

    done = await asyncio.gather(
        *(decide(desk.context(desk.alex), UUID(each["operation_id"]), "approve") for each in proposed)
    )

    assert sorted((each.status, each.error_code) for each in done) == [
        ("completed", None),
        ("failed", "account_name_taken"),
    ]
    assert [name for name in accounts_of(desk, desk.alex) if name.lower() == "boat"]


async def test_a_first_savings_account_needs_a_current_one(desk: Desk):
    as_owner(desk, "update accounts set status = 'closed' where customer_id = %(id)s", id=desk.blair)

    assert (await desk.ask(desk.blair, "open_account", kind="savings"))["status"] == "current_account_needed"


async def test_an_account_is_renamed(desk: Desk):
    before = accounts_of(desk, desk.alex)["Rainy Day"]

    operation = await confirmed(desk, desk.alex, "rename_account", account="savings", name="Holiday")

    assert operation.status == "completed"
    assert accounts_of(desk, desk.alex)["Holiday"] == before | {"name": "Holiday"}


async def test_a_name_may_change_its_case_and_not_become_anothers(desk: Desk):
    taken = await desk.ask(desk.alex, "rename_account", account="Travel", name="everyday")
    assert taken["status"] == "account_name_taken"

    operation = await confirmed(desk, desk.alex, "rename_account", account="Travel", name="TRAVEL")
    assert operation.status == "completed"


async def test_a_rename_of_what_was_renamed_meanwhile_does_nothing(desk: Desk):
    first, second = [await desk.ask(desk.alex, "rename_account", account="Travel", name=name) for name in ("A", "B")]
    await decide(desk.context(desk.alex), UUID(first["operation_id"]), "approve")

    operation = await decide(desk.context(desk.alex), UUID(second["operation_id"]), "approve")

    assert (operation.status, operation.error_code) == ("failed", "account_changed")
    assert "A" in accounts_of(desk, desk.alex)


async def test_a_name_that_another_account_took_meanwhile_is_refused(desk: Desk):
    first = await desk.ask(desk.alex, "rename_account", account="Travel", name="Sun")
    await confirmed(desk, desk.alex, "open_account", kind="savings", name="sun")

    operation = await decide(desk.context(desk.alex), UUID(first["operation_id"]), "approve")

    assert operation.status == "failed"
    assert "Travel" in accounts_of(desk, desk.alex)


async def test_an_empty_account_is_closed_and_no_longer_listed(desk: Desk):
    await confirmed(desk, desk.alex, "open_account", kind="savings", name="Holiday")

    operation = await confirmed(desk, desk.alex, "close_account", account="Holiday")

    assert operation.status == "completed"
    assert accounts_of(desk, desk.alex)["Holiday"]["status"] == "closed"
    listed = await desk.ask(desk.alex, "list_accounts")
    assert "Holiday" not in [account["name"] for account in listed["accounts"]]


async def test_the_name_of_a_closed_account_is_free_again(desk: Desk):
    for _ in range(2):
        await confirmed(desk, desk.alex, "open_account", kind="savings", name="Holiday")
        await confirmed(desk, desk.alex, "close_account", account="Holiday")

    closed = desk.owner("select 1 from accounts where name = 'Holiday' and status = 'closed'")
    assert len(closed) == 2


async def test_everything_that_is_in_the_way_of_closing_is_said(reading_desk: Desk):
    result = await reading_desk.ask(reading_desk.alex, "close_account", account="Everyday")

    assert result["status"] == "balance_left"
    assert result["obstacles"] == [
        "£2,480.15 is still in Everyday: move it to another account first.",
        "Standing orders use it, to Sunrise Lettings: cancel them first.",
        "Cards draw on it, ending 4821, 9034: freeze them first.",
    ]
    assert result["message"] == " ".join(result["obstacles"])


async def test_a_credit_card_is_not_closed_as_an_account(reading_desk: Desk):
    result = await reading_desk.ask(reading_desk.alex, "close_account", account="Platinum")

    assert result["status"] == "not_closed_here"
    assert any("£38.50 is held back" in each for each in result["obstacles"])


async def test_the_only_current_account_stays(desk: Desk):
    result = await desk.ask(desk.blair, "close_account", account="Current")
    assert [each.split()[0] for each in result["obstacles"]] == ["£35.60", "It"]

    await confirmed(desk, desk.blair, "open_account", kind="current", name="Second")
    assert (await desk.ask(desk.blair, "close_account", account="Second"))["status"] == "confirmation_needed"


async def test_of_the_last_two_current_accounts_one_stays(desk: Desk):
    """Each could be closed when it was proposed."""
    customer = _new_customer(desk)
    proposed = [await desk.ask(customer, "close_account", account=name) for name in ("One", "Two")]

    done = await asyncio.gather(
        *(decide(desk.context(customer), UUID(each["operation_id"]), "approve") for each in proposed)
    )

    assert sorted((each.status, each.error_code) for each in done) == [
        ("completed", None),
        ("failed", "last_current_account"),
    ]


async def test_a_frozen_account_is_not_closed(desk: Desk):
    customer = _new_customer(desk)
    as_owner(desk, "update accounts set status = 'frozen' where customer_id = %(id)s and name = 'One'", id=customer)

    assert (await desk.ask(customer, "close_account", account="One"))["status"] == "account_frozen"


async def test_frozen_cards_close_with_their_account(desk: Desk):
    customer = _new_customer(desk)
    as_owner(
        desk,
        """insert into cards (customer_id, account_id, kind, network, last4, status, expires_on)
           select customer_id, id, 'debit', 'visa', '5555', 'active', date '2030-01-31'
             from accounts where customer_id = %(id)s and name = 'One'""",
        id=customer,
    )
    assert (await desk.ask(customer, "close_account", account="One"))["status"] == "active_card_left"

    await confirmed(desk, customer, "freeze_card", card="5555")
    await confirmed(desk, customer, "close_account", account="One")

    assert desk.owner("select status from cards where customer_id = %(id)s", id=customer) == [{"status": "closed"}]


async def test_money_that_came_meanwhile_keeps_the_account_open(desk: Desk):
    customer = _new_customer(desk)
    proposed = await desk.ask(customer, "close_account", account="One")
    _pay_in(desk, customer, "One", 100)

    operation = await decide(desk.context(customer), UUID(proposed["operation_id"]), "approve")

    assert (operation.status, operation.error_code) == ("failed", "balance_left")
    assert accounts_of(desk, customer)["One"]["status"] == "open"


@pytest.mark.parametrize(
    "change",
    [
        "status = 'closed' where name = 'Everyday'",
        "status = 'frozen' where name = 'Everyday'",
        "balance_minor = 1 where name = 'Everyday'",
        "held_minor = 0 where name = 'Everyday'",
        "overdraft_minor = 100000 where name = 'Everyday'",
        "currency = 'EUR' where name = 'Everyday'",
        "customer_id = null where name = 'Everyday'",
        "iban = null where name = 'Everyday'",
        "name = 'Mine'",
    ],
)
async def test_the_runtime_role_cannot_change_an_account_by_itself(desk: Desk, change: str):
    with psycopg.connect(desk.services.app_url) as connection:
        connection.execute("select set_config('app.customer_id', %s, true)", [str(desk.alex)])
        with pytest.raises(psycopg.DatabaseError) as caught:
            connection.execute(f"update accounts set {change}".encode())  # noqa: S608

    assert caught.value.sqlstate in {"42501", "TG012"}


async def test_an_operation_cannot_close_what_is_not_empty(desk: Desk, monkeypatch: pytest.MonkeyPatch):
    """What the database says when the code forgot to look."""
    monkeypatch.setattr(closing, "find_obstacles", lambda facts: [])

    operation = await confirmed(desk, desk.alex, "close_account", account="Everyday")

    assert (operation.status, operation.error_code) == ("failed", "not_allowed")
    assert accounts_of(desk, desk.alex)["Everyday"]["status"] == "open"


def _new_customer(desk: Desk) -> UUID:
    """With two empty current accounts."""
    customer = uuid4()
    as_owner(desk, "insert into customers (id, full_name, kyc_status) values (%(id)s, 'New', 'verified')", id=customer)
    for name in ("One", "Two"):
        as_owner(
            desk,
            """insert into accounts (customer_id, kind, name, currency, opened_at)
               values (%(id)s, 'current', %(name)s, 'GBP', now())""",
            id=customer,
            name=name,
        )
    return customer


def _pay_in(desk: Desk, customer: UUID, name: str, amount: int) -> None:
    as_owner(
        desk,
        """with entry as (insert into journal_entries (kind, description, booked_at)
                          values ('transfer_in', 'In', now()) returning id)
           insert into postings (entry_id, account_id, customer_id, amount_minor, currency, booked_at)
           select entry.id, a.id, a.customer_id, case when a.customer_id is null then -%(amount)s else %(amount)s end,
                  'GBP', now()
             from entry, accounts a
            where (a.customer_id = %(id)s and a.name = %(name)s)
               or (a.customer_id is null and a.name = 'Clearing' and a.currency = 'GBP')""",
        id=customer,
        name=name,
        amount=amount,
    )
