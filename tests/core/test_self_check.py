"""Nothing is served from a database that would not keep customers apart. Issue 3: "The server refuses to start when a
self-check finds a table without a policy, a bypassing role or a superuser login"; "views are security_invoker; no
security-definer function without an owner check inside"; "checkpoint, message, memory, cache-export and LightRAG-side
tables included or kept out of reach of the runtime role"."""

import os
import subprocess
import sys
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import psycopg
import pytest
from core_servers import query
from psycopg.conninfo import conninfo_to_dict
from pydantic import SecretStr
from rich.console import Console

from api.serve import prepared_services
from core.db.health import (
    ACROSS_CUSTOMERS,
    APPEND_ONLY,
    BY_OPERATION,
    GUARDS,
    PUBLIC_TABLES,
    inspect_database,
    inspect_security,
)
from core.errors import ConfigurationError
from core.services import Services
from core.settings import Settings
from tests.conftest import Clone

ROOT = Path(__file__).parents[2]
PEEK = "create function peek() returns bigint language plpgsql security definer {settings} as $$ begin {body} end $$;"
PATH = "set search_path = pg_catalog, public, pg_temp"
GRANT_PEEK = "grant execute on function peek to tellergraph_app"
COUNT = "return (select count(*) from accounts);"
ASKING = "return (select count(*) from accounts where customer_id = app_customer_id());"

