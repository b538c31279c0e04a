"""Fraud scoring on a large bank: calls a second and core through the path that decisions take, and the backfill.

    python -m evals.bench.fraud --transactions 10000000 --json

A call asks for the features of a customer's payment (one statement) and scores them with the promoted model, in this
process. CPU is that of this process and its PostgreSQL connection together, so that calls
per second and core are calls by their CPU time, whatever else the machine does; latencies are wall-clock, with waiting.
"""

import asyncio
import os
import random
from datetime import timedelta
from time import perf_counter, process_time
from typing import Annotated, Any
from uuid import UUID

import numpy as np
import orjson
import psutil
import psycopg
import typer

from core.clock import system_clock
from core.db.database import Database
from core.services import Services
from evals.bench.tables_data import PER_CUSTOMER, Bank, empty_server, make_bank
from tools.fraud.features import FraudEvent, ask_vector, merchant_name, terminal_party
from tools.fraud.features.backfill import backfill
from tools.fraud.model import Scorer, load_scorer

_WARM = 200
"""Calls before those that count."""

app = typer.Typer(add_completion=False)


@app.command()
def fraud(
    transactions: Annotated[int, typer.Option(min=1_000, help="In the bank.")] = 1_200_000,
    calls: Annotated[int, typer.Option(min=100, help="Scoring calls, one after the other.")] = 5_000,
    seed: Annotated[int, typer.Option(help="Draws customers and payments.")] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Make a bank, backfill it, and score payments of its customers."""
    with empty_server(transactions) as server:
        bank = make_bank(server, "fraud_bank", transactions // PER_CUSTOMER, system_clock())
        result = _measure(bank, calls, random.Random(seed))
    typer.echo(orjson.dumps(result, option=0 if as_json else orjson.OPT_INDENT_2).decode())


def _measure(bank: Bank, calls: int, drawn: random.Random) -> dict[str, Any]:
    scorer = load_scorer()
    done = backfill(bank.services.owner_url, scorer, system_clock())
    with psycopg.connect(bank.services.owner_url) as owner:
        query = "select id from customers order by md5(id::text) limit 5000"
        customers = [found for (found,) in owner.execute(query).fetchall()]
    asked = [(drawn.choice(customers), _payment(drawn)) for _ in range(calls + _WARM)]
    return {
        "transactions": bank.transactions,
        "cores": os.cpu_count(),
        "backfill": {
            "remembered": done.remembered,
            "scored": done.scored,
            "seconds": done.seconds,
            "per_second": round(done.scored / done.seconds),
        },
        "scoring": asyncio.run(_score(bank.services, scorer, asked)),
    }


def _payment(drawn: random.Random) -> FraudEvent:
    place = drawn.randint(1, 300)
    at = system_clock() + timedelta(seconds=drawn.randint(0, 3600))
    return FraudEvent(
        terminal_party(place), merchant_name(place), drawn.randint(100, 20_000), at, "GB", None, "in_store"
    )


async def _score(services: Services, scorer: Scorer, asked: list[tuple[UUID, FraudEvent]]) -> dict[str, Any]:
    database = Database(services.app_url, pool_size=1)
    await database.open()
    try:
        for customer, event in asked[:_WARM]:
            await _call(database, scorer, customer, event)
        [backend] = _backends(services)
        seconds: list[float] = []
        cpu = process_time(), _cpu(backend)
        for customer, event in asked[_WARM:]:
            begun = perf_counter()
            await _call(database, scorer, customer, event)
            seconds.append(perf_counter() - begun)
        own, theirs = process_time() - cpu[0], _cpu(backend) - cpu[1]
    finally:
        await database.close()
    calls = len(seconds)
    p50, p99 = (float(value) for value in np.quantile(seconds, [0.5, 0.99]) * 1000)
    return {
        "calls": calls,
        "p50_ms": round(p50, 3),
        "p99_ms": round(p99, 3),
        "per_second": round(calls / sum(seconds)),
        "per_second_and_core": round(calls / (own + theirs)),
        "cpu_us": {"process": round(own / calls * 1e6), "postgres": round(theirs / calls * 1e6)},
    }


async def _call(database: Database, scorer: Scorer, customer: UUID, event: FraudEvent) -> None:
    scorer.score_vector(await ask_vector(database, customer, event))


def _backends(services: Services) -> list[psutil.Process]:
    """PostgreSQL's processes of the runtime login."""
    with psycopg.connect(services.admin_url) as admin:
        query = "select pid from pg_stat_activity where usename = 'tellergraph_app' and datname = current_database()"
        return [psutil.Process(pid) for (pid,) in admin.execute(query).fetchall()]


def _cpu(process: psutil.Process) -> float:
    times = process.cpu_times()
    return times.user + times.system


if __name__ == "__main__":
    app()
