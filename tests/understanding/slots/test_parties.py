"""Payees, merchants and people: the customer's own, however they are spelt, and names that nobody knows."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.understanding.slots import Known
from tests.understanding.slots.finding import CUSTOMER, find, values


@pytest.mark.parametrize(
    ("text", "payee"),
    [
        ("pay Maria Lopez 20", "Maria Lopez"),
        ("pay maria 20", "Maria Lopez"),
        ("PAY MARIA 20", "Maria Lopez"),
        ("send 20 to lopez", "Maria Lopez"),
        ("send 20 to marria lopes", "Maria Lopez"),
        ("pay jon 20", "John Carter"),
        ("20 quid to jhon please", "John Carter"),
        ("pay Jim 20", "Jimmy Chan"),
        ("pay the gas board 40", "Gas Board"),
        ("850 to sunrise", "Sunrise Lettings"),
        ("cancel the standing order to Sunrise Lettings", "Sunrise Lettings"),
        ("who is maria?", "Maria Lopez"),
        ("Maria's money", "Maria Lopez"),
        ("send £10 to Maria Lopez without any reference", "Maria Lopez"),
        ("bung maria a tenner", "Maria Lopez"),
        ("remove the payee called John Carter", "John Carter"),
        ("maria", "Maria Lopez"),
    ],
)
def test_a_known_payee(text, payee):
    assert [mention.value for mention in find(text, "payee")] == [(payee,)]


def test_a_name_that_two_payees_share_means_both():
    known = Known(payees=("Maria Lopez", "John Carter", "Maria Berg"))

    (found,) = find("pay maria 20", "payee", known=known)

    assert set(found.value) == {"Maria Lopez", "Maria Berg"}


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("pay anna berg 20", "anna berg"),
        ("pay Anna Berg £20", "Anna Berg"),
        ("to Anna Berg", "Anna Berg"),
        ("send 20 to anna from my savings", "anna"),
        ("I want to transfer fifty pounds to tom ridley on Friday", "tom ridley"),
        ("set up a standing order to kim young for £20", "kim young"),
        ("send 20 to Maria Garcia", "Maria Garcia"),
        ("add Anna Berg as a payee", "Anna Berg"),
        ("add a new payee called anna berg", "anna berg"),
        ("add anna berg GB29 NWBK 6016 1331 9268 19", "anna berg"),
        ("my name is Anna", "Anna"),
        ("did I get any money from anna berg?", "anna berg"),
        ("Anna Berg", "Anna Berg"),
        ("no, I meant Anna", "Anna"),
        ("call it Holiday Fund", "Holiday Fund"),
        ("open a savings account called Car", "Car"),
        ("call my account Daily", "Daily"),
        ("rename my Rainy Day account to 'House Deposit'", "House Deposit"),
        ("open an account called Maria please", "Maria"),
        ("change the name of my payee John Carter to Jon Carter", "Jon Carter"),
        ("send £25 to my sister Greta Holm", "Greta Holm"),
        ("hello, anna berg speaking", "anna berg"),
    ],
)
def test_a_name_that_is_not_known(text, name):
    assert values(text, "name") == [name]


@pytest.mark.parametrize(
    "text",
    [
        "I want to pay my bill",
        "I want to pay my landlord",
        "send money to my mum",
        "how do I send money to another account?",
        "I'd like to know my balance",
        "transfer money to my savings",
        "pay it now",
        "give me a hand",
        "freeze my card for security",
        "hello",
        "thanks",
        "what's my balance?",
        "pay off my loan",
        "I need to speak to someone",
        "how long will it take to appear?",
        "pay him 20",
    ],
)
def test_where_nobody_is_named(text):
    assert find(text, "name", "payee") == []


@pytest.mark.parametrize(
    ("text", "role"),
    [("pay Maria 20", "to"), ("to Anna", "to"), ("money from Maria", "from"), ("what did I get from John?", "from")],
)
def test_who_gives_and_who_gets(text, role):
    assert [mention.role for mention in find(text, "payee", "name")] == [role]


@pytest.mark.parametrize(
    ("text", "merchant"),
    [
        ("what did I spend at tesco last month", "Tesco"),
        ("refund from Voltline Electronics", "Voltline Electronics"),
        ("what is that voltline payment", "Voltline Electronics"),
        ("how much did I spend at Snappy Snaps", "Snappy Snaps"),
        ("I spent 20 at blues kitchen yesterday", "blues kitchen"),
        ("cancel the direct debit with netflix", "netflix"),
        ("did I buy anything at M&S this month", "M&S"),
        ("cancel my spotify subscription", "spotify"),
    ],
)
def test_a_merchant(text, merchant):
    assert values(text, "merchant") == [merchant]


@pytest.mark.parametrize(
    ("text", "category"),
    [
        ("how much on groceries this month", "groceries"),
        ("and eating out?", "eating_out"),
        ("what did I spend on petrol", "transport"),
        ("my spending on rent", "housing"),
        ("how much did I spend on take out", "eating_out"),
        ("and bills?", "bills"),
    ],
)
def test_a_category(text, category):
    assert values(text, "category") == [category]


@pytest.mark.parametrize(
    "text", ["pay with my card", "withdraw cash", "transfer from travel", "pay my bill", "the app on my phone"]
)
def test_words_of_categories_that_mean_something_else(text):
    assert find(text, "category") == []


def slipped(name: str, place: int) -> str:
    """The name with two letters exchanged."""
    place = 1 + place % (len(name) - 2)
    return name[:place] + name[place + 1] + name[place] + name[place + 2 :]


@given(st.sampled_from(CUSTOMER.payees), st.integers(0, 100), st.sampled_from([str, str.lower, str.upper]))
def test_a_payee_with_two_letters_exchanged_is_still_that_payee(name, place, case):
    first, last = name.split()

    (found,) = find(f"pay {case(slipped(first, place))} {case(last)} £20", "payee", "name")

    assert found.value == (name,)
