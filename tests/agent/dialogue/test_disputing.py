"""Disputes, held payments and alerts: what is asked, what an answer stands for, and what a bare yes is to."""

from dataclasses import replace

import pytest

from agent.dialogue.capitals import find_merchant
from agent.dialogue.manager import decide
from agent.dialogue.outcomes import Answered, settle
from agent.dialogue.pointing import in_full
from agent.dialogue.shapes import Done, new_dialogue, top
from tests.agent.dialogue.at_the_desk import PENDING, hear, mentions, open_task

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
        ("someone else did that", "unauthorised"),
        ("my son did, without asking me", "unauthorised"),
        ("the amount is wrong", "wrong_amount"),
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


def test_a_note_is_kept_whole_and_one_that_is_too_long_is_refused_with_its_length(desk):
    task = open_task("add_evidence", {}, asks="note")
    told = " ".join(["The seller wrote that the parcel was returned to the depot."] * 25)
    _, step = decide(task, hear(told), desk)
    assert (step.kind, step.arguments["note"]) == ("call", told.removesuffix("."))

    _, refused = decide(open_task("add_evidence", {}, asks="note"), hear(told * 2), desk)
    assert refused.kind == "ask"
    assert "at most 2,000 are possible. Please shorten it." in refused.words


@pytest.mark.parametrize("said", ["what are my options?", "no idea", "it was all rather odd"])
def test_small_words_of_a_reason_choose_none(desk, said):
    task = open_task("open_dispute", {"merchant": "Tesco"}, asks="reason", choices=REASONS)
    _, step = decide(task, hear(said, "unclear", 0.4), desk)
    assert step.tool is None


@pytest.mark.parametrize("said", ["I never bought this, oh forget it", "never mind"])
def test_an_end_is_one_beside_a_reason(desk, said):
    task = open_task("open_dispute", {"merchant": "Tesco"}, asks="reason", choices=REASONS)
    dialogue, step = decide(task, hear(said, "cancel_task"), desk)
    assert (step.tool, top(dialogue)) == (None, None)


def test_a_reason_that_is_told_before_it_is_asked_for_is_kept(desk):
    task = open_task("open_dispute", {}, asks="merchant", choices=CHARGES)
    _, step = decide(task, hear("somebody else did that", "cancel_task"), desk)
    assert step.arguments == {"reason": "unauthorised"}


@pytest.mark.parametrize(
    ("text", "merchant"),
    [
        ("Front Row Tickets charged me twice", "Front Row Tickets"),
        ("file a dispute against Voltline Electronics", "Voltline Electronics"),
        ("please dispute the Fibrenest payment", "Fibrenest"),
        ("I'd like to dispute that EE charge", "EE"),
        ("Dispute the payment please", None),
        ("I want to dispute a payment from my Everyday account on Friday", None),
        ("I DO NOT KNOW THIS, DISPUTE IT", None),
        ("That's fraud", None),
    ],
)
def test_a_merchant_is_known_by_its_capitals(text, merchant):
    assert find_merchant(text, mentions(text)) == merchant


@pytest.mark.parametrize(
    ("said", "tool", "given"),
    [
        ("I didn't make the £249.99 payment", "answer_fraud_alert", {"answer": "fraud", "amount": "249.99"}),
        ("the payment at Voltline was mine", "answer_fraud_alert", {"answer": "genuine", "merchant": "Voltline"}),
        ("the Voltline payment was mine", "answer_fraud_alert", {"answer": "genuine", "merchant": "Voltline"}),
        ("my Harper Books order was not me", "answer_fraud_alert", {"answer": "fraud", "merchant": "Harper Books"}),
        ("that wasn't me", "list_fraud_alerts", {}),
    ],
)
def test_an_answer_needs_no_list_before_it_where_it_says_what_it_is_about(desk, said, tool, given):
    _, step = decide(new_dialogue(), hear(said, "report_fraud_alert"), desk)
    assert (step.tool, step.arguments) == (tool, given)


