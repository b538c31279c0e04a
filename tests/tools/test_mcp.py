"""The tools as an MCP client is told about them and calls them, without a transport between."""

import logging
from datetime import UTC, datetime, timedelta
from typing import Any, Literal
from uuid import UUID

import pytest
from jsonschema.validators import validator_for
from mcp import Client, MCPError
from mcp.server import Server
from structlog.testing import capture_logs

from core.errors import Forbidden, Unauthorized, Unavailable
from core.security.signing_keys import SigningKey, Trust
from core.security.tokens import AccountType, Identity, TokenSigner
from tests.tools.conftest import Desk
from tests.tools.policies import publish
from tools.catalogue import CATALOGUE, CUSTOMER_SCOPES
from tools.mcp_server import FAULT, IDEMPOTENCY_KEY, ONLY_PREPARES, build_mcp_server, context_for, verify_customer
from tools.mcp_stdio import for_token
from tools.operations import decide
from tools.registry import Arguments, Document, Registry, Risk, ToolContext, tool
from tools.results import results_of

TRUST = Trust.of(SigningKey.make())
SIGNER = TokenSigner(lambda: TRUST, timedelta(hours=1))
SCOPES = frozenset({"test:read"})
OFFERED = CATALOGUE.offered(CUSTOMER_SCOPES)
CALLBACK = next(each for each in OFFERED if each.name == "request_callback").examples[0].arguments
FORGED = "0199aaaa-0000-7000-8000-000000000000"


def identity(customer_id: UUID) -> Identity:
    return Identity(customer_id, AccountType.CUSTOMER, "customer")


def served(desk: Desk, registry: Registry = CATALOGUE, scopes: frozenset[str] = CUSTOMER_SCOPES) -> Server[Any]:
    """On behalf of alex."""
    return build_mcp_server(registry, scopes, lambda _: context_for(identity(desk.alex), desk.bank, desk.now))


async def test_each_scope_gives_exactly_its_tools(reading_desk: Desk):
    for scopes in [CUSTOMER_SCOPES, *(frozenset({scope}) for scope in sorted(CUSTOMER_SCOPES)), frozenset[str]()]:
        async with Client(served(reading_desk, scopes=scopes)) as client:
            listed = await client.list_tools()
        assert [each.name for each in listed.tools] == [each.name for each in CATALOGUE.offered(scopes)]
        assert listed.next_cursor is None


async def test_what_a_client_is_told_is_what_the_registry_says(reading_desk: Desk):
    async with Client(served(reading_desk)) as client:
        listed = {each.name: each for each in (await client.list_tools()).tools}

    assert len(listed) == len(OFFERED) > 0
    for ours in OFFERED:
        theirs = listed[ours.name]
        assert theirs.title == ours.title
        assert str(theirs.description).startswith(ours.description)
        assert all(f'"{example.said}" means ' in str(theirs.description) for example in ours.examples)
        examples = theirs.input_schema.pop("examples")
        assert examples == [example.arguments for example in ours.examples]
        assert theirs.input_schema == ours.schema["function"]["parameters"]
        assert theirs.input_schema["additionalProperties"] is False


async def test_a_tool_that_prepares_says_so_and_is_no_reading_one(reading_desk: Desk):
    async with Client(served(reading_desk)) as client:
        listed = {each.name: each for each in (await client.list_tools()).tools}

    assert {ours.risk for ours in OFFERED} == set(Risk)
    for ours in OFFERED:
        hints, is_read = listed[ours.name].annotations, ours.risk is Risk.READ
        assert hints is not None
        assert (hints.read_only_hint, hints.destructive_hint, hints.open_world_hint) == (is_read, False, False)
        assert (ONLY_PREPARES in str(listed[ours.name].description)) is not is_read


async def test_no_tool_decides(reading_desk: Desk):
    async with Client(served(reading_desk)) as client:
        names = [each.name for each in (await client.list_tools()).tools]
        answer = await client.call_tool("decide", {"operation_id": FORGED, "decision": "approve"})

    assert not [name for name in names if {"confirm", "approve", "decide", "execute"} & set(name.split("_"))]
    assert answer.is_error


