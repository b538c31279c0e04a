"""The offline model: what it says stands in what it was given, for every result that a tool can have."""

from decimal import Decimal
from typing import Any
from uuid import uuid4

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.messages import HumanMessage

from agent.models.offline.brief import Brief
from agent.models.offline.compose import compose
from agent.models.offline.model import OfflineChat
from agent.models.offline.plan import plan
from agent.models.offline.results import BY_STATUS, BY_TOOL
from agent.release import Material, Release, evidence_figures, figures
from agent.understanding.intents import INTENT_ROUTES
from tools.catalogue import CATALOGUE, CUSTOMER_SCOPES
from tools.registry import Risk, ToolContext
from tools.results import refusals_of, statuses_of

TOOLS = [tool.schema for tool in CATALOGUE.offered(CUSTOMER_SCOPES)]


def brief(**known: Any) -> Brief:
    plain: Brief = {
        "said": "what's my balance",
        "route": "operation",
        "intent": "get_balance",
        "slots": {},
        "tool": "get_balance",
        "words": "",
        "question": "",
        "passages": [],
        "marks_from": 1,
        "signed_in": True,
        "ended": None,
    }
    return {**plain, **known}  # type: ignore[typeddict-item]


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        ("list_accounts", {}),
        ("get_balance", {"account": "savings"}),
        ("get_balance", {"account": "nowhere"}),
        ("list_transactions", {"limit": 50}),
        ("list_transactions", {"since": "2026-01-01"}),
        ("list_transactions", {"until": "2026-01-01", "category": "groceries"}),
        ("list_transactions", {"text": "nobody sells this"}),
        ("list_transactions", {"account": "current"}),
        ("spending_summary", {}),
        ("spending_summary", {"since": "2025-01-01", "category": "groceries"}),
        ("spending_summary", {"since": "2025-01-01", "text": "nobody sells this"}),
        ("spending_summary", {"category": "yachts"}),
        ("list_cards", {}),
        ("freeze_card", {"card": "4821"}),
        ("freeze_card", {"card": "0000"}),
        ("unfreeze_card", {"card": "4821"}),
        ("list_payees", {}),
        ("list_standing_orders", {}),
        ("list_fraud_alerts", {}),
        ("list_transactions", {"limit": 0}),
    ],
)
@pytest.mark.parametrize("who", ["alex", "blair", "nobody"])
async def test_every_result_is_put_in_words_with_its_own_figures(parts, customers, seeded_at, who, tool, arguments):
    context = ToolContext(parts.bank, customers.get(who) or uuid4(), seeded_at, uuid4())
    outcome = await CATALOGUE.call(tool, arguments, context=context, scopes=CUSTOMER_SCOPES)
    content = outcome.result.model_dump_json() if outcome.result else str(outcome.error)

    said = compose(brief(), [(tool, outcome.result is not None, content)])

    assert len(said) > 10
    assert not {"{", "}", "None", "null"} & set(said.split())
    assert figures(said) <= evidence_figures([content])


def test_what_the_manager_decided_is_called():
    for tool in CATALOGUE.offered(CUSTOMER_SCOPES):
        assert plan(brief(tool=tool.name), TOOLS) == (tool.name, {})


def test_the_managers_words_go_before_those_of_the_last_result():
    results = [("list_cards", True, '{"status": "found", "cards": []}'), ("pay_payee", True, "{}")]

    assert compose(brief(words="Shall I add her?"), results) == "You have no cards with us yet.\n\nShall I add her?"
    assert compose(brief(words="How much?"), []) == "How much?"


def test_a_question_comes_after_what_was_found():
    said = compose(brief(question="How much?"), [("pay_payee", False, "There is not enough money.")])

    assert said == "I could not do that: There is not enough money.\n\nHow much?"


def test_a_tool_that_is_not_offered_is_not_planned():
    assert plan(brief(), []) is None
    assert plan(brief(tool="make_transfer"), TOOLS) is None


