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

WHOSE = """
    select c.relname, case when c.relname = 'customers' then 'id' else a.attname end
      from pg_class c left join pg_attribute a on a.attrelid = c.oid and a.attname in ('customer_id', 'owner')
     where c.relkind in ('r', 'p') and c.relrowsecurity and c.relnamespace = 'public'::regnamespace order by 1
"""
"""Tables with row-level security, and the column that says whose a row is."""
BY_OTHER_MEANS = {
    "journal_entries": "through the postings of an entry",
    "kb_chunks": "by audience",
    "kb_documents": "by audience",
    "kb_postings": "by audience",
    "staff": "colleagues, for staff alone",
}
COLUMNS = """
    select a.attname, format_type(a.atttypid, a.atttypmod)
      from pg_attribute a
     where a.attrelid = %(table)s::regclass and a.attnum > 0 and not a.attisdropped and a.attnotnull
       and a.attidentity = '' and a.attgenerated = ''
"""
MADE_UP = {
    "uuid": "gen_random_uuid()",
    "bytea": "sha256(random()::text::bytea)",
    "boolean": "true",
    "jsonb": "'{}'",
    "date": "current_date",
    "timestamp with time zone": "now()",
    "text": "md5(random()::text)",
    "text[]": "'{}'",
    "xid8": "pg_current_xact_id()",
}
NUMBERS = ("bigint", "integer", "smallint", "numeric", "real")
EVERYTHING = sql.SQL("true")


@pytest.fixture(scope="module")
def crowded(clone: Clone, bank_template: str) -> Iterator[Services]:
    """Rows of several customers in every table, and nothing but row-level security between them: checks and triggers
    are off."""
    with clone(bank_template) as services:
        with psycopg.connect(services.admin_url) as admin:
            admin.execute("set session_replication_role = replica")
            for table, column in whose(admin).items():
                _take_away_constraints(admin, table)
                for customer in customers(admin):
                    _fill(admin, table, column, customer)
        yield services


def whose(connection: Connection) -> dict[str, str]:
    found = dict(connection.execute(WHOSE).fetchall())
    assert {table for table, column in found.items() if column is None} == set(BY_OTHER_MEANS)
    return {table: column for table, column in found.items() if column is not None}


def customers(connection: Connection) -> list[UUID]:
    query = "select customer_id from credentials where split_part(email, '@', 1) in ('alex', 'blair') order by email"
    return [found for (found,) in connection.execute(query)]


def _take_away_constraints(admin: Connection, table: str) -> None:
    query = "select conname from pg_constraint where conrelid = %s::regclass and contype = 'c'"
    for (name,) in admin.execute(query, [table]).fetchall():
        admin.execute(sql.SQL("alter table {} drop constraint {}").format(sql.Identifier(table), sql.Identifier(name)))
    admin.execute(sql.SQL("alter table {} disable trigger user").format(sql.Identifier(table)))


def _fill(admin: Connection, table: str, column: str, customer: UUID) -> None:
    name, key = sql.Identifier(table), sql.Identifier(column)
    owner = f"customer:{customer}" if column == "owner" else customer
    if admin.execute(sql.SQL("select 1 from {} where {} = %s").format(name, key), [owner]).fetchone():
        return
    columns = {found: _made_up(kind) for found, kind in admin.execute(COLUMNS, {"table": table})}
    columns |= {column: sql.Placeholder()}
    statement = sql.SQL("insert into {} ({}) values ({})").format(
        name, sql.SQL(", ").join(map(sql.Identifier, columns)), sql.SQL(", ").join(columns.values())
    )
    admin.execute(statement, [owner])


def _made_up(kind: str) -> sql.Composable:
    if kind.startswith("character("):
        return sql.SQL("left(md5(random()::text), {})").format(int(kind[10:-1]))
    return sql.SQL("(random() * 500)::int" if kind.startswith(NUMBERS) else MADE_UP[kind])  # pyright: ignore


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
    across = {"scheduled_payments", "standing_orders", "transactions", "banking_operations"}
    assert {table for table, rows in found.items() if rows} <= (across if login == "worker_url" else set())


def test_the_worker_sees_whose_and_when_and_no_amounts_or_words(crowded: Services):
    with psycopg.connect(crowded.worker_url) as worker:
        seen = {table: set(columns) for table, columns in granted(worker, "select").items()}
    columns = {name for table, names in seen.items() if table not in PUBLIC_TABLES for name in names}
    assert "customer_id" in columns
    assert not columns & {"amount_minor", "description", "payload", "summary", "payee_id", "recipient", "reference"}


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
