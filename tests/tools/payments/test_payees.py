"""Payees: added, changed and removed by their customer's decision."""

import asyncio
from typing import Any
from uuid import UUID

import pytest

from core.errors import InvalidInput
from tests.tools.conftest import Desk
from tools.operations import Operation, decide
from tools.payments.payee_details import AccountDetails, read_details
from tools.payments.payee_match import PayeeRow, PayeeUnclear, match_payee

ANNA = {"name": "Anna Berg", "sort_code": "20-45-67", "account_number": "12345678"}
IBAN = "GB33BUKB20201555555555"
"""The example of the British standard body's page on IBANs."""
GERMAN_IBAN = "DE89370400440532013000"


async def prepared(desk: Desk, tool: str, **arguments: Any) -> dict[str, Any]:
    proposed = await desk.ask(desk.alex, tool, **arguments)
    assert proposed["status"] == "confirmation_needed", proposed
    return proposed


async def approved(desk: Desk, proposed: dict[str, Any]) -> Operation:
    """With the code that was sent, where one is asked for."""
    sent = desk.owner("select code from demo_outbox where operation_id = %(id)s", id=proposed["operation_id"])
    assert bool(sent) == proposed["step_up"]
    code = sent[0]["code"] if sent else None
    return await decide(desk.context(desk.alex), UUID(proposed["operation_id"]), "approve", code=code)


async def done(desk: Desk, tool: str, **arguments: Any) -> Operation:
    operation = await approved(desk, await prepared(desk, tool, **arguments))
    assert operation.status == "completed", operation
    return operation


def payees(desk: Desk, *names: str) -> list[dict[str, Any]]:
    columns = "name, iban, sort_code, account_number, currency, customer_id, created_at, removed_at is null as listed"
    return desk.owner(f"select {columns} from payees where name = any (%(names)s) order by id", names=list(names))  # noqa: S608  # pyright: ignore[reportArgumentType]


def pending(desk: Desk) -> list[dict[str, Any]]:
    return desk.owner("select * from banking_operations where status = 'pending'")


# Add ----------------------------------------------------------------------------------------------------------------


async def test_a_payee_is_added_with_a_code_and_listed(desk: Desk):
    proposed = await prepared(desk, "add_payee", **ANNA)

    assert (proposed["payee"], proposed["currency"], proposed["step_up"]) == ("Anna Berg", "GBP", True)
    assert proposed["summary"] == ("Add Anna Berg (account ending 5678, GBP) as a payee: the name could not be checked")
    assert payees(desk, "Anna Berg") == []

    assert (await approved(desk, proposed)).status == "completed"

    [row] = payees(desk, "Anna Berg")
    assert (row["sort_code"], row["account_number"], row["iban"]) == ("20-45-67", "12345678", None)
    assert (row["customer_id"], row["created_at"], row["listed"]) == (desk.alex, desk.now, True)
    listed = await desk.ask(desk.alex, "list_payees")
    assert {"name": "Anna Berg", "currency": "GBP", "last4": "5678"} in listed["payees"]


@pytest.mark.parametrize(
    ("said", "stored"),
    [
        ({"iban": "gb33 bukb 2020 1555 5555 55"}, {"iban": IBAN, "sort_code": None, "currency": "GBP"}),
        ({"iban": GERMAN_IBAN}, {"iban": GERMAN_IBAN, "currency": "EUR"}),
        ({"iban": GERMAN_IBAN, "currency": "usd"}, {"iban": GERMAN_IBAN, "currency": "USD"}),
        (
            {"sort_code": "204567", "account_number": "1234 5678"},
            {"sort_code": "20-45-67", "account_number": "12345678", "currency": "GBP"},
        ),
        ({"sort_code": "20 45 67", "account_number": "12345678", "currency": "GBP"}, {"sort_code": "20-45-67"}),
    ],
)
async def test_numbers_may_be_written_as_people_write_them(desk: Desk, said: dict[str, str], stored: dict[str, Any]):
    await done(desk, "add_payee", name="  Anna   Berg ", **said)

    [row] = payees(desk, "Anna Berg")
    assert {name: row[name] for name in stored} == stored


