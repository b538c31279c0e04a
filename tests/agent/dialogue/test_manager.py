"""What a message does to the stack: pure, from the stack and the message to the stack and the next step."""

import orjson
import pytest

from agent.dialogue.manager import decide, later, resume
from agent.dialogue.nonsense import is_nonsense
from agent.dialogue.shapes import new_dialogue, top
from agent.understanding.intents import OwnIntent
from tests.agent.dialogue.at_the_desk import CARDS, hear, open_task

PAY = OwnIntent.MAKE_TRANSFER.value


def slots(dialogue):
    return top(dialogue)["slots"]


def proposed(slots, tool="pay_payee", **more):
    return open_task(tool, slots, intent=more.pop("intent", PAY), operation_id="op-1", **more)


# Asking


def test_only_what_is_missing_is_asked_for(desk):
    dialogue, step = decide(new_dialogue(), hear("pay Maria", PAY), desk)
    assert (step.kind, top(dialogue)["asks"], slots(dialogue)) == ("ask", "amount", {"payee": "Maria Lopez"})


def test_nothing_is_asked_when_everything_was_said(desk):
    _, step = decide(new_dialogue(), hear("pay Maria 50 pounds", PAY), desk)
    assert (step.kind, step.tool) == ("call", "pay_payee")
    assert step.arguments == {"payee": "Maria Lopez", "amount": "50", "currency": "GBP"}


def test_an_answer_goes_into_the_open_slot(desk):
    dialogue, step = decide(
        open_task("pay_payee", {"payee": "Maria Lopez"}, asks="amount", intent=PAY), hear("50"), desk
    )
    assert (step.kind, step.arguments["amount"], step.intent) == ("call", "50", PAY)
    assert top(dialogue)["asks"] is None


def test_an_ordinal_chooses(desk):
    _, step = decide(open_task("freeze_card", {}, asks="card", choices=CARDS), hear("the second one"), desk)
    assert step.arguments == {"card": CARDS[1]}


def test_several_that_are_left_are_asked_about_again(desk):
    dialogue, step = decide(open_task("freeze_card", {}, asks="card", choices=CARDS), hear("not the first"), desk)
    assert step.kind == "ask"
    assert top(dialogue)["choices"] == CARDS[1:]
    assert "4821" not in step.words


def test_a_story_is_taken_as_it_is(desk):
    said = "Your colleague in Leeds was rude to my mother"
    _, step = decide(open_task("make_complaint", {}, asks="text"), hear(said, "talk_to_human", 0.8), desk)
    assert step.arguments["text"] == said


# Corrections


@pytest.mark.parametrize(
    ("said", "values"),
    [
        ("make it 55", {"amount": "55"}),
        ("no, 55", {"amount": "55"}),
        ("only 15", {"amount": "15"}),
        ("to John, not Maria", {"payee": "John Carter"}),
        ("sorry, I meant 60 to John", {"amount": "60", "payee": "John Carter"}),
        ("yes but make it 60", {"amount": "60"}),
    ],
)
def test_a_correction_withdraws_the_proposal_and_prepares_it_anew(waiting_desk, said, values):
    before = proposed({"payee": "Maria Lopez", "amount": "50"})
    dialogue, step = decide(before, hear(said, "change_answer"), waiting_desk())
    assert (step.kind, step.withdraw) == ("call", ("op-1",))
    assert slots(dialogue) == {"payee": "Maria Lopez", "amount": "50"} | values
    assert top(dialogue)["operation_id"] is None


def test_leave_it_as_it_was_brings_the_first_values_back(waiting_desk):
    task = proposed({"payee": "Maria Lopez", "amount": "55"}, before={"payee": "Maria Lopez", "amount": "50"})
    dialogue, step = decide(task, hear("no, leave it as it was", "change_answer"), waiting_desk())
    assert (step.kind, step.withdraw, slots(dialogue)["amount"]) == ("call", ("op-1",), "50")


def test_an_answer_that_decided_a_branch_drops_what_is_dead(waiting_desk):
    before = proposed({"payee": "Maria Lopez", "amount": "50"})
    dialogue, step = decide(before, hear("no, put it into Rainy Day instead", "change_answer"), waiting_desk())
    assert step.tool == "transfer_between_accounts"
    assert slots(dialogue) == {"amount": "50", "to_account": "Rainy Day"}


def test_later_switches_the_branch_and_asks_for_the_day(waiting_desk):
    before = proposed({"payee": "Maria Lopez", "amount": "50"})
    dialogue, step = decide(before, hear("no, schedule it instead", "change_answer"), waiting_desk())
    assert (step.kind, top(dialogue)["tool"], top(dialogue)["asks"]) == ("ask", "schedule_payment", "date")
    dialogue, step = decide(dialogue, hear("on Friday"), waiting_desk())
    assert step.arguments == {"payee": "Maria Lopez", "amount": "50", "date": "2026-11-27"}


