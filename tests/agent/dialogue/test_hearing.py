"""What the encoder heard decides an act where the words do not; and what is wrong is asked for again."""

import pytest

from agent.dialogue.manager import adds, decide
from agent.dialogue.shapes import new_dialogue, top
from agent.understanding.intents import OwnIntent
from tests.agent.dialogue.at_the_desk import hear, open_task

PAY = OwnIntent.MAKE_TRANSFER.value
ASKED = {"payee": "Maria Lopez"}


def asked():
    return open_task("pay_payee", dict(ASKED), asks="amount", intent=PAY)


def proposed(**more):
    return open_task("pay_payee", {**ASKED, "amount": "50"}, intent=PAY, operation_id="op-1", **more)


@pytest.mark.parametrize(
    ("said", "intent"),
    [
        ("how come you'd want to know?", "why_asked"),
        ("run that past me once more", "repeat"),
        ("lost me there", "what_is_that"),
        ("my wallet is upstairs, I'll fetch it", "wait"),
    ],
)
def test_what_was_heard_as_an_act_repeats_the_open_question(desk, said, intent):
    dialogue, step = decide(asked(), hear(said, intent), desk)
    assert (step.kind, step.intent, top(dialogue)["asks"]) == ("say", intent, "amount")


def test_what_was_heard_as_an_end_ends_the_task(desk):
    dialogue, step = decide(asked(), hear("nah the moment has passed for that", "cancel_task"), desk)
    assert (dialogue["stack"], step.kind) == ([], "say")


def test_an_answer_is_none_of_them(desk):
    dialogue, _ = decide(asked(), hear("50 pounds", "cancel_task", 0.99), desk)
    assert top(dialogue)["slots"]["amount"] == "50"


def test_what_was_heard_is_never_a_yes(waiting_desk):
    _, step = decide(proposed(), hear("I suppose it could be worse", "acknowledgement", 1.0), waiting_desk())
    assert step.kind != "approve"


def test_who_waits_may_say_why(desk):
    _, step = decide(asked(), hear("hang on a mo, the dog is barking", "out_of_scope", 0.9), desk)
    assert (step.intent, step.asks) == ("wait", True)


def test_a_correction_behind_a_wait_counts(waiting_desk):
    dialogue, step = decide(proposed(), hear("wait, make it 60", "wait"), waiting_desk())
    assert (step.kind, top(dialogue)["slots"]["amount"]) == ("call", "60")


@pytest.mark.parametrize(
    ("said", "slot"), [("that's the wrong person", "payee"), ("can I change the amount?", "amount")]
)
def test_what_is_wrong_is_asked_for_again_and_its_proposal_is_withdrawn(waiting_desk, said, slot):
    dialogue, step = decide(proposed(), hear(said, "change_answer"), waiting_desk())
    assert (step.kind, step.withdraw, top(dialogue)["asks"]) == ("ask", ("op-1",), slot)
    assert slot not in top(dialogue)["slots"]
    dialogue, step = decide(dialogue, hear("leave it as it was"), waiting_desk())
    assert (step.kind, step.arguments) == ("call", {**ASKED, "amount": "50"})


def test_where_several_could_be_wrong_the_customer_is_asked_which(waiting_desk):
    dialogue, step = decide(proposed(), hear("no that's wrong", "change_answer"), waiting_desk())
    assert (step.kind, step.withdraw, top(dialogue)["operation_id"]) == ("say", (), "op-1")
    assert all(name in step.words for name in ("amount", "payee"))


def test_a_day_that_was_added_is_taken_back(waiting_desk):
    dialogue, _ = decide(proposed(), hear("make it next Friday", "change_answer"), waiting_desk())
    assert top(dialogue)["tool"] == "schedule_payment"
    dialogue, step = decide(dialogue, hear("no, undo that"), waiting_desk())
    assert (step.tool, step.arguments) == ("pay_payee", {**ASKED, "amount": "50"})


def test_details_after_a_yes_belong_to_what_it_began(desk):
    adding = open_task("add_payee", {"name": "Priya Nair"})
    assert adds(adding, hear("sort code 20-45-67 account 12345678", "get_account"), desk)
    assert not adds(adding, hear("what is my balance?", "get_balance"), desk)
    assert not adds(new_dialogue(), hear("20-45-67"), desk)


@pytest.mark.parametrize(
    "said", ["oh no I think I left my debit card in the pub, freeze it first", "ah no, my card is gone, freeze it"]
)
def test_a_sigh_before_another_request_ends_nothing(desk, said):
    dialogue, step = decide(asked(), hear(said, "freeze_card"), desk)
    assert (step.tool, [task["tool"] for task in dialogue["stack"]]) == ("freeze_card", ["pay_payee", "freeze_card"])


@pytest.mark.parametrize("said", ["oh no, stop", "oh no, forget it"])
def test_a_sigh_before_nothing_else_is_a_no(desk, said):
    dialogue, _ = decide(asked(), hear(said, "cancel_task"), desk)
    assert dialogue["stack"] == []


def test_what_is_asked_for_behind_an_explained_no_is_not_lost(waiting_desk):
    _, step = decide(proposed(), hear("no, I think I lost my card, freeze it", "freeze_card"), waiting_desk())
    assert (step.kind, step.rest) == ("deny", "I think I lost my card, freeze it")
