"""Every named query of the tree, whoever sends it in truth, is sent by the server in the name of another customer:
with ids, hashes and addresses that are alex's it gives blair what it gives for values that nobody has, and changes
nothing of alex. Issue 8: "Identity, privacy, audit: nobody gets in, nothing leaks".

Queries, parameters and their types, tables and the functions between are found in the tree and the catalogue, so that a
new query is tried without being named here. tests/tools/test_tool_isolation.py plays those of tools and conversations
in their place, with values of a real day, and without their owner filter; here triggers, checks and foreign keys are
off, so that row-level security and the functions' own questions alone stand in the way.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, LiteralString, cast
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg import Connection, sql
from psycopg.rows import DictRow, dict_row
from psycopg.types.json import Jsonb

from core.db.queries import Queries
from tests.conftest import Clone
from tests.crowd import add_row, lay_open, whose

TREE = Path(__file__).parents[2]
ROOMS = ("agent", "api", "core", "knowledge", "tools")
ALL: dict[str, str] = {
    f"{path.relative_to(TREE)}: {name}": Queries(path)[name]
    for room in ROOMS
    for path in sorted((TREE / room).rglob("*.sql"))
    if "migrations" not in path.parts
    for name in Queries(path).names()
}
_GRAPH = "a table that LightRAG's own login makes in its schema: tests/knowledge/graph"
_SCRATCH = "tables of its own transaction, the owner's: tests/tools/fraud"
_PLAYED = "takes one of a few words: played in test_tool_isolation.py"
NOT_TRIED: dict[str, str] = {
    "agent/queries.sql: insert_message": _PLAYED,
    "tools/sql/care.sql: open_care_case": _PLAYED,
    "tools/sql/accounts.sql: take_account_number": "the next number of all: played in test_tool_isolation.py",
    "knowledge/graph/documents.sql: record_graph": _GRAPH,
    "knowledge/graph/documents.sql: forget_graph": _GRAPH,
    "knowledge/queries.sql: vacuum_base": "not in a transaction; the bank's documents, the owner's",
    "tools/fraud/features/batch.sql: copy_features": _SCRATCH,
    "tools/fraud/features/batch.sql: unscored": _SCRATCH,
}
"""Queries that cannot be sent like this, with the reason."""
BY_SECRET: dict[str, str] = {
    "api/api_keys.sql: find_api_key": "who holds a key is its owner: tests/api/test_api_keys.py",
    "tools/cards/network.sql: card_facts": "the card network's credential: tests/api/test_card_network.py",
}
"""Queries that give a row to whoever holds its secret, with tests of their own. They change nothing all the same."""
CAST_AS = {"travel_before": "timestamptz", "card_before": "timestamptz", "cash_before": "timestamptz"}
"""Parameters whose type PostgreSQL cannot find from the text alone."""
PARAMETER = re.compile(r"%\((\w+)\)s")
CALLED = re.compile(r"\b([a-z_]+)\s*\(")
WRITES = re.compile(r"\b(insert|update|delete|merge|truncate)\b")
UUIDS = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
MOST_ROWS = 4
NOW = datetime(2026, 5, 4, tzinfo=UTC)
REFUSALS = {"42501", "42P01", "25006"}
"""No right; not even the schema; nothing to write in."""


@dataclass
class Ground:
    """A bank in which every table has rows of alex and of blair."""

    admin: Connection[dict[str, Any]]
    alex: UUID
    blair: UUID
    emails: dict[UUID, str]
    tables: dict[str, str]
    bodies: dict[str, str]
    """Of functions, by name."""
    marks: set[str] = field(default_factory=set[str])
    """What names alex, or a row of theirs."""

    def rows_near(self, text: str) -> list[dict[str, Any]]:
        """Rows of alex in the tables that a statement names, or a function that it calls."""
        seen, whole = set[str](), text
        for _ in range(3):
            called = set(CALLED.findall(whole)) & self.bodies.keys() - seen
            seen |= called
            whole += " ".join(self.bodies[name] for name in called)
        named = [table for table in self.tables if re.search(rf"\b{table}\b", whole)]
        return [row for table in named for row in self.rows_of(table, self.alex, 1)][:MOST_ROWS] or [{}]

    def rows_of(self, table: str, customer: UUID, limit: int) -> list[dict[str, Any]]:
        query = sql.SQL("select * from {} where {} = %s order by 1 limit {}").format(
            sql.Identifier(table), sql.Identifier(self.tables[table]), limit
        )
        return self.admin.execute(query, [self.whose(table, customer)]).fetchall()

    def whose(self, table: str, customer: UUID) -> str:
        return f"customer:{customer}" if self.tables[table] == "owner" else str(customer)

    def print_of_alex(self) -> list[dict[str, Any]]:
        """Changes with any change of any row of alex."""
        parts = [
            sql.SQL(
                "select {} as t, count(*), sum(hashtextextended(r::text, 0)::numeric) from {} r where {} = {}"
            ).format(table, sql.Identifier(table), sql.Identifier(column), self.whose(table, self.alex))
            for table, column in self.tables.items()
        ]
        return self.admin.execute(sql.SQL(" union all ").join(parts)).fetchall()

    def types(self, text: str) -> dict[str, str]:
        """Of a statement's parameters, as PostgreSQL finds them."""
        names = list(dict.fromkeys(PARAMETER.findall(text)))
        if not names:
            return {}

        def numbered(found: re.Match[str]) -> str:
            return f"${names.index(found[1]) + 1}" + (f"::{CAST_AS[found[1]]}" if found[1] in CAST_AS else "")

        plain = PARAMETER.sub(numbered, text).replace("%%", "%").rstrip(";")
        with self.admin.transaction():
            self.admin.execute(f"prepare one as {plain}".encode())
            query = "select parameter_types::text[] as types from pg_prepared_statements where name = 'one'"
            [row] = self.admin.execute(query).fetchall()
            self.admin.execute("deallocate one")
        return dict(zip(names, row["types"], strict=True))