@pytest.mark.parametrize(
    ("said", "intent", "answer"),
    [
        ("I don't recognise it", "what_is_that", "fraud"),
        ("No. I have never shopped there.", "decline", "fraud"),
        ("it's fine, I bought a TV", "out_of_scope", "genuine"),
    ],
)
def test_an_answer_to_was_this_you_in_other_words(desk, said, intent, answer):
    listed = {**new_dialogue(), "last": Done(tool="list_fraud_alerts", intent="list_fraud_alerts", slots={})}
    _, step = decide(listed, hear(said, intent, 0.5), replace(desk, last_said=ASKED))
    assert (step.tool, step.arguments) == ("answer_fraud_alert", {"answer": answer})


@pytest.mark.parametrize(("said", "intent"), [("no thanks, that's all", "decline"), ("why was it flagged?", "unclear")])
def test_what_is_no_answer_to_was_this_you(desk, said, intent):
    listed = {**new_dialogue(), "last": Done(tool="list_fraud_alerts", intent="list_fraud_alerts", slots={})}
    _, step = decide(listed, hear(said, intent, 0.5), replace(desk, last_said=ASKED))
    assert step.tool != "answer_fraud_alert"


@pytest.mark.parametrize(
    ("said", "kind", "answer"),
    [
        ("no, that was not me", "say", "fraud"),
        ("it wasn't me", "say", "fraud"),
        ("yes, it was not me", "approve", "fraud"),
        ("actually it was me", "call", "genuine"),
        ("yes it was me", "call", "genuine"),
        ("no", "deny", "fraud"),
    ],
)
def test_what_is_said_to_a_prepared_answer(desk, said, kind, answer):
    task = open_task("answer_fraud_alert", {"answer": "fraud"}, operation_id="op-1")
    pending = PENDING | {"type": "confirm_fraud", "summary": "Report that it was not you"}
    dialogue, step = decide(task, hear(said, "report_fraud_alert"), replace(desk, pending=pending))
    assert step.kind == kind
    assert top(dialogue)["slots"] == {"answer": answer}


def test_a_payment_without_an_alert_is_disputed(desk):
    task = open_task("answer_fraud_alert", {"answer": "fraud", "merchant": "Tesco"})
    refused = Answered({"status": "no_alert", "message": "None is about that payment."})
    after = top(settle(task, "answer_fraud_alert", refused, desk).dialogue)
    assert (after["tool"], after["slots"]) == ("open_dispute", {"merchant": "Tesco", "reason": "unauthorised"})

    named_nothing = open_task("answer_fraud_alert", {"answer": "fraud"})
    assert top(settle(named_nothing, "answer_fraud_alert", refused, desk).dialogue) is None


def test_a_merchant_that_was_never_paid_is_asked_for_again(desk):
    unknown = Answered({"status": "charge_unknown", "message": "I find no such payment."})
    asked = settle(open_task("open_dispute", {"merchant": "Tescoe"}), "open_dispute", unknown, desk)
    assert (top(asked.dialogue)["asks"], top(asked.dialogue)["slots"]) == ("merchant", {})


def test_the_number_of_a_dispute_is_heard(desk):
    _, step = decide(new_dialogue(), hear("withdraw dispute d-7f3a-21c0-9e44", "withdraw_dispute"), desk)
    assert step.arguments == {"reference": "D-7F3A-21C0-9E44"}


@pytest.mark.parametrize(
    ("last", "said", "full"),
    [
        ("list_held_payments", "release it", "release the held payment"),
        ("get_dispute_status", "withdraw it please", "withdraw the dispute please"),
        ("pay_payee", "let it go", "let the held payment go"),
        ("list_cards", "release it", None),
        ("list_held_payments", "thanks", None),
        ("list_held_payments", "release it now because I have known her for years and years", None),
    ],
)
def test_it_is_what_was_shown_last(last, said, full):
    shown = {**new_dialogue(), "last": Done(tool=last, intent=last, slots={})}
    meant = in_full(shown, said)
    assert (meant and meant[0]) == full


def test_it_is_the_open_task_where_there_is_one():
    task = open_task("pay_payee", {"amount": "20"}, asks="payee")
    assert (
        in_full({**task, "last": Done(tool="list_held_payments", intent="list_held_payments", slots={})}, "it") is None
    )
