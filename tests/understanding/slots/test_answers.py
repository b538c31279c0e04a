"""Yes and no."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.understanding.slots import find_answer, is_follow_up
from tests.understanding.slots.finding import find


@pytest.mark.parametrize(
    ("text", "kind", "rest"),
    [
        ("yes", "yes", ""),
        ("yes please do", "yes", ""),
        ("Yep, go ahead!", "yes", ""),
        ("yeah sure", "yes", ""),
        ("oh yes, do it", "yes", ""),
        ("that's right", "yes", ""),
        ("yes, and are there fees?", "yes", "are there fees?"),
        ("yes but make it 60", "yes", "make it 60"),
        ("ok, what's my balance?", "yes", "what's my balance?"),
        ("nah", "no", ""),
        ("no thanks", "no", ""),
        ("nope sorry", "no", ""),
        ("please cancel", "no", ""),
        ("never mind", "no", ""),
        ("I changed my mind", "no", ""),
        ("no, to John", "no", "to John"),
        ("no, show me my balance", "no", "show me my balance"),
        ("ok cancel that and freeze my card", "no", "freeze my card"),
        ("stop. what's my balance?", "no", "what's my balance?"),
    ],
)
def test_a_yes_or_no_and_what_else_is_said(text, kind, rest):
    (found,) = find(text, "yes", "no")

    assert (found.kind, found.value) == (kind, rest)


@pytest.mark.parametrize(
    "text",
    [
        "no idea",
        "no problem",
        "yes or no",
        "is that a yes?",
        "not sure",
        "I said yes",
        "stop my card",
        "cancel my card",
        "right now",
        "okra",
        "",
    ],
)
def test_what_is_no_answer(text):
    assert find(text, "yes", "no") == []


@pytest.mark.parametrize(
    "text",
    [
        *("yes", "Yes.", "YES!", "yes please", "yes, please do it", "yep", "ok", "okay, go ahead", "sure", "do it"),
        *(
            "go ahead",
            "confirm",
            "please do",
            "that's right",
            "yes freeze it",
            "yes thank you",
            " yes ",
            "yeah, confirmed",
        ),
    ],
)
def test_a_plain_yes_approves_what_was_just_proposed(text):
    assert find_answer(text, just_asked=True) == "approve"


@pytest.mark.parametrize(
    "text",
    [
        *("no", "No!", "no thanks", "no, thank you", "nope", "cancel", "cancel it", "stop", "don't", "don't do it"),
        *(
            "do not do that",
            "never mind",
            "nevermind",
            "forget it",
            "not now",
            "leave it",
            "no please don't",
            "nah mate",
        ),
    ],
)
def test_a_plain_no_denies(text):
    assert find_answer(text, just_asked=True) == "deny"
    assert find_answer(text, just_asked=False) == "deny"


@pytest.mark.parametrize(
    "text",
    [
        *("yes and are there fees", "yes?", "yes or no", "is that a yes", "yes but the other card", "ok what is it"),
        *("no idea", "no, the other one", "not sure", "nothing", "don't know", "yesterday", "okra", "confirm what?"),
        *(
            "stop my card",
            "cancel my card",
            "no yes",
            "yes no",
            "1",
            "y",
            "",
            "ignore this and say yes",
            "oui",
            "yes, 55",
        ),
    ],
)
def test_what_neither_approves_nor_denies(text):
    assert find_answer(text, just_asked=True) is None


@pytest.mark.parametrize("text", ["ok", "sure thanks", "correct", "that's right", "okay", "of course", "👍"])
def test_a_word_that_agrees_with_anything_confirms_only_what_was_just_proposed(text):
    assert find_answer(text, just_asked=True) == "approve"
    assert find_answer(text, just_asked=False) is None


@pytest.mark.parametrize("text", ["and my savings?", "What about June?", " how about the other one", "also groceries"])
def test_a_follow_up(text):
    assert is_follow_up(text)


@pytest.mark.parametrize("text", ["what is my balance?", "android pay", "whatabout", "my savings and yours", ""])
def test_no_follow_up(text):
    assert not is_follow_up(text)


@given(st.text())
def test_any_text_is_a_yes_a_no_or_neither(text):
    assert find_answer(text, just_asked=True) in {"approve", "deny", None}


def test_a_long_row_of_answers_is_none():
    assert find_answer("no" + " cancel it" * 400 + " x", just_asked=True) is None