@pytest.mark.parametrize(
    ("arguments", "status", "says"),
    [
        ({}, "name_unclear", "name"),
        ({"name": " "}, "name_unclear", "name"),
        ({"name": "Anna Berg"}, "iban_unclear", "IBAN"),
        ({"name": "Anna Berg", "iban": "GB34BUKB20201555555555"}, "iban_wrong", "check digits"),
        ({"name": "Anna Berg", "iban": "GB33BUKB2020155555555"}, "iban_wrong", "complete"),
        ({"name": "Anna Berg", "iban": "ZZ"}, "iban_wrong", "complete"),
        ({"name": "Anna Berg", "iban": "x'; drop table payees; --"}, "iban_wrong", "complete"),
        ({**ANNA, "iban": IBAN}, "account_details_wrong", "not both"),
        ({**ANNA, "sort_code": "2045"}, "account_details_wrong", "six digits"),
        ({**ANNA, "account_number": "1234567"}, "account_details_wrong", "eight digits"),
        ({**ANNA, "account_number": "１２３４５６７８"}, "account_details_wrong", "eight digits"),
        ({"name": "Anna Berg", "sort_code": "20-45-67"}, "account_details_wrong", "eight digits"),
        ({"name": "Anna Berg", "account_number": "12345678"}, "account_details_wrong", "six digits"),
        ({**ANNA, "name": "maria  LOPEZ"}, "payee_exists", "name"),
    ],
)
async def test_what_cannot_be_a_payee_is_refused_with_the_reason(
    reading_desk: Desk, arguments: dict[str, str], status: str, says: str
):
    refused = await reading_desk.ask(reading_desk.alex, "add_payee", **arguments)

    assert refused["status"] == status
    assert says in refused["message"]
    assert pending(reading_desk) == []


@pytest.mark.parametrize(
    ("arguments", "says"),
    [({**ANNA, "currency": "EUR"}, "pounds"), ({"name": "Anna Berg", "iban": IBAN, "currency": "XXX"}, "XXX")],
)
async def test_a_currency_that_does_not_go_with_the_account_is_refused(
    reading_desk: Desk, arguments: dict[str, str], says: str
):
    outcome = await reading_desk.call(reading_desk.alex, "add_payee", **arguments)

    assert outcome.error_code == "wrong_currency"
    assert outcome.error is not None
    assert says in outcome.error
    assert pending(reading_desk) == []


@pytest.mark.parametrize("name", ["A" * 71, "Anna\nBerg", "<b>Anna</b>", "Anna\x00Berg"])
async def test_a_name_that_no_payment_message_carries_is_refused(reading_desk: Desk, name: str):
    outcome = await reading_desk.call(reading_desk.alex, "add_payee", **{**ANNA, "name": name})

    assert outcome.result is None
    assert "name" in (outcome.error or "")


def own_account(desk: Desk, customer_id: UUID) -> dict[str, Any]:
    [row] = desk.owner(
        "select name, sort_code, account_number, iban from accounts where customer_id = %(id)s and kind = 'current'"
        " order by name limit 1",
        id=customer_id,
    )
    return row


@pytest.mark.parametrize("form", ["sort code", "iban"])
async def test_an_own_account_is_no_payee(reading_desk: Desk, form: str):
    own = own_account(reading_desk, reading_desk.alex)
    said = (
        {"iban": own["iban"]}
        if form == "iban"
        else {"sort_code": own["sort_code"], "account_number": own["account_number"]}
    )

    refused = await reading_desk.ask(reading_desk.alex, "add_payee", name="Me", **said)

    assert (refused["status"], refused["account"]) == ("own_account", own["name"])
    assert pending(reading_desk) == []


async def test_the_own_account_is_recognised_in_an_iban_that_is_not_stored(desk: Desk):
    """An account without an IBAN of its own still has a number, which its IBAN would hold."""
    own = own_account(desk, desk.alex)
    desk.owner("update accounts set iban = null where iban = %(iban)s", iban=own["iban"])

    refused = await desk.ask(desk.alex, "add_payee", name="Me", iban=own["iban"])

    assert refused["status"] == "own_account"


async def test_of_two_proposals_of_one_name_one_is_carried_out(desk: Desk):
    first, second = [await prepared(desk, "add_payee", **ANNA) for _ in range(2)]

    ended = await asyncio.gather(approved(desk, first), approved(desk, second))

    assert sorted((each.status, each.error_code) for each in ended) == [
        ("completed", None),
        ("failed", "payee_exists"),
    ]
    assert len(payees(desk, "Anna Berg")) == 1


async def test_an_account_that_became_the_customers_own_meanwhile_is_not_added(desk: Desk):
    proposed = await prepared(desk, "add_payee", **ANNA)
    desk.owner(
        "update accounts set sort_code = '20-45-67', account_number = '12345678'"
        " where customer_id = %(id)s and name = 'Travel'",
        id=desk.alex,
    )

    ended = await approved(desk, proposed)

    assert (ended.status, ended.error_code) == ("failed", "own_account")
    assert payees(desk, "Anna Berg") == []


async def test_a_removed_payee_may_come_back(desk: Desk):
    await done(desk, "add_payee", **ANNA)
    await done(desk, "remove_payee", payee="Anna Berg")
    await done(desk, "add_payee", **ANNA)

    assert [row["listed"] for row in payees(desk, "Anna Berg")] == [False, True]