async def test_a_result_is_text_and_structure_alike(reading_desk: Desk):
    async with Client(served(reading_desk)) as client:
        answer = await client.call_tool("get_balance", {"account": "Everyday"})

    expected = await reading_desk.call(reading_desk.alex, "get_balance", account="Everyday")
    assert expected.result is not None
    assert answer.is_error is False
    assert answer.structured_content == expected.result.model_dump(mode="json")
    assert answer.content[0].text == expected.result.model_dump_json()


async def test_a_refusal_is_a_result_that_says_what_would_work(reading_desk: Desk):
    async with Client(served(reading_desk)) as client:
        answer = await client.call_tool("get_balance", {"account": "Yacht"})

    assert answer.is_error is False
    assert answer.structured_content["status"] == "account_unclear"
    assert "Everyday" in answer.structured_content["choices"]


@pytest.mark.parametrize("name", [each.name for each in OFFERED])
@pytest.mark.parametrize("forged", ["customer_id", "context", "scope"])
async def test_a_forged_argument_is_refused(reading_desk: Desk, name: str, forged: str):
    async with Client(served(reading_desk)) as client:
        answer = await client.call_tool(name, {forged: FORGED})

    assert answer.is_error
    assert answer.structured_content is None
    assert f"{forged}: Extra inputs are not permitted" in answer.content[0].text
    assert FORGED not in answer.content[0].text


async def test_a_tool_outside_the_scopes_is_not_there(reading_desk: Desk):
    async with Client(served(reading_desk, scopes=frozenset({"cards:read"}))) as client:
        answer = await client.call_tool("freeze_card", {"card": "4821"})

    assert answer.is_error
    assert (
        answer.content[0].text
        == "There is no tool 'freeze_card' for this customer. Tools: list_cards, get_card_delivery, get_card_limits."
    )


async def test_what_is_prepared_is_recorded_as_coming_from_mcp(desk: Desk):
    async with Client(served(desk)) as client:
        answer = await client.call_tool("freeze_card", {"card": "4821"})

    assert answer.structured_content["status"] == "confirmation_needed"
    [operation] = desk.owner("select id::text, status, initiated_by, turn_id from banking_operations")
    assert operation["id"] == answer.structured_content["operation_id"]
    assert (operation["status"], operation["initiated_by"], operation["turn_id"]) == ("pending", "mcp", None)
    assert desk.owner("select status from cards where last4 = '4821'") == [{"status": "active"}]


async def test_a_call_that_is_sent_again_under_its_key_prepares_once(desk: Desk):
    """An agent whose answer was lost."""
    key: Any = {IDEMPOTENCY_KEY: "groceries of Maria, 21 November"}
    asked = {"amount": "300", "payee": "Maria Lopez"}
    async with Client(served(desk)) as client:
        first = await client.call_tool("pay_payee", asked, meta=key)
        again = await client.call_tool("pay_payee", asked, meta=key)
        other = await client.call_tool("pay_payee", asked | {"amount": "301"}, meta=key)
        without = await client.call_tool("pay_payee", asked)

    assert again.structured_content == first.structured_content
    assert other.is_error
    assert "Another request stands under this idempotency key" in other.content[0].text
    assert without.structured_content["operation_id"] != first.structured_content["operation_id"]
    assert len(desk.owner("select 1 from banking_operations")) == 2
    assert len(desk.owner("select 1 from demo_outbox")) == 2


async def test_a_key_gives_the_first_answer_whatever_became_of_it(desk: Desk):
    """The card is frozen meanwhile: a new request would be refused."""
    key: Any = {IDEMPOTENCY_KEY: "1"}
    async with Client(served(desk)) as client:
        first = await client.call_tool("freeze_card", {"card": "4821"}, meta=key)
        operation_id = UUID(first.structured_content["operation_id"])
        assert (await decide(desk.context(desk.alex), operation_id, "approve")).status == "completed"
        again = await client.call_tool("freeze_card", {"card": "4821"}, meta=key)
        anew = await client.call_tool("freeze_card", {"card": "4821"})

    assert again.structured_content == first.structured_content
    assert anew.structured_content["status"] != "confirmation_needed"


