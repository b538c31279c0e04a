"""What customers look up most, in a large bank and in a small one: the time must not grow with the bank.

    python -m evals.bench.tables --customers 100000 --json

Balance, last 20 transactions, spending of a month and search for a merchant are asked through the tools as the runtime
role, for one random customer of the small bank and one of the large bank in turn, so that both see the same machine.
Both have 100 transactions for each customer; the small one has 1,000 customers.
"""

import asyncio
import gc
import os
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from time import perf_counter
from typing import Annotated, Any
from uuid import UUID

import numpy as np
import orjson
import psycopg
import typer

from core.db.database import Database
from core.settings import Settings
from evals.bench.plans import explain, scans
from evals.bench.processes import BenchError
from evals.bench.tables_data import PER_CUSTOMER, QUERIES, Bank, empty_server, make_bank
from tools import bank
from tools.accounts.accounts import get_balance
from tools.queries import QUERIES as TOOLS
from tools.registry import Result, Tool, ToolContext
from tools.transactions.search import search_transactions
from tools.transactions.spending import spending_summary
from tools.transactions.transactions import list_transactions

SMALL = 1_000
"""Customers of the small bank."""
LIMIT = 2.0
"""How many times the small bank's p99 the large bank's may be."""
_NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
_MONTH = timedelta(days=30)
_CASES: dict[str, tuple[Tool, dict[str, Any], str]] = {
    "balance": (get_balance, {}, "list_accounts"),
    "last_20": (list_transactions, {"limit": 20}, "list_transactions"),
    "monthly_spending": (spending_summary, {"since": (_NOW - _MONTH).date()}, "sum_spending"),
    "merchant_search": (search_transactions, {"merchant": "lane 1"}, "search_transactions"),
}
"""Tool, arguments, and the query whose plan is shown."""

app = typer.Typer(add_completion=False)


@dataclass(frozen=True)
class _Counter:
    """A bank that is asked, by whom, and how long it took."""

    context: ToolContext
    customers: list[UUID]
    milliseconds: dict[str, list[float]] = field(default_factory=lambda: {name: [] for name in _CASES})

    async def ask(self, name: str, customer_id: UUID) -> Result:
        tool, arguments, _ = _CASES[name]
        context = ToolContext(self.context.bank, customer_id, _NOW, None)
        parsed = tool.arguments.model_validate(arguments)
        started = perf_counter()
        result = await tool.run(context, parsed)
        self.milliseconds[name].append((perf_counter() - started) * 1000)
        return result


@app.command()
def tables(
    customers: Annotated[int, typer.Option(min=SMALL, help="Of the large bank, with 100 transactions each.")] = 100_000,
    rounds: Annotated[int, typer.Option(min=100, help="Each asks every query once in both banks.")] = 3_000,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Compare a large bank with a small one."""
    try:
        result = _run(customers, rounds)
    except BenchError as error:
        raise SystemExit(str(error)) from error
    typer.echo(orjson.dumps(result, option=0 if as_json else orjson.OPT_INDENT_2).decode())


def _run(customers: int, rounds: int) -> dict[str, Any]:
    load = round(os.getloadavg()[0], 2)
    with empty_server((customers + SMALL) * PER_CUSTOMER) as server:
        banks = {name: make_bank(server, name, size, _NOW) for name, size in (("small", SMALL), ("large", customers))}
        measured = asyncio.run(_measure(banks, rounds))
        run = {"rounds": rounds, "cores": os.cpu_count(), "load_average": [load, round(os.getloadavg()[0], 2)]}
        return {"benchmark": "tables", "run": run} | _report(banks, measured)


async def _measure(banks: dict[str, Bank], rounds: int) -> dict[str, _Counter]:
    async with _opened(banks["small"]) as small, _opened(banks["large"]) as large:
        for counter in (small, large):
            for name in _CASES:
                await counter.ask(name, counter.customers[0])
                counter.milliseconds[name].clear()
        random = Random(1)
        gc.disable()
        try:
            for _ in range(rounds):
                await _round([small, large], random)
        finally:
            gc.enable()
    return {"small": small, "large": large}


async def _round(counters: list[_Counter], random: Random) -> None:
    random.shuffle(counters)
    for name in _CASES:
        for counter in counters:
            await counter.ask(name, random.choice(counter.customers))


@asynccontextmanager
async def _opened(made: Bank) -> AsyncGenerator[_Counter]:
    with psycopg.connect(made.services.owner_url) as owner:
        rows = owner.execute(QUERIES["list_customers"], {"limit": 20_000}).fetchall()
    settings = Settings(_env_file=None)  # pyright: ignore[reportCallIssue]
    database = Database(made.services.app_url, pool_size=1)
    await database.open()
    try:
        customers = [customer_id for (customer_id,) in rows]
        tools_bank = bank.make_bank(settings, made.services, database)
        yield _Counter(ToolContext(tools_bank, customers[0], _NOW, None), customers)
    finally:
        await database.close()


def _report(banks: dict[str, Bank], measured: dict[str, _Counter]) -> dict[str, Any]:
    queries = {name: _compared(banks, measured, name) for name in _CASES}
    return {
        "banks": {
            name: {
                "customers": made.customers,
                "transactions": made.transactions,
                "bytes": made.bytes,
                "made_in_s": made.seconds,
            }
            for name, made in banks.items()
        },
        "queries": queries,
        "limit": LIMIT,
        "met": all(query["p99_ratio"] <= LIMIT for query in queries.values()),
    }


def _compared(banks: dict[str, Bank], measured: dict[str, _Counter], name: str) -> dict[str, Any]:
    figures = {
        size: {f"p{rank}_ms": round(float(np.percentile(counter.milliseconds[name], rank)), 3) for rank in (50, 95, 99)}
        for size, counter in measured.items()
    }
    customer = measured["large"].customers[0]
    with psycopg.connect(banks["large"].services.app_url) as connection:
        plan = scans(explain(connection, TOOLS[_CASES[name][2]], customer))
    return figures | {
        "p50_ratio": round(figures["large"]["p50_ms"] / figures["small"]["p50_ms"], 3),
        "p99_ratio": round(figures["large"]["p99_ms"] / figures["small"]["p99_ms"], 3),
        "plan": plan,
    }


if __name__ == "__main__":
    app()
