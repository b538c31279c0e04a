"""One bank test: ground, two workers, load and faults at once, and the books afterwards."""

import asyncio
import resource
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np

from core.db.migrate import migrate
from core.security.key_store import ensure_signing_keys, read_trust
from core.security.tokens import AccountType, Identity, TokenSigner
from core.services import Services, running_services
from core.settings import Settings
from evals.bench.bank_faults import Faults, Kill, alternate, two_workers
from evals.bench.bank_ground import Holder, lay_ground, opening_balances
from evals.bench.bank_load import Load, Log, Record
from evals.bench.bank_verdicts import judge, read_books

_TOKEN_TTL = timedelta(hours=6)


@dataclass(frozen=True)
class BankPlan:
    transfers: int = 5_000
    """At least: more when the kills take longer."""
    clients: int = 32
    server_kills: int = 5
    postgres_kills: int = 5
    seed: int = 1


@dataclass(frozen=True)
class BankFindings:
    plan: BankPlan
    log: Log
    kills: list[Kill]
    wrong: dict[str, list[str]]
    """By what must hold; empty lists where it does."""
    cpu_s: dict[str, float]

    @property
    def acknowledged(self) -> int:
        return sum(record.acknowledged for record in self.log.records)

    def as_json(self) -> dict[str, Any]:
        records = self.log.records
        return {
            "plan": asdict(self.plan),
            "transfers": len(records),
            "acknowledged": self.acknowledged,
            "refused": dict(Counter(record.told[0].code for record in records if not record.acknowledged)),
            "habits": dict(Counter(record.transfer.habit for record in records)),
            "wall_s": round(self.log.wall_s, 2),
            "transfers_per_s": round(len(records) / self.log.wall_s, 1),
            "ms": _percentiles(records),
            "ms_undisturbed": _percentiles([record for record in records if not record.disturbed]),
            "sent_again": dict(self.log.retries),
            "kills": [asdict(kill) | {"back_s": round(kill.back_s, 2)} for kill in self.kills],
            "cpu_s": {part: round(seconds, 2) for part, seconds in self.cpu_s.items()},
            "cpu_ms_per_transfer": {
                part: round(seconds * 1000 / len(records), 2) for part, seconds in self.cpu_s.items()
            },
            "verdicts": {rule: not faults for rule, faults in self.wrong.items()},
            "wrong": {rule: faults[:20] for rule, faults in self.wrong.items() if faults},
        }


def prove_bank(plan: BankPlan, folder: Path) -> BankFindings:
    """Runs a bank test with everything it makes in ``folder``, whose path is short.

    Raises:
        BenchError: a server did not come back.
        BankLoadError: a server answered as none may.
    """
    settings = Settings(_env_file=None, data_dir=folder / "data")  # pyright: ignore[reportCallIssue]
    with running_services(settings) as services:
        migrate(services)
        holders = lay_ground(services.owner_url, plan.seed)
        tokens = _sign_in(holders, services)
    # Nobody but the two workers looks after the databases now.
    began = _cpu()
    with two_workers(folder) as workers:
        faults = Faults(workers, plan.transfers, alternate(plan.server_kills, plan.postgres_kills))
        load = Load(
            holders,
            tokens,
            workers.addresses,
            transfers=plan.transfers,
            clients=plan.clients,
            seed=plan.seed,
            is_over=faults.is_over,
            on_end=faults.on_end,
        )
        log = asyncio.run(_together(load, faults))
        postgres_s = workers.postgres_cpu()
    with running_services(settings) as services:
        books = read_books(services.owner_url)
    cpu_s = {part: seconds - began[part] for part, seconds in _cpu().items()} | {"postgres": postgres_s}
    wrong = judge(books, log.records, opening_balances(holders))
    return BankFindings(plan, log, faults.kills, wrong, cpu_s)


async def _together(load: Load, faults: Faults) -> Log:
    async with asyncio.TaskGroup() as group:
        group.create_task(faults.run())
        return await group.create_task(load.run())


def _sign_in(holders: list[Holder], services: Services) -> dict[UUID, str]:
    """A login takes half a second, of which the test needs none."""
    now = datetime.now(UTC)
    ensure_signing_keys(services.owner_url, services.secret_key, now)
    trust = read_trust(services.owner_url, services.secret_key)
    signer = TokenSigner(lambda: trust, _TOKEN_TTL)
    return {holder.id: signer.issue(Identity(holder.id, AccountType.CUSTOMER, ""), now) for holder in holders}


def _cpu() -> dict[str, float]:
    """Seconds of the load generator and of the servers that have ended, with their start-up."""
    servers = resource.getrusage(resource.RUSAGE_CHILDREN)
    return {"load": time.process_time(), "servers": servers.ru_utime + servers.ru_stime}


def _percentiles(records: Sequence[Record]) -> dict[str, float]:
    milliseconds = [record.seconds * 1000 for record in records]
    return {f"p{rank}": round(float(np.percentile(milliseconds, rank)), 1) for rank in (50, 95, 99)}