async def test_somebody_elses_key_is_another(desk: Desk):
    key: Any = {IDEMPOTENCY_KEY: "1"}
    theirs = build_mcp_server(
        CATALOGUE, CUSTOMER_SCOPES, lambda _: context_for(identity(desk.blair), desk.bank, desk.now)
    )
    async with Client(served(desk)) as client, Client(theirs) as other:
        mine = await client.call_tool("request_callback", CALLBACK, meta=key)
        blairs = await other.call_tool("request_callback", CALLBACK, meta=key)

    assert mine.structured_content["status"] == blairs.structured_content["status"] == "confirmation_needed"
    assert mine.structured_content["operation_id"] != blairs.structured_content["operation_id"]


@pytest.mark.parametrize("key", ["", "x" * 129, "caf\u00e9", "a\n", 7, ["a"]])
async def test_what_is_no_key_is_refused_and_nothing_prepared(desk: Desk, key: object):
    meta: Any = {IDEMPOTENCY_KEY: key}
    async with Client(served(desk)) as client:
        answer = await client.call_tool("freeze_card", {"card": "4821"}, meta=meta)

    assert answer.is_error
    assert "1 to 128 printable ASCII characters" in answer.content[0].text
    assert desk.owner("select 1 from banking_operations") == []


async def test_a_key_on_a_reading_call_changes_nothing(reading_desk: Desk):
    key: Any = {IDEMPOTENCY_KEY: "1"}
    async with Client(served(reading_desk)) as client:
        for account in ("Everyday", "Rainy Day"):
            assert not (await client.call_tool("get_balance", {"account": account}, meta=key)).is_error


async def test_a_client_is_told_every_result_of_a_tool(reading_desk: Desk):
    """The client itself compares each answer with what it was told, in every test here."""
    async with Client(served(reading_desk)) as client:
        listed = {each.name: each for each in (await client.list_tools()).tools}

    for ours in OFFERED:
        schema = listed[ours.name].output_schema
        assert schema is not None
        assert schema["type"] == "object"
        assert [option["title"] for option in schema["anyOf"]] == [kind.__name__ for kind in results_of(ours)]
        validator_for(schema).check_schema(schema)
    statuses = [each["properties"]["status"]["const"] for each in listed["freeze_card"].output_schema["anyOf"]]
    assert statuses[0] == "confirmation_needed"
    assert all("content" not in option["properties"] for option in listed["get_statement"].output_schema["anyOf"])


async def test_what_a_tool_answers_is_what_a_client_was_told(desk: Desk):
    """The client raises where it is not."""
    publish(desk.services.owner_url, desk.now, codes_per_hour=1000)
    answered: set[str] = set()
    async with Client(served(desk)) as client:
        for ours in OFFERED:
            for example in ours.examples:
                answer = await client.call_tool(ours.name, example.arguments)
                answered |= set() if answer.is_error else {answer.structured_content.get("status", "found")}

    assert len(answered) > 10
    assert {"found", "confirmation_needed"} <= answered


@tool(title="Break", scope="test:read", rest="GET /break", examples={})
async def broken(context: ToolContext, arguments: Arguments) -> Document:
    """Breaks."""
    raise LookupError("s3cret in tools/broken.py")


@tool(title="Be away", scope="test:read", rest="GET /away", examples={})
async def away(context: ToolContext, arguments: Arguments) -> Document:
    """Is away."""
    raise Unavailable("The bank's database does not answer. Please try again.")


