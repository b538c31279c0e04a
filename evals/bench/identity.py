"""What it costs to know who asks: CPU of a request whose token is verified and looked up among those that were revoked,
against the same request without, in one run.

    python -m evals.bench.identity --json

The requests go through FastAPI and the real dependency, without a network; the keys and denials come from an embedded
PostgreSQL, as in a worker.
"""

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from types import SimpleNamespace
from typing import Annotated, Any
from uuid import uuid4

import httpx2
import orjson
import psycopg
import typer
from fastapi import FastAPI

from api.dependencies import AnyoneDep
from core.clock import system_clock
from core.db.database import Database
from core.db.migrate import migrate
from core.security.key_store import ensure_signing_keys
from core.security.permissions import RolePermissions
from core.security.tokens import AccountType, Identity, TokenSigner
from core.security.trust_watch import TrustWatch, watching_trust
from core.services import running_services
from core.settings import Settings
from tools.catalogue import CUSTOMER_SCOPES

_DENY = """insert into token_denials (key, before, xact, noted_at)
    select gen_random_uuid()::text, 9223372036854775807, pg_current_xact_id(), clock_timestamp()
      from generate_series(1, %s)"""

app = typer.Typer(add_completion=False)


@dataclass(frozen=True, slots=True)
class _Worker:
    watch: TrustWatch
    signer: TokenSigner
    token: str
    roles: RolePermissions


@app.command()
def main(
    requests: Annotated[int, typer.Option(min=100, help="Of each kind.")] = 4000,
    denials: Annotated[int, typer.Option(min=0, help="Sessions that were ended in the last day.")] = 10_000,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Measure the check of a token."""
    report = asyncio.run(_measure(requests, denials))
    typer.echo(orjson.dumps(report).decode() if as_json else "\n".join(f"{key}: {report[key]}" for key in report))


async def _measure(requests: int, denials: int) -> dict[str, Any]:
    async with _worker(denials) as worker:
        costs = await _requests(worker, requests)
        again = _median_us([_cpu(lambda: worker.signer.verify(worker.token)) for _ in range(requests)])
        issue = _median_us([_cpu(_issuing(worker)) for _ in range(requests // 4)])
        others = [_issuing(worker)() for _ in range(requests // 4)]
        first = _median_us([_cpu(partial(worker.signer.verify, token)) for token in others])
        look = await _look(worker.watch)
    return {
        "requests": requests,
        "denials": denials,
        "cpu_us": {
            "request_without_check": costs["/plain"],
            "request_with_check": costs["/checked"],
            "check": round(costs["/checked"] - costs["/plain"], 1),
            "verify_first": first,
            "verify_again": again,
            "issue": issue,
            "look_each_second": look,
        },
    }


@asynccontextmanager
async def _worker(denials: int) -> AsyncGenerator[_Worker]:
    with TemporaryDirectory(prefix="tg-") as folder:
        settings = Settings(_env_file=None, data_dir=Path(folder) / "data")  # pyright: ignore[reportCallIssue]
        with running_services(settings) as services:
            migrate(services)
            ensure_signing_keys(services.owner_url, services.secret_key, system_clock())
            with psycopg.connect(services.owner_url) as owner:
                owner.execute(_DENY, [denials])
            database = Database(services.app_url, pool_size=2)
            await database.open()
            try:
                async with watching_trust(database, services.secret_key) as watch:
                    signer = TokenSigner(watch.trust, timedelta(hours=1))
                    alex = Identity(uuid4(), AccountType.CUSTOMER, "customer", CUSTOMER_SCOPES, uuid4())
                    token = signer.issue(alex, datetime.now(UTC))
                    yield _Worker(watch, signer, token, RolePermissions(database))
            finally:
                await database.close()


async def _requests(worker: _Worker, count: int) -> dict[str, float]:
    """Microseconds of CPU by path, the two in turn."""
    served = FastAPI(telemetry={"tracing": False, "operation_spans": False, "metrics": False, "logs": False})
    served.state.trust, served.state.signer = worker.watch, worker.signer
    served.state.running = SimpleNamespace(roles=worker.roles)

    @served.get("/plain")
    async def plain() -> dict[str, str]:  # pyright: ignore[reportUnusedFunction]
        return {"who": "anybody"}

    @served.get("/checked")
    async def checked(identity: AnyoneDep) -> dict[str, str]:  # pyright: ignore[reportUnusedFunction]
        return {"who": identity.subject if identity else "anybody"}

    spent: dict[str, list[float]] = {"/plain": [], "/checked": []}
    headers = {"Authorization": f"Bearer {worker.token}"}
    transport = httpx2.ASGITransport(app=served)
    async with httpx2.AsyncClient(transport=transport, base_url="http://bench", headers=headers) as client:
        for _ in range(count):
            for path, seconds in spent.items():
                began = time.process_time()
                (await client.get(path)).raise_for_status()
                seconds.append(time.process_time() - began)
    return {path: _median_us(seconds) for path, seconds in spent.items()}


async def _look(watch: TrustWatch) -> float:
    seconds: list[float] = []
    for _ in range(50):
        began = time.process_time()
        await watch.look()
        seconds.append(time.process_time() - began)
    return _median_us(seconds)


def _issuing(worker: _Worker) -> Any:
    alex = Identity(uuid4(), AccountType.CUSTOMER, "customer", CUSTOMER_SCOPES, uuid4())
    return lambda: worker.signer.issue(alex, datetime.now(UTC))


def _cpu(action: Any) -> float:
    began = time.process_time()
    action()
    return time.process_time() - began


def _median_us(seconds: list[float]) -> float:
    return round(median(seconds) * 1e6, 1)


if __name__ == "__main__":
    app()