async def test_a_new_payee_can_be_paid(desk: Desk):
    own = own_account(desk, desk.blair)
    numbers = {"sort_code": own["sort_code"], "account_number": own["account_number"]}
    await done(desk, "add_payee", name="Blair", **numbers)

    await done(desk, "pay_payee", amount="12.50", payee="Blair")

    [balance] = desk.owner("select balance_minor from accounts where iban = %(iban)s", iban=own["iban"])
    assert balance["balance_minor"] == 3560 + 1250


# Change -------------------------------------------------------------------------------------------------------------


async def test_a_changed_name_keeps_the_account(desk: Desk):
    [before] = payees(desk, "John Carter")

    proposed = await prepared(desk, "change_payee", payee="john", name="Jon Carter")
    await approved(desk, proposed)

    assert proposed["step_up"] is True
    assert proposed["summary"].startswith("Change the payee John Carter to Jon Carter (account ending ")
    [after] = payees(desk, "Jon Carter")
    assert after == before | {"name": "Jon Carter"}
    assert payees(desk, "John Carter") == []


@pytest.mark.parametrize(
    ("said", "stored"),
    [
        ({"iban": GERMAN_IBAN}, {"iban": GERMAN_IBAN, "sort_code": None, "account_number": None, "currency": "EUR"}),
        ({"account_number": "87654321"}, {"account_number": "87654321", "currency": "GBP"}),
        ({"sort_code": "20-45-67", "account_number": "87654321"}, {"sort_code": "20-45-67"}),
    ],
)
async def test_a_changed_account_keeps_the_name(desk: Desk, said: dict[str, str], stored: dict[str, Any]):
    await done(desk, "change_payee", payee="John Carter", **said)

    [row] = payees(desk, "John Carter")
    assert {name: row[name] for name in stored} == stored


async def test_a_name_may_change_in_case(desk: Desk):
    await done(desk, "change_payee", payee="John Carter", name="JOHN CARTER")

    assert [row["listed"] for row in payees(desk, "JOHN CARTER")] == [True]


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        ({"payee": "Nobody", "name": "Anna Berg"}, "payee_unclear"),
        ({"payee": "John Carter"}, "nothing_to_change"),
        ({"payee": "John Carter", "name": "John  Carter", "currency": "GBP"}, "nothing_to_change"),
        ({"payee": "John Carter", "name": "jimmy chan"}, "payee_exists"),
        ({"payee": "John Carter", "iban": "GB34BUKB20201555555555"}, "iban_wrong"),
        ({"payee": "John Carter", "account_number": "123"}, "account_details_wrong"),
        ({"payee": "John Carter", "sort_code": "20-45-67"}, "account_details_wrong"),
    ],
)
async def test_what_cannot_be_changed_is_refused(reading_desk: Desk, arguments: dict[str, str], status: str):
    assert (await reading_desk.ask(reading_desk.alex, "change_payee", **arguments))["status"] == status
    assert pending(reading_desk) == []


async def test_a_payee_is_not_changed_into_an_own_account(reading_desk: Desk):
    own = own_account(reading_desk, reading_desk.alex)

    refused = await reading_desk.ask(reading_desk.alex, "change_payee", payee="John Carter", iban=own["iban"])

    assert refused["status"] == "own_account"


async def test_a_payee_that_changed_meanwhile_stays_as_it_is(desk: Desk):
    proposed = await prepared(desk, "change_payee", payee="John Carter", name="Jon Carter")
    await done(desk, "change_payee", payee="John Carter", account_number="87654321")

    ended = await approved(desk, proposed)

    assert (ended.status, ended.error_code) == ("failed", "payee_changed")
    assert payees(desk, "Jon Carter") == []


async def test_a_name_that_was_taken_meanwhile_is_not_given_twice(desk: Desk):
    proposed = await prepared(desk, "change_payee", payee="John Carter", name="Anna Berg")
    await done(desk, "add_payee", **ANNA)

    ended = await approved(desk, proposed)

    assert (ended.status, ended.error_code) == ("failed", "payee_exists")


async def test_a_payment_to_what_the_payee_was_is_not_made(desk: Desk):
    payment = await prepared(desk, "pay_payee", amount="20", payee="John Carter")
    await done(desk, "change_payee", payee="John Carter", account_number="87654321")

    ended = await approved(desk, payment)

    assert (ended.status, ended.error_code) == ("failed", "payee_changed")


# Remove -------------------------------------------------------------------------------------------------------------


async def test_a_payee_is_removed_without_a_code_and_its_payments_stay(desk: Desk):
    proposed = await prepared(desk, "remove_payee", payee="Jimmy Chan")
    await approved(desk, proposed)

    assert proposed["step_up"] is False
    assert [row["listed"] for row in payees(desk, "Jimmy Chan")] == [False]
    listed = await desk.ask(desk.alex, "list_payees")
    assert "Jimmy Chan" not in [payee["name"] for payee in listed["payees"]]


