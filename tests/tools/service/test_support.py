"""What holds hand-offs, complaints, appointments and callbacks: only a confirmed operation writes them."""

from uuid import UUID

import psycopg
import pytest
from psycopg import errors

from core.errors import NotFound
from tests.tools.asking import MONDAY, at, done, prepared
from tests.tools.conftest import Desk
from tools.demo_bank import reset_demo
from tools.operations import decide


@pytest.fixture
def monday(desk: Desk) -> Desk:
    return at(desk, MONDAY)


AT_LEEDS = {"branch": "Leeds", "topic": "a mortgage", "date": "2026-11-24", "time": "10:30"}
INSERTS = {
    "handoffs": "insert into handoffs (customer_id, packet, requested_at) values (app_customer_id(), '{}', now())",
    "complaints": "insert into complaints (customer_id, category, text, received_at, acknowledged_by, answer_by)"
    " values (app_customer_id(), 'other', 'text', now(), now(), now())",
    "appointments": "insert into appointments (customer_id, branch_id, topic, starts_at, booked_at)"
    " values (app_customer_id(), 1, 'text', '2026-11-24 10:30Z', now())",
    "callbacks": "insert into callbacks (customer_id, phone, is_on_file, topic, starts_at, ends_at, requested_at)"
    " values (app_customer_id(), '+447700900123', true, '', now(), now() + interval '1 hour', now())",
}


@pytest.mark.parametrize("table", INSERTS)
async def test_the_database_takes_them_from_a_confirmed_operation_alone(reading_desk: Desk, table: str):
    with psycopg.connect(reading_desk.services.app_url) as connection:
        connection.execute("select set_config('app.customer_id', %s, true)", [str(reading_desk.alex)])
        with pytest.raises(psycopg.DatabaseError, match="changes only when a confirmed operation"):
            connection.execute(INSERTS[table].encode())


@pytest.mark.parametrize(
    "statement",
    [
        "update handoffs set status = 'closed'",
        "update complaints set answer_by = now()",
        "update callbacks set phone = '+447700900999'",
        "update appointments set starts_at = now()",
        "delete from handoffs",
        "select list_waiting_handoffs(1)",
    ],
)
async def test_there_are_things_that_no_operation_may_change(reading_desk: Desk, statement: str):
    with psycopg.connect(reading_desk.services.app_url) as connection:
        connection.execute("select set_config('app.customer_id', %s, true)", [str(reading_desk.alex)])
        with pytest.raises(errors.InsufficientPrivilege):
            connection.execute(statement.encode())


async def test_nobody_answers_somebody_elses_question(monday: Desk):
    proposed = await prepared(monday, "request_handoff")

    with pytest.raises(NotFound):
        await decide(monday.context(monday.blair), UUID(proposed["operation_id"]), "approve")
    assert monday.owner("select 1 from handoffs") == []


async def test_a_reset_forgets_what_was_asked(monday: Desk):
    await done(monday, "request_handoff")
    await done(monday, "make_complaint", text="something")
    await done(monday, "book_appointment", **AT_LEEDS)
    await done(monday, "request_callback")

    reset_demo(monday.services.owner_url, "alex", MONDAY)

    for table in INSERTS:
        assert monday.owner(f"select 1 from {table}") == []  # noqa: S608  # pyright: ignore[reportArgumentType]
