"""The customer's own accounts and cards."""

import pytest

from agent.understanding.slots import Known, KnownAccount
from tests.understanding.slots.finding import find, short, values


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("from my savings", [("Rainy Day", "from")]),
        ("from Rainy Day", [("Rainy Day", "from")]),
        ("into my rainy day account", [("Rainy Day", "to")]),
        ("from rainyday", [("Rainy Day", "from")]),
        ("from raniy day", [("Rainy Day", "from")]),
        ("everday", [("Everyday", None)]),
        ("transfer 50 from Everyday to Rainy Day", [("Everyday", "from"), ("Rainy Day", "to")]),
        ("move 20 euros from travel to everyday", [("Travel", "from"), ("Everyday", "to")]),
        ("put 200 in my rainy day", [("Rainy Day", "to")]),
        ("what's in my euro account", [("Travel", None)]),
        ("my euro balance", [("Travel", None)]),
        ("my current account", [("Everyday, Travel", None)]),
        ("the account ending 5678", [("Rainy Day", None)]),
        ("from my ISA", [("Rainy Day", "from")]),
        ("from my holiday pot", [("holiday pot", "from")]),
        ("from my Platinum account", [("Platinum account", "from")]),
        ("to my everyday account, not the travel one", [("Everyday", "to")]),
    ],
)
def test_an_account(text, found):
    assert [(short(mention.value), mention.role) for mention in find(text, "account")] == found


@pytest.mark.parametrize(
    "text",
    ["my everyday spending", "I travel a lot", "the current rate", "I was checking my statement", "my bank account"],
)
def test_what_is_no_account(text):
    assert find(text, "account") == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("pay Maria 10, use Robin's Current account", [("Robin's Current account", None)]),
        ("pay Maria 10 from my wife's account", [("wife's account", "from")]),
        ("put 10 into my friend's account", []),
        ("what's the account number", []),
    ],
)
def test_somebody_elses_account_is_none_of_the_customers(text, found):
    assert [(short(mention.value), mention.role) for mention in find(text, "account")] == found


def test_a_kind_of_account_that_nobody_has_is_given_as_it_was_said():
    known = Known(accounts=(KnownAccount("Current", "current"),))

    assert values("from my savings account", "account", known=known) == ["savings account"]


@pytest.mark.parametrize(
    ("text", "card"),
    [
        ("freeze my card ending 4821", "last4=4821"),
        ("freeze the card that ends in 1107", "last4=1107"),
        ("freeze card 1107", "last4=1107"),
        ("freeze my 1107 card", "last4=1107"),
        ("the card with the last four digits 1107", "last4=1107"),
        ("card ending four eight two one", "last4=4821"),
        ("card ****1107", "last4=1107"),
        ("my debit card ending 4821", "last4=4821 kind=debit"),
        ("freeze my virtual card", "kind=virtual"),
        ("the credit one", "kind=credit"),
        ("debit", "kind=debit"),
        ("my Platinum card", "nickname=Platinum"),
        ("the platinum one", "nickname=Platinum"),
        ("freeze my vitrual card", "kind=virtual"),
        ("freeze my credt card", "kind=credit"),
        ("4821", "last4=4821"),
        ("lower the limit on 4821 to £250", "last4=4821"),
    ],
)
def test_a_card(text, card):
    assert values(text, "card") == [card]


@pytest.mark.parametrize(
    "text",
    ["freeze my card", "card payments in 2025", "1500 pounds", "a card payment of £1500", "1107", "pay 4821 pounds"],
)
def test_what_is_no_card(text):
    assert find(text, "card") == []
