"""Rows of several customers in every table, whatever it is for, found in the catalogue."""

from typing import Any
from uuid import UUID

from psycopg import Connection, sql

WHOSE = """
    select c.relname, case when c.relname = 'customers' then 'id' else a.attname end
      from pg_class c left join pg_attribute a on a.attrelid = c.oid and a.attname in ('customer_id', 'owner')
     where c.relkind in ('r', 'p') and c.relrowsecurity and c.relnamespace = 'public'::regnamespace order by 1
"""
BY_OTHER_MEANS = {
    "audit_heads": "hashes, for whoever signs them",
    "audit_links": "hashes, the owner's alone",
    "fraud_days_settled": "the owner's alone",
    "fraud_party_days": "counts of terminals and accounts, the owner's alone",
    "journal_entries": "through the postings of an entry",
    "kb_chunks": "by audience",
    "kb_documents": "by audience",
    "kb_postings": "by audience",
    "kb_sizes": "by audience",
    "kb_words": "by audience",
    "login_tries": "hashes of addresses, for its own functions alone",
    "policy_proposals": "for staff alone",
    "record_removals": "counts and dates, the owner's alone",
    "staff": "colleagues, for staff alone",
    "staff_authenticators": "colleagues, for staff alone",
}
"""Tables with row-level security and no column that says whose a row is."""
_COLUMNS = """
    select a.attname, case t.typtype when 'd' then format_type(t.typbasetype, t.typtypmod)
                                     else format_type(a.atttypid, a.atttypmod) end
      from pg_attribute a join pg_type t on t.oid = a.atttypid
     where a.attrelid = %(table)s::regclass and a.attnum > 0 and not a.attisdropped and a.attnotnull
       and a.attidentity = '' and a.attgenerated = ''
       -- Ids are made up in every table: those of a default count the time, and the planner takes tables whose ids lie
       -- apart for ones that a merge of them hardly reads.
       and (not a.atthasdef or a.atttypid = 'uuid'::regtype)
"""
_MADE_UP = {
    "uuid": "gen_random_uuid()",
    "bytea": "sha256(random()::text::bytea)",
    "boolean": "true",
    "jsonb": "'{}'",
    "date": "current_date",
    "timestamp with time zone": "now()",
    "text": "md5(random()::text)",
    "real[]": "'{}'",
    "text[]": "'{}'",
    "xid8": "pg_current_xact_id()",
}
_NUMBERS = ("bigint", "integer", "smallint", "numeric", "real")
_KEYS = ("bigint", "integer")
"""Counted up, so that no two rows have the same and none is left out as a conflict."""
_ONCE = ("customers", "credentials", "customer_preferences", "data_keys", "retained_records", "second_factors")
"""Tables with one row of a customer."""


def whose(connection: Connection[Any]) -> dict[str, str]:
    """The column that says whose a row is, by table with row-level security."""
    found = dict(connection.execute(WHOSE).fetchall())
    assert {table for table, column in found.items() if column is None} == set(BY_OTHER_MEANS)
    return {table: column for table, column in found.items() if column is not None}


def lay_open(admin: Connection[Any]) -> None:
    """As a superuser: leaves nothing but row-level security. Checks, foreign keys and triggers are off, some for good:
    the database is only good for such tests afterwards."""
    admin.execute("set session_replication_role = replica")
    domains = """select contypid::regtype::text, conname from pg_constraint
                  where contypid <> 0 and contype = 'c' and connamespace = 'public'::regnamespace"""
    for domain, constraint in admin.execute(domains).fetchall():
        drop = sql.SQL("alter domain {} drop constraint {}")
        admin.execute(drop.format(sql.Identifier(domain), sql.Identifier(constraint)))
    for table in whose(admin):
        name = sql.Identifier(table)
        query = "select conname from pg_constraint where conrelid = %s::regclass and contype = 'c'"
        for (constraint,) in admin.execute(query, [table]).fetchall():
            admin.execute(sql.SQL("alter table {} drop constraint {}").format(name, sql.Identifier(constraint)))
        admin.execute(sql.SQL("alter table {} disable trigger user").format(name))


def add_row(admin: Connection[Any], table: str, column: str, customer: UUID) -> None:
    """Of a customer who has none there."""
    owner = f"customer:{customer}" if column == "owner" else str(customer)
    has_one = sql.SQL("select 1 from {} where {} = %s").format(sql.Identifier(table), sql.Identifier(column))
    if not admin.execute(has_one, [owner]).fetchone():
        _insert(admin, table, column, sql.Literal(owner), 1)


def add_rows(admin: Connection[Any], table: str, column: str, count: int) -> None:
    """Of hundreds of customers."""
    customer = sql.SQL("md5({}::text)::uuid").format(sql.SQL("n" if table in _ONCE else "(n % 400)"))
    owner = sql.SQL("'customer:' || {}").format(customer) if column == "owner" else customer
    _insert(admin, table, column, owner, count)


def _insert(admin: Connection[Any], table: str, column: str, owner: sql.Composable, count: int) -> None:
    values = {name: _made_up(kind) for name, kind in admin.execute(_COLUMNS, {"table": table})} | {column: owner}
    statement = sql.SQL("insert into {} ({}) select {} from generate_series(1, {}) n on conflict do nothing")
    names = sql.SQL(", ").join(map(sql.Identifier, values))
    admin.execute("create temporary sequence if not exists made_up start 1000000")
    admin.execute(statement.format(sql.Identifier(table), names, sql.SQL(", ").join(values.values()), count))


def _made_up(kind: str) -> sql.Composable:
    if kind.startswith("character("):
        return sql.SQL("left(md5(random()::text), {})").format(int(kind.removeprefix("character(").rstrip(")")))
    if kind in _KEYS:
        return sql.SQL("nextval('made_up')")
    if kind.startswith(_NUMBERS) and not kind.endswith("[]"):
        return sql.SQL("(random() * 500)::int")
    return sql.SQL(_MADE_UP[kind])  # pyright: ignore[reportArgumentType]
