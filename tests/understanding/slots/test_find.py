"""Whole messages, and what holds for any message."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.understanding.slots import Known, KnownAccount, KnownCard, find_mentions
from tests.understanding.slots.finding import CUSTOMER, NOW, find, short


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (
            "send fifty quid to maria from my savings next Friday ref dinner",
            [
                ("amount", "50 GBP"),
                ("payee", "Maria Lopez"),
                ("account", "Rainy Day"),
                ("date", "2026-11-27"),
                ("reference", "dinner"),
            ],
        ),
        (
            "standing order of 850 to sunrise lettings every month from 1 December",
            [("amount", "850"), ("payee", "Sunrise Lettings"), ("frequency", "monthly"), ("date", "2026-12-01")],
        ),
        (
            "add Anna Berg, sort code 20-00-00, account number 55779911",
            [("name", "Anna Berg"), ("sort_code", "200000"), ("account_number", "55779911")],
        ),
        (
            "how much did I spend on groceries at Tesco in the last 3 months",
            [("category", "groceries"), ("merchant", "Tesco"), ("period", "2026-08-22..2026-11-21")],
        ),
        ("no make it 55 to John", [("no", "make it 55 to John"), ("amount", "55"), ("payee", "John Carter")]),
        ("lower the limit on my card ending 4821 to £250", [("card", "last4=4821"), ("amount", "250 GBP")]),
        (
            "send £20 to John and £30 to Maria",
            [("amount", "20 GBP"), ("payee", "John Carter"), ("amount", "30 GBP"), ("payee", "Maria Lopez")],
        ),
        ("PAY MARIA 50 POUNDS NOW", [("payee", "Maria Lopez"), ("amount", "50 GBP"), ("date", "2026-11-21")]),
        ("what's my balance?", []),
        ("", []),
    ],
)
def test_a_message_names(text, found):
    assert [(mention.kind, short(mention.value)) for mention in find(text)] == found


WORDS = st.sampled_from(
    [
        *(
            "pay",
            "send",
            "to",
            "from",
            "maria",
            "Anna",
            "Berg",
            "20",
            "£20",
            "fifty",
            "quid",
            "-",
            ",",
            ".",
            "not",
            "no",
            "yes",
        ),
        *(
            "the",
            "1st",
            "of",
            "June",
            "2026",
            "next",
            "last",
            "friday",
            "tomorow",
            "every",
            "month",
            "3",
            "days",
            "in",
            "at",
        ),
        *(
            "half",
            "past",
            "5",
            "pm",
            "card",
            "ending",
            "4821",
            "٤٨٢١",
            "savings",
            "ref",
            "for",
            "on",
            "and",
            "ß",
            "İ",
            "until",
        ),
        *(
            "sort",
            "code",
            "20-00-00",
            "GB29",
            "NWBK",
            "hundred",
            "a",
            "my",
            "account",
            "between",
            "31/02/2026",
            "[IBAN_1]",
        ),
    ]
)
TEXTS = st.one_of(st.text(), st.lists(WORDS, max_size=20).map(" ".join))
NAMES = st.text(min_size=1, max_size=12).filter(str.strip)


@given(TEXTS, st.sampled_from(["en-GB", "en-US", "de-DE"]))
def test_every_mention_stands_in_the_message_where_it_says(text, locale):
    mentions = find_mentions(text, now=NOW, locale=locale, known=CUSTOMER)

    for mention in (part for each in mentions for part in (each, *each.parts)):
        assert text[mention.start : mention.end] == mention.text
        assert mention.text.strip()


@given(TEXTS, NAMES, NAMES, NAMES)
def test_names_may_be_anything(text, payee, account, merchant):
    known = Known((KnownAccount(account),), (KnownCard("4821", nickname=payee),), (payee,), (merchant,), (merchant,))

    for mention in find_mentions(f"{text} {payee} {account}", now=NOW, known=known):
        if mention.kind == "payee":
            assert mention.value == (payee,)


@given(TEXTS)
def test_the_same_message_always_names_the_same(text):
    assert find(text) == find(text)