@pytest.fixture(scope="module")
def ground(clone: Clone, bank_template: str) -> Iterator[Ground]:
    connect = psycopg.Connection[DictRow].connect
    with clone(bank_template) as services, connect(services.admin_url, row_factory=dict_row) as admin:
        plain = psycopg.connect(services.admin_url)
        lay_open(plain)
        people = plain.execute(
            "select customer_id, email from credentials where email ~ '^(alex|blair)@' order by email"
        )
        emails = dict(people.fetchall())
        alex, blair = emails
        tables = whose(plain)
        for table, column in tables.items():
            for customer in (alex, blair):
                add_row(plain, table, column, customer)
        plain.commit()
        plain.close()
        bodies = admin.execute(
            "select proname, string_agg(prosrc || coalesce(pg_get_function_sqlbody(oid), ''), ' ') as body from pg_proc"
            " where pronamespace = 'public'::regnamespace group by 1"
        )
        admin.execute("set search_path = public, compliance, checkpoints, lightrag")
        admin.execute("set lock_timeout = '5s'")
        found = Ground(admin, alex, blair, emails, tables, {row["proname"]: row["body"] for row in bodies})
        rows = [row for table in tables for row in found.rows_of(table, alex, 1000)]
        found.marks |= {str(row["id"]) for row in rows if isinstance(row.get("id"), UUID)} | {str(alex), emails[alex]}
        yield found
        admin.rollback()


# Values


def made_up(kind: str) -> Any:
    """Of a parameter of which alex has nothing."""
    simple: dict[str, Any] = {
        "boolean": True, "jsonb": Jsonb({}), "json": Jsonb({}), "date": date(2026, 5, 4), "interval": timedelta(days=1),
        "text": "x", "bytea": b"x" * 32, "uuid": uuid4(), "inet": "192.0.2.7", "xid8": "3",
        "timestamp with time zone": NOW, "timestamp without time zone": NOW.replace(tzinfo=None),
        "halfvec": f"[{','.join('0' * 384)}]",
    }  # fmt: skip
    if kind.endswith("[]"):
        return [made_up(kind.removesuffix("[]"))]
    return simple.get(
        kind, 1 if kind in {"bigint", "integer", "smallint", "numeric", "real", "double precision"} else "1"
    )


