"""What is suggested to the customer is what the assistant answers well."""

import pytest

from agent.state import TURN_DEFAULTS
from agent.suggestions import suggest
from agent.understanding.intents import INTENT_ROUTES, Route
from tools.catalogue import CATALOGUE

PASSAGES = [{"title": title} for title in ("First", "First", "Second", "Third", "Fourth", "Fifth")]


def suggested(signed_in: bool = True, is_waiting: bool = False, **known) -> list[str]:
    first = {"route": known.get("route", ""), "intent": known.get("intent", ""), "confidence": 1.0}
    return suggest({**TURN_DEFAULTS, **known}, first, is_waiting=is_waiting, signed_in=signed_in)  # type: ignore[typeddict-item]


@pytest.mark.parametrize("waiting", [{"is_waiting": True}, {"asks_confirmation": True}])
def test_nothing_while_the_customer_is_asked_for_something(waiting):
    assert suggested(**waiting, passages=PASSAGES) == []


def test_after_an_answer_from_the_help_centre_its_neighbours():
    assert suggested(passages=PASSAGES) == ["Second", "Third", "Fourth"]


def test_nothing_after_a_goodbye():
    assert suggested(signed_in=False, route="small_talk", intent="goodbye") == []


def test_each_is_understood_as_something_that_can_be_done(loaded):
    encoder, heads = loaded
    customers = {text for intent in INTENT_ROUTES for text in suggested(route="operation", intent=intent)}
    visitors = set(suggested(signed_in=False, route="small_talk", intent="greeting"))

    assert len(customers) > 5
    for text in customers | visitors:
        understood = heads.predict(encoder.read(text).views)
        possible = CATALOGUE.find(understood.intent) or understood.route is Route.KNOWLEDGE
        assert possible, f"{text} is taken for {understood.intent}"
    for text in visitors:
        assert heads.predict(encoder.read(text).views).route is Route.KNOWLEDGE
