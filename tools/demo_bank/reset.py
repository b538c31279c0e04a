"""Puts alex or blair back to the seeded state, with dates relative to the day of the reset.

The ledger is append-only, and a reset is the one exception: it exists in demo mode, for customers who exist only there,
and runs as the tables' owner, which no request of the application can. In one transaction the append-only triggers are
off, what happened to this customer is deleted with the bank's side of it, and the seeded history is written again
through the triggers that keep balances and check entries. The audit log is kept: it says what was done, this too.
"""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta

import psycopg
from psycopg import sql

from core.errors import Conflict, Unavailable
from tools.demo_bank.book import Book, Ids
from tools.demo_bank.bulk import QUERIES, OwnerConnection, column_list, list_rows
from tools.demo_bank.calendar import History
from tools.demo_bank.load import ensure_internal_accounts, enter_named, is_loaded
from tools.demo_bank.model import InternalAccount
from tools.demo_bank.named import NAMED, Who, customer_id
from tools.demo_bank.rows import COLUMNS, NULL, NextId, Rows

_BEFORE_LEDGER = (
    "staff_actions",
    "care_clocks",
    "care_cases",
    "dispute_actions",
    "dispute_evidence",
    "dispute_clocks",
    "dispute_events",
    "disputes",
    "kyc_events",
    "kyc_documents",
    "kyc_applications",
    "attachment_chunks",
    "attachments",
    "event_outbox",
    "fraud_alerts",
    "payment_holds",
    "fraud_decisions",
    "fraud_scores",
    "fraud_labels",
    "fraud_firsts",
    "fraud_events",
    "transactions",
    "confirmation_slips",
    "demo_outbox",
    "step_up_tries",
    "step_up_challenges",
    "totp_authenticators",
    "recovery_codes",
    "second_factors",
    "login_codes",
    "login_identities",
    "api_keys",
    "name_checks",
    "scheduled_payments",
    "customer_preferences",
    "consents",
    "handoffs",
    "complaints",
    "appointments",
    "callbacks",
    "loans",
    "loan_applications",
    "banking_operations",
    "fx_deals",
)
_AFTER_LEDGER = (
    "standing_orders",
    "payees",
    "card_limits",
    "card_deliveries",
    "cards",
    "accounts",
)
DELETED_TABLES = (*_BEFORE_LEDGER, *_AFTER_LEDGER)
"""Whose rows of the customer are deleted and written again, each before those that it refers to."""
KEPT_KEYS = {"customers": "id", "credentials": "customer_id"}
"""Tables whose row is put right in place, as others refer to it, with the key."""
KEPT_TABLES = (
    "audit_log",
    "tool_calls",
    "staff_reads",
    "screening_subjects",
    "screening_hits",
    "screening_events",
    "data_keys",
    "legal_holds",
    "retained_records",
    "erasures",
    "privacy_requests",
)
PATIENCE = timedelta(seconds=15)
"""How long a reset waits for others to leave the ledger."""
LEDGER_TABLES = ("postings", "journal_entries")
_APPEND_ONLY = (
    *LEDGER_TABLES,
    "attachment_chunks",
    "attachments",
    "care_cases",
    "care_clocks",
    "consents",
    "dispute_events",
    "dispute_evidence",
    "fraud_decisions",
    "fx_deals",
    "kyc_events",
)
_KEPT_BY = {"kyc_applications": "kyc_applications_kept"} | {table: f"{table}_append_only" for table in _APPEND_ONLY}
"""The trigger of each table that refuses deletions."""


