"""Disputes, held payments and alerts: what is asked, what an answer stands for, and what a bare yes is to."""

from dataclasses import replace

import pytest

from agent.dialogue.manager import decide
from agent.dialogue.outcomes import Answered, settle
from agent.dialogue.shapes import Done, new_dialogue, top
from tests.agent.dialogue.at_the_desk import hear, open_task

CHARGES = [
    "20 November 2026: Voltline Electronics, £1,249.99 (Everyday)",
    "18 November 2026: Tesco, £38.50 (Everyday)",
]
REASONS = [
    "I did not make or allow this payment",
    "Goods or services never came",
    "The seller promised a refund that never came",
]
DISPUTES = ["D-0123-4567-89AB: Tesco, £38.50", "D-7F3A-21C0-9E44: Voltline Electronics, £249.99"]
ASKED = "Was this you?"


def test_a_payment_that_was_chosen_is_found_again_by_day_merchant_and_amount(desk):
    _, step = decide(open_task("open_dispute", {}, asks="merchant", choices=CHARGES), hear("the first one"), desk)
    assert step.arguments == {"date": "2026-11-20", "merchant": "Voltline Electronics", "amount": "1249.99"}


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ("the second one", "not_received"),
        ("I didn't make it", "unauthorised"),
        ("it never arrived", "not_received"),
        ("they promised a refund that never came", "refund_not_received"),
        ("they charged me twice", "duplicate"),
        ("it was someone else", "unauthorised"),
    ],
)
def test_a_reason_is_told_in_the_customers_words_or_chosen(desk, said, reason):
    task = open_task("open_dispute", {"merchant": "Tesco"}, asks="reason", choices=REASONS)
    _, step = decide(task, hear(said), desk)
    assert (step.kind, step.tool, step.arguments) == ("call", "open_dispute", {"merchant": "Tesco", "reason": reason})


def test_a_dispute_that_was_chosen_is_known_by_its_number(desk):
    unclear = Answered({"status": "dispute_unclear", "message": "", "choices": DISPUTES})
    asked = settle(open_task("withdraw_dispute", {}), "withdraw_dispute", unclear, desk).dialogue
    assert top(asked)["asks"] == "reference"
    _, step = decide(asked, hear("the second one"), desk)
    assert step.arguments == {"reference": "D-7F3A-21C0-9E44"}


def test_evidence_is_asked_for_in_words(desk):
    dialogue, step = decide(new_dialogue(), hear("add evidence to my dispute", "add_evidence"), desk)
    assert (step.kind, top(dialogue)["asks"]) == ("ask", "note")
    _, step = decide(dialogue, hear("the seller wrote that they never sent it", "make_complaint", 0.5), desk)
    assert step.arguments == {"note": "the seller wrote that they never sent it"}


def test_a_held_payment_that_was_chosen_is_known_by_its_payee(desk):
    task = open_task("release_payment", {}, asks="payee", choices=["£50.00 to Maria Lopez", "£900.00 to John Carter"])
    _, step = decide(task, hear("the second one"), desk)
    assert step.arguments == {"payee": "John Carter"}


def test_what_an_amount_is_for_is_asked(desk):
    dialogue, step = decide(new_dialogue(), hear("would £500 be allowed", "what_may_i_do"), desk)
    assert (step.kind, top(dialogue)["asks"]) == ("ask", "operation")
    _, step = decide(dialogue, hear("for paying somebody"), desk)
    assert step.arguments == {"amount": "500", "currency": "GBP", "operation": "pay_payee"}


@pytest.mark.parametrize(("said", "answer"), [("yes", "genuine"), ("no", "fraud"), ("nope", "fraud")])
def test_a_plain_answer_to_was_this_you_is_prepared(desk, said, answer):
    listed = {**new_dialogue(), "last": Done(tool="list_fraud_alerts", intent="list_fraud_alerts", slots={})}
    _, step = decide(listed, hear(said, "decline"), replace(desk, last_said=ASKED))
    assert (step.kind, step.tool, step.arguments) == ("call", "answer_fraud_alert", {"answer": answer})


@pytest.mark.parametrize("last_said", ["Your balance is £20.00.", ""])
def test_a_no_to_something_else_answers_no_alert(desk, last_said):
    listed = {**new_dialogue(), "last": Done(tool="list_fraud_alerts", intent="list_fraud_alerts", slots={})}
    _, step = decide(listed, hear("no", "decline"), replace(desk, last_said=last_said))
    assert step.tool is None


def test_a_no_with_a_request_is_the_request(desk):
    listed = {**new_dialogue(), "last": Done(tool="list_fraud_alerts", intent="list_fraud_alerts", slots={})}
    _, step = decide(listed, hear("no, freeze my card", "freeze_card"), replace(desk, last_said=ASKED))
    assert step.tool != "answer_fraud_alert"
