"""A plain request for a person is its own yes (decision 0014); what only hints at one is not."""

from dataclasses import replace

import pytest

from agent.dialogue import words
from agent.dialogue.manager import decide
from agent.dialogue.outcomes import ended, handed_over
from agent.dialogue.person import in_own_words, is_own_yes, wants_person
from agent.dialogue.shapes import Step, new_dialogue
from tests.agent.dialogue.at_the_desk import hear, open_task

PLAIN = """
I want to talk to a human
put me through to someone
get me an agent
operator!
HUMAN
customer service please
can I speak to somebody about my mortgage please
I'd rather do this with one of your colleagues
this is confusing, can I not just speak with one of your colleagues?
useless robot. give me somebody with a pulse
too complicated for me, is there a member of staff I can talk to
I don't want a bot. Human please.
why don't you put me through to someone
cld i speek to sum1 pls
I already told the bot, get me a person
I want to talk to a human about what happened
""".strip().splitlines()
NOT_PLAIN = """
I don't want to talk to a human
no need to put me through to anyone
don't connect me to an agent
how do I speak to a person?
what time can I speak to someone?
I spoke to a human yesterday and she was rude
I was put through to three different people
am I talking to a person?
is this a human?
I want to complain about a member of staff
I need to talk to my manager first
I can't cope with these debts any more
you can't help me, who can
should I talk to someone about this?
can I do this without talking to a person
if you can't do it I'll have to speak to someone
maybe I should talk to somebody
blorp blorp
""".strip().splitlines()


@pytest.mark.parametrize("text", PLAIN)
def test_who_asks_for_a_person_in_so_many_words_has_said_yes(text):
    assert wants_person(text)


@pytest.mark.parametrize("text", NOT_PLAIN)
def test_who_does_not_is_asked(text):
    assert not wants_person(text)


def test_the_same_words_agree_to_nothing_else():
    step = Step(kind="call", route="operation", intent="make_transfer", tool="pay_payee")

    assert not is_own_yes(step, "pay Maria 20 and get me a person")


def test_the_message_is_the_reason_unless_one_was_named():
    step = Step(kind="call", route="handoff", intent="talk_to_human", tool="request_handoff")
    about_a_loan = replace(step, arguments={"reason": "my loan"})

    assert in_own_words(step, "get me a person").arguments == {"reason": "get me a person"}
    assert in_own_words(about_a_loan, "a person about my loan").arguments == {"reason": "my loan"}
    assert len(in_own_words(step, "a person! " * 80).arguments["reason"]) <= 200


def test_asking_again_confirms_a_hand_off_that_was_only_offered(waiting_desk):
    waiting = open_task("request_handoff", {}, intent="talk_to_human", operation_id="op-1")

    _, step = decide(waiting, hear("just give me a human", "talk_to_human"), waiting_desk())

    assert step.kind == "approve"


def test_it_confirms_nothing_where_a_program_may_write(waiting_desk):
    waiting = open_task("request_handoff", {}, intent="talk_to_human", operation_id="op-1")

    _, step = decide(waiting, hear("just give me a human", "talk_to_human"), replace(waiting_desk(), takes_yes=False))

    assert step.kind == "refer"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("yes please", words.DONE_ALREADY),
        ("yes, do that", words.DONE_ALREADY),
        ("no, forget it", words.HANDED_OVER),
        ("oh never mind, I'll try later", words.HANDED_OVER),
    ],
)
def test_a_yes_or_no_after_it_is_done_does_nothing(desk, text, said):
    waiting = open_task("request_handoff", {}, intent="talk_to_human", operation_id="op-1")
    done = handed_over(ended(waiting, "op-1", completed=True))

    dialogue, step = decide(done, hear(text), desk)

    assert (step.kind, step.words, dialogue["stack"]) == ("say", said, [])


def test_a_yes_later_on_is_not_told_so(desk):
    waiting = open_task("request_handoff", {}, intent="talk_to_human", operation_id="op-1")
    done = ended(waiting, "op-1", completed=True)

    after, _ = decide(done, hear("what's my balance?", "get_balance"), desk)
    _, step = decide({**after, "stack": []}, hear("yes"), desk)

    assert step.words != words.DONE_ALREADY


def test_a_hand_off_puts_aside_what_was_open():
    payment = open_task("pay_payee", {"payee": "Maria Lopez"}, asks="amount")

    assert handed_over({**payment, "queue": ["pay John 20"]})["stack"] == []
    assert new_dialogue()["queue"] == handed_over({**payment, "queue": ["pay John 20"]})["queue"]
