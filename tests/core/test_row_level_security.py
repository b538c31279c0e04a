"""Every table, whatever it is for: a customer sees and changes their own rows and nobody else's. Issue 3: "Every table
with customer data has forced RLS".

The tables are found in the catalogue and filled as far as the demo bank left them empty, so that a new table is tested
without being named here.
"""

from collections.abc import Iterator
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg import Connection, sql

from core.db.health import PUBLIC_TABLES
from core.services import Services
from tests.conftest import Clone
from tests.crowd import add_row, lay_open, whose

EVERYTHING = sql.SQL("true")


@pytest.fixture(scope="module")
def crowded(clone: Clone, bank_template: str) -> Iterator[Services]:
    """Rows of several customers in every table, and nothing but row-level security between them: checks and triggers
    are off."""
    with clone(bank_template) as services:
        with psycopg.connect(services.admin_url) as admin:
            lay_open(admin)
            for table, column in whose(admin).items():
                for customer in customers(admin):
                    add_row(admin, table, column, customer)
        yield services


def customers(connection: Connection) -> list[UUID]:
    query = "select customer_id from credentials where split_part(email, '@', 1) in ('alex', 'blair') order by email"
    return [found for (found,) in connection.execute(query)]


def count(connection: Connection, table: str, condition: sql.Composable = EVERYTHING) -> int:
    query = sql.SQL("select count(*) from {} where {}").format(sql.Identifier(table), condition)
    return connection.execute(query).fetchall()[0][0]


def name_customer(connection: Connection, customer: UUID | str) -> None:
    subject = f"customer:{customer}" if customer else ""
    connection.execute("select set_config('app.customer_id', %s, true)", [str(customer)])
    connection.execute("select set_config('app.subject', %s, true)", [subject])


def granted(connection: Connection, right: str) -> dict[str, list[str]]:
    """The tables on which the login has the right, and the columns of it; all columns for delete."""
    query = """
        select c.relname, array_agg(a.attname::text)
          from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
         where c.relkind in ('r', 'p') and c.relnamespace = 'public'::regnamespace
           and case when %(right)s = 'delete' then has_table_privilege(c.oid, 'delete')
                    else has_column_privilege(c.oid, a.attnum, %(right)s) end
         group by 1"""
    return dict(connection.execute(query, {"right": right}).fetchall())


def test_everybody_has_rows_in_every_table(crowded: Services):
    """Or the tests below would prove nothing."""
    with psycopg.connect(crowded.owner_url) as owner:
        tables = whose(owner)
        assert len(tables) > 20
        for table, column in tables.items():
            rows = owner.execute(
                sql.SQL("select count(distinct {}) from {}").format(sql.Identifier(column), sql.Identifier(table))
            )
            assert rows.fetchall()[0][0] >= 2, table


@pytest.mark.parametrize("who", ["alex", "blair", "a stranger"])
def test_a_customer_sees_their_own_rows_alone(crowded: Services, who: str):
    with psycopg.connect(crowded.owner_url) as owner, psycopg.connect(crowded.app_url) as app:
        me = dict(zip(("alex", "blair"), customers(owner), strict=True)).get(who, uuid4())
        name_customer(app, me)
        readable = set(granted(app, "select"))
        for table, column in whose(owner).items():
            if table not in readable:
                continue
            mine = sql.SQL("{} = {}").format(
                sql.Identifier(column), sql.Literal(f"customer:{me}" if column == "owner" else str(me))
            )
            seen, expected = count(app, table), count(owner, table, mine)
            assert (seen, count(app, table, mine)) == (expected, expected), table
            assert (seen > 0) == (who != "a stranger"), table
        entries = sql.SQL("id in (select entry_id from postings where customer_id = {})").format(sql.Literal(str(me)))
        assert count(app, "journal_entries") == count(owner, "journal_entries", entries)
        assert count(app, "staff") == 0


