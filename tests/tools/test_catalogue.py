"""The list of tools: what a model is told about each, and who may use which."""

import re
from pathlib import Path

import orjson
import pytest
from pydantic import BaseModel

from tests.snapshots import check_snapshot
from tests.tools.conftest import Desk
from tools.catalogue import CATALOGUE, CUSTOMER_SCOPES
from tools.registry import Arguments, Risk, ToolContext, tool

SNAPSHOTS = Path(__file__).parent / "snapshots"
STATIC = Path(__file__).parents[2] / "api" / "static"
TOOLS = CATALOGUE.offered(CUSTOMER_SCOPES)

TOOLS_OF_SCOPE = {
    "accounts:read": ["list_accounts", "get_balance", "get_account", "get_statement"],
    "accounts:write": ["open_account", "rename_account", "close_account"],
    "transactions:read": [
        "list_transactions",
        "search_transactions",
        "get_transaction",
        "explain_charge",
        "spending_summary",
        "find_recurring_payments",
        "forecast_cash_flow",
    ],
    "cards:read": ["list_cards", "get_card_delivery", "get_card_limits"],
    "cards:write": [
        "activate_card",
        "freeze_card",
        "unfreeze_card",
        "report_card_lost",
        "replace_card",
        "set_card_limit",
        "set_card_switch",
        "request_pin_change",
        "create_virtual_card",
    ],
    "payees:read": ["list_payees", "check_payee_name"],
    "payees:write": ["add_payee", "change_payee", "remove_payee"],
    "standing-orders:read": ["list_standing_orders"],
    "standing-orders:write": ["create_standing_order", "change_standing_order", "cancel_standing_order"],
    "transfers:read": ["get_transfer_status", "list_scheduled_payments"],
    "transfers:write": [
        "transfer_between_accounts",
        "pay_payee",
        "schedule_payment",
        "cancel_scheduled_payment",
    ],
    "loans:read": [
        "list_loan_products",
        "check_loan_eligibility",
        "quote_loan",
        "get_loan_status",
        "get_loan_payoff",
    ],
    "loans:write": ["apply_for_loan", "withdraw_loan_application", "pay_loan"],
    "savings:read": ["list_savings_rates"],
    "exchange:read": ["list_exchange_rates", "quote_exchange"],
    "exchange:write": ["convert_currency"],
    "top-ups:read": ["list_top_up_methods", "get_top_up_limits", "get_top_up_status"],
    "cash:read": ["get_cash_limits", "get_cash_withdrawal_status"],
    "fraud:read": ["list_fraud_alerts", "list_held_payments"],
    "fraud:write": ["answer_fraud_alert", "release_payment", "cancel_held_payment"],
    "disputes:read": ["list_disputes", "get_dispute_status"],
    "disputes:write": ["open_dispute", "add_evidence", "withdraw_dispute"],
    "profile:read": ["get_profile", "get_identity_status"],
    "profile:write": [
        "fill_identity_details",
        "add_identity_document",
        "submit_identity_application",
        "change_contact_details",
        "change_address",
        "set_preferences",
        "set_consent",
    ],
    "support:read": ["list_complaints", "list_support_cases", "list_appointments"],
    "support:write": [
        "request_handoff",
        "make_complaint",
        "book_appointment",
        "cancel_appointment",
        "request_callback",
    ],
    "bank:read": ["what_may_i_do", "find_branches", "find_atms", "get_opening_hours", "list_fees_and_limits"],
}


def test_each_scope_gives_exactly_these_tools():
    assert set(TOOLS_OF_SCOPE) == CUSTOMER_SCOPES
    for scope, names in TOOLS_OF_SCOPE.items():
        assert [tool.name for tool in CATALOGUE.offered(frozenset({scope}))] == names
    assert CATALOGUE.offered(frozenset()) == []
    assert CATALOGUE.offered(frozenset({"accounts", "read", "*", ""})) == []


def test_what_prepares_a_change_says_so_in_its_scope():
    for each in TOOLS:
        assert each.scope.endswith(":write" if each.risk is Risk.PREPARE else ":read")


def test_the_schemas_are_as_somebody_read_them():
    schemas = [
        {"title": tool.title, "scope": tool.scope, "risk": tool.risk, **tool.schema["function"]} for tool in TOOLS
    ]

    check_snapshot(SNAPSHOTS / "tools.json", orjson.dumps(schemas, option=orjson.OPT_INDENT_2).decode() + "\n")


@pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.name)
def test_a_model_is_told_what_each_tool_and_argument_is_for(tool):
    function = tool.schema["function"]

    assert len(function["description"]) > 40
    assert len(function["description"]) < 1024  # OpenAI's limit
    assert function["parameters"]["additionalProperties"] is False
    for name, argument in function["parameters"]["properties"].items():
        assert argument.get("description"), name


@pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.name)
def test_no_argument_can_name_a_customer(tool):
    assert not {name for name in tool.arguments.model_fields if "customer" in name or name.endswith("_id")}


