"""Slot values from a customer's words, for any tool of the registry."""

import pytest

from agent.dialogue.fill import fill
from agent.dialogue.fill_amounts import UNKNOWN_CURRENCY
from agent.dialogue.free_text import whole_answer
from agent.dialogue.progress import slots_of
from tests.agent.dialogue.at_the_desk import NOW, mentions
from tools.catalogue import CATALOGUE, CUSTOMER_SCOPES


def filled(desk, tool, text, *, given=None, asked=None):
    return fill(slots_of(tool, desk), mentions(text), text, today=NOW.date(), given=given or {}, asked=asked)


@pytest.mark.parametrize(
    ("tool", "text", "values"),
    [
        ("pay_payee", "pay Maria fifty quid", {"payee": "Maria Lopez", "amount": "50", "currency": "GBP"}),
        (
            "pay_payee",
            "send 20 to John from my savings on Friday",
            {"payee": "John Carter", "amount": "20", "account": "Rainy Day", "date": "2026-11-27"},
        ),
        (
            "transfer_between_accounts",
            "move 100 pounds from Everyday to Rainy Day",
            {"amount": "100", "currency": "GBP", "account": "Everyday", "to_account": "Rainy Day"},
        ),
        ("freeze_card", "freeze the debit card", {"card": "debit"}),
        ("set_card_switch", "turn off contactless on 4821", {"switch": "contactless", "on": False, "card": "4821"}),
        ("set_card_limit", "set the cash limit to £200", {"limit": "cash", "amount": "200", "currency": "GBP"}),
        ("replace_card", "my credit card is broken, send me a new one", {"card": "credit", "reason": "damaged"}),
        ("apply_for_loan", "borrow £6,000 over 4 years for a new kitchen", {"months": 48, "reason": "a new kitchen"}),
        ("spending_summary", "how much did I spend at Tesco last month", {"since": "2026-10-01", "text": "Tesco"}),
        ("list_transactions", "show my last 5 transactions", {"limit": 5, "direction": None}),
        ("list_transactions", "has my salary come in", {"direction": "in"}),
        ("list_transactions", "who did I send money to last week", {"direction": "out", "since": "2026-11-16"}),
        ("transfer_between_accounts", "pay 50 off my credit card", {"to_account": "credit card", "account": None}),
        (
            "transfer_between_accounts",
            "put 30 towards my Platinum from Rainy Day",
            {"to_account": "Platinum", "account": "Rainy Day"},
        ),
        ("pay_payee", "pay Maria 20 from my Platinum", {"account": "Platinum", "to_account": None}),
        ("quote_exchange", "change £100 into euros", {"amount": "100", "currency": "GBP", "to_currency": "EUR"}),
        ("rename_account", "rename my Travel account to Holiday", {"account": "Travel", "name": "Holiday"}),
        ("change_contact_details", "my new number is [PHONE_1]", {"phone": "[PHONE_1]"}),
    ],
)
def test_several_slots_from_one_sentence(desk, tool, text, values):
    found = filled(desk, tool, text)
    assert {name: found.get(name) for name in values} == values


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("will my money last for the next 14 days?", 14),
        ("what will be in Everyday in two weeks", 14),
        ("how much will I have by Friday", 4),
        ("will I have enough until the end of the month", 7),
        ("what will be left on 3 December", 10),
        ("how much will I have left", None),
        ("how did last week leave me", None),
    ],
)
def test_how_far_to_look_ahead_is_heard_as_days_or_as_the_day_that_is_meant(desk, text, days):
    assert filled(desk, "forecast_cash_flow", text).get("days") == days


def test_a_negated_name_is_not_taken(desk):
    assert filled(desk, "pay_payee", "to Maria, not John")["payee"] == "Maria Lopez"


def test_a_bare_number_is_an_amount_only_where_one_is_asked_for_or_corrected(desk):
    assert filled(desk, "pay_payee", "no, 55")["amount"] == "55"
    assert filled(desk, "pay_payee", "55", asked="amount")["amount"] == "55"
    assert "amount" not in filled(desk, "freeze_card", "4821")


def test_a_word_that_only_looks_like_a_name_replaces_nobody(desk):
    assert "payee" not in filled(desk, "pay_payee", "wibble", given={"payee": "Maria Lopez"}, asked="amount")


def test_a_day_that_no_month_has_is_handed_on_as_said(desk):
    assert filled(desk, "pay_payee", "on 30 February")["date"] == "2027-02-30"


def test_what_is_looked_up_lies_behind(desk):
    assert filled(desk, "list_transactions", "in June")["until"] == "2026-06-30"


def test_money_that_no_bank_keeps_is_no_pounds(desk):
    assert filled(desk, "pay_payee", "pay Maria 20 bitcoin")["currency"] == UNKNOWN_CURRENCY


@pytest.mark.parametrize(
    ("said", "amount"),
    [
        ("double it", "120"),
        ("make it half of that", "30"),
        ("ten more", "70"),
        ("knock a fiver off", "55"),
        ("no i mean 54", "54"),
        ("take a tenner off that", "50"),
        ("lop 10 off it please", "50"),
        ("stick another tenner on", "70"),
        ("put an extra fiver on it", "65"),
        ("a tenth of that", "6"),
        ("five fifty", "5.5"),
        ("500 would be better", "500"),
        ("hmm thats a bit tight, 180", "180"),
        ("can we do 120 and Friday instead", "120"),
    ],
)
def test_an_amount_is_changed_from_what_it_was(desk, said, amount):
    assert filled(desk, "pay_payee", said, given={"payee": "Maria Lopez", "amount": "60"})["amount"] == amount


