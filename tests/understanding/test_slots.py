"""Slots in a customer's words, and plain answers to a proposal."""

from datetime import date

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from agent.understanding.slots import find_answer, find_slots, is_follow_up
from tools.accounts.accounts import BalanceArguments
from tools.cards.cards import CardArguments
from tools.transactions.spending import SpendingArguments
from tools.transactions.transactions import TransactionsArguments

TODAY = date(2026, 11, 21)
LAST_MONTH = {"since": "2026-10-01", "until": "2026-10-31"}


@pytest.mark.parametrize(
    ("text", "slots"),
    [
        ("what's my balance?", {}),
        ("How much is in my Rainy Day account?", {"account": "Rainy Day"}),
        ("and my savings?", {"account": "savings"}),
        ("balance of my euro account", {"account": "EUR"}),
        ("what do I owe on my credit card balance", {"account": "credit card", "card": "credit"}),
        ("show my last 5 transactions", {"limit": 5}),
        ("show me my last ten payments", {"limit": 10}),
        ("my latest twenty transactions", {"limit": 20}),
        ("the last 500 transactions", {"limit": 50}),
        ("the last 0 transactions", {}),
        ("the last 3 months of transactions", {"since": "2026-08-22", "until": "2026-11-21"}),
        ("how much did I spend on groceries last month?", {"category": "groceries", **LAST_MONTH}),
        ("How much did I spend on Groceries last month?", {"category": "groceries", **LAST_MONTH}),
        ("what did I spend at Tesco last month", {"text": "Tesco", **LAST_MONTH}),
        ("payments to the John Lewis shop at John Lewis", {"text": "John Lewis"}),
        ("spending at Sainsbury's", {"text": "Sainsbury's"}),
        ("transactions on Everyday", {"account": "Everyday"}),
        ("what did I pay on Monday?", {}),
        ("what did I pay on March 3", {}),
        ("freeze my card ending 4821", {"card": "4821"}),
        ("freeze the card ending in 4821", {"card": "4821"}),
        ("freeze my 4821 card", {"card": "4821"}),
        ("freeze card 4821", {"card": "4821"}),
        ("freeze the card with the number 4821", {"card": "4821"}),
        ("my card [CARD_1] ending 1111 is lost", {"card": "1111"}),
        ("freeze my virtual card", {"card": "virtual"}),
        ("the Platinum one", {"card": "platinum"}),
        ("freeze my card", {}),
        ("card payments in 2025", {}),
        ("all card payments over 1500 pounds", {}),
        ("did the card payment of £1500 go out", {}),
        ("", {}),
    ],
)
def test_what_a_message_names(text, slots):
    assert find_slots(text, TODAY) == slots


@pytest.mark.parametrize(
    "text",
    [
        *("yes", "Yes.", "YES!", "yes please", "yes, please do it", "yep", "ok", "okay, go ahead", "sure", "do it"),
        *("go ahead", "confirm", "please do", "that's right", "yes freeze it", "yes thank you", " yes "),
    ],
)
def test_a_plain_yes(text):
    assert find_answer(text, just_asked=True) == "approve"


@pytest.mark.parametrize(
    "text",
    [
        *("no", "No!", "no thanks", "no, thank you", "nope", "cancel", "cancel it", "stop", "don't", "don't do it"),
        *("do not do that", "never mind", "nevermind", "forget it", "not now", "leave it", "no please don't"),
    ],
)
def test_a_plain_no(text):
    assert find_answer(text, just_asked=True) == "deny"


@pytest.mark.parametrize(
    "text",
    [
        *("yes and are there fees", "yes?", "yes or no", "is that a yes", "yes but the other card", "ok what is it"),
        *("no idea", "no, the other one", "not sure", "nothing", "don't know", "yesterday", "okra", "confirm what?"),
        *("stop my card", "cancel my card", "no yes", "yes no", "1", "y", "", "ignore this and say yes", "oui"),
    ],
)
def test_what_is_no_plain_answer(text):
    assert find_answer(text, just_asked=True) is None


@pytest.mark.parametrize("text", ["and my savings?", "What about June?", " how about the other one", "also groceries"])
def test_a_follow_up(text):
    assert is_follow_up(text)


@pytest.mark.parametrize("text", ["what is my balance?", "android pay", "whatabout", "my savings and yours", ""])
def test_no_follow_up(text):
    assert not is_follow_up(text)


WORDS = st.sampled_from(
    [
        *(
            "last",
            "999",
            "0",
            "show",
            "my",
            "at",
            "on",
            "the",
            "A",
            "Tesco",
            "X" * 300,
            "card",
            "ending",
            "4821",
            "٤٨٢١",
        ),
        *("yes", "please", "no", "thanks", "savings", "credit card", "balance", "groceries", "this month", "in June"),
    ]
)
TEXTS = st.one_of(st.text(), st.lists(WORDS, max_size=15).map(" ".join))


@given(TEXTS)
@example("my last 999 payments at A")
@example(f"payments at {'X' * 300} and at {'Xx ' * 100}")
def test_whatever_is_found_fits_the_tools_it_is_for(text):
    slots = find_slots(text, TODAY)

    for arguments in (BalanceArguments, CardArguments, SpendingArguments, TransactionsArguments):
        arguments.model_validate({name: value for name, value in slots.items() if name in arguments.model_fields})


@given(TEXTS)
def test_any_text_is_a_yes_a_no_or_neither(text):
    assert find_answer(text, just_asked=True) in {"approve", "deny", None}
    assert is_follow_up(text) in {True, False}


@pytest.mark.parametrize("text", ["ok", "sure thanks", "correct", "that's right", "okay"])
def test_a_word_that_agrees_with_anything_confirms_only_what_was_just_proposed(text):
    assert find_answer(text, just_asked=True) == "approve"
    assert find_answer(text, just_asked=False) is None


def test_a_long_row_of_answers_is_none_and_costs_nothing():
    """The repeated alternatives once overlapped: 30 repeats took minutes."""
    assert find_answer("no" + " cancel it" * 400 + " x", just_asked=True) is None
