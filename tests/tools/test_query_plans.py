"""Every query of the tools finds its rows by an index, also where the planner must think of all parameters at once, as
the pool makes it. In a bank this small a sequential scan would win, so it is made expensive: what is left has none."""

from collections.abc import Iterator

import psycopg
import pytest

from core.db.health import PUBLIC_TABLES
from core.services import Services
from evals.bench.plans import explain, nodes
from tests.tools.conftest import Desk
from tools.queries import QUERIES

SMALL = frozenset(PUBLIC_TABLES) - {"merchants", "terminals"}
"""Lists of the bank itself that no customer adds to."""
OPERATORS = frozenset({"insert_rate"})
"""Statements of commands, which the runtime role may not run."""


@pytest.fixture(scope="module")
def connection(shared_bank: Services) -> Iterator[psycopg.Connection]:
    with psycopg.connect(shared_bank.app_url) as connection:
        connection.execute("set enable_seqscan = off")
        connection.commit()
        yield connection


@pytest.fixture
def runtime(connection: psycopg.Connection) -> Iterator[psycopg.Connection]:
    yield connection
    connection.rollback()


@pytest.mark.parametrize("name", sorted(set(QUERIES.names()) - OPERATORS))
def test_a_query_finds_its_rows_by_an_index(runtime: psycopg.Connection, reading_desk: Desk, name: str):
    plan = explain(runtime, QUERIES[name], reading_desk.alex)

    scanned = {node["Relation Name"] for node in nodes(plan) if node["Node Type"] == "Seq Scan"}
    assert scanned <= SMALL


@pytest.mark.parametrize("name", ["list_transactions", "search_transactions", "list_charges", "list_movements"])
def test_a_list_is_read_in_the_order_of_the_customers_index(runtime: psycopg.Connection, reading_desk: Desk, name: str):
    """It ends where the page ends, and nothing is sorted."""
    runtime.execute("set local enable_sort = off")
    plan = explain(runtime, QUERIES[name], reading_desk.alex)

    assert "transactions_customer" in {node.get("Index Name") for node in nodes(plan)}
    assert not any(node["Node Type"] in ("Sort", "Incremental Sort") for node in nodes(plan))


def test_a_page_begins_in_the_index_where_the_last_one_ended(runtime: psycopg.Connection, reading_desk: Desk):
    """Not by reading and leaving out all that is newer."""
    runtime.execute("set local enable_sort = off")
    plan = explain(runtime, QUERIES["search_transactions"], reading_desk.alex)

    [scan] = [node for node in nodes(plan) if node.get("Index Name") == "transactions_customer"]
    assert "ROW(" in scan["Index Cond"]


def test_a_query_without_an_index_would_be_noticed(runtime: psycopg.Connection, reading_desk: Desk):
    plan = explain(runtime, "select 1 from transactions where description = %(text)s", reading_desk.alex)

    # Row-level security narrows it to the customer's own index: the owner has no such luck.
    assert not any(node["Node Type"] == "Seq Scan" for node in nodes(plan))
    with psycopg.connect(reading_desk.services.owner_url) as owner:
        owner.execute("set enable_seqscan = off")
        plan = explain(owner, "select 1 from transactions where description = %(text)s", reading_desk.alex)
    assert any(node["Node Type"] == "Seq Scan" for node in nodes(plan))