BY_THE_OWNER = [
    # Tables
    ("alter table accounts no force row level security", "accounts does not force it"),
    ("alter table transactions disable row level security", "transactions does not force it"),
    ("alter table chat_messages no force row level security", "chat_messages does not force it"),
    ("create table cache_export (customer_id uuid, answer text)", "cache_export does not force it"),
    ("create materialized view balances as select balance_minor from accounts", "balances cannot have it"),
    # Policies
    ("drop policy own on cards", "cards has no policy for select by tellergraph_app"),
    ("drop policy staff_file on cards", "cards has no policy for select by tellergraph_staff"),
    (
        "grant delete on journal_entries to tellergraph_app",
        "journal_entries has no policy for delete by tellergraph_app",
    ),
    ("create policy everything on cards to tellergraph_app using (true)", "cards.everything asks nobody: true"),
    ("create policy everything on cards for select using (last4 > '')", "cards.everything asks nobody: "),
    (
        "create policy everything on cards to tellergraph_staff using (customer_id = app_customer_id() or true)",
        "cards.everything asks nobody: ",
    ),
    ("alter policy own on payees with check (true)", "payees.own asks nobody: true"),
    ("alter policy own on payees to public using (customer_id is not null)", "payees.own asks nobody: "),
    (
        "create policy everything on loans for select to tellergraph_worker using (true)",
        "loans.everything asks nobody: true",
    ),
    # Rights
    ("grant select on accounts to public", "everybody may select accounts"),
    ("grant select (email) on credentials to public", "everybody may select credentials.email"),
    ("grant truncate on cards to tellergraph_app", "tellergraph_app may truncate cards"),
    ("grant trigger on cards to tellergraph_worker", "tellergraph_worker may trigger cards"),
    ("grant references on customers to tellergraph_app", "tellergraph_app may references customers"),
    ("grant insert on policy_limits to tellergraph_app", "tellergraph_app may insert policy_limits"),
    ("grant update (rate) on fx_rates to tellergraph_app", "tellergraph_app may update fx_rates"),
    ("grant update on postings to tellergraph_app", "tellergraph_app may update postings"),
    ("grant update (reason) on staff_reads to tellergraph_staff", "tellergraph_staff may update staff_reads"),
    ("grant delete on audit_log to tellergraph_app", "tellergraph_app may delete audit_log"),
    (
        "grant insert (code) on demo_outbox to tellergraph_app",
        "tellergraph_app may insert demo_outbox, where codes lie open, outside demo mode",
    ),
    # Views
    ("create view balances as select balance_minor from accounts", "balances is not security_invoker"),
    ("alter view ledger_faults reset (security_invoker)", "ledger_faults is not security_invoker"),
    ("alter view ledger_faults set (security_invoker = false)", "ledger_faults is not security_invoker"),
    # Functions
    (PEEK.format(settings=PATH, body=COUNT) + GRANT_PEEK, "peek() runs as its owner and does not ask for whom"),
    (
        PEEK.format(settings=PATH, body=f"-- where customer_id = app_customer_id()\n /* app_staff_id() */ {COUNT}")
        + GRANT_PEEK,
        "peek() runs as its owner and does not ask for whom",
    ),
    (
        f"create function peek() returns bigint language sql security definer {PATH} {COUNT} {GRANT_PEEK}",
        "peek() runs as its owner and does not ask for whom",
    ),
    (
        PEEK.format(settings="", body=ASKING) + GRANT_PEEK,
        "peek() runs as its owner and has no search_path that ends in pg_temp",
    ),
    (
        PEEK.format(settings="set search_path = public", body=ASKING) + GRANT_PEEK,
        "peek() runs as its owner and has no search_path that ends in pg_temp",
    ),
    (
        "alter function execute_operation reset search_path",
        "execute_operation(uuid,text,timestamp with time zone) runs",
    ),
    ("grant execute on function reverse_entry to public", "everybody may execute reverse_entry(bigint,text,"),
    # Guards
    (
        "alter table postings disable trigger postings_append_only",
        "trigger postings_append_only of postings is disabled",
    ),
    ("alter table cards disable trigger needs_operation", "trigger needs_operation of cards is disabled"),
    (
        "alter table audit_log enable replica trigger audit_log_append_only",
        "trigger audit_log_append_only of audit_log",
    ),
    ("drop trigger audit_log_append_only on audit_log", "audit_log has no trigger that calls refuse_change()"),
    ("drop trigger needs_operation on accounts", "accounts has no trigger that calls require_operation()"),
    (
        "grant update (held_minor) on accounts to tellergraph_app",
        "accounts has no trigger that calls require_operation()",
    ),
    ("drop trigger accounts_limit on accounts", "accounts has no trigger that calls keep_balance_limit()"),
    ("drop trigger needs_operation on customers", "customers has no trigger that calls require_operation()"),
    (
        "drop trigger fx_deals_append_only on fx_deals; create trigger fx_deals_append_only before delete on fx_deals "
        "for each statement execute function refuse_change()",
        "fx_deals has no trigger that calls refuse_change()",
    ),
    (
        "alter table banking_operations alter constraint banking_operations_type not enforced",
        "constraint banking_operations_type of banking_operations is not enforced",
    ),
]
BY_A_SUPERUSER = [
    ("alter table cards disable trigger all", "cards has no trigger that calls require_operation()"),
    ("grant usage on schema checkpoints to tellergraph_app", "tellergraph_app may use schema checkpoints"),
    (
        "grant usage on schema checkpoints to tellergraph_app; "
        "grant select on checkpoints.checkpoints to tellergraph_app",
        "checkpoints.checkpoints does not force it",
    ),
    (
        "create table lightrag.doc_chunks (content text); "
        "grant usage on schema lightrag to tellergraph_app; "
        "grant select (content) on lightrag.doc_chunks to tellergraph_app",
        "lightrag.doc_chunks does not force it",
    ),
    (
        "create schema exports; create view exports.all_accounts as select * from accounts; "
        "grant usage on schema exports to tellergraph_worker; "
        "grant select on exports.all_accounts to tellergraph_worker",
        "exports.all_accounts is not security_invoker",
    ),
    ("grant create on schema public to tellergraph_app", "tellergraph_app may create in schema public"),
    ("create schema open; grant create on schema open to public", "tellergraph_app may create in schema open"),
    (PEEK.format(settings=PATH, body=ASKING), "peek() runs as a superuser"),
    (
        "do $$ begin execute format('grant create on database %I to tellergraph_app', current_database()); end $$",
        "tellergraph_app may create schemas",
    ),
    (
        "do $$ begin execute format('alter role tellergraph_app in database %I set app.customer_id = %L', "
        "current_database(), gen_random_uuid()); end $$",
        "tellergraph_app starts with app.customer_id=",
    ),
    (
        "do $$ begin execute format('alter database %I set session_replication_role = replica', "
        "current_database()); end $$",
        "every login starts with session_replication_role=replica",
    ),
    ("alter table payees owner to tellergraph_staff", "it owns tables, or may become their owner"),
]
ROLES = [
    ("alter role tellergraph_app superuser", "alter role tellergraph_app nosuperuser", "it is a superuser"),
    (
        "alter role tellergraph_app bypassrls",
        "alter role tellergraph_app nobypassrls",
        "it bypasses row-level security",
    ),
    (
        "alter role tellergraph_staff bypassrls",
        "alter role tellergraph_staff nobypassrls",
        "it bypasses row-level security, or may become a role that does",
    ),
    (
        "alter role tellergraph_worker bypassrls",
        "alter role tellergraph_worker nobypassrls",
        "tellergraph_worker bypasses row-level security",
    ),
    (
        "alter role tellergraph_worker replication",
        "alter role tellergraph_worker noreplication",
        "tellergraph_worker may replicate",
    ),
    (
        "alter role tellergraph_app createrole",
        "alter role tellergraph_app nocreaterole",
        "tellergraph_app may create roles",
    ),
    (
        "grant tellergraph_owner to tellergraph_app with inherit false",
        "revoke tellergraph_owner from tellergraph_app",
        "it may become tellergraph_owner",
    ),
    (
        "grant pg_execute_server_program to tellergraph_worker",
        "revoke pg_execute_server_program from tellergraph_worker",
        "pg_execute_server_program is one of PostgreSQL's own powerful roles",
    ),
]


