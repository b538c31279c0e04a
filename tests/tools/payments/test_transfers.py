"""Transfers between own accounts and payments to payees: prepared, confirmed, posted once, or refused with a reason."""

from typing import Any
from uuid import UUID

import pytest

from core.errors import Refused
from tests.tools.conftest import Desk
from tests.tools.policies import limit, publish
from tools.operations import Operation, decide


async def confirmed(desk: Desk, tool: str, /, **arguments: Any) -> Operation:
    proposed = await desk.ask(desk.alex, tool, **arguments)
    return await decide(desk.context(desk.alex), UUID(proposed["operation_id"]), "approve", code=newest_code(desk))


def newest_code(desk: Desk) -> str | None:
    codes = desk.owner("select code from demo_outbox order by id desc limit 1")
    return codes[0]["code"] if codes else None


def balances(desk: Desk) -> dict[str, int]:
    rows = desk.owner("select name, balance_minor from accounts where customer_id = %(id)s", id=desk.alex)
    return {row["name"]: row["balance_minor"] for row in rows}


def faults(desk: Desk) -> list[dict[str, Any]]:
    return desk.owner("select * from ledger_faults")


async def test_a_confirmed_transfer_moves_the_money_once(desk: Desk):
    before = balances(desk)
    proposed = await desk.ask(desk.alex, "transfer_between_accounts", amount="50.00", to_account="Rainy Day")
    assert proposed["summary"] == "Transfer £50.00 from Everyday to Rainy Day"
    assert balances(desk) == before

    for _ in range(2):
        ended = await decide(desk.context(desk.alex), UUID(proposed["operation_id"]), "approve")
        assert (ended.status, ended.error) == ("completed", None)

    after = balances(desk)
    assert after["Everyday"] == before["Everyday"] - 5000
    assert after["Rainy Day"] == before["Rainy Day"] + 5000
    assert faults(desk) == []
    latest = await desk.ask(desk.alex, "list_transactions", limit=2)
    assert {(row["account"], row["amount"]) for row in latest["transactions"]} == {
        ("Everyday", "-50.00"),
        ("Rainy Day", "50.00"),
    }


async def test_a_payment_to_a_payee_goes_from_everyday(desk: Desk):
    before = balances(desk)
    proposed = await desk.ask(desk.alex, "pay_payee", amount="50", payee="Maria Lopez")
    assert (proposed["type"], proposed["payee"], proposed["account"]) == ("pay_payee", "Maria Lopez", "Everyday")
    assert (proposed["amount"], proposed["currency"], proposed["step_up"]) == ("50.00", "GBP", False)

    ended = await decide(desk.context(desk.alex), UUID(proposed["operation_id"]), "approve")

    assert ended.status == "completed"
    assert balances(desk) == before | {"Everyday": before["Everyday"] - 5000}
    assert faults(desk) == []
    status = await desk.ask(desk.alex, "get_transfer_status", payee="maria lopez")
    assert [row["transfer_status"] for row in status["transfers"]] == ["completed"]


async def test_over_the_threshold_a_code_is_asked_for(desk: Desk):
    before = balances(desk)
    proposed = await desk.ask(desk.alex, "pay_payee", amount="250.01", payee="Maria Lopez")
    assert proposed["step_up"] is True
    operation_id = UUID(proposed["operation_id"])

    for code in (None, "000000"):
        with pytest.raises(Refused):
            await decide(desk.context(desk.alex), operation_id, "approve", code=code)
    assert balances(desk) == before

    ended = await decide(desk.context(desk.alex), operation_id, "approve", code=newest_code(desk))
    assert ended.status == "completed"
    assert balances(desk)["Everyday"] == before["Everyday"] - 25001


async def test_at_the_threshold_no_code_is_asked_for(desk: Desk):
    proposed = await desk.ask(desk.alex, "pay_payee", amount="250.00", payee="Maria Lopez")
    assert proposed["step_up"] is False


async def test_pounds_become_euros_at_the_rate_that_was_shown(desk: Desk):
    before = balances(desk)
    proposed = await desk.ask(desk.alex, "transfer_between_accounts", amount="20", currency="EUR", to_account="Travel")
    assert (proposed["account"], proposed["to_account"], proposed["currency"]) == ("Everyday", "Travel", "EUR")

    ended = await decide(desk.context(desk.alex), UUID(proposed["operation_id"]), "approve")

    assert ended.status == "completed"
    after = balances(desk)
    assert after["Travel"] == before["Travel"] + 2000
    [deal] = desk.owner("select * from fx_deals")
    fee = round(float(proposed["fee"] or 0) * 100)
    assert after["Everyday"] == before["Everyday"] - deal["from_minor"] - fee
    assert faults(desk) == []