def reset_demo(owner_url: str, who: Who, now: datetime, *, patience: timedelta = PATIENCE) -> None:
    """Afterwards the customer has their seeded accounts, balances, history, cards, payees, standing orders and alerts,
    their password, and no operations and no conversations.

    Raises:
        Conflict: the demo bank is not loaded.
        Unavailable: somebody else kept the ledger busy for too long; nothing was changed.
    """
    try:
        with psycopg.connect(owner_url) as connection:
            milliseconds = str(patience // timedelta(milliseconds=1))
            connection.execute(QUERIES["set_patience"], {"milliseconds": milliseconds})
            connection.execute(QUERIES["lock_loading"])
            if not is_loaded(connection):
                raise Conflict("The demo bank is not loaded: there is nobody to put back.")
            connection.execute(QUERIES["lock_ledger"])
            _delete(connection, who)
            _write(connection, who, now)
            connection.execute(QUERIES["remember_own"], {"customer": customer_id(who)})
            connection.execute(QUERIES["record_reset"], {"customer": customer_id(who), "now": now})
    except psycopg.errors.LockNotAvailable as error:
        raise Unavailable("The ledger is busy: try the reset again.") from error


def _delete(connection: OwnerConnection, who: Who) -> None:
    customer = customer_id(who)
    _append_only(connection, enabled=False)
    for table in _BEFORE_LEDGER:
        _delete_rows(connection, table, customer)
    _delete_ledger(connection, customer)
    for table in _AFTER_LEDGER:
        _delete_rows(connection, table, customer)
    connection.execute(QUERIES["delete_conversations"], {"subject": f"customer:{customer}"})
    _append_only(connection, enabled=True)


def _delete_ledger(connection: OwnerConnection, customer: str) -> None:
    entries = list_rows(connection, "list_own_entries", customer=customer)
    shared = [entry["id"] for entry in entries if entry["shared"]]
    own = [entry["id"] for entry in entries if not entry["shared"]]
    clearing = InternalAccount.CLEARING.value
    connection.execute(QUERIES["hand_over_postings"], {"entries": shared, "customer": customer, "clearing": clearing})
    connection.execute(QUERIES["delete_postings"], {"entries": own})
    connection.execute(QUERIES["delete_entries"], {"entries": own})


def _append_only(connection: OwnerConnection, *, enabled: bool) -> None:
    action = sql.SQL("enable" if enabled else "disable")
    for table, trigger in _KEPT_BY.items():
        statement = sql.SQL("alter table {} {} trigger {}")
        connection.execute(statement.format(sql.Identifier(table), action, sql.Identifier(trigger)))


def _delete_rows(connection: OwnerConnection, table: str, customer: str) -> None:
    statement = sql.SQL("delete from {} where customer_id = %s").format(sql.Identifier(table))
    connection.execute(statement, (customer,))


def _write(connection: OwnerConnection, who: Who, now: datetime) -> None:
    history, rows = History(now), Rows()
    internal = ensure_internal_accounts(connection, now)
    tables = ("journal_entries", "postings", "transactions")
    ids = Ids(*(_numbers(connection, table) for table in tables))
    enter_named(Book(rows, internal, ids, history), rows, NAMED[who](history), history)
    for table, lines in rows.lines.items():
        if lines:
            _insert(connection, table, lines)


_NUMBERS_AT_ONCE = 500


def _numbers(connection: OwnerConnection, table: str) -> NextId:
    """Numbers that nobody else gets."""

    def reserve() -> Iterator[int]:
        while True:
            reserved = list_rows(connection, "reserve_numbers", table=table, count=_NUMBERS_AT_ONCE)
            yield from (row["number"] for row in reserved)

    return reserve().__next__


def _insert(connection: OwnerConnection, table: str, lines: list[str]) -> None:
    """COPY refuses tables under row-level security, and lifting that would lock out readers."""
    columns = column_list(table)
    statement = sql.SQL(
        "insert into {table} ({columns}) overriding system value "
        "select {columns} from json_populate_recordset(null::{table}, %s::json)"
    ).format(table=sql.Identifier(table), columns=columns)
    if table in KEPT_KEYS:
        statement += sql.SQL(" on conflict ({key}) do update set ({columns}) = row({new})").format(
            key=sql.Identifier(KEPT_KEYS[table]), columns=columns, new=_prefixed(table)
        )
    connection.execute(statement, (json.dumps([_as_object(table, line) for line in lines]),))


def _prefixed(table: str) -> sql.Composed:
    return sql.SQL(", ").join(sql.SQL("excluded.{}").format(name) for name in map(sql.Identifier, COLUMNS[table]))


def _as_object(table: str, line: str) -> dict[str, str | None]:
    values = line.rstrip("\n").split("\t")
    return {column: None if value == NULL else value for column, value in zip(COLUMNS[table], values, strict=True)}