def test_now_switches_back_and_drops_the_day(waiting_desk):
    before = proposed({"payee": "Maria Lopez", "amount": "50", "date": "2026-11-27"}, tool="schedule_payment")
    dialogue, step = decide(before, hear("actually, pay it now", PAY), waiting_desk())
    assert (step.tool, "date" in slots(dialogue)) == ("pay_payee", False)


def test_the_same_request_once_more_leaves_nothing_of_the_first(waiting_desk):
    before = proposed({"payee": "Maria Lopez", "amount": "50", "reference": "dinner"})
    dialogue, _ = decide(before, hear("send 20 pounds to John", PAY), waiting_desk())
    assert slots(dialogue) == {"payee": "John Carter", "amount": "20", "currency": "GBP"}


# Ends


@pytest.mark.parametrize("said", ["stop", "never mind", "I already did it", "no, forget it"])
def test_a_task_that_is_cancelled_is_gone(desk, said):
    dialogue, step = decide(open_task("pay_payee", {"payee": "Maria Lopez"}, asks="amount"), hear(said), desk)
    assert (dialogue["stack"], step.kind) == ([], "say")
    assert dialogue["last"] is None


def test_a_cancellation_leaves_the_new_request_to_be_understood(waiting_desk):
    _, step = decide(proposed({}), hear("forget that, what's my balance?", "get_balance"), waiting_desk())
    assert (step.kind, step.rest) == ("deny", "what's my balance?")


def test_a_yes_is_taken_and_the_question_left(waiting_desk):
    _, step = decide(proposed({}), hear("yes, and are there fees?", "banking_question"), waiting_desk())
    assert (step.kind, step.rest) == ("approve", "are there fees?")


@pytest.mark.parametrize("said", ["yes, actually no", "yes, but are there fees?", "yes... wait, no"])
def test_second_thoughts_are_no_yes(waiting_desk, said):
    _, step = decide(proposed({}), hear(said), waiting_desk())
    assert step.kind != "approve"


def test_a_yes_to_what_needs_a_code_is_referred(waiting_desk):
    _, step = decide(proposed({}), hear("yes, and are there fees?"), waiting_desk(step_up=True))
    assert step.kind == "refer"


def test_a_code_in_a_message_is_no_amount(waiting_desk):
    _, step = decide(proposed({"amount": "300"}), hear("123456"), waiting_desk(step_up=True))
    assert (step.kind, step.withdraw) == ("refer", ())


# Digressions


def test_another_task_goes_on_top_and_the_first_is_resumed(desk):
    dialogue, step = decide(
        open_task("pay_payee", {"payee": "Maria Lopez"}, asks="amount", intent=PAY),
        hear("freeze my debit card", "freeze_card"),
        desk,
    )
    assert [task["tool"] for task in dialogue["stack"]] == ["pay_payee", "freeze_card"]
    assert step.tool == "freeze_card"
    dialogue["stack"].pop()
    _, again = resume(dialogue, desk)
    assert again is not None
    assert again.words.endswith("How much should it be?")


@pytest.mark.parametrize(
    ("said", "intent", "kind"),
    [
        ("are there fees for that?", "banking_question", "look_up"),
        ("hello", "greeting", "talk"),
        ("what's the weather in Paris?", "out_of_scope", "talk"),
        ("what's my balance?", "get_balance", "call"),
    ],
)
def test_a_question_in_between_leaves_the_task_open(desk, said, intent, kind):
    dialogue, step = decide(open_task("pay_payee", {}, asks="amount", intent=PAY), hear(said, intent, 0.95), desk)
    assert step.kind == kind
    assert dialogue["stack"][0]["asks"] == "amount"


@pytest.mark.parametrize("said", ["one moment", "why do you need that?", "what is that?", "say that again"])
def test_the_open_question_is_repeated(desk, said):
    dialogue, step = decide(open_task("pay_payee", {}, asks="amount", intent=PAY), hear(said), desk)
    assert step.words.endswith("How much should it be?")
    assert top(dialogue)["asks"] == "amount"


def test_also_starts_a_second_task_rather_than_changing_the_first(waiting_desk):
    dialogue, _ = decide(
        proposed({"payee": "Maria Lopez", "amount": "50"}), hear("also send John 20 pounds", PAY), waiting_desk()
    )
    assert [task["slots"]["payee"] for task in dialogue["stack"]] == ["Maria Lopez", "John Carter"]


# Ambiguity, guards, people


def test_a_bare_word_lists_what_it_may_mean_and_one_is_chosen(desk):
    dialogue, step = decide(new_dialogue(), hear("cards", "unclear"), desk)
    assert "Freeze a card" in step.words
    dialogue, step = decide(dialogue, hear("freeze"), desk)
    assert step.tool == "freeze_card"


