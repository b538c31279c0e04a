"""A person takes over. Issue 3: "hand-off to a person with a packet (verified level, facts with sources, pending
proposal, masked transcript)"."""

import asyncio
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg.types.json import Jsonb

from core.errors import Conflict, Forbidden
from tests.tools.asking import MONDAY, approved, at, done, prepared
from tests.tools.conftest import Desk
from tools.catalogue import CATALOGUE, CUSTOMER_SCOPES
from tools.operations import decide
from tools.registry import ToolContext
from tools.service.handoff_packet import HandoffPacket
from tools.staff.context import StaffContext
from tools.staff.handoffs import close_handoff, list_handoffs, take_handoff

SUNDAY_NIGHT = datetime(2026, 11, 22, 22, 0, tzinfo=UTC)


@pytest.fixture
def monday(desk: Desk) -> Desk:
    return at(desk, MONDAY)


def conversation(desk: Desk, who: UUID, *messages: tuple[str, str, dict[str, Any]]) -> list[UUID]:
    """A session as the assistant stores it; a message is (role, text, {citations, tool_calls}). A turn for each."""
    session, turns = uuid4(), [uuid4() for _ in messages]
    owner = f"customer:{who}"
    desk.owner(
        "insert into chat_sessions values (%(id)s, %(owner)s, 'x', %(now)s, %(now)s)",
        id=session,
        owner=owner,
        now=desk.now,
    )
    for turn, (role, text, more) in zip(turns, messages, strict=True):
        values = {"id": turn, "session": session, "owner": owner, "now": desk.now, "role": role, "text": text}
        desk.owner(
            """insert into chat_turns values (%(id)s, %(session)s, %(owner)s, 'done', %(id)s, %(now)s, %(outcome)s,
                                              %(now)s, %(now)s)""",
            outcome=Jsonb({"tool_calls": more.get("tool_calls", [])}),
            **values,
        )
        desk.owner(
            """insert into chat_messages (session_id, turn_id, owner, role, content, citations, created_at)
               values (%(session)s, %(id)s, %(owner)s, %(role)s, %(text)s, %(citations)s, %(now)s)""",
            citations=Jsonb(more.get("citations", [])),
            **values,
        )
    return turns


CITATION = {"title": "Contact us", "url": "/help/contact-us", "quote": "We call within 2 hours."}


async def called(context: ToolContext, tool: str, /, **arguments: Any) -> dict[str, Any]:
    outcome = await CATALOGUE.call(tool, arguments, context=context, scopes=CUSTOMER_SCOPES)
    assert outcome.result is not None, outcome.error
    return outcome.result.model_dump(mode="json")


def packet(desk: Desk) -> HandoffPacket:
    [row] = desk.owner("select packet from handoffs")
    return HandoffPacket.model_validate(row["packet"])


async def test_a_colleague_gets_who_it_is_what_was_found_what_waited_and_what_was_said(monday: Desk):
    turns = conversation(
        monday,
        monday.alex,
        ("user", "How much is in my account? Mail me at [EMAIL_1]", {}),
        ("assistant", "You have £2,480.15.", {"tool_calls": ["get_balance"]}),
        ("assistant", "We can call you. [1]", {"citations": [CITATION]}),
        ("user", "a person, please", {}),
    )
    payment = await called(monday.context(monday.alex, turns[2]), "pay_payee", amount="300", payee="Maria Lopez")
    asked = monday.context(monday.alex, turns[3])
    proposed = await called(asked, "request_handoff", reason="call me on 07700 900777, PIN is 4321")
    assert monday.owner("select 1 from handoffs") == []
    # The assistant withdraws what waited: one proposal at a time.
    await decide(monday.context(monday.alex), UUID(payment["operation_id"]), "deny")

    ended = await approved(monday, proposed)

    assert ended.status == "completed"
    found = packet(monday)
    assert found.reason == "call me on [PHONE_1], PIN is [SECRET]"
    assert (found.door, found.verified.identity, found.verified.level) == ("chat", "verified", 2)
    assert (found.verified.document, found.verified.code_in_conversation) == ("passport", False)
    assert found.proposal is not None
    assert (found.proposal.type, found.proposal.state) == ("pay_payee", "cancelled")
    assert (str(found.proposal.operation_id), "300.00" in found.proposal.summary) == (payment["operation_id"], True)
    assert [(fact.fact, fact.source) for fact in found.facts] == [
        ("You have £2,480.15.", "tools: get_balance"),
        ("We call within 2 hours.", "Contact us (/help/contact-us)"),
    ]
    assert [line.text for line in found.transcript] == [
        "How much is in my account? Mail me at [EMAIL_1]",
        "You have £2,480.15.",
        "We can call you. [1]",
        "a person, please",
    ]


async def test_what_was_done_in_the_conversation_is_a_fact_and_a_right_code_counts(monday: Desk):
    turns = conversation(monday, monday.alex, ("user", "new number", {}), ("user", "a person", {}))
    changed = await called(monday.context(monday.alex, turns[0]), "change_contact_details", phone="07700 900555")
    await approved(monday, changed)
    proposed = await called(monday.context(monday.alex, turns[1]), "request_handoff")

    await approved(monday, proposed)

    found = packet(monday)
    assert found.verified.code_in_conversation is True
    assert found.proposal is None
    assert [(fact.fact, fact.source) for fact in found.facts] == [
        ("Change your phone number to [PHONE_1]: completed", f"operation {changed['operation_id']}")
    ]