def test_a_tool_gets_only_the_slots_that_it_takes():
    slots = {"card": "4821", "account": "savings", "limit": 5}

    assert plan(brief(slots=slots), TOOLS) == ("get_balance", {"account": "savings"})
    assert plan(brief(tool="freeze_card", slots=slots), TOOLS) == ("freeze_card", {"card": "4821"})


@pytest.mark.parametrize("status", ["completed", "cancelled", "expired", "failed"])
@pytest.mark.parametrize("kind", ["freeze_card", "unfreeze_card"])
def test_how_an_operation_ended_is_said(kind, status):
    verb = kind.split("_")[0].capitalize()
    ended = {"type": kind, "status": status, "summary": f"{verb} the card ending 4821", "error": "It is lost."}

    said = compose(brief(ended=ended), [])

    assert "card ending 4821" in said
    assert ("Done" in said) == (status == "completed")
    assert ("It is lost." in said) == (status == "failed")


@pytest.mark.parametrize("intent", sorted(INTENT_ROUTES))
@pytest.mark.parametrize("signed_in", [True, False])
def test_there_are_words_for_every_intent(intent, signed_in):
    said = compose(brief(route=INTENT_ROUTES[intent].value, intent=intent, signed_in=signed_in), [])

    assert said.endswith((".", "?", "!"))
    assert figures(said) == set()


@pytest.mark.parametrize(
    ("intent", "signed_in", "first"),
    [
        ("freeze_card", False, "Please log in first"),
        ("freeze_card", True, "I can't do that"),
        ("talk_to_human", False, "To talk to a colleague"),
        ("report_fraud_alert", False, "Open the app"),
        ("list_exchange_rates", False, "Open the app"),
        ("unclear", False, "Open the app"),
        ("card_arrival", True, "Open the app"),
    ],
)
def test_what_has_to_be_known_first_is_said_before_the_article_that_helps(intent, signed_in, first):
    passage = {"document_id": "a", "title": "A", "heading": "A", "url": "/a", "text": "Open the app.", "score": 1.0}
    route = INTENT_ROUTES[intent].value

    said = compose(brief(route=route, intent=intent, signed_in=signed_in, passages=[passage]), [])

    assert said.startswith(first)
    assert said.endswith("Open the app. [1]")


@given(st.decimals("-1000000", "1000000", places=2), st.sampled_from(["current", "savings", "credit_card"]))
def test_any_balance_can_be_said(amount: Decimal, kind: str):
    account = {"name": "A", "kind": kind, "currency": "GBP", "ledger": f"{amount:.2f}", "available": f"{amount:.2f}"}

    said = compose(brief(), [("get_balance", True, orjson.dumps({"status": "found", "accounts": [account]}).decode())])

    assert f"{abs(amount):,.2f}" in said


def test_it_answers_nothing_that_the_graph_did_not_prepare():
    with pytest.raises(ValueError, match="only messages that the graph prepared"):
        OfflineChat().invoke([HumanMessage("What is my balance?")])


def test_what_every_reading_tool_finds_has_words():
    reading = {tool.name for tool in CATALOGUE.offered(CUSTOMER_SCOPES) if tool.risk is Risk.READ}
    assert reading == set(BY_TOOL)


async def test_every_example_of_every_tool_is_answered_in_words(parts, customers, seeded_at):
    """What a tool says to what customers say, in sentences: no braces, no nulls, and no figure of its own."""
    for tool in CATALOGUE.offered(CUSTOMER_SCOPES):
        for example in tool.examples:
            context = ToolContext(parts.bank, customers["alex"], seeded_at, uuid4())
            outcome = await CATALOGUE.call(tool.name, example.arguments, context=context, scopes=CUSTOMER_SCOPES)
            content = outcome.result.model_dump_json() if outcome.result else str(outcome.error)
            said = compose(brief(), [(tool.name, outcome.result is not None, content)])
            assert len(said) > 10, tool.name
            assert not {"{", "}", "None", "null"} & set(said.split()), (tool.name, said)
            assert figures(said) <= evidence_figures([content]), (tool.name, said)