def test_the_third_unclear_message_in_a_row_goes_to_a_person(desk):
    dialogue = new_dialogue()
    for _ in range(2):
        dialogue, step = decide(dialogue, hear("flurb wozzle", "gibberish"), desk)
        assert step.kind == "say"
    dialogue, step = decide(dialogue, hear("grmpf", "gibberish"), desk)
    assert (step.route, step.tool) == ("handoff", "request_handoff")


@pytest.mark.parametrize(
    "said", ["wibbly fnorgle again", "where my snorgle", "gimme the glibber", "grumf the wozzle now"]
)
def test_words_that_are_none_are_no_request_whatever_they_sound_like(desk, said):
    dialogue, step = decide(new_dialogue(), hear(said, "unfreeze_card", 0.7), desk)
    assert (dialogue["stack"], dialogue["unclear"], step.kind) == ([], 1, "say")


@pytest.mark.parametrize(
    "said", ["pai jimy 20", "shw trnsactions", "lokc my crad", "pay Zblorg 20 pounds", "haha ok cool"]
)
def test_slips_and_names_are_no_nonsense(desk, said):
    assert not is_nonsense(hear(said, "make_transfer", 0.7))


@pytest.mark.parametrize(
    "said",
    ["and in the account called Everyday?", "show me the account called Travel", "money in my pot called Holiday"],
)
def test_an_account_that_is_only_called_so_is_not_renamed(desk, said):
    _, step = decide(new_dialogue(), hear(said, "rename_account"), desk)
    assert step.tool == "get_balance"


@pytest.mark.parametrize(
    "said", ["call my savings Holiday", "can my savings be called Holiday?", "I'd like to have my savings named Car"]
)
def test_an_account_that_shall_be_called_so_is(desk, said):
    _, step = decide(new_dialogue(), hear(said, "rename_account"), desk)
    assert step.tool == "rename_account"


def test_a_message_that_is_understood_starts_the_count_again(desk):
    dialogue, _ = decide(new_dialogue(), hear("flurb", "gibberish"), desk)
    dialogue, _ = decide(dialogue, hear("what's my balance?", "get_balance"), desk)
    assert dialogue["unclear"] == 0


@pytest.mark.parametrize("tool", ["pay_payee", "freeze_card", "add_payee", "request_handoff"])
def test_what_the_customer_may_not_do_cannot_be_started(desk, tool):
    nobody = type(desk)(specs={}, signed_in=False, today=desk.today)
    dialogue, step = decide(new_dialogue(), hear(tool.replace("_", " "), "freeze_card"), nobody)
    assert (dialogue["stack"], step.tool) == ([], None)


@pytest.mark.parametrize(
    ("text", "intent", "more"),
    [
        ("freeze my card", "freeze_card", {}),
        ("who can I talk to about this?", "talk_to_human", {}),
        ("somebody got into my account", "report_fraud_alert", {}),
        ("something is wrong with my card", "unclear", {}),
        ("something with a payment abroad", "make_transfer", {"confidence": 0.3, "is_clear": False}),
    ],
)
def test_a_visitor_who_wants_something_done_is_looked_up_an_article(desk, text, intent, more):
    nobody = type(desk)(specs={}, signed_in=False, today=desk.today)
    dialogue, step = decide(new_dialogue(), hear(text, intent, **more), nobody)
    assert (step.kind, step.intent, dialogue["stack"]) == ("look_up", intent, [])


@pytest.mark.parametrize("text", ["cards", "my card"])
def test_a_visitors_bare_noun_is_asked_about(desk, text):
    nobody = type(desk)(specs={}, signed_in=False, today=desk.today)
    _, step = decide(new_dialogue(), hear(text, "unclear"), nobody)
    assert step.kind == "say"


def test_a_word_in_another_language_is_answered_with_what_we_can_do(desk):
    dialogue = open_task("freeze_card", {}, asks="card", choices=CARDS)
    dialogue, step = decide(dialogue, hear("Wie hoch ist mein Kontostand?", "get_balance", language="de"), desk)
    assert "English" in step.words
    assert top(dialogue)["asks"] == "card"


def test_requests_that_wait_are_bounded():
    dialogue = new_dialogue()
    for number in range(10):
        dialogue = later(dialogue, f"request {number}")
    assert dialogue["queue"] == ["request 0", "request 1", "request 2", "request 3"]


def test_the_stack_is_plain_json_and_bounded(desk):
    dialogue = new_dialogue()
    for _ in range(5):
        for said, intent in (("pay Maria", PAY), ("apply for a loan", "apply_for_loan"), ("close it", "close_account")):
            dialogue, _ = decide(dialogue, hear(said, intent, 0.99), desk)
    assert orjson.loads(orjson.dumps(dialogue)) == dialogue
    assert len(dialogue["stack"]) <= 6


def test_nothing_that_is_given_is_changed(desk):
    before = open_task("pay_payee", {"payee": "Maria Lopez"}, asks="amount", intent=PAY)
    copy = orjson.loads(orjson.dumps(before))
    decide(before, hear("50"), desk)
    assert before == copy