def of_alex(ground: Ground, types: Mapping[str, str], row: Mapping[str, Any]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name, kind in types.items():
        one = kind.removesuffix("[]")
        known = _known(ground, name, one, row)
        plain = made_up(one) if known is None else known
        values[name] = [plain] if kind.endswith("[]") else plain
    return values


def _known(ground: Ground, name: str, kind: str, row: Mapping[str, Any]) -> Any:
    named = {
        "owner": f"customer:{ground.alex}",
        "subject": f"customer:{ground.alex}",
        "email": ground.emails[ground.alex],
        "hash": next((bytes(value).hex() for value in row.values() if isinstance(value, bytes)), "5a" * 32),
        "kind": "password",
        "milliseconds": "100",
    }
    if name == "last" and kind == "uuid":
        return UUID(int=0)
    if name in {"customer_id", "customer"}:
        return ground.alex if kind == "uuid" else str(ground.alex)
    if kind == "text" and name in named:
        return named[name]
    if name in row and _fits(row[name], kind):
        return row[name]
    if kind == "uuid":
        return row.get("id") if isinstance(row.get("id"), UUID) else ground.alex
    if kind == "bytea":
        return next((bytes(value) for value in row.values() if isinstance(value, bytes)), None)
    if kind in {"bigint", "integer"} and name.endswith("id"):
        return row["id"] if isinstance(row.get("id"), int) else None
    return None


def _fits(value: object, kind: str) -> bool:
    kinds: dict[str, type] = {"uuid": UUID, "text": str, "bytea": bytes, "bigint": int, "integer": int}
    return isinstance(value, kinds[kind]) if kind in kinds else False


def of_nobody(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _of_nobody(name, value) for name, value in values.items()}


def _of_nobody(name: str, value: Any) -> Any:
    if isinstance(value, list):
        return [_of_nobody(name, each) for each in cast(list[Any], value)]
    if isinstance(value, UUID):
        return uuid4() if value.int else value
    if isinstance(value, bytes):
        return bytes(byte ^ 0x5A for byte in value)
    if isinstance(value, int) and not isinstance(value, bool) and name.endswith("id"):
        return 2_000_000_000 + value % 1000
    if isinstance(value, str):
        return UUIDS.sub(lambda _: str(uuid4()), value).replace("alex@", "nobody@")
    return value


# Sending


Outcome = tuple[int, str] | str
"""Rows and what they say, or the SQLSTATE."""


def send(ground: Ground, text: str, values: Mapping[str, Any], *, as_blair: bool) -> tuple[Outcome, bool]:
    """What came, and whether anything of alex changed; undone again."""
    admin, mine = ground.admin, ground.emails[ground.blair]
    scope = {
        "customer_id": ground.blair,
        "subject": f"customer:{ground.blair}",
        "login_email": mine,
        "audiences": "public",
    }
    before = ground.print_of_alex() if WRITES.search(text) or CALLED.search(text) else None
    admin.execute("savepoint one")
    try:
        if as_blair:
            for name, value in scope.items():
                admin.execute("select set_config(%s, %s, true)", [f"app.{name}", str(value)])
            admin.execute("set local role tellergraph_app")
        cursor = admin.execute(cast(LiteralString, text), values or None)
        rows = cursor.fetchall() if cursor.description else []
        came: Outcome = (cursor.rowcount, _normal(ground, rows, values))
        admin.execute("reset role")
        changed = before is not None and ground.print_of_alex() != before
    except psycopg.Error as error:
        came, changed = str(error.sqlstate), False
    finally:
        admin.execute("rollback to savepoint one")
    return came, changed


def _normal(ground: Ground, rows: list[dict[str, Any]], values: Mapping[str, Any]) -> str:
    """Without what was sent, and without numbers that are given anew each time."""
    said = repr(
        [
            {
                name: "new" if name in {"id", "try_id"} and isinstance(value, int) else value
                for name, value in row.items()
            }
            for row in rows
        ]
    )
    for name, value in sorted(values.items(), key=lambda item: -len(str(item[1]))):
        if isinstance(value, UUID | bytes) or (isinstance(value, str) and len(value) > 20):
            said = said.replace(str(value), f"<{name}>").replace(repr(value), f"<{name}>")
    said = said.replace(ground.emails[ground.alex], "ALEX")
    return UUIDS.sub(lambda found: "ALEX" if found[0] in ground.marks else "<uuid>", said)


@pytest.mark.parametrize("query", [query for query in ALL if query not in NOT_TRIED])
def test_in_anothers_name_a_query_gives_and_changes_nothing_of_alex(ground: Ground, query: str):
    text, tried = ALL[query], 0
    types = ground.types(text)
    for row in ground.rows_near(text):
        values = of_alex(ground, types, row)
        came, changed = send(ground, text, values, as_blair=True)
        nobodys, _ = send(ground, text, of_nobody(values), as_blair=True)
        if isinstance(came, str) and came not in REFUSALS and not came.startswith("TG"):
            continue
        tried += 1
        assert not changed, values
        if query not in BY_SECRET:
            assert came == nobodys, values
            assert "ALEX" not in came[1], values
    assert tried, f"no values for it were good: {types}"


def test_the_values_point_to_something(ground: Ground):
    """The test above would prove nothing if they gave the same to whom nothing is forbidden."""
    telling = 0
    for query, text in ALL.items():
        if query in NOT_TRIED or text.startswith("copy"):
            continue
        types = ground.types(text)
        for row in ground.rows_near(text):
            values = of_alex(ground, types, row)
            of_admin, changed = send(ground, text, values, as_blair=False)
            if changed or of_admin != send(ground, text, of_nobody(values), as_blair=False)[0]:
                telling += 1
                break
        if telling > 100:
            break
    assert telling > 100


def test_every_room_has_its_queries_here():
    files = {query.split(": ")[0] for query in ALL}
    assert len(ALL) > 250
    for path in ("api/logins/queries.sql", "api/api_keys.sql", "core/security/queries.sql", "core/audit/audit.sql",
                 "core/security/encryption/data_keys.sql", "tools/privacy/privacy.sql"):  # fmt: skip
        assert path in files
    assert set(NOT_TRIED) | set(BY_SECRET) <= set(ALL)