async def test_nothing_of_other_conversations_or_customers_gets_into_a_packet(monday: Desk):
    conversation(monday, monday.alex, ("user", "of another session", {}))
    conversation(monday, monday.blair, ("user", "of somebody else", {}))
    [turn] = conversation(monday, monday.alex, ("user", "a person", {}))
    await called(monday.context(monday.alex), "freeze_card", card="4821")
    blairs = conversation(monday, monday.blair, ("user", "mine", {}))
    await called(monday.context(monday.blair, blairs[0]), "unfreeze_card")

    await approved(monday, await called(monday.context(monday.alex, turn), "request_handoff"))

    found = packet(monday)
    assert [line.text for line in found.transcript] == ["a person"]
    assert (found.facts, found.proposal) == ([], None)


async def test_a_stolen_turn_id_brings_nothing_of_its_conversation(monday: Desk):
    [theirs] = conversation(monday, monday.blair, ("user", "private", {}))

    await approved(monday, await called(monday.context(monday.alex, theirs), "request_handoff"))

    assert packet(monday).transcript == []


async def test_over_another_door_there_is_no_transcript_but_what_waits_is_told(monday: Desk):
    frozen = await prepared(monday, "freeze_card", card="4821")
    rest = ToolContext(monday.bank, monday.alex, MONDAY, None, "rest")

    proposed = await called(rest, "request_handoff", reason="about my card")
    await decide(rest, UUID(proposed["operation_id"]), "approve")

    found = packet(monday)
    assert (found.door, found.transcript) == ("rest", [])
    assert found.proposal is not None
    assert (str(found.proposal.operation_id), found.proposal.state) == (frozen["operation_id"], "pending")


@pytest.mark.parametrize(
    ("now", "when"),
    [
        (MONDAY, "until 20:00 today"),
        (SUNDAY_NIGHT, "from 08:00 on Monday"),
        (datetime(2026, 12, 25, 12, 0, tzinfo=UTC), "from 09:00 on Saturday"),
    ],
)
async def test_the_customer_is_told_when_somebody_answers(desk: Desk, now: datetime, when: str):
    proposed = await prepared(at(desk, now), "request_handoff")

    assert proposed["summary"] == f"Pass this on to a colleague, who answers {when}"
    assert proposed["step_up"] is False


async def test_who_has_asked_need_not_ask_again(monday: Desk):
    second = await prepared(monday, "request_handoff", reason="the second")
    await done(monday, "request_handoff", reason="the first")

    again = await monday.ask(monday.alex, "request_handoff")
    late = await approved(monday, second)

    assert (again["status"], again["since"]) == ("handoff_open", "2026-11-23T10:00+00:00")
    assert (late.status, late.error_code) == ("failed", "handoff_open")
    assert packet(monday).reason == "the first"


def colleague(desk: Desk, role: str) -> StaffContext:
    [who] = desk.owner("select id from staff where role = %(role)s", role=role)
    return StaffContext(desk.database, who["id"], desk.now)


async def test_one_colleague_takes_it_and_that_opens_the_file_on_record(monday: Desk):
    agent, other = colleague(monday, "agent"), colleague(monday, "supervisor")
    await done(monday, "request_handoff", reason="my loan")
    [waiting] = await list_handoffs(agent, limit=10)
    for not_taken in (agent, other):
        with pytest.raises(Conflict):
            await close_handoff(not_taken, waiting.id)

    taken = await take_handoff(agent, waiting.id)
    again = await take_handoff(agent, waiting.id)
    for refused in (take_handoff, close_handoff):
        with pytest.raises(Conflict):
            await refused(other, waiting.id)
    closed = await close_handoff(agent, waiting.id)

    assert (taken.status, taken.customer_id, taken.packet.reason) == ("taken", monday.alex, "my loan")
    assert again == taken
    assert (closed.status, closed.closed_at) == ("closed", MONDAY)
    assert await list_handoffs(agent, limit=10) == []
    reads = monday.owner("select reason from staff_reads where customer_id = %(id)s order by id", id=monday.alex)
    opened = f"hand-off {taken.reference}"
    assert [read["reason"] for read in reads] == [opened, opened, f"{opened} closed"]
    with pytest.raises(Conflict):
        await take_handoff(agent, waiting.id)
    assert (await prepared(monday, "request_handoff"))["type"] == "request_handoff"


async def test_of_two_colleagues_who_take_it_at_once_one_gets_it(monday: Desk):
    await done(monday, "request_handoff")
    [waiting] = await list_handoffs(colleague(monday, "agent"), limit=10)

    ended = await asyncio.gather(
        *(take_handoff(colleague(monday, role), waiting.id) for role in ("agent", "supervisor", "admin")),
        return_exceptions=True,
    )

    assert sorted(type(each).__name__ for each in ended) == ["Conflict", "Conflict", "Handoff"]


async def test_an_auditor_takes_no_conversations(monday: Desk):
    auditor = colleague(monday, "auditor")

    with pytest.raises(Forbidden):
        await list_handoffs(auditor, limit=10)
    for refused in (take_handoff, close_handoff):
        with pytest.raises(Forbidden):
            await refused(auditor, uuid4())


async def test_a_packet_is_seen_in_an_opened_file_alone(monday: Desk):
    await done(monday, "request_handoff")
    [who] = monday.owner("select id from staff where role = 'agent'")
    with psycopg.connect(monday.services.app_url) as connection:
        connection.execute("select set_config('app.staff_id', %s, true)", [str(who["id"])])
        connection.execute("set local role tellergraph_staff")
        before = connection.execute("select packet from handoffs").fetchall()
        connection.execute("select open_customer_file(%s, 'a test', now())", [monday.alex])
        after = connection.execute("select packet from handoffs").fetchall()

    assert (before, len(after)) == ([], 1)
