"""Whole messages, as the customer types them, by the committed encoder and heads."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.understanding.heads import Heads
from agent.understanding.intents import INTENT_ROUTES, Route
from agent.understanding.reader import Reader
from knowledge.embed import Encoder

SEVERAL = [
    ("freeze my card and show my balance", ["freeze_card", "get_balance"]),
    ("what's my balance and how much did I spend on groceries last month?", ["get_balance", "spending_summary"]),
    ("yes, and are there any fees?", ["agree", "banking_question"]),
    ("never mind, show my balance instead", ["cancel_task", "get_balance"]),
    ("cancel that and transfer 50 to savings", ["cancel_task", "make_transfer"]),
    ("send £20 to John Carter and £30 to Maria Lopez", ["make_transfer", "make_transfer"]),
]
ONE = [
    ("Hello! I've been with you for ten years. Please freeze my card. Thank you!", "freeze_card"),
    ("I lost my card somewhere on the way home. Please freeze it.", "freeze_card"),
    ("My card has been lost! Help!", "lost_or_stolen_card"),
    (
        "I sent some money to a friend abroad who urgently needs it. How long will it take to get to her?",
        "transfer_not_received_by_recipient",
    ),
    (
        "hello, I hope you can help because I have been trying for an hour and the app tells me something else each "
        "time, what I would like is simply to have my virtual card frozen, that's the one for shopping, thank you",
        "freeze_card",
    ),
    (
        "We had snow here last night. I'm still in my slippers. Lock my debit card please. Greetings from up north!",
        "freeze_card",
    ),
    ("I ordered my card two weeks ago. It has not arrived. I am a bit worried about it.", "card_arrival"),
]
FORMS = [
    ("how do I freeze my card?", Route.KNOWLEDGE),
    ("please freeze my card", Route.OPERATION),
    ("can you tell me how to set up a standing order", Route.KNOWLEDGE),
    ("set up a standing order of £50 to John Carter", Route.OPERATION),
    ("what are the steps to remove a payee", Route.KNOWLEDGE),
    ("remove John Carter from my payees", Route.OPERATION),
    ("How do I activate my new card?", Route.KNOWLEDGE),
    ("please activate my new card", Route.OPERATION),
]
TYPED = [
    ("WHAT IS MY BALANCE", "get_balance"),
    ("wats my bal pls", "get_balance"),
    ("what is my balence", "get_balance"),
    ("plz freeeeze my card", "freeze_card"),
    ("frezze my debit card", "freeze_card"),
    ("shwo my last 5 transactoins", "list_transactions"),
    ("can u send 20 quid 2 John Carter", "make_transfer"),
]


@pytest.fixture(scope="module")
def reader() -> Reader:
    return Reader(Encoder.load(), Heads.load())


@pytest.mark.parametrize(("text", "intents"), SEVERAL)
def test_several_requests_in_one_message_are_all_understood(reader: Reader, text: str, intents: list[str]) -> None:
    understood = reader.understand(text)

    assert [clause.intent for clause in understood.clauses] == intents
    assert [text[clause.start : clause.end] for clause in understood.clauses] == [c.text for c in understood.clauses]


@pytest.mark.parametrize(("text", "intent"), ONE)
def test_what_leads_to_a_request_is_no_request(reader: Reader, text: str, intent: str) -> None:
    understood = reader.understand(text)

    assert understood.intent == intent
    assert [clause.intent for clause in understood.clauses] == [intent]


@pytest.mark.parametrize(("text", "route"), FORMS)
def test_how_something_is_done_is_looked_up_and_a_request_is_done(reader: Reader, text: str, route: Route) -> None:
    assert reader.understand(text).route is route


@pytest.mark.parametrize(("text", "intent"), TYPED)
def test_slips_slang_and_capitals_change_nothing(reader: Reader, text: str, intent: str) -> None:
    assert reader.understand(text).intent == intent


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("never mind, show my balance instead", "get_balance"),
        ("cancel that and show my cards", "list_cards"),
        ("forget it and put me through to somebody", "talk_to_human"),
    ],
)
def test_a_cancellation_with_a_new_request_is_about_the_request(reader: Reader, text: str, intent: str) -> None:
    assert reader.understand(text).intent == intent


@pytest.mark.parametrize("text", ["cards", "add", "payees", "something with my account"])
def test_a_bare_word_is_unclear(reader: Reader, text: str) -> None:
    assert reader.understand(text).intent == "unclear"


def test_another_language_is_named(reader: Reader) -> None:
    assert reader.understand("¿Cuál es el saldo de mi cuenta?").language == "es"
    assert reader.understand("what's my balance?").language == "en"


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=200))
def test_any_text_is_understood_somehow(reader: Reader, text: str) -> None:
    understood = reader.understand(text)

    assert INTENT_ROUTES[understood.intent] == understood.route
    assert 0 < understood.confidence <= 1 + 1e-6
    assert sum(probability for _, probability in understood.routes) == pytest.approx(1, abs=1e-4)
    assert understood.routes[0][0] == understood.route
    assert understood.clauses


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(TYPED), st.sampled_from(["", " ", "!", "???", "...", " please", " thanks"]))
def test_what_stands_after_a_request_does_not_change_its_route(reader: Reader, case: tuple[str, str], end: str) -> None:
    text, intent = case

    assert reader.understand(text + end).route == INTENT_ROUTES[intent]


@pytest.mark.parametrize("text", ["giv jimy 14 pound", "adres changd", "hw mch did i spnd groceris", "crad stollen"])
def test_short_english_full_of_slips_is_no_other_language(reader: Reader, text: str) -> None:
    assert reader.understand(text).language == "en"


@pytest.mark.parametrize(
    ("text", "language"),
    [("quanto ho speso", "it"), ("stuur 20 pond naar maria", "nl"), ("przelej 20 funtow do marii", "pl")],
)
def test_another_language_is_named_although_the_heads_guess(reader: Reader, text: str, language: str) -> None:
    assert reader.understand(text).language == language
