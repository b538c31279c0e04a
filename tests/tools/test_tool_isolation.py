"""Design rule 1: a query that forgets whose data it is for still gives nothing of anybody else's. Issue 3: "A test
deletes the owner filter from each tool's query in turn and shows that nothing leaks".

Every tool is called with its own examples, every proposal that comes of it is approved, and what is sent to PostgreSQL
meanwhile is kept: each statement then loses its filter where it was used. A new tool or query is tested without being
named here; a statement that nothing here reaches fails ``test_every_statement_is_tried``.
"""

import re
from collections import defaultdict
from collections.abc import AsyncIterator, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, LiteralString, cast
from uuid import UUID, uuid4, uuid5

import psycopg
import pytest
from psycopg import Connection
from psycopg.rows import dict_row

from core.errors import NotFound
from core.services import Services
from tests.conftest import Clone
from tests.tools.conftest import Desk, open_desk
from tests.tools.door_calls import AFTER, REFUSED, talk, through_other_doors
from tests.tools.policies import publish
from tests.tools.wire import FILTERED, STATEMENTS, Wire, tapped, without_filter
from tools.catalogue import CATALOGUE, CUSTOMER_SCOPES
from tools.operations import decide
from tools.receipts import find_receipt
from tools.registry import Proposed, ToolContext

EXAMPLES_WRITTEN_ON = date(2026, 11, 21)
"""Dates in examples are about that day: they are moved by whole weeks."""
NAMESPACE = UUID("6f0c1f0e-7f6e-4bd4-9d0a-2d1c7e0f5a11")
MOST_CALLS = 4
"""By which one statement is tried, and sets of values."""
INSERT = re.compile(r"\binsert into\b")
PARAMETER = re.compile(r"%\((\w+)\)s")
ISO_DATE = re.compile(r"\d{4}-\d\d-\d\d")
OF_NO_CUSTOMER = {
    "api.find_customer_login": "a login, before anybody is known: tests/api/test_signing_in.py",
    "api.find_staff_login": "as find_customer_login",
    "api.get_staff": "about staff",
    "api.insert_credentials": "a new customer's: tests/api/test_signing_in.py",
    "api.insert_customer": "as insert_credentials",
    "api.list_roles": "roles, the same for everybody",
}
"""Statements that are not tried here. Those of staff are tested below and in test_staff.py."""
NEVER_THE_SAME = {
    "tools.take_account_number",
    "tools.begin_authenticator",
    "tools.insert_payee",
    "tools.open_care_case",
}
"""Statements that give a new number or id each time, of the transaction's customer."""


@dataclass(frozen=True)
class Call:
    customer: str
    tool: str
    arguments: str
    """As text, to tell calls apart."""
    turn_id: UUID


@dataclass
class Usage:
    """What was called, what came of it, and which statements it took."""

    desk: Desk
    arguments: dict[Call, dict[str, Any]]
    results: dict[Call, Any] = field(default_factory=dict)
    calls_of: dict[str, list[Call]] = field(default_factory=lambda: defaultdict(list))

    def context(self, call: Call) -> ToolContext:
        return self.desk.context(getattr(self.desk, call.customer), call.turn_id)

    async def make(self, call: Call) -> Any:
        outcome = await CATALOGUE.call(
            call.tool, self.arguments[call], context=self.context(call), scopes=CUSTOMER_SCOPES
        )
        return outcome.error if outcome.result is None else outcome.result.model_dump(mode="json")

    def some_calls_of(self, name: str) -> list[Call]:
        """Of as many tools as possible, and of both customers."""
        by_tool = {(call.tool, call.customer): call for call in self.calls_of[name]}
        return list(by_tool.values())[:MOST_CALLS]


def calls_as(customer: str, today: date) -> dict[Call, dict[str, Any]]:
    """Each tool with its examples. A call keeps its turn, so that the same call again prepares nothing new."""
    found: dict[Call, dict[str, Any]] = {}
    for tool in CATALOGUE.offered(CUSTOMER_SCOPES):
        for example in tool.examples:
            arguments = {name: moved(value, today) for name, value in example.arguments.items()}
            text = repr(sorted(arguments.items()))
            found[Call(customer, tool.name, text, uuid5(NAMESPACE, customer + tool.name + text))] = arguments
    return found


