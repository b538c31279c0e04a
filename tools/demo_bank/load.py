"""Loads the demo bank: all or nothing, once."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from time import perf_counter
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from core.errors import Conflict
from tools.demo_bank.book import Book, Ids, InternalIds
from tools.demo_bank.branches import load_branches
from tools.demo_bank.bulk import QUERIES, OwnerConnection, analyze, bulk_loading, copy_rows, list_rows
from tools.demo_bank.calendar import History
from tools.demo_bank.catalogue import load_catalogue
from tools.demo_bank.currencies import rates
from tools.demo_bank.generate import generate_others, named_movements
from tools.demo_bank.logins import CUSTOMERS, STAFF
from tools.demo_bank.model import CURRENCIES, InternalAccount
from tools.demo_bank.named import NAMED, Named, customer_id
from tools.demo_bank.numbers import named_id
from tools.demo_bank.outbox import open_outbox
from tools.demo_bank.rows import COLUMNS, Rows
from tools.demo_bank.terms import FIELDS, load_terms

Progress = Callable[[int, int], None]
"""Called with customers written and customers in all."""

REMEMBERED = 1_000
"""Customers in all up to which fraud scoring knows everybody's habits at once. A larger bank is remembered by
``tellergraph fraud backfill``."""
ENTRIES_AT_ONCE = 40_000
"""Rows wait in memory until there are this many entries: some 60 MB."""


@dataclass(frozen=True, slots=True)
class LoadReport:
    """What the bank holds after loading."""

    customers: int
    accounts: int
    cards: int
    transactions: int
    postings: int
    seconds: float


def is_demo_loaded(owner_url: str) -> bool:
    with psycopg.connect(owner_url) as connection:
        return is_loaded(connection)


def ensure_demo_bank(
    owner_url: str, *, customers: int, seed: int, now: datetime, progress: Progress | None = None
) -> LoadReport | None:
    """Loads the demo bank if it is not there; None if it is, after adding what an older version of the demo bank did
    not publish. Processes that start together load it once. The demo outbox is open from then on."""
    with psycopg.connect(owner_url) as connection:
        open_outbox(connection)
        connection.commit()
        if is_loaded(connection):
            publish_missing(connection, now)
            return None
        # Ends the transaction: the lock that the look just took would stand in the way of another loader.
        connection.commit()
        connection.execute(QUERIES["lock_loading"])
        if is_loaded(connection):
            return None
        return _load(connection, customers, seed, now, progress)


def load_demo_bank(
    owner_url: str, *, customers: int, seed: int, now: datetime, progress: Progress | None = None
) -> LoadReport:
    """Loads the demo bank into a bank without it, in one transaction. Same seed, customers and ``now``: same rows.

    Args:
        owner_url: a login with the rights of the tables' owner.
        customers: how many in all, alex and blair included, at least 2.

    Raises:
        Conflict: it is loaded already.
    """
    report = ensure_demo_bank(owner_url, customers=customers, seed=seed, now=now, progress=progress)
    if report is None:
        raise Conflict("The demo bank is loaded already.")
    return report


def is_loaded(connection: OwnerConnection) -> bool:
    return bool(list_rows(connection, "is_loaded", alex=customer_id("alex"))[0]["loaded"])


def publish_missing(connection: OwnerConnection, now: datetime) -> None:
    """Figures, exchange rates and branches that are not there. Those that are stay as the operator has them."""
    terms = [{name: term.get(name) for name in FIELDS} for term in load_terms().values()]
    connection.execute(QUERIES["add_missing_terms"], {"terms": Jsonb(terms)})
    columns = COLUMNS["fx_rates"]
    first = [dict(zip(columns, map(str, rate), strict=True)) for rate in rates(History(now))]
    connection.execute(QUERIES["add_first_rates"], {"rates": Jsonb(first)})
    branches, hours = load_branches()
    values = {"branches": Jsonb([branch._asdict() for branch in branches])}
    values["hours"] = Jsonb([open_at._asdict() for open_at in hours])
    connection.execute(QUERIES["add_first_branches"], values)


def _load(
    connection: OwnerConnection, customers: int, seed: int, now: datetime, progress: Progress | None
) -> LoadReport:
    if customers < len(NAMED):
        raise ValueError(f"a demo bank has at least {len(NAMED)} customers")
    started, history, rows = perf_counter(), History(now), Rows()
    with bulk_loading(connection):
        last = list_rows(connection, "last_numbers")[0]
        counters = {name: count(number + 1) for name, number in last.items()}
        ids = Ids(*(counters[name].__next__ for name in ("entry", "posting", "transaction")))
        book = Book(rows, ensure_internal_accounts(connection, now), ids, history)
        _add_fixed_rows(rows, history)
        _add_logins(rows, now)
        for one in NAMED.values():
            enter_named(book, rows, one(history), history)
        _write_others(connection, rows, book, customers, seed, history, progress)
        connection.execute(QUERIES["set_last_numbers"], {name: next(numbers) - 1 for name, numbers in counters.items()})
    analyze(connection)
    if customers <= REMEMBERED:
        connection.execute(QUERIES["remember_payments"], {"settled": (now - timedelta(days=2)).date()})
    return LoadReport(**list_rows(connection, "count_rows")[0], seconds=round(perf_counter() - started, 2))


def _write_others(
    connection: OwnerConnection,
    rows: Rows,
    book: Book,
    customers: int,
    seed: int,
    history: History,
    progress: Progress | None,
) -> None:
    for done, (customer, movements) in enumerate(generate_others(customers, seed, history), start=len(NAMED) + 1):
        book.enter(customer, movements)
        if len(rows.lines["journal_entries"]) >= ENTRIES_AT_ONCE:
            copy_rows(connection, rows)
        if progress is not None:
            progress(done, customers)
    copy_rows(connection, rows)


def ensure_internal_accounts(connection: OwnerConnection, now: datetime) -> InternalIds:
    for name in InternalAccount:
        for currency in CURRENCIES:
            account: dict[str, Any] = {"id": named_id(f"{name} {currency}"), "name": name.value, "currency": currency}
            connection.execute(QUERIES["add_internal_account"], {**account, "now": now})
    return {(row["name"], row["currency"]): row["id"] for row in list_rows(connection, "list_internal_accounts")}


def enter_named(book: Book, rows: Rows, named: Named, history: History) -> None:
    """A customer with a login, their history and their alert."""
    movements = named_movements(named, history)
    transactions = book.enter(named.customer, movements)
    owner, now = named.customer.profile.id, history.now
    login = CUSTOMERS[named.who]
    rows.add("credentials", owner, login.email, login.password_hash, now, now)
    if (alert := named.alert) is not None:
        transaction = transactions[movements.index(alert.movement)]
        rows.add("fraud_alerts", named_id(f"{named.who} alert"), owner, named.customer.cards[alert.card].id,
                 transaction, alert.reason, "open", history.stamp(alert.movement.at))  # fmt: skip


def _add_logins(rows: Rows, now: datetime) -> None:
    for login in STAFF:
        rows.add("staff", named_id(login.email), login.email, login.name, login.role, login.password_hash, now)


def _add_fixed_rows(rows: Rows, history: History) -> None:
    for merchant in load_catalogue().merchants:
        rows.add("merchants", merchant.id, merchant.name, merchant.category, merchant.mcc, merchant.city, "GB")
        for terminal in merchant.terminals:
            rows.add("terminals", terminal.id, merchant.id, terminal.kind, terminal.label)
    for term in load_terms().values():
        rows.add("product_terms", *(term.get(name) for name in FIELDS))
    for rate in rates(history):
        rows.add("fx_rates", *rate)
    branches, hours = load_branches()
    for branch in branches:
        rows.add("branches", *branch)
    for open_at in hours:
        rows.add("opening_hours", *open_at)