@pytest.mark.parametrize("mode", ["auto", "legacy"])
async def test_a_fault_is_told_in_a_fixed_sentence_and_logged_with_its_stack(
    reading_desk: Desk, mode: Literal["auto", "legacy"]
):
    """The library would send the older clients the text of the exception."""
    with capture_logs() as logged:
        async with Client(served(reading_desk, Registry([broken]), SCOPES), mode=mode) as client:
            answer = await client.call_tool("broken", {})

    assert answer.is_error
    assert [each.text for each in answer.content] == [FAULT]
    # Servers of other tests are threads of the same process, and log as well.
    ours = [line for line in logged if line.get("tool") == "broken"]
    assert ours == [{"event": "tool_failed", "tool": "broken", "exc_info": True, "log_level": "error"}]


async def test_a_service_that_is_away_is_told_in_our_words(reading_desk: Desk):
    async with Client(served(reading_desk, Registry([away]), SCOPES)) as client:
        answer = await client.call_tool("away", {})

    assert answer.is_error
    assert answer.content[0].text == "The bank's database does not answer. Please try again."


@pytest.mark.parametrize(
    ("media_type", "content", "field", "expected"),
    [("text/csv", "é,1\n".encode(), "text", "é,1\n"), ("application/pdf", b"%PDF", "blob", "JVBERg==")],
)
async def test_a_document_is_an_embedded_file(reading_desk: Desk, media_type, content, field, expected):
    @tool(title="Leaflet", scope="test:read", rest="GET /leaflet", examples={})
    async def leaflet(context: ToolContext, arguments: Arguments) -> Document:
        """A leaflet."""
        return Document(filename="May 2026.x", media_type=media_type, content=content)

    async with Client(served(reading_desk, Registry([leaflet]), SCOPES)) as client:
        answer = await client.call_tool("leaflet", {})

    [embedded] = answer.content
    assert (embedded.resource.uri, embedded.resource.mime_type) == ("file:///May%202026.x", media_type)
    assert getattr(embedded.resource, field) == expected
    assert answer.structured_content == {"status": "document", "filename": "May 2026.x", "media_type": media_type}


def test_only_a_customers_token_speaks_for_a_customer():
    now, alex = datetime.now(UTC), identity(UUID(int=1))

    assert verify_customer(SIGNER, SIGNER.issue(alex, now)) == alex
    with pytest.raises(Forbidden, match="log in as a customer"):
        verify_customer(SIGNER, SIGNER.issue(Identity(UUID(int=2), AccountType.STAFF, "auditor"), now))
    with pytest.raises(Unauthorized) as ended:
        verify_customer(SIGNER, SIGNER.issue(alex, now - 2 * SIGNER.ttl))
    assert ended.value.error_code == "token_expired"
    with pytest.raises(Unauthorized):
        verify_customer(SIGNER, "")


async def test_a_token_that_ends_in_mid_session_ends_what_can_be_asked(
    reading_desk: Desk,
):
    moments = [datetime.now(UTC)]
    signer = TokenSigner(lambda: TRUST, timedelta(hours=1), clock=lambda: moments[-1])
    token = signer.issue(identity(reading_desk.alex), moments[0])
    context_of = for_token(signer, token, reading_desk.bank, lambda: reading_desk.now)

    async with Client(build_mcp_server(CATALOGUE, CUSTOMER_SCOPES, context_of), cache=None) as client:
        before = await client.call_tool("get_balance", {})
        assert (await client.list_tools()).tools
        moments.append(moments[0] + timedelta(hours=2))
        after = await client.call_tool("get_balance", {})
        with pytest.raises(MCPError, match="Your session has ended"):
            await client.list_tools()

    assert before.is_error is False
    assert after.is_error
    assert after.content[0].text == "Your session has ended. Please log in again."
    assert after.structured_content is None


def test_making_a_server_leaves_logging_as_it_is(reading_desk: Desk):
    root = logging.getLogger()
    before = (root.level, root.handlers[:], logging.getLogger("mcp").handlers[:])

    served(reading_desk)

    assert (root.level, root.handlers[:], logging.getLogger("mcp").handlers[:]) == before
