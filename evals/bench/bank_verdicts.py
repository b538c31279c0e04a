"""Whether the bank's books agree with what its customers were told."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, LiteralString
from uuid import UUID

import psycopg
from psycopg.rows import dict_row

from core.audit.checkpoints import Journal
from core.audit.verify import verify_log
from evals.bench.bank_load import Record

_OPERATIONS: LiteralString = """
    select o.id, o.customer_id, o.idempotency_key as key, o.status, o.entry_id, o.amount_minor,
           (select count(*) from confirmation_slips s where s.operation_id = o.id and s.used_at is not null) as slips,
           (select count(*) from audit_log l
             where l.resource = 'operation:' || o.id and l.action = 'operation.completed') as completions,
           (select count(*) from audit_log l
             where l.resource = 'operation:' || o.id and l.action = 'operation.' || o.status) as ends,
           (select jsonb_agg(jsonb_build_array(p.account_id, p.amount_minor) order by p.amount_minor)
              from postings p where p.entry_id = o.entry_id) as postings
      from banking_operations o"""
_ACCOUNTS: LiteralString = (
    "select id, currency, balance_minor, overdraft_minor, held_minor from accounts where customer_id is not null"
)
_PAID_OUTSIDE: LiteralString = "select * from internal_balances where name <> 'Brought forward' and balance_minor <> 0"


@dataclass(frozen=True)
class Books:
    """The database after the load, as its owner sees it."""

    operations: list[dict[str, Any]]
    accounts: list[dict[str, Any]]
    entries: list[int]
    faults: list[str]
    outside: list[str]
    """The bank's own accounts that money has reached."""
    tampered: list[str]
    """What is not as it was written in the audit log."""


def read_books(owner_url: str) -> Books:
    with psycopg.connect(owner_url) as connection, connection.cursor(row_factory=dict_row) as owner:

        def rows(query: LiteralString) -> list[dict[str, Any]]:
            return owner.execute(query).fetchall()

        return Books(
            operations=rows(_OPERATIONS),
            accounts=rows(_ACCOUNTS),
            entries=[row["id"] for row in rows("select id from journal_entries where kind <> 'opening'")],
            faults=[f"{row['fault']}: {row['subject']}" for row in rows("select * from ledger_faults")],
            outside=[str(row["name"]) for row in rows(_PAID_OUTSIDE)],
            tampered=[fault.message for fault in verify_log(owner_url, Journal((), ())).faults],
        )


def judge(books: Books, records: Sequence[Record], opening: dict[UUID, int]) -> dict[str, list[str]]:
    """What is wrong, by what must hold: empty lists in a bank that lost nothing."""
    return {
        "the total is unchanged": _total(books, opening),
        "no balance is below its limit": [
            f"{account['id']}: {account['balance_minor']}"
            for account in books.accounts
            if account["balance_minor"] < -account["overdraft_minor"]
        ],
        "the ledger has no faults": books.faults,
        "no money has left": books.outside,
        "every acknowledged transfer is there exactly once": _acknowledged(books, records),
        "what was not acknowledged is not there": _unacknowledged(books, records),
        "the balances are what the acknowledged transfers make them": _balances(books, records, opening),
        "every entry belongs to one completed operation": _entries(books),
        "no key stands for two operations": _keys(books, records),
        "nothing is left open": [
            f"{row['key']}: {row['status']}" for row in books.operations if row["status"] in ("pending", "processing")
        ],
        "every operation that is over has one line in the audit log": [
            f"{row['key']}: {row['status']}, {row['ends']} lines"
            for row in books.operations
            if row["ends"] != 1 and row["status"] not in ("pending", "processing")
        ],
        "the audit log is as it was written": books.tampered,
        "nobody was told two things": _contradictions(records),
        "transfers are refused for lack of money only": sorted(
            {told.code or "" for record in records for told in record.told} - {"", "insufficient_funds"}
        ),
    }


def _total(books: Books, opening: dict[UUID, int]) -> list[str]:
    total = sum(account["balance_minor"] for account in books.accounts)
    return [] if total == sum(opening.values()) else [f"{sum(opening.values())} -> {total}"]


def _acknowledged(books: Books, records: Sequence[Record]) -> list[str]:
    operations = {row["id"]: row for row in books.operations}
    wrong: list[str] = []
    for record in records:
        wanted = record.transfer
        postings = [[str(wanted.source), -wanted.amount_minor], [str(wanted.target), wanted.amount_minor]]
        for operation_id in {told.operation_id for told in record.told if told.status == "completed"}:
            row = operations.get(operation_id)
            is_there = row is not None and (
                (row["status"], row["postings"], row["slips"], row["completions"]) == ("completed", postings, 1, 1)
                and (row["customer_id"], row["key"]) == (wanted.holder.id, wanted.key)
            )
            wrong += [] if is_there else [f"{wanted.key}: {row}"]
    return wrong


def _unacknowledged(books: Books, records: Sequence[Record]) -> list[str]:
    """Every client asks until it is answered, so what stands in the books and was told to nobody is nobody's wish."""
    told = {record.transfer.key for record in records if record.acknowledged}
    return [row["key"] for row in books.operations if row["key"] not in told and row["entry_id"] is not None]


def _balances(books: Books, records: Sequence[Record], opening: dict[UUID, int]) -> list[str]:
    expected = Counter(opening)
    for record in records:
        if record.acknowledged:
            expected[record.transfer.source] -= record.transfer.amount_minor
            expected[record.transfer.target] += record.transfer.amount_minor
    found = {account["id"]: account["balance_minor"] for account in books.accounts}
    return [f"{id}: {found.get(id)}, not {minor}" for id, minor in expected.items() if found.get(id) != minor]


def _entries(books: Books) -> list[str]:
    owned = Counter(row["entry_id"] for row in books.operations if row["entry_id"] is not None)
    completed = {row["entry_id"] for row in books.operations if row["status"] == "completed"}
    twice = [f"entry {entry} of {count} operations" for entry, count in owned.items() if count > 1]
    return twice + [f"entry {entry}" for entry in set(books.entries) ^ completed]


def _keys(books: Books, records: Sequence[Record]) -> list[str]:
    stored = Counter(row["key"] for row in books.operations)
    wrong = [f"{key}: {count} operations" for key, count in stored.items() if count > 1]
    for record in records:
        told = {told.operation_id for told in record.told} - {None}
        wrong += [f"{record.transfer.key}: told {sorted(map(str, told))}"] if len(told) > 1 else []
    return wrong


def _contradictions(records: Sequence[Record]) -> list[str]:
    """Of one operation, that it was made and that it was not."""
    fates: dict[UUID, set[str]] = {}
    for record in records:
        for told in record.told:
            if told.operation_id is not None:
                fates.setdefault(told.operation_id, set()).add(told.status)
    return [str(operation_id) for operation_id, fate in fates.items() if len(fate) > 1]
