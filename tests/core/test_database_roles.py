"""What the runtime login can and cannot do, whatever the application asks of it (design rule 1)."""

import psycopg
import pytest
from core_servers import query
from psycopg import errors

from core.db.bootstrap import check_runtime_role
from core.db.health import inspect_database
from core.db.migrate import find_revision, list_revisions
from core.db.urls import with_login

CUSTOMER_TABLES = (
    *("customers", "credentials", "accounts", "cards", "payees", "standing_orders", "journal_entries", "postings"),
    *("transactions", "fraud_alerts", "banking_operations", "staff", "chat_sessions", "chat_turns", "chat_messages"),
)


def attempt(url: str, statement: str) -> None:
    """Undone, should it be allowed."""
    with psycopg.connect(url) as connection:
        connection.execute(statement.encode())
        connection.rollback()


def test_without_a_customer_nothing_is_seen(bank):
    for table in CUSTOMER_TABLES:
        assert query(bank.app_url, f"select count(*) from {table}") == [(0,)], table  # noqa: S608
    assert query(bank.owner_url, "select count(*) > 10 from customers") == [(True,)]


def test_a_customer_sees_their_own_rows_only(bank):
    [(alex, blair)] = query(
        bank.owner_url,
        """select (select customer_id from credentials where email = 'alex@demo.example')::text,
                  (select customer_id from credentials where email = 'blair@demo.example')::text""",
    )
    with psycopg.connect(bank.app_url) as connection:
        for me in (alex, blair):
            connection.execute("select set_config('app.customer_id', %s, true)", [me])
            seen = connection.execute("select distinct customer_id::text from accounts").fetchall()
            assert seen == [(me,)]
            connection.commit()
        assert connection.execute("select count(*) from accounts").fetchone() == (0,)


@pytest.mark.parametrize(
    "statement",
    [
        "create table mine (x int)",
        "create temporary table mine (x int)",
        "create schema mine",
        "create role mine",
        "update postings set amount_minor = 1",
        "delete from postings",
        "truncate postings",
        "update accounts set balance_minor = 0",
        "update customers set full_name = 'x'",
        "delete from audit_log",
        "select * from audit_log",
        "alter table accounts no force row level security",
        "alter table accounts disable row level security",
        "drop policy own on accounts",
        "drop trigger postings_append_only on postings",
        "select * from checkpoints.checkpoints",
        "create table lightrag.mine ()",
        "select * from alembic_version",
        "set role tellergraph_owner",
        "set role tellergraph_checkpoint",
        "set role tellergraph_graph",
        "set role postgres",
        "set session authorization postgres",
        "set session_replication_role = replica",
        "copy (select 1) to '/tmp/x'",
        "grant tellergraph_owner to tellergraph_app",
    ],
)
def test_the_runtime_login_may_not(services, statement):
    with pytest.raises(errors.InsufficientPrivilege):
        attempt(services.app_url, statement)


def test_turning_row_security_off_is_an_error_and_no_way_around(services):
    with psycopg.connect(services.app_url) as connection:
        connection.execute("set row_security = off")
        with pytest.raises(errors.InsufficientPrivilege, match="row-level security"):
            connection.execute("select * from accounts")


def test_the_checkpoint_login_sees_no_bank(services):
    with pytest.raises(errors.InsufficientPrivilege):
        attempt(services.checkpoint_url, "select * from public.accounts")
    assert query(services.checkpoint_url, "select count(*) from checkpoints") == [(0,)]


def test_the_graph_login_sees_no_bank_and_no_document(services):
    for statement in ("select * from public.accounts", "select * from public.kb_documents"):
        with pytest.raises(errors.InsufficientPrivilege):
            attempt(services.graph_url, statement)
    assert query(services.graph_url, "select current_schemas(false)") == [(["lightrag", "public"],)]


def test_staffs_role_cannot_log_in_and_the_runtime_login_inherits_nothing_of_it(services):
    roles = "select rolcanlogin from pg_roles where rolname = 'tellergraph_staff'"
    assert query(services.owner_url, roles) == [(False,)]
    held = """select pg_has_role(current_user, 'tellergraph_staff', 'usage'),
                     pg_has_role(current_user, 'tellergraph_staff', 'set')"""
    assert query(services.app_url, held) == [(False, True)]


@pytest.mark.parametrize("url", ["app_url", "owner_url", "checkpoint_url", "graph_url"])
def test_no_other_login_becomes_the_worker(services, url):
    with pytest.raises(errors.InsufficientPrivilege):
        attempt(getattr(services, url), "set role tellergraph_worker")


def test_the_owner_is_no_superuser_and_owns_the_tables(services):
    assert query(services.owner_url, "select rolsuper, rolbypassrls from pg_roles where rolname = current_user") == [
        (False, False)
    ]
    owners = query(services.owner_url, "select distinct tableowner from pg_tables where schemaname = 'public'")
    assert owners == [("tellergraph_owner",)]


def test_the_self_check_finds_nothing_in_a_fresh_database(empty):
    check_runtime_role(empty.app_url)
    checks = inspect_database(empty)
    assert len(checks) == 10
    assert [fault for check in checks for fault in check.faults] == []


@pytest.mark.parametrize(
    ("damage", "fault"),
    [
        ("alter table accounts no force row level security", "accounts does not force it"),
        ("create table notes (customer_id uuid)", "notes does not force it"),
        ("update alembic_version set version_num = '0001_bank'", "it is at 0001_bank"),
    ],
)
def test_the_check_finds_what_was_loosened(empty, damage, fault):
    query(empty.owner_url, damage)
    assert [found for check in inspect_database(empty) for found in check.faults if found.startswith(fault)]


@pytest.mark.parametrize(("url", "schema"), [("checkpoint_url", "checkpoints"), ("graph_url", "lightrag")])
def test_the_check_finds_a_visible_schema_of_another_library(empty, url, schema):
    query(getattr(empty, url), f"grant usage on schema {schema} to tellergraph_app")
    [fault] = [fault for check in inspect_database(empty) for fault in check.faults]
    assert fault == f"tellergraph_app may use schema {schema}"


def test_a_login_of_another_name_is_known_by_its_rights(empty):
    assert find_revision(empty.owner_url) == list_revisions()[-1]
    with pytest.raises(errors.OperationalError):
        query(with_login(empty.app_url, "nobody_here"), "select 1")
