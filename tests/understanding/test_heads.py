"""Routes and intents of real sentences, by the committed encoder and heads."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from agent.understanding.heads import HEADS_DIR, Heads, Understanding
from agent.understanding.intents import BANKING77_INTENTS, INTENT_ROUTES, OwnIntent, Route
from core.errors import ConfigurationError
from knowledge.embed import ENCODER_DIR, Encoder

EXAMPLES = [
    ("hi", Route.SMALL_TALK, "greeting"),
    ("thanks", Route.SMALL_TALK, "thanks"),
    ("bye", Route.SMALL_TALK, "goodbye"),
    ("are you a bot?", Route.SMALL_TALK, "bot_question"),
    ("ok", Route.SMALL_TALK, "acknowledgement"),
    ("How do I activate my new card?", Route.KNOWLEDGE, "activate_my_card"),
    ("my new card came today, how do i switch it on", Route.KNOWLEDGE, "activate_my_card"),
    ("My card has not arrived yet", Route.KNOWLEDGE, "card_arrival"),
    ("There's a card payment on my statement I don't recognise", Route.KNOWLEDGE, "card_payment_not_recognised"),
    ("how do I freeze my card", Route.KNOWLEDGE, "banking_question"),
    ("How do I set up a standing order?", Route.KNOWLEDGE, "banking_question"),
    ("what's my balance?", Route.OPERATION, "get_balance"),
    ("bal?", Route.OPERATION, "get_balance"),
    ("and my savings?", Route.OPERATION, "get_balance"),
    ("show my last 5 transactions", Route.OPERATION, "list_transactions"),
    ("how much did I spend on groceries last month?", Route.OPERATION, "spending_summary"),
    ("freeze my card ending 4821", Route.OPERATION, "freeze_card"),
    ("I've misplaced my debit card, can you put a temporary block on it?", Route.OPERATION, "freeze_card"),
    ("unfreeze card 1107", Route.OPERATION, "unfreeze_card"),
    ("which cards do I have?", Route.OPERATION, "list_cards"),
    ("which accounts are open in my name?", Route.OPERATION, "list_accounts"),
    ("Send £25 to John Carter", Route.OPERATION, "make_transfer"),
    ("who are my payees?", Route.OPERATION, "list_payees"),
    ("add Anna Berg as a new payee", Route.OPERATION, "add_payee"),
    ("show my standing orders", Route.OPERATION, "list_standing_orders"),
    ("cancel my standing order to Sunrise Lettings", Route.OPERATION, "cancel_standing_order"),
    ("did you flag a payment?", Route.FRAUD, "list_fraud_alerts"),
    ("what is the alert about Voltline Electronics", Route.FRAUD, "list_fraud_alerts"),
    ("let me talk to a real person", Route.HANDOFF, "talk_to_human"),
    ("What is the weather in Paris?", Route.OUT_OF_SCOPE, "out_of_scope"),
    ("write a python function that sorts a list", Route.OUT_OF_SCOPE, "out_of_scope"),
]


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    return Encoder.load()


@pytest.fixture(scope="module")
def heads() -> Heads:
    return Heads.load()


def understand(encoder: Encoder, heads: Heads, text: str) -> Understanding:
    return heads.predict(encoder.read(text).views)


@pytest.mark.parametrize(("text", "route", "intent"), EXAMPLES)
def test_a_sentence_goes_the_right_way(encoder: Encoder, heads: Heads, text: str, route: Route, intent: str) -> None:
    understood = understand(encoder, heads, text)

    assert (understood.route, understood.intent) == (route, intent)


@pytest.mark.parametrize(("text", "route", "intent"), EXAMPLES)
def test_shouting_and_missing_punctuation_change_nothing(
    encoder: Encoder, heads: Heads, text: str, route: Route, intent: str
) -> None:
    understood = understand(encoder, heads, text.upper().rstrip("?.!"))

    assert understood.route == route


@pytest.mark.parametrize("text", ["", "bal?", "How do I activate my new card?", "x " * 3000])
def test_probabilities_agree_with_each_other(encoder: Encoder, heads: Heads, text: str) -> None:
    understood = understand(encoder, heads, text)

    assert INTENT_ROUTES[understood.intent] == understood.route
    assert 0 < understood.intent_confidence <= understood.route_confidence <= 1 + 1e-6
    assert sum(probability for _, probability in understood.routes) == pytest.approx(1, abs=1e-5)
    assert understood.routes[0] == (understood.route, understood.route_confidence)
    assert [p for _, p in understood.intents] == sorted((p for _, p in understood.intents), reverse=True)


def test_only_the_77_labels_compete_for_a_banking77_question(encoder: Encoder, heads: Heads) -> None:
    label, confidence = heads.predict_banking77(encoder.read("what's my balance?").views)

    assert label in BANKING77_INTENTS
    assert 0 < confidence < 1


def test_every_intent_has_a_route_and_every_route_an_intent() -> None:
    assert len(BANKING77_INTENTS) == len(set(BANKING77_INTENTS)) == 77
    assert set(INTENT_ROUTES) == {*BANKING77_INTENTS, *OwnIntent}
    assert set(INTENT_ROUTES.values()) == set(Route)


def test_the_heads_were_trained_on_the_committed_encoder() -> None:
    classes = json.loads((HEADS_DIR / "classes.json").read_text())

    assert classes["encoder"] == (ENCODER_DIR / "SHA256SUMS").read_text().splitlines()


@pytest.mark.parametrize("name", ["heads.npz", "classes.json"])
def test_heads_that_cannot_be_used_say_where_they_are(tmp_path: Path, name: str) -> None:
    shutil.copytree(HEADS_DIR, tmp_path, dirs_exist_ok=True)
    (tmp_path / name).write_bytes(b"{}")

    with pytest.raises(ConfigurationError, match=r"The heads in .* cannot be used"):
        Heads.load(tmp_path)


def test_a_vector_of_another_width_is_refused(heads: Heads) -> None:
    with pytest.raises(ValueError, match="not 10"):
        heads.predict(np.zeros(10, dtype=np.float32))
