"""The bank's tools in the hands of an agent that LangGraph runs."""

from typing import Any, Literal

import pytest
from langchain_core.messages import AIMessage, ToolMessage
from langgraph.graph import START, MessagesState, StateGraph
from langgraph.prebuilt import ToolNode

from core.errors import TellergraphError
from tests.tools.conftest import Desk
from tools.accounts.accounts import Accounts
from tools.catalogue import CATALOGUE, CUSTOMER_SCOPES
from tools.langchain_tools import langchain_tools
from tools.registry import Arguments, Document, Proposed, Registry, ToolContext, tool

FORGED = "0199aaaa-0000-7000-8000-000000000000"


async def run(
    context: ToolContext,
    name: str,
    arguments: dict[str, Any],
    registry: Registry = CATALOGUE,
    scopes: frozenset[str] = CUSTOMER_SCOPES,
) -> ToolMessage:
    """What LangGraph's own node answers to a model's call."""
    graph = StateGraph(MessagesState)
    graph.add_node("tools", ToolNode(langchain_tools(registry, context, scopes)))
    graph.add_edge(START, "tools")
    calls = [{"name": name, "args": arguments, "id": "call-1", "type": "tool_call"}]
    state = await graph.compile().ainvoke({"messages": [AIMessage("", tool_calls=calls)]})
    return state["messages"][-1]


def test_the_tools_of_the_scopes_and_no_other(reading_desk: Desk):
    context = reading_desk.context(reading_desk.alex)

    tools = langchain_tools(CATALOGUE, context, CUSTOMER_SCOPES)

    assert [each.name for each in tools] == [each.name for each in CATALOGUE.offered(CUSTOMER_SCOPES)]
    assert [each.args_schema for each in tools] == [each.arguments for each in CATALOGUE.offered(CUSTOMER_SCOPES)]
    assert [each.name for each in langchain_tools(CATALOGUE, context, frozenset({"fraud:read"}))] == [
        "list_fraud_alerts",
        "list_held_payments",
    ]
    assert langchain_tools(CATALOGUE, context, frozenset()) == []


async def test_a_balance_comes_as_text_for_the_model_and_as_what_it_is(reading_desk: Desk):
    message = await run(reading_desk.context(reading_desk.alex), "get_balance", {"account": "Everyday"})

    assert message.status == "success"
    assert isinstance(message.artifact, Accounts)
    assert message.content == message.artifact.model_dump_json()
    assert message.artifact.accounts[0].ledger == "2480.15"


async def test_each_customer_gets_their_own(reading_desk: Desk):
    message = await run(reading_desk.context(reading_desk.blair), "get_balance", {})

    assert [account.name for account in message.artifact.accounts] == ["Current"]


@pytest.mark.parametrize("name", ["list_accounts", "get_balance", "freeze_card"])
@pytest.mark.parametrize(
    "forged", ["customer_id", "context", "config", "runtime", "state", "callbacks", "run_manager", "arguments"]
)
async def test_a_forged_argument_is_refused(reading_desk: Desk, name: str, forged: str):
    """Also by a tool that takes none, where LangChain would drop it."""
    message = await run(reading_desk.context(reading_desk.blair), name, {forged: FORGED})

    assert message.status == "error"
    assert message.content == f"The arguments are wrong. {forged}: Extra inputs are not permitted"


async def test_a_wrong_argument_is_explained_without_its_value(reading_desk: Desk):
    context = reading_desk.context(reading_desk.alex)

    message = await run(context, "list_transactions", {"limit": "s3cret"})

    assert message.status == "error"
    assert str(message.content).startswith("The arguments are wrong. limit:")
    assert "s3cret" not in str(message.content)


async def test_freezing_a_card_is_prepared_and_no_more(desk: Desk):
    message = await run(desk.context(desk.alex), "freeze_card", {"card": "4821"})

    assert isinstance(message.artifact, Proposed)
    assert desk.owner("select status from cards where last4 = '4821'") == [{"status": "active"}]
    [operation] = desk.owner("select id::text, status from banking_operations")
    assert operation == {"id": message.artifact.operation_id, "status": "pending"}


async def test_a_document_is_handed_over_beside_the_conversation(reading_desk: Desk):
    class Leaflet(Document):
        media_type: Literal["application/pdf"] = "application/pdf"

    @tool(title="Leaflet", scope="test:read", rest="GET /leaflet", examples={})
    async def leaflet(context: ToolContext, arguments: Arguments):
        """A leaflet."""
        return Leaflet(filename="leaflet.pdf", content=b"%PDF-1.7")

    context, scopes = reading_desk.context(reading_desk.alex), frozenset({"test:read"})
    message = await run(context, "leaflet", {}, Registry([leaflet]), scopes)

    assert message.content == '{"status":"document","filename":"leaflet.pdf","media_type":"application/pdf"}'
    assert message.artifact.content == b"%PDF-1.7"


async def test_a_fault_inside_a_tool_is_raised_and_not_shown_to_the_model(reading_desk: Desk):
    @tool(title="Break", scope="test:read", rest="GET /break", examples={})
    async def broken(context: ToolContext, arguments: Arguments):
        """Breaks."""
        return Accounts.model_validate({"accounts": "none"})

    context, scopes = reading_desk.context(reading_desk.alex), frozenset({"test:read"})
    with pytest.raises(TellergraphError, match="went wrong on our side"):
        await run(context, "broken", {}, Registry([broken]), scopes)
