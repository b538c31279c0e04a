"""Bank numbers, references and how often."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum import iban

from tests.understanding.slots.finding import find, values


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("GB29 NWBK 6016 1331 9268 19", "GB29NWBK60161331926819"),
        ("gb29nwbk60161331926819 please", "GB29NWBK60161331926819"),
        ("the IBAN is DE89 3704 0044 0532 0130 00 thanks", "DE89370400440532013000"),
        ("GB29 NWBK 6016 1331 9268 18", "GB29NWBK60161331926818"),
        ("add Anna, [IBAN_1]", "[IBAN_1]"),
    ],
)
def test_an_iban_also_a_wrong_one_or_one_that_was_masked(text, number):
    assert values(text, "iban") == [number]


@given(st.integers(0, 10**14 - 1))
def test_any_iban_is_found_in_groups_of_four(digits):
    body = f"NWBK{digits:014}"
    compact = f"GB{iban.calc_check_digits('GB00' + body)}{body}"

    assert values(f"add Anna Berg {iban.format(compact)}", "iban") == [compact]


@pytest.mark.parametrize(
    ("text", "sort_code", "account_number"),
    [
        ("sort code 20-00-00 account 55779911", ["200000"], ["55779911"]),
        ("sort code 200000, account number 55779911", ["200000"], ["55779911"]),
        ("20-00-00 55779911", ["200000"], ["55779911"]),
        ("sort code: 20 00 00", ["200000"], []),
        ("sort code 12-11-10", ["121110"], []),
        ("[SORT_CODE_1] account no. 55779911", ["[SORT_CODE_1]"], ["55779911"]),
        ("55779911", [], ["55779911"]),
        ("on 12-11-26", [], []),
        ("my account", [], []),
    ],
)
def test_a_sort_code_and_an_account_number(text, sort_code, account_number):
    assert values(text, "sort_code") == sort_code
    assert values(text, "account_number") == account_number


@pytest.mark.parametrize(
    ("text", "reference"),
    [
        ("pay Maria 20 with reference rent", "rent"),
        ("pay John 20 ref: INV-22", "INV-22"),
        ("reference 'Flat 3B'", "Flat 3B"),
        ("use reference INV 22/3", "INV 22/3"),
        ("pay Maria 20 with the message happy birthday", "happy birthday"),
        ("pay Maria 20 ref dinner from my savings", "dinner"),
        ("pay Maria 20 for lunch", "lunch"),
        ("send John £15 for the tickets tomorrow", "tickets"),
    ],
)
def test_a_reference(text, reference):
    assert values(text, "reference") == [reference]


@pytest.mark.parametrize(
    "text",
    ["pay Maria 20", "I got an error message", "pay Maria £20 for me", "a loan for 3 years", "send 20 for Maria"],
)
def test_what_is_no_reference(text):
    assert find(text, "reference") == []


@pytest.mark.parametrize(
    ("text", "frequency"),
    [
        ("every month", "monthly"),
        ("monthly", "monthly"),
        ("£50 a month", "monthly"),
        ("on the 1st of each month", "monthly"),
        ("every 1st", "monthly"),
        ("every week", "weekly"),
        ("every Friday", "weekly"),
        ("once a week", "weekly"),
        ("every other Friday", "fortnightly"),
        ("every two weeks", "fortnightly"),
        ("every four weeks", "four_weekly"),
        ("every 3 months", "quarterly"),
        ("annually", "yearly"),
        ("every day", "daily"),
        ("every 5 weeks", "every 5 weeks"),
    ],
)
def test_how_often(text, frequency):
    assert values(text, "frequency") == [frequency]


@pytest.mark.parametrize("text", ["a month ago", "this month", "in a week", "I pay every time"])
def test_what_says_not_how_often(text):
    assert find(text, "frequency") == []


def test_a_rhythm_names_its_day_too():
    assert values("pay Sunrise 850 on the 1st of every month", "date") == ["2026-12-01"]
    assert values("pay Maria 20 every Friday", "date") == ["2026-11-27"]


def test_what_comes_back_has_a_first_and_a_last_day():
    found = find("pay Jimmy £30 every two weeks from 1 December until 1 June", "date", "period")

    assert [(mention.value.isoformat(), mention.role) for mention in found] == [
        ("2026-12-01", "from"),
        ("2027-06-01", "to"),
    ]
