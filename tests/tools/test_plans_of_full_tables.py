"""With thousands of rows of hundreds of customers the planner itself chooses an index for every statement that requests
send: nothing is switched off to make it. Issue 3: "every query's plan uses an index (test with EXPLAIN)".

test_query_plans.py looks at the same for a small bank; this one also finds an index that is read from end to end.
"""

from collections.abc import Iterator
from uuid import UUID

import psycopg
import pytest

from core.db.health import PUBLIC_TABLES
from core.services import Services
from evals.bench.plans import explain, nodes
from tests.conftest import Clone
from tests.crowd import add_rows, lay_open, whose
from tests.tools.wire import STATEMENTS

ROWS, LEAST = 6000, 390
"""In each table, and where a customer has one row only."""
SMALL = {*PUBLIC_TABLES, "staff"}
"""What no customer adds to."""
RUNNING = {"chat_turns_worker"}
"""An index of what runs just now: read whole it is still a few rows."""


@pytest.fixture(scope="module")
def full_bank(clone: Clone, bank_template: str) -> Iterator[Services]:
    with clone(bank_template) as services:
        with psycopg.connect(services.admin_url) as admin:
            lay_open(admin)
            for table, column in whose(admin).items():
                add_rows(admin, table, column, ROWS)
            admin.commit()
            admin.autocommit = True
            admin.execute("analyze")
        yield services


@pytest.fixture(scope="module")
def connection(full_bank: Services) -> Iterator[psycopg.Connection]:
    with psycopg.connect(full_bank.app_url) as connection:
        yield connection


@pytest.fixture(scope="module")
def somebody(full_bank: Services) -> UUID:
    with psycopg.connect(full_bank.owner_url) as owner:
        [(found,)] = owner.execute("select customer_id from credentials where email = 'alex@demo.example'").fetchall()
    return found


def test_the_tables_are_full(full_bank: Services):
    with psycopg.connect(full_bank.owner_url) as owner:
        rows = owner.execute("select relname, reltuples from pg_class where relnamespace = 'public'::regnamespace")
        counted = dict(rows.fetchall())
        assert [table for table in whose(owner) if counted[table] < LEAST] == []


@pytest.mark.parametrize("name", STATEMENTS)
def test_a_statement_reads_a_part_of_an_index(connection: psycopg.Connection, somebody: UUID, name: str):
    if name.startswith("staff."):
        connection.execute("set local role tellergraph_staff")
    plan = explain(connection, STATEMENTS[name], somebody)
    connection.rollback()

    for node in nodes(plan):
        table, index = node.get("Relation Name"), node.get("Index Name")
        assert node["Node Type"] != "Seq Scan" or table in SMALL, f"all of {table}: {node.get('Filter')}"
        is_whole = index is not None and not {"Index Cond", "Order By"} & set(node)
        assert not is_whole or table in SMALL or index in RUNNING, f"all of {index}: {node.get('Filter')}"