@pytest.fixture(scope="module")
def start(settings: Settings):
    """``start(services)``: what ``tellergraph serve`` does before it listens. Returns what it said."""

    def started(services: Services) -> str:
        given = {
            "database_url": SecretStr(services.app_url),
            "database_owner_url": SecretStr(services.admin_url),
            "redis_url": SecretStr(services.redis_url),
            "demo": False,
        }
        said = StringIO()
        with prepared_services(settings.model_copy(update=given), Console(file=said)):
            return said.getvalue()

    return started


@pytest.fixture(scope="module")
def sound(clone: Clone, services: Services) -> Iterator[Services]:
    with clone(conninfo_to_dict(services.owner_url)["dbname"]) as own:
        yield own


def test_a_sound_database_is_served_from(sound: Services, start):
    assert [fault for check in inspect_database(sound) for fault in check.faults] == []
    assert start(sound) == ""


def refusal(start, services: Services) -> str:
    with pytest.raises(ConfigurationError) as refused:
        start(services)
    return refused.value.message


@pytest.mark.parametrize(("damage", "fault"), BY_THE_OWNER)
def test_what_the_owner_loosened_is_refused_at_start(empty: Services, start, damage: str, fault: str):
    query(empty.owner_url, damage)
    assert fault in refusal(start, empty)


@pytest.mark.parametrize(("damage", "fault"), BY_A_SUPERUSER)
def test_what_a_superuser_loosened_is_refused_at_start(empty: Services, start, damage: str, fault: str):
    query(empty.admin_url, damage)
    assert fault in refusal(start, empty)


@pytest.mark.parametrize(("damage", "repair", "fault"), ROLES)
def test_a_role_that_may_too_much_is_refused_at_start(sound: Services, start, damage: str, repair: str, fault: str):
    query(sound.admin_url, damage)
    try:
        assert fault in refusal(start, sound)
    finally:
        query(sound.admin_url, repair)
    assert start(sound) == ""


def test_a_bank_that_leaves_demo_mode_keeps_no_codes_any_more(bank: Services, start):
    """The right to write them down came with the demo bank."""
    write = "insert into demo_outbox (customer_id, text, code, sent_at) select id, '', '', now() from customers limit 1"
    named = "select set_config('app.customer_id', customer_id::text, false) from credentials where email like 'alex@%'"
    [(alex,)] = query(bank.owner_url, named)
    [fault] = [found for check in inspect_security(bank, demo=False) for found in check.faults]
    assert fault.startswith("tellergraph_app may insert demo_outbox")
    assert [found for check in inspect_security(bank, demo=True) for found in check.faults] == []
    with psycopg.connect(bank.app_url) as app:
        app.execute("select set_config('app.customer_id', %s, false)", [alex])
        assert app.execute(write).rowcount == 1

    assert start(bank) == ""

    assert [found for check in inspect_security(bank, demo=False) for found in check.faults] == []
    with psycopg.connect(bank.app_url) as app:
        app.execute("select set_config('app.customer_id', %s, false)", [alex])
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            app.execute(write)


