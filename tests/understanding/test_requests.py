"""Asking how is not asking for."""

import pytest

from agent.understanding.intents import INTENT_ROUTES, OwnIntent, Route
from agent.understanding.requests import (
    asks_for_case,
    asks_for_person,
    asks_how,
    asks_to_do,
    changes_something,
    is_question_about,
    operation_for,
)
from tools.catalogue import CATALOGUE
from tools.registry import Risk

HOW = [
    "how do I freeze my card",
    "How would one go about closing an account?",
    "hi, can you tell me how to add a payee",
    "I'd like to know how I can cancel a standing order",
    "I don't know how to activate it",
    "where do I change my address?",
    "what happens if I cancel my card",
    "is there a way to change my PIN",
    "is it possible to close an account online",
    "what are the steps to open an account",
    "What do I need to apply for a loan?",
    "are there any fees for that",
]
NOT_HOW = [
    "freeze my card",
    "can you freeze my card?",
    "I want to close my account",
    "how much did I spend",
    "how many cards do I have",
    "what is my balance",
    "when does my card expire",
    "please add Anna as a payee",
]
REQUESTS = [
    ("activate_my_card", "Hi, would you please activate my card?", OwnIntent.ACTIVATE_CARD),
    ("activate_my_card", "I want my new card activated", OwnIntent.ACTIVATE_CARD),
    ("terminate_account", "Please close my savings account", OwnIntent.CLOSE_ACCOUNT),
    ("edit_personal_details", "I need to change my email address", OwnIntent.CHANGE_CONTACT_DETAILS),
    ("edit_personal_details", "update my address to 5 Mill Lane", OwnIntent.CHANGE_ADDRESS),
    ("lost_or_stolen_card", "block my card, it was stolen", OwnIntent.FREEZE_CARD),
    ("lost_or_stolen_card", "report my card as stolen", OwnIntent.REPORT_CARD_LOST),
    ("change_pin", "I need a new PIN", OwnIntent.REQUEST_PIN_CHANGE),
    ("getting_virtual_card", "Could I get one of those virtual cards?", OwnIntent.CREATE_VIRTUAL_CARD),
]
QUESTIONS = [
    ("activate_my_card", "How can my new card be activated?"),
    ("terminate_account", "What happens when I close my account?"),
    ("lost_or_stolen_card", "I lost my card"),
    ("change_pin", "is it possible to change my pin"),
    ("card_arrival", "send me my card"),
]


@pytest.mark.parametrize("text", HOW)
def test_a_question_how_it_is_done(text: str) -> None:
    assert asks_how(text)


@pytest.mark.parametrize("text", NOT_HOW)
def test_a_request_and_a_question_about_the_customers_own(text: str) -> None:
    assert not asks_how(text)


@pytest.mark.parametrize(
    ("operation", "text", "is_question"),
    [
        ("freeze_card", "is it possible to freeze a card", True),
        ("get_statement", "how do I get a statement", True),
        ("get_account", "where can I find my IBAN in the app?", True),
        ("get_card_limits", "is there a limit on my debit card", False),
        ("get_balance", "what do I have to spend", False),
        ("forecast_cash_flow", "how does the rest of the month look", False),
        ("find_atms", "where can I get cash in Leeds", False),
        ("talk_to_human", "how can I speak to someone", False),
    ],
)
def test_only_how_it_is_done_is_a_question_about_an_operation(operation: str, text: str, is_question: bool) -> None:
    assert is_question_about(operation, text) == is_question


@pytest.mark.parametrize(("intent", "text", "operation"), REQUESTS)
def test_a_request_is_done_though_banking77_calls_it_a_question(intent: str, text: str, operation: OwnIntent) -> None:
    assert operation_for(intent, text) == operation


@pytest.mark.parametrize(("intent", "text"), QUESTIONS)
def test_a_question_stays_one(intent: str, text: str) -> None:
    assert operation_for(intent, text) is None


@pytest.mark.parametrize(
    "text", ["can you freeze my card?", "please pay Maria", "I'd like to close my account", "order it"]
)
def test_a_request_in_so_many_words(text: str) -> None:
    assert asks_to_do(text)


@pytest.mark.parametrize("text", ["can you explain fees", "how do I pay", "can I close my account?", "I paid Maria"])
def test_a_question_or_a_statement_is_no_request(text: str) -> None:
    assert not asks_to_do(text)


@pytest.mark.parametrize(
    "text",
    [
        "I need to talk to a person about my mother's inheritance",
        "how can I speak to someone about my fees?",
        "I'd rather chat with a real human being",
        "could I please speak with one of your colleagues",
        "I want my 30 pounds back, put me through with a bank worker",
        "please transfer me to a human agent",
        "operator!",
        "Agent. AGENT. a real human please",
    ],
)
def test_whoever_asks_for_a_person_gets_one_whatever_it_is_about(text: str) -> None:
    assert asks_for_person(text)


@pytest.mark.parametrize(
    "text",
    [
        "do I need to speak to a representative to change my PIN?",
        "I spoke to someone yesterday",
        "send money to a person",
        "somebody talked to me on the phone and I paid",
        "transfer me 20 pounds from savings",
        "don't put me through to anybody",
        "what is an agent fee",
    ],
)
def test_speaking_of_people_is_not_asking_for_one(text: str) -> None:
    assert not asks_for_person(text)


def test_what_changes_something_is_what_the_catalogue_prepares() -> None:
    tools = {intent: CATALOGUE.find(intent) for intent, route in INTENT_ROUTES.items() if route is Route.OPERATION}

    assert {intent for intent, tool in tools.items() if tool is None} == {OwnIntent.MAKE_TRANSFER, OwnIntent.UNCLEAR}
    assert all(changes_something(intent) == (tool.risk is Risk.PREPARE) for intent, tool in tools.items() if tool)
    assert changes_something(OwnIntent.MAKE_TRANSFER)
    assert not changes_something(OwnIntent.UNCLEAR)
    assert not changes_something("activate_my_card")


@pytest.mark.parametrize("text", ["standing order to Jimmy, 30 pounds", "A new standing order for my landlord"])
def test_a_standing_order_named_without_a_verb_is_a_new_one(text: str) -> None:
    assert operation_for("change_standing_order", text) == "create_standing_order"


@pytest.mark.parametrize("text", ["standing order to Sunrise should be 900", "change the standing order to Jimmy"])
def test_a_standing_order_that_is_to_be_different_stays_the_same_one(text: str) -> None:
    assert operation_for("change_standing_order", text) is None


@pytest.mark.parametrize(
    "text",
    [
        "what's happening with my case?",
        "any news on R-1A2B-3C4D-5E6F",
        "do I have open cases",
        "how is the case you opened",
    ],
)
def test_a_case_is_asked_for(text: str) -> None:
    assert asks_for_case(text)


@pytest.mark.parametrize(
    "text",
    ["what happens in my case of a lost card", "in any case show my balance", "how much was the phone case", "R-12"],
)
def test_other_cases_are_no_case_of_ours(text: str) -> None:
    assert not asks_for_case(text)