def test_words_of_a_status_belong_to_one_result():
    """Two results of one status look different: what says one would fail at the other."""
    kinds = [kind for tool in CATALOGUE.offered(CUSTOMER_SCOPES) for kind in refusals_of(tool)]
    for status in BY_STATUS:
        assert len({kind for kind in kinds if status in statuses_of(kind)}) == 1, status


def passage(document: str, score: float, heading: str = "") -> dict[str, Any]:
    return {
        "document_id": document,
        "title": f"About {document}",
        "heading": heading or f"About {document}",
        "url": f"/help/{document}",
        "text": f"{document} {heading} costs nothing.",
        "score": score,
    }


def test_what_may_be_meant_instead_is_named_beside_the_answer():
    found = [passage("fees", 1.5), passage("rates", 1.4), passage("fees", 1.3, "Abroad"), passage("rates", 1.2, "Old")]
    answer = compose(brief(route="knowledge", tool=None, passages=[*found, passage("loans", 0.6)]), [])
    assert answer == (
        "fees  costs nothing. [1]\n\n**Abroad**\n\nfees Abroad costs nothing. [3]\n\nSee also: *About rates* [2]"
    )


def test_an_article_is_answered_alone_when_no_other_comes_near():
    answer = compose(brief(route="knowledge", tool=None, passages=[passage("fees", 1.5), passage("loans", 0.6)]), [])
    assert answer == "fees  costs nothing. [1]"


def test_only_some_of_many_likely_articles_are_named():
    found = [passage(name, 1.0) for name in ("fees", "rates", "loans", "cards", "cash")]
    answer = compose(brief(route="knowledge", tool=None, passages=found, marks_from=3), [])
    assert answer.endswith("See also: *About rates* [4] · *About loans* [5] · *About cards* [6]")


@pytest.mark.parametrize("who", ["alex", "blair"])
async def test_the_gate_lets_out_every_word_of_it(parts, customers, seeded_at, who):
    for tool in CATALOGUE.offered(CUSTOMER_SCOPES):
        context = ToolContext(parts.bank, customers[who], seeded_at, uuid4())
        outcome = await CATALOGUE.call(tool.name, {}, context=context, scopes=CUSTOMER_SCOPES)
        content = outcome.result.model_dump_json() if outcome.result else str(outcome.error)
        said = compose(brief(), [(tool.name, outcome.result is not None, content)])
        gate = Release(Material(today=seeded_at.date(), results=[content], compose=lambda said=said: said))

        assert gate.push(said) + gate.finish() == said
        assert not [kind for kind, became in gate.outcomes if became != "released"]


def regular(name: str, reference: str | None = None) -> dict[str, Any]:
    return {
        "name": name,
        "reference": reference,
        "kind": "subscription",
        "category": "subscriptions",
        "account": "Everyday",
        "amount": "-10.00",
        "currency": "GBP",
        "varies": False,
        "frequency": "monthly",
        "next_date": "2026-12-08",
    }


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ("when is my rent due?", {"Sunrise Lettings"}),
        ("how much is the Sunrise standing order", {"Sunrise Lettings"}),
        ("what do I pay STREAMBERRY and the gym?", {"Streamberry", "Ironworks Gym"}),
        ("what payments come out every month", {"Sunrise Lettings", "Streamberry", "Ironworks Gym", "Card payment"}),
        ("is there anything for the cinema?", {"Sunrise Lettings", "Streamberry", "Ironworks Gym", "Card payment"}),
    ],
)
def test_of_regular_payments_those_are_told_that_the_question_names(asked: str, told: set[str]):
    payments = [regular("Sunrise Lettings", "Rent"), *map(regular, ("Streamberry", "Ironworks Gym", "Card payment"))]
    monthly = [{"amount": "-40.00", "currency": "GBP"}]
    found = {"status": "found", "direction": "out", "payments": payments, "monthly": monthly}

    answer = compose(brief(said=asked), [("find_recurring_payments", True, orjson.dumps(found).decode())])

    assert {each["name"] for each in payments if each["name"] in answer} == told
    assert ("a month" in answer) is (len(told) == len(payments))