def test_the_tools_are_known_under_their_names_once():
    assert len({tool.name for tool in TOOLS}) == len(TOOLS) == sum(map(len, TOOLS_OF_SCOPE.values()))
    assert CATALOGUE.find("get_balance") in TOOLS
    assert CATALOGUE.find("get_balances") is None


FORGED = "0199aaaa-0000-7000-8000-000000000000"
FORGERIES = ("customer_id", "runtime", "context", "user", "scope", "sql")


@pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.name)
@pytest.mark.parametrize("forged", FORGERIES)
async def test_an_argument_that_is_not_declared_is_refused(reading_desk: Desk, tool, forged: str):
    outcome = await reading_desk.call(reading_desk.blair, tool.name, **{forged: FORGED})

    assert outcome.result is None
    problems = str(outcome.error).removeprefix("The arguments are wrong. ").split("; ")
    assert f"{forged}: Extra inputs are not permitted" in problems
    assert FORGED not in str(outcome.error)


@pytest.mark.parametrize(
    ("name", "arguments", "error"),
    [
        ("list_transactions", {"limit": 0}, "limit: Input should be greater than or equal to 1"),
        ("list_transactions", {"limit": 51}, "limit: Input should be less than or equal to 50"),
        ("list_transactions", {"limit": "s3cret"}, "limit: Input should be a valid integer"),
        ("list_transactions", {"since": "s3cret"}, "since: Input should be a valid date"),
        ("list_transactions", {"since": "2026-02-30"}, "since: Input should be a valid date"),
        ("spending_summary", {"since": "2026-02-02", "until": "2026-02-01"}, "since must not be after until"),
        ("spending_summary", {"text": "s"}, "text: String should have at least 2 characters"),
        ("spending_summary", {"category": "s3cret" * 40}, "category: String should have at most 200 characters"),
        ("get_balance", {"account": ["s3cret"]}, "account: Input should be a valid string"),
        ("get_balance", {"account": {"$ne": "s3cret"}}, "account: Input should be a valid string"),
        ("get_balance", {"account": "s3cret\ud800"}, "account: Input should be a valid string"),
        ("freeze_card", {"card": 4821}, "card: Input should be a valid string"),
        ("list_transactions", {"text": "s3cret\0"}, "text: Value error, must not contain the null character"),
    ],
)
async def test_a_wrong_argument_is_named_without_its_value(reading_desk: Desk, name, arguments, error):
    outcome = await reading_desk.call(reading_desk.alex, name, **arguments)

    assert outcome.result is None
    assert outcome.error is not None
    assert error in outcome.error
    assert "s3cret" not in outcome.error
    assert "Traceback" not in outcome.error
    assert "pydantic" not in outcome.error


async def test_every_wrong_argument_is_named(reading_desk: Desk):
    outcome = await reading_desk.call(reading_desk.alex, "list_transactions", limit=0, since="x", iban="GB29")

    assert outcome.error is not None
    assert [part.split(":")[0] for part in outcome.error.removeprefix("The arguments are wrong. ").split("; ")] == [
        "since",
        "limit",
        "iban",
    ]


async def test_a_tool_that_is_not_there_is_answered_with_those_that_are(reading_desk: Desk):
    outcome = await CATALOGUE.call(
        "make_transfer", {}, context=reading_desk.context(reading_desk.alex), scopes=frozenset({"cards:read"})
    )

    tools = "list_cards, get_card_delivery, get_card_limits"
    assert outcome.error == f"There is no tool 'make_transfer' for this customer. Tools: {tools}."


@pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.name)
async def test_a_tool_outside_the_scopes_cannot_be_called(desk_without_database, tool):
    """Not even its database is asked."""
    outcome = await CATALOGUE.call(tool.name, {}, context=desk_without_database, scopes=CUSTOMER_SCOPES - {tool.scope})

    assert outcome.result is None
    assert str(outcome.error).startswith(f"There is no tool '{tool.name}' for this customer.")


@pytest.fixture
def desk_without_database(reading_desk: Desk) -> ToolContext:
    context = reading_desk.context(reading_desk.alex)
    return ToolContext(None, context.customer_id, context.now, context.turn_id)  # type: ignore[arg-type]


async def test_a_fault_inside_a_tool_is_not_blamed_on_its_arguments(desk_without_database):
    class Broken(BaseModel):
        number: int

    @tool(title="Break", scope="test:read", rest="GET /break", examples={})
    async def broken(context: ToolContext, arguments: Arguments):
        """Breaks."""
        return Broken.model_validate({"number": "no number"})

    registry = type(CATALOGUE)([broken])

    with pytest.raises(ValueError, match="number"):
        await registry.call("broken", {}, context=desk_without_database, scopes=frozenset({"test:read"}))


def test_the_widget_knows_the_past_of_what_each_tool_does():
    [table] = re.findall(r"const PAST = \{(.*?)\};", (STATIC / "format.js").read_text(encoding="utf-8"))
    known = set(re.findall(r"(\w+): ", table))

    assert {tool.title.split()[0].lower() for tool in TOOLS} <= known
