"""Which of what was offered is meant, and which tasks a bare word may mean."""

import pytest

from agent.dialogue.choices import pick
from agent.dialogue.described import Belongings, describe
from agent.dialogue.options import find_options
from tests.agent.dialogue.at_the_desk import CARDS, mentions

ACCOUNTS = ["Everyday", "Rainy Day", "Travel"]
OWN: Belongings = describe(
    [
        {"name": "Everyday", "kind": "current", "currency": "GBP", "ledger": "2480.15"},
        {"name": "Rainy Day", "kind": "savings", "currency": "GBP", "ledger": "10250.00"},
        {"name": "Travel", "kind": "current", "currency": "EUR", "ledger": "640.20"},
    ],
    [
        {"label": CARDS[0], "kind": "debit", "account": "Everyday"},
        {"label": CARDS[1], "kind": "credit", "account": "Platinum"},
        {"label": CARDS[2], "kind": "virtual", "account": "Everyday"},
    ],
)


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
        ("neither of the first two", CARDS[2]),
        ("anything but the debit and the virtual", CARDS[1]),
        ("second from the bottom", CARDS[1]),
        ("the one at the top", CARDS[0]),
        ("the debbit one, mate", CARDS[0]),
        ("not 4821 or 9034", CARDS[1]),
    ],
)
def test_one_is_meant(said, meant):
    picked = pick(CARDS, said, mentions(said))
    assert picked is not None
    assert picked.one == meant


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("my day to day one", "Everyday"),
        ("the one my wages go into", "Everyday"),
        ("the one with the most money", "Rainy Day"),
        ("my nest egg", "Rainy Day"),
        ("the one in euros", "Travel"),
        ("not the savings, not the euro one", "Everyday"),
    ],
)
def test_an_account_is_known_by_what_it_is_for(said, meant):
    picked = pick(ACCOUNTS, said, mentions(said), described=OWN.described)
    assert picked is not None
    assert picked.one == meant


def test_a_card_is_known_by_what_it_is_used_for():
    picked = pick(CARDS, "the one for online", mentions("the one for online"), described=OWN.described)
    assert picked is not None
    assert picked.one == CARDS[2]


def test_another_day_than_those_offered_is_none_of_them():
    said = "25 November 2026 at 11:00"
    assert pick(["2026-11-24 11:00", "2026-11-24 11:30"], said, mentions(said)) is None


@pytest.mark.parametrize("said", ["Tuesday 24 November, 10:30", "10:30 please", "the 24th at half past ten"])
def test_another_time_than_those_offered_is_none_of_them(said):
    assert pick(["2026-11-24 09:30", "2026-11-24 10:00"], said, mentions(said)) is None


@pytest.mark.parametrize("said", ["tuesday at 3", "the 3pm one", "15:00", "Tuesday 24 November at 15:00"])
def test_a_time_that_was_offered_is_chosen_however_it_is_said(said):
    offered = ["2026-11-23 15:00", "2026-11-24 10:00", "2026-11-24 15:00"]
    picked = pick(offered if "tues" in said.lower() else offered[1:], said, mentions(said))
    assert picked is not None
    assert picked.one == "2026-11-24 15:00"


def test_a_time_of_day_says_which_of_the_offered():
    picked = pick(["2026-11-24 10:00", "2026-11-24 15:00"], "the afternoon", mentions("the afternoon"))
    assert picked is not None
    assert picked.one == "2026-11-24 15:00"


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


@pytest.mark.parametrize("said", ["my mum died last week", "the flurby one", "what's my balance?", "12"])
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
