"""Confirmation of Payee: a verdict on a name, and nothing that would tell the name."""

from datetime import timedelta
from typing import Any, get_args
from uuid import UUID

import psycopg
import pytest
from psycopg import errors

from tests.tools.conftest import Desk
from tools.payments.name_check import ADVICE, PHRASES, Verdict, check_before_first_payment, check_name
from tools.payments.payee_details import AccountDetails
from tools.payments.payee_match import PayeeRow, match_payee


def holder_is(desk: Desk, name: str) -> AccountDetails:
    """Blair's account, under another name."""
    desk.owner("update customers set full_name = %(name)s where id = %(id)s", name=name, id=desk.blair)
    return details_of(desk, desk.blair)


def details_of(desk: Desk, customer_id: UUID) -> AccountDetails:
    [row] = desk.owner(
        "select sort_code, account_number from accounts where customer_id = %(id)s and kind = 'current'"
        " order by name limit 1",
        id=customer_id,
    )
    return AccountDetails(None, row["sort_code"], row["account_number"])


async def verdict(desk: Desk, name: str, details: AccountDetails, **context: Any) -> Verdict:
    asking = desk.context(desk.alex, **context)
    async with desk.database.writing(asking.scope) as db:
        return await check_name(db, asking, name, details)


@pytest.mark.parametrize(
    ("held", "said", "expected"),
    [
        ("Maria Jane Lopez", "Maria Jane Lopez", "match"),
        ("Maria Lopez", "MARIA LOPEZ", "match"),
        ("Maria Lopez", "Mrs. María López", "match"),
        ("Maria Lopez", "Lopez, Maria", "match"),
        ("Siobhan O'Neil-Smith", "siobhan oneil smith", "match"),
        ("Smith & Sons Ltd", "Smith and Sons Limited", "match"),
        ("Jürgen Strauß", "jurgen strauss", "match"),
        ("Анна Берг", "АННА БЕРГ", "match"),
        ("Maria Lopez", "M Lopez", "close_match"),
        ("M Lopez", "Maria Lopez", "close_match"),
        ("Maria Jane Lopez", "Maria Lopez", "close_match"),
        ("Maria Lopez", "Maria Jane Lopez", "close_match"),
        ("Maria Lopez", "Marai Lopez", "close_match"),
        ("Maria Lopez", "Maria Lopes", "close_match"),
        ("Maria Lopez", "Maria Lopezz", "close_match"),
        ("Maria Lopez", "Maria Lpez", "close_match"),
        ("Maria Lopez", "Marai Lopes", "no_match"),
        ("Maria Lopez", "Maria", "no_match"),
        ("Maria Lopez", "Lopez", "no_match"),
        ("Maria Lopez", "Maria L", "no_match"),
        ("Maria Lopez", "A Lopez", "no_match"),
        ("Maria Lopez", "M L", "no_match"),
        ("Maria Lopez", "Maria Carter", "no_match"),
        ("Maria Lopez", "%", "no_match"),
        ("Maria Lopez", "Mr", "no_match"),
        ("Анна Берг", "Иван Петров", "no_match"),
    ],
)
def test_a_name_is_compared_as_people_would(reading_desk: Desk, held: str, said: str, expected: str):
    [row] = reading_desk.owner("select compare_names(%(said)s, %(held)s) as verdict", said=said, held=held)

    assert row["verdict"] == expected


@pytest.mark.parametrize(
    ("said", "expected"), [("Maria Lopez", "match"), ("M Lopez", "close_match"), ("Anna Berg", "no_match")]
)
async def test_an_account_of_this_bank_is_checked_against_its_holder(desk: Desk, said: str, expected: str):
    assert await verdict(desk, said, holder_is(desk, "Maria Lopez")) == expected


async def test_an_iban_of_this_bank_is_checked_too(desk: Desk):
    holder_is(desk, "Maria Lopez")
    [row] = desk.owner("select iban from accounts where customer_id = %(id)s", id=desk.blair)

    assert await verdict(desk, "Maria Lopez", AccountDetails(row["iban"], None, None)) == "match"


@pytest.mark.parametrize(
    "details",
    [
        AccountDetails(None, "20-45-67", "12345678"),
        AccountDetails("DE89370400440532013000", None, None),
        AccountDetails("GB33BUKB20201555555555", None, None),
    ],
    ids=lambda details: details.label,
)
async def test_the_account_of_another_bank_cannot_be_checked(desk: Desk, details: AccountDetails):
    assert await verdict(desk, "Anna Berg", details) == "unable"


async def test_an_account_that_is_not_there_answers_like_somebody_elses(desk: Desk):
    """Otherwise the check would tell which account numbers exist."""
    details = details_of(desk, desk.blair)

    there, not_there = details, AccountDetails(None, details.sort_code, "99999999")

    assert await verdict(desk, "Anna Berg", there) == await verdict(desk, "Anna Berg", not_there) == "no_match"


async def test_a_closed_account_matches_nobody(desk: Desk):
    details = holder_is(desk, "Maria Lopez")
    desk.owner("update accounts set status = 'closed' where customer_id = %(id)s", id=desk.blair)

    assert await verdict(desk, "Maria Lopez", details) == "no_match"


# No oracle ----------------------------------------------------------------------------------------------------------