@pytest.mark.parametrize("login", ["app_url", "worker_url"])
def test_without_a_customer_there_are_no_rows(crowded: Services, login: str):
    with psycopg.connect(getattr(crowded, login)) as connection:
        connection.execute("set app.audiences = 'nobody'")
        readable = granted(connection, "select")
        assert len(readable) > 4
        found = {table: count(connection, table) for table in readable if table not in PUBLIC_TABLES}
    across = {
        *("scheduled_payments", "standing_orders", "transactions", "banking_operations"),
        *("payment_holds", "dispute_clocks", "event_outbox", "audit_heads"),
    }
    assert {table for table, rows in found.items() if rows} <= (across if login == "worker_url" else set())


def test_the_worker_sees_whose_and_when_and_no_amounts_or_words(crowded: Services):
    with psycopg.connect(crowded.worker_url) as worker:
        seen = {table: set(columns) for table, columns in granted(worker, "select").items()}
    columns = {name for table, names in seen.items() if table not in PUBLIC_TABLES for name in names}
    assert "customer_id" in columns
    assert not columns & {"amount_minor", "description", "payload", "summary", "payee_id", "recipient", "reference"}
    # Of what is held, disputed or told to another system: when it is due and whether it is over.
    assert {table: seen[table] for table in ("payment_holds", "dispute_clocks", "event_outbox")} == {
        "payment_holds": {"operation_id", "customer_id", "status", "expires_at"},
        "dispute_clocks": {"id", "customer_id", "due_at", "ended_at"},
        "event_outbox": {"id", "customer_id", "next_at", "delivered_at", "given_up_at"},
    }


def test_a_customer_changes_their_own_rows_alone(crowded: Services):
    """With no filter at all, and with the triggers asleep that let rows change only by a confirmed operation."""
    with psycopg.connect(crowded.owner_url) as owner, psycopg.connect(crowded.app_url) as app:
        alex, _ = customers(owner)
        tables = whose(owner)
        updated, deleted = granted(app, "update"), granted(app, "delete")
        assert len(updated) > 5
        for table in {*updated, *deleted} & set(tables):
            column = tables[table]
            owner_is_alex = sql.SQL("{} = {}").format(
                sql.Identifier(column), sql.Literal(f"customer:{alex}" if column == "owner" else str(alex))
            )
            expected = count(owner, table, owner_is_alex)
            name = sql.Identifier(table)
            statements = [
                sql.SQL("update {} set {} = {}").format(name, sql.Identifier(one), sql.Identifier(one))
                for one in updated.get(table, [])[:1]
            ]
            statements += [sql.SQL("delete from {}").format(name)] if table in deleted else []
            for statement in statements:
                name_customer(app, alex)
                assert app.execute(statement).rowcount == expected, statement.as_string()
                app.rollback()


def test_nobody_writes_a_row_for_somebody_else(crowded: Services):
    with psycopg.connect(crowded.owner_url) as owner, psycopg.connect(crowded.app_url) as app:
        alex, blair = customers(owner)
        tables = whose(owner)
        inserted = {table: columns for table, columns in granted(app, "insert").items() if table in tables}
        assert len(inserted) > 8
        for table, columns in inserted.items():
            column = tables[table]
            assert column in columns, table
            statement = sql.SQL("insert into {} ({}) values (%s)").format(sql.Identifier(table), sql.Identifier(column))
            name_customer(app, alex)
            with pytest.raises(psycopg.errors.InsufficientPrivilege, match="row-level security policy"):
                app.execute(statement, [f"customer:{blair}" if column == "owner" else blair])
            app.rollback()


def test_nobody_gives_a_row_away(crowded: Services):
    """A right to change whose a row is would be no leak to the giver, but a trap for who gets it."""
    with psycopg.connect(crowded.owner_url) as owner, psycopg.connect(crowded.app_url) as app:
        updated, tables = granted(app, "update"), whose(owner)
    assert {table for table in updated if tables.get(table) in updated[table]} == set()
