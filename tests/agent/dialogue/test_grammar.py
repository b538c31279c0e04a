"""A grammar over words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.dialogue.grammar import Grammar

GRAMMAR = Grammar(
    {
        "STOP": "stop | call off",
        "IT": "it | the (whole thing | NAME)",
        "ASKED": "(please | you can)* STOP IT? (now|today)+\nSTOP (~IT | ANY ANY)",
    }
)
ORDERS = {"NAME": ("order", "standing order")}


@pytest.mark.parametrize(
    "text", ["stop now", "please you can call off the whole thing today now", "stop the standing order now", "stop me"]
)
def test_a_line_is_matched_whole(text):
    assert GRAMMAR.matches("ASKED", text.split(), ORDERS)


@pytest.mark.parametrize("text", ["", "stop", "stop it", "please", "stop the payment now please", "now stop"])
def test_what_no_line_says_is_not_matched(text):
    assert not GRAMMAR.matches("ASKED", text.split(), ORDERS)


def test_it_is_found_in_the_middle_and_the_longest_is_taken():
    words = ["would", "you", "call", "off", "the", "order"]
    assert GRAMMAR.finds("STOP", words)
    assert GRAMMAR.longest("STOP", words, 2) == 4
    assert GRAMMAR.longest("STOP", words, 0) == 0


@pytest.mark.parametrize("line", ["(stop", "stop)"])
def test_a_line_with_a_bracket_too_many_is_refused(line):
    with pytest.raises(ValueError, match="clos"):
        Grammar({"STOP": line})


@given(st.lists(st.sampled_from(["please", "you", "can", "stop", "now", "today"]), max_size=400))
def test_any_number_of_words_is_read(words: list[str]):
    assert GRAMMAR.matches("ASKED", ["stop", "now", *(["today"] * len(words))])
    GRAMMAR.matches("ASKED", words)