@pytest.mark.parametrize(
    ("said", "values"),
    [
        ("make it 12", {"amount": "12"}),
        ("hang on make it 12", {"amount": "12"}),
        ("sorry, 12 not 20", {"amount": "12"}),
        ("change it to 12", {"amount": "12"}),
        ("make it the 12th", {"date": "2026-12-12"}),
        ("make it 28 on the 12th", {"amount": "28", "date": "2026-12-12"}),
        ("make it friday", {"date": "2026-11-27"}),
        ("12", {}),
    ],
)
def test_another_sum_while_the_day_is_asked_for_is_no_day(desk, said, values):
    assert filled(desk, "schedule_payment", said, given={"amount": "20"}, asked="date") == values


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("can my savings be called Holiday?", "Holiday"),
        ("could the Travel account be called Spain?", "Spain"),
        ("rename Travel to Trips please", "Trips"),
    ],
)
def test_a_new_name_begins_after_the_words_that_give_it(desk, said, name):
    assert filled(desk, "rename_account", said)["name"] == name


@pytest.mark.parametrize("said", ["raise it by 50", "10 less", "double it"])
def test_a_difference_to_nothing_known_is_no_amount(desk, said):
    assert "amount" not in filled(desk, "change_standing_order", said)


def test_something_on_top_is_an_amount_where_one_was_asked_for(desk):
    assert filled(desk, "pay_payee", "right so just 45 on top", asked="amount")["amount"] == "45"


def test_a_currency_is_corrected_without_its_amount(desk):
    assert filled(desk, "pay_payee", "send 150 bucks, I mean pounds, to Maria")["currency"] == "GBP"


def test_a_name_stands_before_its_details(desk):
    found = filled(desk, "add_payee", "Ingrid Solberg, sort code 20-45-67, account number 12345678", asked="name")
    assert found == {"name": "Ingrid Solberg", "sort_code": "204567", "account_number": "12345678"}


def test_a_place_ends_before_a_day(desk):
    assert filled(desk, "book_appointment", "book me in at York 19 November at 10:30")["branch"] == "York"


def test_a_shop_is_more_than_the_word_for_its_category(desk):
    found = filled(desk, "search_transactions", "find everything i paid to Ironworks Gym")
    assert found["merchant"] == "Ironworks Gym"
    assert "category" not in found


def test_a_difference_in_another_currency_is_no_amount(desk):
    assert "amount" not in filled(desk, "pay_payee", "10 euros less", given={"amount": "60", "currency": "GBP"})


@pytest.mark.parametrize(
    ("said", "day"),
    [
        ("a week later", "2026-12-04"),
        ("the day after", "2026-11-28"),
        ("bring it forward two days", "2026-11-25"),
        ("the Monday after", "2026-11-30"),
        ("two days earlier", "2026-11-25"),
    ],
)
def test_a_day_is_moved_from_where_it_was(desk, said, day):
    assert filled(desk, "pay_payee", said, given={"date": "2026-11-27"}) == {"date": day}


@pytest.mark.parametrize(
    ("said", "amount"),
    [
        ("Jimmy needs 40 off me", "40"),
        ("snd maria 20 pouns pls", "20"),
        ("pay 45 to john no i mean 54", "54"),
        ("pay john no maria 20", "20"),
        ("100 a month to Maria", "100"),
        ("giv jon cartr 21", "21"),
    ],
)
def test_a_number_beside_somebody_is_what_they_get(desk, said, amount):
    assert filled(desk, "pay_payee", said)["amount"] == amount


def test_what_is_counted_is_no_amount(desk):
    assert "amount" not in filled(desk, "pay_payee", "Maria has 2 cards")
    assert "amount" not in filled(desk, "apply_for_loan", "no, 36 months")


def test_a_corrected_number_of_months_is_no_amount(desk):
    assert filled(desk, "apply_for_loan", "borrow £5,000 over 24 months, no, 36")["amount"] == "5000"


def test_a_rhythm_with_its_weekday_is_how_often(desk):
    found = filled(desk, "create_standing_order", "25 to John every Friday from next month")
    assert (found["frequency"], found["date"]) == ("weekly", "2026-12-04")


def test_when_that_was_which_is_paid_for_is_no_day_of_the_payment(desk):
    assert "date" not in filled(desk, "pay_payee", "send Jimmy £7.50 for the cab last night")


def test_a_slot_that_can_be_missing_is_left_out_on_demand(desk):
    given = {"amount": "30", "payee": "Maria Lopez", "reference": "pizza"}
    assert filled(desk, "pay_payee", "without the reference please", given=given) == {"reference": None}
    assert filled(desk, "pay_payee", "no reference") == {}


@pytest.mark.parametrize("said", ["to whoever idk", "a friend", "dunno", "no idea, sorry", "anyone really"])
def test_who_does_not_know_names_nobody(said):
    assert whole_answer(said) == ""


@pytest.mark.parametrize("said", ["someone stole my bag", "my friend Tom", "Everything Must Go Ltd"])
def test_what_only_begins_like_that_is_an_answer(said):
    assert whole_answer(said) == said


def test_an_address_is_found_without_being_called_one(desk):
    assert filled(desk, "change_address", "wait sorry it's 14 Oak Lane")["address"] == "14 Oak Lane"


def test_examples_of_tools_fill_no_slot_with_what_their_type_refuses(desk):
    """Whatever is found may be wrong; it must never be of a wrong form."""
    checked = 0
    for tool in CATALOGUE.offered(CUSTOMER_SCOPES):
        for example in tool.examples:
            found = desk.specs[tool.name].kept(filled(desk, tool.name, example.said))
            refused = {name for name, _ in desk.specs[tool.name].faults(found)} & found.keys()
            assert refused == set(), (tool.name, example.said, found)
            checked += 1
    assert checked > 80
