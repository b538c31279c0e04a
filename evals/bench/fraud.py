"""Fraud decisions on a large bank, by the path that they take, and the backfill.

    python -m evals.bench.fraud --transactions 10000000 --json

    card_decision     facts, features, rules and the model's score of a card's charge (``decide_about``): one statement
    authorisation     the whole of it: that, the hold, and all that is kept
    payment_decision  facts and rules of a proposed payment (``operation_facts``, ``assess``), and the decision kept
    features          of the above only the model's features, asked for alone: one statement

One call after the other over one connection. CPU is that of this process and its PostgreSQL backend together, so that
calls per second and core are calls by their CPU time, whatever else the machine does; latencies are wall-clock, with
waiting.
"""

import os
import random
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from time import perf_counter, process_time
from typing import Annotated, Any
from uuid import UUID

import numpy as np
import orjson
import psutil
import psycopg
import typer
import uvloop
from psycopg.types.json import Jsonb

from core.clock import system_clock
from core.db.database import Database, Scope
from core.db.queries import Queries
from core.money import Money
from core.services import Services
from evals.bench.tables_data import PER_CUSTOMER, Bank, empty_server, make_bank
from tools.cards.authorisations import AuthorisationRequest, authorise, decide_about
from tools.fraud.decisions import assess
from tools.fraud.features.backfill import backfill, remember
from tools.fraud.model import load_scorer
from tools.queries import QUERIES as TOOLS

_QUERIES = Queries(Path(__file__).with_name("sql") / "fraud.sql")
_WARM = 200
"""Calls before those that count."""

Call = Callable[[Database], Awaitable[object]]

app = typer.Typer(add_completion=False)


@dataclass(frozen=True, slots=True)
class _Features:
    features: list[float | None]


@dataclass(frozen=True, slots=True)
class _Decided:
    outcome: str
    step_up: bool


@dataclass(frozen=True, slots=True)
class _Told:
    facts: dict[str, Any]


@app.command()
def fraud(
    transactions: Annotated[int, typer.Option(min=1_000, help="In the bank.")] = 1_200_000,
    calls: Annotated[int, typer.Option(min=100, help="Of each kind, one after the other.")] = 5_000,
    seed: Annotated[int, typer.Option(help="Draws customers and payments.")] = 1,
    scores: Annotated[
        bool, typer.Option(help="Score what was paid before, too: most of the time of a large bank.")
    ] = True,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Make a bank, backfill it, and decide about payments of its customers."""
    with empty_server(transactions) as server:
        bank = make_bank(server, "fraud_bank", transactions // PER_CUSTOMER, system_clock())
        result = _measure(bank, calls, random.Random(seed), with_scores=scores)
    typer.echo(orjson.dumps(result, option=0 if as_json else orjson.OPT_INDENT_2).decode())


def _measure(bank: Bank, calls: int, drawn: random.Random, *, with_scores: bool) -> dict[str, Any]:
    backfilled = _backfill(bank) if with_scores else _remember(bank)
    drawn_calls = _draw(bank.services, calls + _WARM, drawn)
    measured = {kind: uvloop.run(_time(bank.services, made)) for kind, made in drawn_calls.items()}
    return {"transactions": bank.transactions, "cores": os.cpu_count(), "backfill": backfilled, **measured}


def _backfill(bank: Bank) -> dict[str, Any]:
    done = backfill(bank.services.owner_url, load_scorer(), system_clock())
    return asdict(done) | {"per_second": round(done.scored / done.seconds)}


def _remember(bank: Bank) -> dict[str, Any]:
    begun = perf_counter()
    remembered, settled = remember(bank.services.owner_url, system_clock())
    return {"remembered": remembered, "settled": settled, "seconds": round(perf_counter() - begun, 2)}


def _draw(services: Services, calls: int, drawn: random.Random) -> dict[str, list[Call]]:
    with psycopg.connect(services.owner_url) as owner:
        cards = owner.execute(_QUERIES["list_cards"]).fetchall()
        payments = owner.execute(_QUERIES["file_payments"], {"limit": calls, "now": system_clock()}).fetchall()

    def charge() -> tuple[UUID, AuthorisationRequest]:
        card, customer = drawn.choice(cards)
        amount = Money(drawn.randint(100, 2_000), "GBP")
        return customer, AuthorisationRequest(f"{drawn.getrandbits(64):x}", card, drawn.randint(1, 300), amount)

    return {
        "features": [_ask_features(*charge()) for _ in range(calls)],
        "card_decision": [_decide_card(charge()[1]) for _ in range(calls)],
        "payment_decision": [_decide_payment(*payment) for payment in payments],
        "authorisation": [_authorise(charge()[1]) for _ in range(calls)],
    }


def _ask_features(customer: UUID, request: AuthorisationRequest) -> Call:
    values = {"customer": str(customer), "terminal": request.terminal_id, "minor": request.amount.minor}
    scorer = load_scorer()

    async def call(database: Database) -> None:
        asked = values | {"now": system_clock()}
        [row] = await database.ask(_Features, _QUERIES["read_features"], asked)
        scorer.score(np.array(row.features, dtype=np.float64))

    return call


def _decide_card(request: AuthorisationRequest) -> Call:
    async def call(database: Database) -> None:
        (await decide_about(database, request, system_clock())).as_stored()

    return call


def _authorise(request: AuthorisationRequest) -> Call:
    return lambda database: authorise(database, request, system_clock())


def _decide_payment(operation: UUID, customer: UUID) -> Call:
    async def call(database: Database) -> None:
        async with database.writing(Scope(customer_id=customer)) as db:
            values = {"operation": operation, "operation_id": operation, "now": system_clock()}
            told = await db.get(_Told, _QUERIES["operation_facts"], values)
            decision = Jsonb(assess(told.facts).as_stored())
            await db.get(_Decided, TOOLS["record_decision"], values | {"decision": decision})

    return call


async def _time(services: Services, calls: list[Call]) -> dict[str, Any]:
    database = Database(services.app_url, pool_size=1)
    await database.open()
    try:
        for call in calls[:_WARM]:
            await call(database)
        [backend] = _backends(services)
        seconds: list[float] = []
        cpu = process_time(), _cpu(backend)
        for call in calls[_WARM:]:
            begun = perf_counter()
            await call(database)
            seconds.append(perf_counter() - begun)
        own, theirs = process_time() - cpu[0], _cpu(backend) - cpu[1]
    finally:
        await database.close()
    made = len(seconds)
    p50, p99 = (float(value) for value in np.quantile(seconds, [0.5, 0.99]) * 1000)
    return {
        "calls": made,
        "p50_ms": round(p50, 3),
        "p99_ms": round(p99, 3),
        "per_second": round(made / sum(seconds)),
        "per_second_and_core": round(made / (own + theirs)),
        "cpu_us": {"process": round(own / made * 1e6), "postgres": round(theirs / made * 1e6)},
    }


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