async def test_a_payee_of_a_standing_order_stays(reading_desk: Desk):
    refused = await reading_desk.ask(reading_desk.alex, "remove_payee", payee="Sunrise Lettings")

    assert (refused["status"], refused["payee"]) == ("payee_in_use", "Sunrise Lettings")
    assert [use.partition(", due on ")[0] for use in refused["uses"]] == ["standing order of £850.00"]
    assert pending(reading_desk) == []


async def test_a_payee_of_a_cancelled_standing_order_may_go(desk: Desk):
    desk.owner("update standing_orders set status = 'cancelled' where customer_id = %(id)s", id=desk.alex)

    await done(desk, "remove_payee", payee="Sunrise Lettings")


async def test_a_standing_order_that_came_meanwhile_keeps_its_payee(desk: Desk):
    proposed = await prepared(desk, "remove_payee", payee="Jimmy Chan")
    desk.owner(
        "update standing_orders s set payee_id = p.id from payees p"
        " where p.name = 'Jimmy Chan' and p.customer_id = %(id)s and s.customer_id = %(id)s",
        id=desk.alex,
    )

    ended = await approved(desk, proposed)

    assert (ended.status, ended.error_code) == ("failed", "payee_in_use")
    assert [row["listed"] for row in payees(desk, "Jimmy Chan")] == [True]


async def test_a_payee_is_removed_once(desk: Desk):
    proposals = [await prepared(desk, "remove_payee", payee="Jimmy Chan") for _ in range(2)]

    ended = [await approved(desk, proposed) for proposed in proposals]

    assert [(each.status, each.error_code) for each in ended] == [("completed", None), ("failed", "payee_gone")]


async def test_somebody_elses_payee_is_not_there(reading_desk: Desk):
    answers = [
        await reading_desk.ask(reading_desk.blair, "remove_payee", payee="Jimmy Chan"),
        await reading_desk.ask(reading_desk.blair, "change_payee", payee="Jimmy Chan", name="Mine"),
        await reading_desk.ask(reading_desk.blair, "check_payee_name", payee="Jimmy Chan"),
    ]

    assert [(answer["status"], answer["choices"]) for answer in answers] == [("payee_unclear", [])] * 3


async def test_two_customers_may_have_payees_of_the_same_name(desk: Desk):
    proposed = await desk.ask(desk.blair, "add_payee", **{**ANNA, "name": "Maria Lopez"})

    assert proposed["status"] == "confirmation_needed"


# Which payee is meant -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        ("Maria Lopez", "Maria Lopez"),
        (" maria  LOPEZ ", "Maria Lopez"),
        ("Maria", "Maria Lopez"),
        ("lopez", "Maria Lopez"),
        ("Gas Board", "Gas Board"),
        ("sunrise", "Sunrise Lettings"),
    ],
)
async def test_a_payee_is_meant_by_full_name_or_a_part_that_only_one_has(reading_desk: Desk, words: str, meant: str):
    async with reading_desk.database.reading(reading_desk.context(reading_desk.alex).scope) as db:
        found = await match_payee(db, reading_desk.context(reading_desk.alex), words)

    assert isinstance(found, PayeeRow)
    assert found.name == meant


@pytest.mark.parametrize("words", ["Mar", "Nobody", "", None, "a", "Lop"])
async def test_who_is_not_clear_is_asked_about(reading_desk: Desk, words: str | None):
    async with reading_desk.database.reading(reading_desk.context(reading_desk.alex).scope) as db:
        found = await match_payee(db, reading_desk.context(reading_desk.alex), words)

    assert isinstance(found, PayeeUnclear)
    assert found.choices == ["Gas Board", "Jimmy Chan", "John Carter", "Maria Lopez", "Sunrise Lettings"]


async def test_a_name_that_several_share_is_asked_about_among_them(desk: Desk):
    await done(desk, "add_payee", **{**ANNA, "name": "Anna Carter"})
    context = desk.context(desk.alex)

    async with desk.database.reading(context.scope) as db:
        unclear = await match_payee(db, context, "Carter")
        clear = await match_payee(db, context, "John")

    assert isinstance(unclear, PayeeUnclear)
    assert unclear.choices == ["Anna Carter", "John Carter"]
    assert isinstance(clear, PayeeRow)


# Details ------------------------------------------------------------------------------------------------------------


def test_a_label_shows_the_tail_alone():
    for said in ((IBAN, None, None), (None, "20-45-67", "12345678")):
        details = read_details(*said)
        assert isinstance(details, AccountDetails)
        assert details.label in {"IBAN ending 5555", "account ending 5678"}


def test_an_unknown_currency_says_what_would_work():
    with pytest.raises(InvalidInput, match="GBP, EUR or USD"):
        AccountDetails(IBAN, None, None).choose_currency("QQQ")
