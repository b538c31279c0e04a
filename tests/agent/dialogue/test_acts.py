"""What a message does to the conversation. A yes has to be nothing but a yes: here a mistake moves money."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.dialogue.acts import Act, find_answer, read_act

YES = (
    *("yes", "Yes please.", "yep", "go ahead", "yes, send it", "OK do it", "confirm", "👍 yes", "yes I'm sure"),
    *("yeah crack on", "yep thats right now", "Splendid, please proceed.", "ok go on then", "yes love, send it"),
)
NO = (
    *("no", "No, thanks.", "cancel", "never mind", "stop", "don't", "no no", "don't send it", "ah forget the payment"),
    *("on second thoughts I don't want it after all", "oh hang on, no need, I paid him in cash yesterday"),
    *("you know what, leave it, I'll do it tomorrow", "I'd rather you didn't", "could you please abort this"),
)
NO_YES = ("no", "not", "don't", "tomorrow", "60", "Maria", "if", "but", "or", "wait", "later", "why", "other", "?")
"""Not one of them can stand in a yes."""
NEITHER = (
    "yes but make it 60",
    "yes, and are there fees?",
    "yes if it is free",
    "approve 123456",
    "no, 55",
    "yesterday",
    "how do I say yes to a request?",
    "yes to what?",
    "know",
    "",
)


@pytest.mark.parametrize("text", YES)
def test_a_plain_yes_approves(text):
    assert find_answer(text, just_asked=True, verb="pay") == "approve"


@pytest.mark.parametrize("text", NO)
def test_a_plain_no_denies(text):
    assert find_answer(text, just_asked=True, nouns=("payment",)) == "deny"


@pytest.mark.parametrize("text", NEITHER)
def test_what_says_more_than_yes_or_no_decides_nothing(text):
    assert find_answer(text, just_asked=True) is None


@pytest.mark.parametrize("text", ["ok", "sure", "that's right", "perfect", "ok thanks"])
def test_an_ok_counts_only_while_it_answers_the_question(text):
    assert find_answer(text, just_asked=True) == "approve"
    assert find_answer(text, just_asked=False) is None


@pytest.mark.parametrize(("verb", "answer"), [("cancel", "approve"), ("pay", None)])
def test_yes_cancel_it_is_a_yes_to_a_cancellation_only(verb, answer):
    assert find_answer("yes, cancel it", just_asked=True, verb=verb) == answer


@given(st.lists(st.sampled_from(" ".join(YES).split()), max_size=5), st.sampled_from(NO_YES), st.integers(0, 5))
def test_a_yes_with_a_word_that_takes_it_back_is_none(words: list[str], other: str, at: int):
    text = " ".join([*words[:at], other, *words[at:]])
    assert find_answer(text, just_asked=True, verb="pay") != "approve"


@given(st.text(max_size=80))
def test_no_text_is_a_yes_without_a_word_for_it(text: str):
    if find_answer(text, just_asked=True) == "approve":
        assert any(letter.isalpha() for letter in text)


@given(st.text(max_size=200))
def test_any_text_has_at_most_one_act_and_what_is_left_stands_in_it(text: str):
    said = read_act(text, in_task=True)
    assert said.act is not None or said.rest == text
    assert len(said.rest) <= len(text)


@pytest.mark.parametrize(
    ("text", "act", "rest"),
    [
        ("forget that, what's my balance?", Act.CANCEL, "what's my balance?"),
        ("nevermind show me my cards", Act.CANCEL, "show me my cards"),
        ("I already did it", Act.CANCEL, ""),
        ("I don't have it here, cancel", Act.CANCEL, ""),
        ("let's stop here, I need to think", Act.CANCEL, "I need to think"),
        ("yes, and are there fees?", Act.YES, "are there fees?"),
        ("no, 55", Act.NO, "55"),
        ("no, to Maria", Act.NO, "to Maria"),
        ("no, leave it as it was", Act.UNDO, ""),
        ("one moment please, I have to look it up", Act.WAIT, "I have to look it up"),
        ("leave it at 50", None, "leave it at 50"),
        ("cancel my standing order", None, "cancel my standing order"),
        ("why was I charged twice?", None, "why was I charged twice?"),
        ("wait, make it 60", Act.WAIT, "make it 60"),
    ],
)
def test_the_act_and_what_is_left(text, act, rest):
    said = read_act(text, in_task=True)
    assert (said.act, said.rest) == (act, rest)


def test_a_yes_with_a_but_is_conditional():
    assert read_act("yes but not today", in_task=True).is_conditional


def test_the_payment_can_be_cancelled_only_while_there_is_one():
    assert read_act("cancel the payment", in_task=True, nouns=("payment",)).act is Act.CANCEL
    assert read_act("cancel the payment", in_task=False).act is None


@pytest.mark.parametrize("text", ["yes? what happens if I say yes?", "yes? really?", "ok? and then?"])
def test_a_yes_that_asks_is_none(text: str):
    assert read_act(text, in_task=True, verb="pay").act is not Act.YES
