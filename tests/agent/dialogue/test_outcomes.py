"""What a tool's answer means for the task that called it."""

import pytest

from agent.dialogue.outcomes import Answered, ended, settle, withdrawn
from agent.dialogue.shapes import top
from tests.agent.dialogue.at_the_desk import CARDS, open_task

PAYMENT = {"payee": "Maria Lopez", "amount": "5000"}


def test_a_proposal_waits(desk):
    result = {"status": "confirmation_needed", "operation_id": "op-1"}
    settled = settle(open_task("pay_payee", PAYMENT), "pay_payee", Answered(result), desk)
    assert top(settled.dialogue)["operation_id"] == "op-1"


def test_several_that_match_are_offered(desk):
    result = {"status": "card_unclear", "asked_for": None, "choices": CARDS, "message": "Which card do you mean?"}
    settled = settle(open_task("freeze_card", {}), "freeze_card", Answered(result), desk)
    task = top(settled.dialogue)
    assert (task["asks"], task["choices"]) == ("card", CARDS)


def test_too_little_money_keeps_the_rest_and_asks_for_another_amount(desk):
    settled = settle(open_task("pay_payee", PAYMENT), "pay_payee", Answered(None, "insufficient_funds"), desk)
    task = top(settled.dialogue)
    assert (task["asks"], task["slots"], task["refused"]) == ("amount", {"payee": "Maria Lopez"}, {"amount": "5000"})
    assert settled.question == "How much should it be?"


def test_a_payee_that_nobody_has_is_offered_to_be_added(desk):
    result = {"status": "payee_unclear", "asked_for": "Anna Berg", "choices": ["John Carter"], "message": "Which?"}
    settled = settle(open_task("pay_payee", {"payee": "Anna Berg"}), "pay_payee", Answered(result), desk)
    assert top(settled.dialogue)["offer"] == {"tool": "add_payee", "slots": {"name": "Anna Berg"}}
    assert "Shall I add Anna Berg" in (settled.instead or "")


def test_a_payee_whom_several_names_fit_is_not(desk):
    result = {"status": "payee_unclear", "asked_for": "John", "choices": ["John A", "John B"], "message": "Which?"}
    settled = settle(open_task("pay_payee", {"payee": "John"}), "pay_payee", Answered(result), desk)
    assert top(settled.dialogue)["offer"] is None


@pytest.mark.parametrize("status", ["card_not_possible", "nothing_to_do", "no_standing_order"])
def test_what_no_other_value_would_help_ends_the_task(desk, status):
    answered = Answered({"status": status, "message": "No."})
    settled = settle(open_task("freeze_card", {"card": "4821"}), "freeze_card", answered, desk)
    assert settled.dialogue["stack"] == []
    assert settled.dialogue["last"] is None


def test_whoever_has_no_card_is_told_so_and_not_asked_which(desk):
    result = {"status": "card_unclear", "asked_for": None, "choices": [], "message": "Which card do you mean?"}
    changed, instead, _ = settle(open_task("freeze_card", {}), "freeze_card", Answered(result), desk)
    assert (changed["stack"], instead) == ([], "You have no cards with us yet.")


def test_a_result_ends_a_question_and_is_remembered_for_a_follow_up(desk):
    answered = Answered({"status": "found", "accounts": []})
    settled = settle(open_task("get_balance", {"account": "Everyday"}), "get_balance", answered, desk)
    assert settled.dialogue["stack"] == []
    assert settled.dialogue["last"] == {
        "tool": "get_balance",
        "intent": "get_balance",
        "slots": {"account": "Everyday"},
    }


def test_a_call_beside_the_task_changes_nothing(desk):
    before = open_task("pay_payee", PAYMENT, asks="amount")
    assert settle(before, "list_payees", Answered({"status": "found"}), desk).dialogue == before


def test_arguments_that_a_model_got_wrong_may_be_tried_again(desk):
    before = open_task("pay_payee", PAYMENT)
    assert settle(before, "pay_payee", Answered(None), desk).dialogue == before


def test_a_new_payee_goes_into_the_payment_that_wanted_it():
    transfer = open_task("pay_payee", {"amount": "20"}, asks="payee", offer={"tool": "add_payee", "slots": {}})
    adding = open_task("add_payee", {"name": "Anna Berg"}, operation_id="op-1")
    dialogue = {**transfer, "stack": [*transfer["stack"], *adding["stack"]]}
    after = ended(dialogue, "op-1", completed=True)
    assert top(after)["slots"] == {"amount": "20", "payee": "Anna Berg"}
    refused = ended(dialogue, "op-1", completed=False)
    assert top(refused)["slots"] == {"amount": "20"}


def test_a_proposal_that_another_took_the_place_of_is_prepared_again():
    assert top(withdrawn(open_task("pay_payee", PAYMENT, operation_id="op-1"), "op-1"))["operation_id"] is None