def test_the_refusal_says_all_that_fits_in_a_line(empty: Services, start):
    query(
        empty.owner_url,
        "create table a (x int); create table b (x int); create table c (x int); create table d (x int)",
    )
    message = refusal(start, empty)
    assert "a does not force it; b does not force it; c does not force it; and 1 more" in message
    assert "tellergraph db check" in message


def test_every_table_is_public_or_forces_row_level_security(sound: Services):
    """The list of public tables has no line too many either: none of it has a customer in it."""
    rows = query(
        sound.owner_url,
        """select relname, relforcerowsecurity,
                  exists (select from pg_attribute a where a.attrelid = c.oid and a.attname in ('customer_id', 'owner'))
             from pg_class c where relkind in ('r', 'p') and relnamespace = 'public'::regnamespace order by 1""",
    )
    assert len(rows) > 30
    assert {name for name, forced, _ in rows if not forced} == set(PUBLIC_TABLES)
    assert [name for name, forced, with_customer in rows if with_customer and not forced] == []


def test_the_lists_name_what_is_there(sound: Services):
    """A name with a slip of the pen would guard nothing."""
    policies = query(
        sound.owner_url, "select tablename || '.' || policyname from pg_policies where schemaname = 'public'"
    )
    assert {(name,) for name in ACROSS_CUSTOMERS} <= set(policies)
    triggers = query(
        sound.owner_url, "select tgrelid::regclass::text, tgfoid::regproc::text from pg_trigger where not tgisinternal"
    )
    assert set(GUARDS) <= set(triggers)
    for function, tables in (("refuse_change", APPEND_ONLY), ("require_operation", BY_OPERATION)):
        assert {table for table, called in triggers if called == function} == set(tables)
    assert {table for (table,) in query(sound.owner_url, "select changes from operation_effects")} <= set(BY_OPERATION)


def test_public_function_rights_do_not_come_back_by_themselves(sound: Services):
    with psycopg.connect(sound.owner_url) as owner:
        owner.execute("create function made_later() returns int language sql return 1")
        owner.commit()
    assert [fault for check in inspect_security(sound) for fault in check.faults] == []
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        query(sound.app_url, "select made_later()")


# The command itself


def run(services: Services, settings: Settings, *arguments: str, **changed: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {
        "TELLERGRAPH_DATABASE_URL": services.app_url,
        "TELLERGRAPH_DATABASE_OWNER_URL": services.admin_url,
        "TELLERGRAPH_REDIS_URL": services.redis_url,
        "TELLERGRAPH_DATA_DIR": str(settings.data_dir),
        "TELLERGRAPH_DEMO": "false",
    }
    return subprocess.run(  # noqa: S603
        [sys.executable, "-m", "cli", *arguments],
        cwd=ROOT,
        env=environment | changed,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_serve_ends_with_one_line_and_exit_code_1(empty: Services, settings: Settings):
    query(empty.owner_url, "alter table accounts no force row level security")
    ended = run(empty, settings, "serve", "--port", "0")
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr.startswith("Error: The database would not keep customers apart: accounts does not force it. ")
    assert len(ended.stderr.splitlines()) == 1


def test_the_worker_ends_so_too(empty: Services, settings: Settings):
    query(empty.owner_url, "alter table scheduled_payments no force row level security")
    ended = run(empty, settings, "worker", "--once")
    assert (ended.returncode, ended.stdout) == (1, "")
    assert "scheduled_payments does not force it" in ended.stderr
    assert len(ended.stderr.splitlines()) == 1


def test_serve_refuses_a_superuser_login(empty: Services, settings: Settings):
    ended = run(empty, settings, "serve", "--port", "0", TELLERGRAPH_DATABASE_URL=empty.admin_url)
    assert (ended.returncode, ended.stdout) == (1, "")
    assert "cannot be used: it is a superuser" in ended.stderr
    assert len(ended.stderr.splitlines()) == 1


def test_db_check_tells_everything(empty: Services, settings: Settings):
    query(empty.owner_url, "create table notes (x int); create view everything as select * from accounts")
    ended = run(empty, settings, "db", "check")
    assert ended.returncode == 1
    assert "notes does not force it" in ended.stdout
    assert "everything is not security_invoker" in ended.stdout
