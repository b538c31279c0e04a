"""Slips of the keyboard are put right, names are left alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.understanding.spelling import WORDS_FILE, Speller


@pytest.fixture(scope="module")
def speller() -> Speller:
    return Speller.load()


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("pleese freeze my credt card", "please freeze my credit card"),
        ("shwo my last 5 trasnactions", "show my last 5 transactions"),
        ("set up a standng order", "set up a standing order"),
        ("add a beneficary", "add a beneficiary"),
        ("my balanse and my accuont", "my balance and my account"),
    ],
)
def test_misspelt_words_are_put_right(speller: Speller, typed: str, meant: str) -> None:
    assert speller.correct(typed) == meant


@pytest.mark.parametrize(
    "text",
    [
        "send money to Priya Kowalczyk",
        "pay Wei and Yusuf",
        "what's my balance?",
        "write to credt@example.com",
        "reference ABCD-credt",
        "I don't know",
        "[IBAN_1]",
        "",
    ],
)
def test_names_addresses_and_right_words_stay(speller: Speller, text: str) -> None:
    assert speller.correct(text) == text


def test_the_words_are_words_without_repetition() -> None:
    words = WORDS_FILE.read_text(encoding="utf-8").split()

    assert len(words) == len(set(words)) > 500
    assert all(word.isalpha() and word.islower() and len(word) >= 4 for word in words)


@given(st.text())
def test_nothing_but_words_changes(text: str) -> None:
    corrected = Speller(frozenset(), ("balance", "please")).correct(text)

    assert [letter for letter in corrected if not letter.isalpha()] == [c for c in text if not c.isalpha()]
