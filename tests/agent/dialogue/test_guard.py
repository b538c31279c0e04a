"""A language model proposes; the stack decides. The customer's own words go before the model's."""

from agent.dialogue.guard import guarded
from tests.agent.dialogue.at_the_desk import open_task

SAID = ["pay Maria 50 pounds for dinner"]


def test_a_value_of_the_customer_is_not_changed(desk):
    task = open_task("pay_payee", {"payee": "Maria Lopez", "amount": "50"}, intent="make_transfer")
    _, tool, arguments = guarded(task, "pay_payee", {"amount": "5000", "payee": "Evil Ltd"}, SAID, desk)
    assert (tool, arguments) == ("pay_payee", {"payee": "Maria Lopez", "amount": "50"})


def test_a_value_that_the_customer_said_is_taken(desk):
    task = open_task("pay_payee", {"payee": "Maria Lopez"}, intent="make_transfer")
    dialogue, _, arguments = guarded(task, "pay_payee", {"amount": "50", "reference": "dinner"}, SAID, desk)
    assert arguments == {"payee": "Maria Lopez", "amount": "50", "reference": "dinner"}
    assert dialogue["stack"][0]["slots"] == arguments


def test_a_value_that_nobody_said_is_left_out(desk):
    task = open_task("pay_payee", {"payee": "Maria Lopez"}, intent="make_transfer")
    _, _, arguments = guarded(task, "pay_payee", {"amount": "75", "reference": "ransom"}, SAID, desk)
    assert arguments == {"payee": "Maria Lopez"}


def test_a_sister_tool_becomes_the_one_that_the_slots_call_for(desk):
    task = open_task("pay_payee", {"payee": "Maria Lopez", "amount": "50"}, intent="make_transfer")
    _, tool, arguments = guarded(task, "schedule_payment", {"date": "2026-12-01"}, SAID, desk)
    assert (tool, arguments["date"]) == ("schedule_payment", "2026-12-01")
    _, tool, _ = guarded(task, "transfer_between_accounts", {"to_account": "Offshore"}, SAID, desk)
    assert tool == "pay_payee"


def test_an_argument_that_no_tool_has_is_handed_on_to_be_refused(desk):
    task = open_task("freeze_card", {"card": "4821"})
    _, _, arguments = guarded(task, "freeze_card", {"customer_id": "0"}, ["freeze 4821"], desk)
    assert arguments == {"card": "4821", "customer_id": "0"}
