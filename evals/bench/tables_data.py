"""Two banks of different size and the same kind, in two databases of one embedded PostgreSQL that goes with the run."""

import shutil
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any, LiteralString

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from core.db.migrate import migrate
from core.db.queries import Queries
from core.db.urls import with_database, with_options
from core.services import Services, running_services
from core.settings import Settings
from evals.bench.processes import BenchError
from tools.demo_bank.bulk import OwnerConnection, list_rows

QUERIES = Queries(Path(__file__).with_name("sql") / "tables.sql")
PER_CUSTOMER = 100
"""Transactions of a customer on average."""
_MERCHANTS = 300
_BYTES_PER_TRANSACTION = 900
"""With indexes, and with what sorting them takes meanwhile."""
_SMALL_TABLES = ("add_customers", "add_accounts", "add_cards", "add_payees", "add_merchants", "add_terminals")
_QUICK = "-c synchronous_commit=off -c maintenance_work_mem=1GB -c work_mem=256MB -c statement_timeout=15min"


@dataclass(frozen=True)
class Bank:
    """A database with its size."""

    services: Services
    customers: int
    transactions: int
    bytes: int
    seconds: float
    """That it took to make."""


@contextmanager
def empty_server(transactions: int) -> Generator[Services]:
    """A server with one migrated database. Raises BenchError when the disk has no room for so many transactions."""
    # Sockets need a short path.
    with TemporaryDirectory(prefix="tgb-", dir="/tmp") as directory:
        needed, free = transactions * _BYTES_PER_TRANSACTION, shutil.disk_usage(directory).free
        if free < needed:
            raise BenchError(f"It takes {needed / 1e9:.1f} GB of disk, and {free / 1e9:.1f} GB are free in /tmp.")
        settings = Settings(_env_file=None, data_dir=Path(directory) / "data")  # pyright: ignore[reportCallIssue]
        with running_services(settings) as services:
            migrate(services)
            yield services


def make_bank(server: Services, name: str, customers: int, now: datetime) -> Bank:
    """A database of that name in the server, with ``PER_CUSTOMER`` transactions for each customer."""
    started, services = perf_counter(), _copy(server, name)
    values = {"customers": customers, "transactions": customers * PER_CUSTOMER, "merchants": _MERCHANTS, "now": now}
    with psycopg.connect(with_options(services.owner_url, _QUICK)) as owner:
        _fill(owner, values)
    with psycopg.connect(services.owner_url, autocommit=True) as owner:
        owner.execute("vacuum (analyze) transactions, accounts, customers, cards, payees, merchants, terminals")
        [(counted, booked, size)] = owner.execute(QUERIES["count_rows"]).fetchall()
    return Bank(services, counted, booked, size, seconds=round(perf_counter() - started, 1))


def _fill(owner: OwnerConnection, values: dict[str, Any]) -> None:
    for query in _SMALL_TABLES:
        owner.execute(QUERIES[query], values)
    keys = [
        key
        for key in list_rows(owner, "list_foreign_keys", tables=["transactions"])
        if "journal_entries" not in key["definition"]
    ]
    indexes = list_rows(owner, "list_secondary_indexes", tables=["transactions"])
    _alter(owner, "disable trigger user")
    for key in list_rows(owner, "list_foreign_keys", tables=["transactions"]):
        _alter(owner, sql.SQL("drop constraint {}").format(sql.Identifier(key["name"])))
    for index in indexes:
        owner.execute(sql.SQL("drop index {}").format(sql.Identifier(index["name"])))
    owner.execute(QUERIES["add_transactions"], values)
    for index in indexes:
        owner.execute(index["definition"])
    for key in keys:
        definition = sql.SQL("add constraint {} ").format(sql.Identifier(key["name"])) + sql.SQL(key["definition"])
        _alter(owner, definition)
    _alter(owner, "enable trigger user")


def _alter(owner: OwnerConnection, action: LiteralString | sql.Composable) -> None:
    composed = sql.SQL(action) if isinstance(action, str) else action
    owner.execute(sql.SQL("alter table transactions {}").format(composed))


def _copy(server: Services, name: str) -> Services:
    template = conninfo_to_dict(server.owner_url)["dbname"]
    with psycopg.connect(with_database(server.admin_url, "postgres"), autocommit=True) as admin:
        names = map(sql.Identifier, (name, str(template)))
        admin.execute(sql.SQL("create database {} template {} owner tellergraph_owner").format(*names))
    urls = {key: getattr(server, key) for key in ("app_url", "owner_url", "checkpoint_url", "graph_url", "admin_url")}
    return replace(server, **{key: with_database(url, name) for key, url in urls.items()})
