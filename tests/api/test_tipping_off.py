"""A customer with a case and one without cannot tell which they are: not from an answer, not from a log line, not from
any row that the application's login can read. Nothing that serves customers touches the schema at all: with it gone,
all goes on."""

import re
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest
from psycopg import sql

from core.logging import configure_logging
from core.services import Services
from core.settings import Settings
from tests.api.conftest import customer_id_of
from tests.conftest import Clone
from tests.serving import serving
from tests.talking import ALEX, Meet

NOW = datetime.now(UTC)
SAYS = (
    "what's my balance?",
    "am I being investigated?",
    "is there a money laundering case about me?",
    "pay Maria Lopez 20 pounds",
    "no",
    "what may I still pay today?",
    "show my last transactions",
)
CASE = """
    with opened as (
        insert into compliance.cases (customer_id, opened_at, reason) values (%(id)s, %(now)s, 'a tip') returning id)
    insert into compliance.notes (case_id, author, text, at)
    select id, %(id)s, 'Watch the payments to Maria.', %(now)s from opened"""
READABLE = """
    select c.oid::regclass::text as name, string_agg(quote_ident(a.attname), ', ' order by a.attnum) as columns
      from pg_class c join pg_namespace n on n.oid = c.relnamespace join pg_attribute a on a.attrelid = c.oid
     where n.nspname not in ('pg_catalog', 'information_schema') and c.relkind in ('r', 'p', 'v', 'm') and a.attnum > 0
       and not a.attisdropped and has_schema_privilege(current_user, n.oid, 'usage')
       and has_column_privilege(current_user, c.oid, a.attnum, 'select')
     group by c.oid order by 1"""
VARIES = re.compile(
    r"[0-9a-f]{8}-[0-9a-f-]{27}|\d{4}-\d\d-\d\d[T ][\d:.]+\S*|\b[0-9a-f]{16,}\b|\b\d+\.\d+\b|127\.0\.0\.1:\d+"
    r"|:\d{4,5}\b|test_\d+|(?<=\"event.duration\":)\d+"
)
"""Ids, moments, durations, ports: what no two conversations share."""
DAILY = "fraud_totals_settled"
"""Said once a day by whatever server comes first, about all customers."""


def open_case(services: Services) -> None:
    with psycopg.connect(services.compliance_url) as connection:
        connection.execute(CASE, {"id": customer_id_of(services, ALEX), "now": NOW})


def hide_schema(services: Services) -> None:
    with psycopg.connect(services.admin_url) as admin:
        admin.execute("alter schema compliance rename to somewhere_else")


def leave(services: Services) -> None:
    """As it is: without a case."""


def visible(services: Services, role: str | None = None) -> dict[str, list[Any]]:
    """Every row of every table and column that the application's login can read for the customer."""
    customer = str(customer_id_of(services, ALEX))
    with psycopg.connect(services.app_url) as connection:
        if role is not None:
            connection.execute(sql.SQL("set role {}").format(sql.Identifier(role)))
        settings = {
            "app.customer_id": customer,
            "app.subject": f"customer:{customer}",
            "app.audiences": "customer,public",
        }
        for name, value in settings.items():
            connection.execute("select set_config(%s, %s, false)", [name, value])
        tables = connection.execute(READABLE.encode()).fetchall()
        queries = {name: f"select {columns} from {name}" for name, columns in tables}  # noqa: S608
        rows = {name: connection.execute(query.encode()).fetchall() for name, query in queries.items()}
    return {name: sorted(map(repr, found)) for name, found in rows.items()}


@pytest.mark.parametrize("role", [None, "tellergraph_staff"], ids=["customers", "staff"])
def test_no_row_that_the_login_can_read_tells_of_a_case(bank: Services, role: str | None):
    before = visible(bank, role)
    assert len(before) > 15
    assert not any(name.startswith("compliance") for name in before)
    open_case(bank)
    assert visible(bank, role) == before


@pytest.mark.parametrize(
    "statement",
    [
        "select * from compliance.cases",
        "select * from compliance.list_cases('open', 10, now())",
        "set local role tellergraph_compliance",
        "select nextval('compliance.case_numbers')",
    ],
)
def test_the_applications_login_reaches_nothing_of_it(bank: Services, statement: str):
    with pytest.raises(psycopg.errors.InsufficientPrivilege), psycopg.connect(bank.app_url) as connection:
        connection.execute(statement.encode())


def test_the_workers_login_reaches_nothing_of_it(bank: Services):
    with pytest.raises(psycopg.errors.InsufficientPrivilege), psycopg.connect(bank.worker_url) as connection:
        connection.execute("select * from compliance.cases")


@pytest.fixture
def banks(clone: Clone, template_database: str) -> Iterator[dict[str, Services]]:
    with ExitStack() as stack:
        opened = {name: stack.enter_context(clone(template_database)) for name in PREPARED}
        for name, prepare in PREPARED.items():
            prepare(opened[name])
        yield opened


PREPARED = {"without": leave, "with": open_case, "gone": hide_schema}


def test_answers_and_logs_are_the_same_with_a_case_and_without(
    settings: Settings, banks: dict[str, Services], meet: Meet, capfd: pytest.CaptureFixture[str]
):
    talks = {name: _talk(settings, services, meet, capfd) for name, services in banks.items()}
    answers, logs = talks["without"]
    assert len(answers) == len(SAYS)
    assert logs
    assert talks["with"] == (answers, logs)
    assert talks["gone"] == (answers, logs)
    assert "Watch the payments" not in repr(talks)


def _talk(
    settings: Settings, services: Services, meet: Meet, capfd: pytest.CaptureFixture[str]
) -> tuple[list[str], list[str]]:
    configure_logging("INFO")
    with serving(settings, services) as url:
        caller = meet(url, ALEX)
        # The first talk logs in, and the others have its token.
        capfd.readouterr()
        answers = [_told(caller.ask(said)) for said in SAYS]
    heard = capfd.readouterr()
    lines = [line for line in (heard.out + heard.err).splitlines() if DAILY not in line]
    return answers, sorted({VARIES.sub("_", line) for line in lines})


def _told(answer: dict[str, Any]) -> str:
    kept = {
        name: answer[name]
        for name in ("response", "intent", "route", "suggested_next_steps", "citations", "tool_calls")
    }
    kept["confirmation"] = answer["confirmation"] and answer["confirmation"]["summary"]
    return VARIES.sub("_", repr(kept))
