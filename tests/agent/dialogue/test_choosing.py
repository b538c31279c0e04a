"""Which of what was offered is meant, and which tasks a bare word may mean."""

import pytest

from agent.dialogue.choices import pick
from agent.dialogue.options import find_options
from tests.agent.dialogue.at_the_desk import CARDS, mentions


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("the second one", CARDS[1]),
        ("the last one please", CARDS[2]),
        ("4821", CARDS[0]),
        ("Platinum", CARDS[1]),
        ("the virtual one", CARDS[2]),
        ("number 3", CARDS[2]),
        ("the middle one", CARDS[1]),
        ("the one ending in 34", CARDS[2]),
        ("its the visa debit", CARDS[0]),
        ("neither the first nor the third", CARDS[1]),
    ],
)
def test_one_is_meant(said, meant):
    picked = pick(CARDS, said, mentions(said))
    assert picked is not None
    assert picked.one == meant


def test_not_the_first_leaves_the_others():
    picked = pick(CARDS, "not the first", mentions("not the first"))
    assert picked is not None
    assert picked.choices == tuple(CARDS[1:])


def test_not_the_one_of_a_kind_leaves_the_others():
    picked = pick(CARDS, "not the credit one", mentions("not the credit one"))
    assert picked is not None
    assert picked.choices == (CARDS[0], CARDS[2])


def test_of_two_not_the_first_is_the_second():
    picked = pick(CARDS[:2], "not the first one", mentions("not the first one"))
    assert picked is not None
    assert picked.one == CARDS[1]


@pytest.mark.parametrize("said", ["the flurby one", "what's my balance?", "12"])
def test_what_speaks_of_none_picks_none(said):
    assert pick(CARDS, said, mentions(said)) is None


def test_a_noun_lists_its_tasks(desk):
    found = find_options("cards", desk.specs)
    assert {"list_cards", "freeze_card", "unfreeze_card"} <= set(found)


def test_a_verb_lists_its_tasks(desk):
    assert "add_payee" in find_options("add", desk.specs)


def test_a_word_of_one_task_lists_only_that(desk):
    assert find_options("freeze", desk.specs) == ["freeze_card"]


def test_a_visitor_is_offered_nothing():
    assert find_options("cards", {}) == []