@pytest.mark.parametrize(
    ("tool", "arguments", "code"),
    [
        ("pay_payee", {"amount": "0", "payee": "Maria Lopez"}, "wrong_amount"),
        ("pay_payee", {"amount": "-5", "payee": "Maria Lopez"}, "wrong_amount"),
        ("pay_payee", {"amount": "5.001", "payee": "Maria Lopez"}, "too_many_decimals"),
        ("pay_payee", {"amount": "1e3", "payee": "Maria Lopez"}, "wrong_amount"),
        ("pay_payee", {"amount": "5", "currency": "XXX", "payee": "Maria Lopez"}, "wrong_currency"),
        ("pay_payee", {"amount": "9999.00", "payee": "Maria Lopez"}, "insufficient_funds"),
        ("pay_payee", {"amount": "10000.01", "payee": "Maria Lopez"}, "over_payment_limit"),
        ("transfer_between_accounts", {"amount": "10250.01", "account": "Rainy Day", "to_account": "Everyday"},
         "insufficient_funds"),
    ],
)  # fmt: skip
async def test_a_payment_that_cannot_be_made_is_refused_and_leaves_nothing(desk: Desk, tool, arguments, code):
    before = balances(desk)
    outcome = await desk.call(desk.alex, tool, **arguments)

    assert (outcome.result, outcome.error_code) == (None, code)
    assert desk.owner("select id from banking_operations") == []
    assert balances(desk) == before


async def test_what_is_unclear_is_asked(desk: Desk):
    unknown = await desk.ask(desk.alex, "pay_payee", amount="5", payee="Nobody")
    assert unknown["status"] == "payee_unclear"
    same = await desk.ask(desk.alex, "transfer_between_accounts", amount="5", account="Everyday", to_account="everyday")
    assert same["status"] == "same_account"
    target = await desk.ask(desk.alex, "transfer_between_accounts", amount="5", to_account="Moon base")
    assert (target["status"], "Rainy Day" in target["choices"]) == ("to_account_unclear", True)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ("update accounts set status = 'frozen' where customer_id = %(id)s and name = 'Everyday'", "account_frozen"),
        ("update accounts set status = 'closed' where customer_id = %(id)s and name = 'Everyday'", "account_closed"),
        ("update accounts set held_minor = 248015 where customer_id = %(id)s and name = 'Everyday'",
         "insufficient_funds"),
        ("update payees set removed_at = now() where customer_id = %(id)s", "payee_gone"),
        ("update payees set account_number = '00000001' where customer_id = %(id)s and name = 'Maria Lopez'",
         "payee_changed"),
    ],
)  # fmt: skip
async def test_what_changed_between_proposal_and_confirmation_is_checked_again(desk: Desk, change, code):
    proposed = await desk.ask(desk.alex, "pay_payee", amount="50", payee="Maria Lopez")
    before = balances(desk)
    desk.owner(change, id=desk.alex)

    ended = await decide(desk.context(desk.alex), UUID(proposed["operation_id"]), "approve")

    assert (ended.status, ended.error_code) == ("failed", code)
    assert ended.error
    assert balances(desk) == before


async def test_the_limit_of_a_day_counts_what_was_paid(desk: Desk):
    publish(desk.services.owner_url, desk.now, limits=[limit(10_000)])
    assert (await confirmed(desk, "pay_payee", amount="60", payee="Maria Lopez")).status == "completed"

    outcome = await desk.call(desk.alex, "pay_payee", amount="40.01", payee="Maria Lopez")

    assert outcome.error_code == "over_daily_limit"
    assert (await confirmed(desk, "pay_payee", amount="40.00", payee="Maria Lopez")).status == "completed"


async def test_a_policy_that_changed_meanwhile_asks_again(desk: Desk):
    proposed = await desk.ask(desk.alex, "pay_payee", amount="50", payee="Maria Lopez")
    publish(desk.services.owner_url, desk.now, step_up_over_minor=1_000)

    ended = await decide(desk.context(desk.alex), UUID(proposed["operation_id"]), "approve")

    assert (ended.status, ended.error_code) == ("cancelled", "policy_changed")
