"""Writing many rows as the owner, in one transaction that leaves no trace of how it was done.

COPY refuses tables whose owner is held to row-level security, and checking each of millions of rows against foreign
keys, secondary indexes and the triggers of the ledger costs several times the rows themselves. For the length of the
transaction these are set aside; foreign keys and indexes are then made again, which checks all rows at once, and the
ledger is checked by one query.
"""

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from psycopg import Connection, sql
from psycopg.rows import TupleRow, dict_row

from core.db.queries import Queries
from core.errors import TellergraphError
from tools.demo_bank.rows import COLUMNS, Rows

QUERIES = Queries(*(Path(__file__).with_name(name) for name in ("demo_bank.sql", "reset.sql")))
OwnerConnection = Connection[TupleRow]

LEDGER_TRIGGERS = (("postings", "postings_balance"), ("journal_entries", "journal_entries_sum_to_zero"))
LARGE_TABLES = ["journal_entries", "postings", "transactions"]


class LedgerFault(TellergraphError):
    """The rows would break the ledger; nothing was kept."""

    code = "ledger_fault"


@contextmanager
def bulk_loading(connection: OwnerConnection) -> Generator[None]:
    """Inside an open transaction: COPY works on all tables, and the large ones take rows at full speed.

    Raises:
        LedgerFault: the rows written do not balance.
    """
    forced = [row["relname"] for row in list_rows(connection, "list_forced", tables=list(COLUMNS))]
    keys = list_rows(connection, "list_foreign_keys", tables=LARGE_TABLES)
    indexes = list_rows(connection, "list_secondary_indexes", tables=LARGE_TABLES)
    for table in forced:
        _alter(connection, table, sql.SQL("no force row level security"))
    for table, trigger in LEDGER_TRIGGERS:
        _alter(connection, table, sql.SQL("disable trigger {}").format(sql.Identifier(trigger)))
    for key in keys:
        _alter(connection, key["table_name"], sql.SQL("drop constraint {}").format(sql.Identifier(key["name"])))
    for index in indexes:
        connection.execute(sql.SQL("drop index {}").format(sql.Identifier(index["name"])))
    yield
    for index in indexes:
        connection.execute(index["definition"])
    for key in keys:
        definition = sql.SQL("add constraint {} ").format(sql.Identifier(key["name"])) + sql.SQL(key["definition"])
        _alter(connection, key["table_name"], definition)
    connection.execute(QUERIES["add_up_balances"])
    for table, trigger in LEDGER_TRIGGERS:
        _alter(connection, table, sql.SQL("enable trigger {}").format(sql.Identifier(trigger)))
    for table in forced:
        _alter(connection, table, sql.SQL("force row level security"))
    check_ledger(connection)


def check_ledger(connection: OwnerConnection) -> None:
    if faults := list_rows(connection, "list_misplaced") + list_rows(connection, "list_faults"):
        found = "; ".join(f"{fault['fault']}: {fault['subject']}" for fault in faults)
        raise LedgerFault(f"The ledger would not balance, nothing was kept: {found}")


def copy_rows(connection: OwnerConnection, rows: Rows) -> None:
    """Writes all lines and forgets them."""
    with connection.cursor() as cursor:
        for table, lines in rows.lines.items():
            if lines:
                statement = sql.SQL("copy {} ({}) from stdin").format(sql.Identifier(table), column_list(table))
                with cursor.copy(statement) as copy:
                    copy.write("".join(lines))
    rows.clear()


def column_list(table: str) -> sql.Composed:
    return sql.SQL(", ").join(sql.Identifier(column) for column in COLUMNS[table])


def analyze(connection: OwnerConnection) -> None:
    tables = sql.SQL(", ").join(sql.Identifier(table) for table in COLUMNS)
    connection.execute(sql.SQL("analyze {}").format(tables))


def list_rows(connection: OwnerConnection, query: str, **params: Any) -> list[dict[str, Any]]:
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(QUERIES[query], params).fetchall()


def _alter(connection: OwnerConnection, table: str, action: sql.Composable) -> None:
    connection.execute(sql.SQL("alter table {} {}").format(sql.Identifier(table), action))