def moved(value: Any, today: date) -> Any:
    """A date as far from today as it was from the day on which it was written, to a week."""
    if not isinstance(value, str) or not ISO_DATE.fullmatch(value):
        return value
    written, days = date.fromisoformat(value), (today - EXAMPLES_WRITTEN_ON).days
    # What was past stays past, and what was ahead stays ahead.
    weeks = -(-days // 7) if written > EXAMPLES_WRITTEN_ON else days // 7
    return (written + timedelta(weeks=weeks)).isoformat()


@pytest.fixture(scope="module")
def wire() -> Iterator[Wire]:
    with tapped() as wire:
        yield wire


@pytest.fixture(scope="module")
async def asked(clone: Clone, bank_template: str, seeded_at: datetime, wire: Wire) -> AsyncIterator[Usage]:
    """Every tool called by alex and by blair, twice: the second time is what others are compared with."""
    with clone(bank_template) as services:
        async for desk in open_desk(services, seeded_at):
            today = desk.context(desk.alex).today
            usage = Usage(desk, calls_as("alex", today) | calls_as("blair", today))
            for call in usage.arguments:
                await usage.make(call)
            for call in usage.arguments:
                with wire.listening() as heard:
                    usage.results[call] = await usage.make(call)
                for name in dict.fromkeys(name for name, _ in heard):
                    usage.calls_of[name].append(call)
            yield usage


@dataclass
class Acted:
    services: Services
    alex: UUID
    blair: UUID
    heard: dict[str, list[dict[str, Any]]]
    """The values of each statement, when alex's tools were called and their proposals approved."""


@pytest.fixture(scope="module")
async def acted(clone: Clone, bank_template: str, seeded_at: datetime, wire: Wire) -> AsyncIterator[Acted]:
    with clone(bank_template) as services:
        async for desk in open_desk(services, seeded_at):
            # More is approved here than a customer approves within an hour.
            publish(desk.services.owner_url, desk.now, codes_per_hour=1000)
            with wire.listening() as heard:
                for call, arguments in calls_as("alex", desk.context(desk.alex).today).items():
                    await _make_and_approve(desk, desk.alex, call.tool, arguments)
                for customer, tool, arguments_now in AFTER:
                    who = getattr(desk, customer)
                    assert await _make_and_approve(desk, who, tool, arguments_now(desk)) == "completed", tool
                for tool, arguments in REFUSED:
                    assert await _make_and_approve(desk, desk.alex, tool, arguments) != "completed", tool
                await through_other_doors(desk)
            values: dict[str, list[dict[str, Any]]] = defaultdict(list)
            for name, given in heard:
                if given not in values[name]:
                    values[name].append(given)
            # What is executed in ``working_for`` may change every table: only row-level security stands in the way.
            desk.owner(
                """insert into operation_effects (type, changes)
                   select 'freeze_card', changes from operation_effects on conflict do nothing"""
            )
            about = await talk(desk)
            for name, text in STATEMENTS.items():
                if name.startswith("agent."):
                    values[name] = [{parameter: about[parameter] for parameter in PARAMETER.findall(text)}]
            yield Acted(services, desk.alex, desk.blair, values)


async def _make_and_approve(desk: Desk, who: UUID, tool: str, arguments: dict[str, Any]) -> str:
    """The status of the operation, or what came instead of one."""
    context = desk.context(who)
    outcome = await CATALOGUE.call(tool, arguments, context=context, scopes=CUSTOMER_SCOPES)
    if not isinstance(outcome.result, Proposed):
        return repr(outcome)
    operation_id = UUID(outcome.result.operation_id)
    code = None
    if outcome.result.step_up:
        [sent] = desk.owner("select code from demo_outbox where operation_id = %(id)s", id=operation_id)
        code = sent["code"]
    operation = await decide(context, operation_id, "approve", code=code)
    if operation.status == "completed":
        await find_receipt(context, operation)
    return operation.status


async def test_every_statement_is_tried(asked: Usage, acted: Acted):
    tried = set(asked.calls_of) | set(acted.heard) | set(OF_NO_CUSTOMER)
    assert len(FILTERED) > 60
    untried = sorted(name for name in set(STATEMENTS) - tried if not name.startswith("staff."))
    assert not untried, f"see tests/tools/door_calls.py: {', '.join(untried)}"


@pytest.mark.parametrize("name", [name for name in FILTERED if not name.startswith("staff.")])
async def test_without_its_filter_a_tools_query_gives_the_same(asked: Usage, acted: Acted, wire: Wire, name: str):
    calls = asked.some_calls_of(name)
    assert calls or acted.heard[name], "nothing uses it: see tests/tools/door_calls.py"
    with wire.forgetting(name):
        for call in calls:
            with wire.listening() as heard:
                assert await asked.make(call) == asked.results[call], call
            assert name in [sent for sent, _ in heard], call


# The statements themselves, as somebody else


Outcome = tuple[int, Any] | str
"""Rows changed and returned, or the SQLSTATE."""


@contextmanager
def working_for(services: Services, who: UUID, acted: Acted) -> Generator[Connection[Any]]:
    """A transaction of a customer that is executing an operation of theirs, so that nothing but row-level security
    stands in the way. Undone at the end."""
    operation = acted.heard["tools.insert_operation"][0] | {
        "customer_id": who,
        "type": "freeze_card",
        "amount_minor": None,
        "currency": None,
        "idempotency_key": str(uuid4()),
    }
    with psycopg.connect(services.app_url, row_factory=dict_row) as connection:
        for setting, value in {"customer_id": str(who), "subject": f"customer:{who}"}.items():
            connection.execute("select set_config(%s, %s, true)", [f"app.{setting}", value])
        connection.execute("set lock_timeout = '5s'")
        connection.execute(bare("tools.insert_operation"), operation)
        key = {"customer_id": who, "idempotency_key": operation["idempotency_key"]}
        found = connection.execute(bare("tools.get_operation_by_key"), key).fetchone()
        assert found is not None
        now = operation["now"]
        slip = {"operation_id": found["id"], "slip": str(uuid4()), "now": now, "expires_at": operation["expires_at"]}
        connection.execute("select mint_slip(%(operation_id)s, sha256(%(slip)s::bytea), %(now)s, %(expires_at)s)", slip)
        claimed = connection.execute(bare("tools.execute_operation"), slip).fetchone()
        assert claimed is not None
        assert claimed["status"] == "processing"
        yield connection
        connection.rollback()


def bare(name: str) -> LiteralString:
    return cast(LiteralString, STATEMENTS[name])


def outcome(connection: Connection[Any], text: str, values: dict[str, Any]) -> Outcome:
    """Of a statement that is undone again."""
    connection.execute("savepoint before")
    try:
        cursor = connection.execute(cast(LiteralString, text), values)
        return cursor.rowcount, cursor.fetchall() if cursor.description else None
    except psycopg.Error as error:
        return str(error.sqlstate)
    finally:
        connection.execute("rollback to savepoint before")


def made_up(values: dict[str, Any]) -> dict[str, Any]:
    """The same with ids that nobody has."""
    return {name: _other(name, value) for name, value in values.items()}


def _other(name: str, value: Any) -> Any:
    if name in {"customer_id", "turn_id", "branch_id"}:
        return value
    if isinstance(value, UUID):
        return uuid4()
    if isinstance(value, str) and _is_uuid(value):
        return str(uuid4())
    return 2_000_000_000 + value % 1000 if name.endswith("_id") and isinstance(value, int) else value


def _is_uuid(text: str) -> bool:
    try:
        return bool(UUID(text))
    except ValueError:
        return False


REPLAYED = [name for name in STATEMENTS if name not in OF_NO_CUSTOMER and not name.startswith("staff.")]


@pytest.fixture(scope="module")
def as_alex(acted: Acted) -> Iterator[Connection[Any]]:
    with working_for(acted.services, acted.alex, acted) as connection:
        yield connection


@pytest.fixture(scope="module")
def as_blair(acted: Acted) -> Iterator[Connection[Any]]:
    with working_for(acted.services, acted.blair, acted) as connection:
        yield connection


@pytest.mark.parametrize("name", REPLAYED)
def test_a_statement_shows_and_changes_no_more_without_its_filter(
    acted: Acted, as_alex: Connection[Any], as_blair: Connection[Any], name: str
):
    """With alex's own values: for alex, and for blair, who must not get at what they point to, nor learn that it is
    there."""
    text, forgetful = STATEMENTS[name], without_filter(name)
    for given in acted.heard[name][:MOST_CALLS]:
        known, unknown = as_customer(given, acted.alex), as_customer(given, acted.blair)
        of_alex, of_blair = outcome(as_alex, forgetful, known), outcome(as_blair, forgetful, unknown)
        if name in NEVER_THE_SAME:
            assert (of_alex[0], of_blair[0]) == (outcome(as_alex, text, known)[0], outcome(as_blair, text, unknown)[0])
            assert of_blair[0] == 1
            continue
        assert of_alex == outcome(as_alex, text, known)
        assert of_blair == outcome(as_blair, text, unknown)
        if of_alex[0] != 0 and not INSERT.search(text):
            assert of_blair == outcome(as_blair, forgetful, made_up(unknown)), "blair learns that it is there"


def as_customer(given: dict[str, Any], who: UUID) -> dict[str, Any]:
    values = {"customer_id": who, "owner": f"customer:{who}"}
    return given | {name: value for name, value in values.items() if name in given}


@pytest.mark.parametrize("name", [name for name in REPLAYED if INSERT.search(STATEMENTS[name])])
def test_a_statement_inserts_nothing_for_somebody_else(acted: Acted, as_blair: Connection[Any], name: str):
    """With alex's values whole, alex's id among them."""
    for given in acted.heard[name][:MOST_CALLS]:
        done = outcome(as_blair, STATEMENTS[name], given)
        assert done == psycopg.errors.InsufficientPrivilege.sqlstate or done[0] == 0, done


def test_a_ledger_has_no_line_of_anybody_else(acted: Acted, as_alex: Connection[Any], as_blair: Connection[Any]):
    """Its filter is inside ``list_activity()``, which reads as the owner: no statement can forget it."""
    [given] = acted.heard["tools.list_activity"]
    of_alex, of_blair = (
        {line["key"] for line in connection.execute(bare("tools.list_activity"), given | {"limit": 1000})}
        for connection in (as_alex, as_blair)
    )
    assert of_alex
    assert of_blair
    assert not of_alex & of_blair


def test_row_level_security_is_what_holds(acted: Acted):
    """The tests above would prove nothing if statements without their filter gave the same to anybody."""
    loose = 0
    with psycopg.connect(acted.services.owner_url, row_factory=dict_row) as owner:
        for name in REPLAYED:
            for given in acted.heard[name][:1]:
                loose += outcome(owner, without_filter(name), given) != outcome(owner, STATEMENTS[name], given)
    assert loose > 20


# Staff


STAFF_FILES = [name for name in FILTERED if name.startswith("staff.file_")]


@pytest.mark.parametrize("name", STAFF_FILES)
def test_a_file_shows_no_more_without_its_filter(acted: Acted, name: str):
    """``staff.list_audit_of_customer`` is left out: who may open the audit log may read all of it."""
    with psycopg.connect(acted.services.app_url, row_factory=dict_row) as connection:
        with psycopg.connect(acted.services.owner_url) as owner:
            [(agent,)] = owner.execute("select id from staff where role = 'agent'").fetchall()
        connection.execute("select set_config('app.staff_id', %s, true)", [str(agent)])
        connection.execute("set local role tellergraph_staff")
        values = {"customer_id": acted.alex, "limit": 1000}
        assert outcome(connection, without_filter(name), values)[1] == []
        connection.execute("select open_customer_file(%s, 'a test', now())", [acted.alex])
        of_alex = outcome(connection, STATEMENTS[name], values)
        assert of_alex[1]
        assert outcome(connection, without_filter(name), values) == of_alex
        connection.rollback()


def test_staffs_statements_have_their_filter():
    assert len(STAFF_FILES) == 6


# Somebody else's decision


async def test_without_filters_nobody_decides_for_somebody_else(desk: Desk, wire: Wire):
    proposed = await desk.ask(desk.alex, "freeze_card", card="4821")
    wire.instead |= {name: without_filter(name) for name in FILTERED}
    try:
        for decision in ("approve", "deny"):
            with pytest.raises(NotFound):
                await decide(desk.context(desk.blair), UUID(proposed["operation_id"]), decision)
    finally:
        wire.instead.clear()

    [operation] = desk.owner("select status from banking_operations")
    assert operation["status"] == "pending"