async def test_a_close_match_does_not_tell_the_name(desk: Desk):
    details = holder_is(desk, "Quentin Zyx Marlowe")

    answers = [
        await desk.ask(
            desk.alex, tool, name="Quentin Marlowe", sort_code=details.sort_code, account_number=details.account_number
        )
        for tool in ("check_payee_name", "add_payee")
    ]

    assert answers[0]["verdict"] == "close_match"
    assert "close" in answers[1]["summary"]
    assert "zyx" not in str(answers).casefold()
    stored = desk.owner("select to_jsonb(o)::text as text from banking_operations o")
    assert "zyx" not in str(stored).casefold()


async def test_after_five_names_for_an_account_there_is_no_answer(desk: Desk):
    details = holder_is(desk, "Maria Lopez")
    guesses = ["Anna Lopez", "Berta Lopez", "Carla Lopez", "Dora Lopez", "Eva Lopez"]

    answers = [await verdict(desk, guess, details) for guess in guesses]

    assert answers == ["no_match"] * 5
    assert await verdict(desk, "Maria Lopez", details) == "unable"
    assert await verdict(desk, "Anna Lopez", details) == "unable"


async def test_the_same_name_again_is_no_new_guess(desk: Desk):
    details = holder_is(desk, "Maria Lopez")

    answers = {await verdict(desk, name, details) for name in ("Maria Lopez", "MARIA LOPEZ", "Lopez") * 4}

    assert answers == {"match", "no_match"}


async def test_the_next_day_there_are_answers_again(desk: Desk):
    details = holder_is(desk, "Maria Lopez")
    for number in range(6):
        await verdict(desk, f"Anna{number} Lopez", details)

    assert await verdict(desk, "Maria Lopez", details, now=desk.now + timedelta(days=1)) == "match"


async def test_one_name_cannot_be_tried_on_all_accounts(desk: Desk):
    sort_code = details_of(desk, desk.blair).sort_code

    answers = [
        await verdict(desk, "Maria Lopez", AccountDetails(None, sort_code, f"{number:08d}")) for number in range(21)
    ]

    assert answers == ["no_match"] * 20 + ["unable"]


async def test_somebody_elses_guesses_take_nothing_away(desk: Desk):
    details = details_of(desk, desk.alex)
    for number in range(6):
        await verdict(desk, f"Anna{number} Lopez", details)
    [row] = desk.owner("select full_name from customers where id = %(id)s", id=desk.alex)

    asking = desk.context(desk.blair)
    async with desk.database.writing(asking.scope) as db:
        assert await check_name(db, asking, row["full_name"], details) == "match"


@pytest.mark.parametrize(
    "statement",
    [
        "select compare_names('a', 'b')",
        "select name_words('a')",
        "select is_one_slip('a', 'b')",
        "select * from name_checks",
        "delete from name_checks",
    ],
)
def test_the_runtime_role_asks_for_the_verdict_and_nothing_else(reading_desk: Desk, statement: str):
    with psycopg.connect(reading_desk.services.app_url) as connection, pytest.raises(errors.InsufficientPrivilege):
        connection.execute(statement.encode())


def test_a_transaction_that_names_nobody_gets_no_verdict(reading_desk: Desk):
    details = details_of(reading_desk, reading_desk.blair)
    with psycopg.connect(reading_desk.services.app_url) as connection:
        row = connection.execute(
            "select check_payee_name(%s, %s, null, 'Blair', now())", [details.sort_code, details.account_number]
        ).fetchone()

    assert row == ("unable",)


# The tool -----------------------------------------------------------------------------------------------------------


async def test_a_saved_payee_is_checked_by_name(desk: Desk):
    checked = await desk.ask(desk.alex, "check_payee_name", payee="Maria")

    assert (checked["status"], checked["name"], checked["verdict"]) == ("checked", "Maria Lopez", "unable")
    assert checked["message"]


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        ({}, "iban_unclear"),
        ({"sort_code": "20-45-67", "account_number": "12345678"}, "name_unclear"),
        ({"name": "Anna", "iban": "GB34BUKB20201555555555"}, "iban_wrong"),
        ({"payee": "Nobody"}, "payee_unclear"),
    ],
)
async def test_what_is_missing_is_asked_for(reading_desk: Desk, arguments: dict[str, str], status: str):
    assert (await reading_desk.ask(reading_desk.alex, "check_payee_name", **arguments))["status"] == status


async def test_a_payee_is_checked_before_the_first_payment_and_not_after(desk: Desk):
    own = holder_is(desk, "Maria Lopez")
    desk.owner(
        "insert into payees (customer_id, name, sort_code, account_number, created_at)"
        " values (%(id)s, 'M Lopes', %(sort_code)s, %(account_number)s, %(now)s)",
        id=desk.alex,
        now=desk.now,
        sort_code=own.sort_code,
        account_number=own.account_number,
    )
    context = desk.context(desk.alex)

    async with desk.database.writing(context.scope) as db:
        new = await match_payee(db, context, "M Lopes")
        assert isinstance(new, PayeeRow)
        assert await check_before_first_payment(db, context, new) == "close_match"
    desk.owner("update transactions set payee_id = %(payee)s where payee_id is not null and customer_id = %(id)s",
               payee=new.id, id=desk.alex)  # fmt: skip
    async with desk.database.writing(context.scope) as db:
        assert await check_before_first_payment(db, context, new) is None


def test_every_verdict_has_its_words():
    assert set(PHRASES) == set(ADVICE) == set(get_args(Verdict))
