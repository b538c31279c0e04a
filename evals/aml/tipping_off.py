"""``python -m evals.aml.tipping_off``: what a customer's reads cost while there is a case about them and while
there is none, block by block in turns, in a database of its own that is gone afterwards. Whoever could tell the two
apart would have been tipped off."""

import argparse
import asyncio
import json
import random
import time
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import UUID, uuid4

import numpy as np
import psycopg

from core.db.database import NOBODY, Database
from core.db.migrate import migrate
from core.security.sealing import Seal
from core.services import Services, running_services
from core.settings import Settings
from tools.catalogue import CATALOGUE, CUSTOMER_SCOPES
from tools.demo_bank import ensure_demo_bank
from tools.registry import Bank, ToolContext
from tools.step_up.code_senders import LogSender
from tools.step_up.codes import StepUpCodes

READS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("list_accounts", {}),
    ("list_transactions", {}),
    ("get_profile", {}),
    ("what_may_i_do", {}),
    ("list_fraud_alerts", {}),
    ("list_disputes", {}),
    ("get_identity_status", {}),
)
_OPEN = "insert into compliance.cases (customer_id, opened_at, reason) values (%s, now(), 'a tip')"
_FORGET = """
    alter table compliance.cases disable trigger cases_kept;
    delete from compliance.cases;
    alter table compliance.cases enable trigger cases_kept"""


def set_case(services: Services, customer: UUID, *, is_open: bool) -> None:
    """Both write to the schema, so that neither of two blocks comes after a quieter moment than the other."""
    with psycopg.connect(services.compliance_url, autocommit=True) as owner:
        owner.execute(_FORGET)
        owner.execute(_OPEN, [customer if is_open else uuid4()])


def on_cpu(backend: int) -> float:
    """Seconds that this process and the customer's session in PostgreSQL have computed: other work on the machine is
    not counted, and waiting for a lock would show in what is told of it."""
    return time.process_time() + int(Path(f"/proc/{backend}/schedstat").read_text().split()[0]) / 1e9


async def time_block(bank: Bank, customer: UUID, backend: int, calls: int) -> float:
    """Milliseconds of CPU for a call."""
    began = on_cpu(backend)
    for number in range(calls):
        tool, arguments = READS[number % len(READS)]
        context = ToolContext(bank, customer, datetime.now(UTC), uuid4())
        outcome = await CATALOGUE.call(tool, arguments, context=context, scopes=CUSTOMER_SCOPES)
        if outcome.result is None:
            raise SystemExit(f"{tool} failed: {outcome.error}")
    return (on_cpu(backend) - began) / calls * 1000


async def time_pairs(services: Services, pairs: int, calls: int, seed: int) -> np.ndarray[Any, Any]:
    """One row for each pair of blocks, in an order drawn by chance: milliseconds without a case, and with one."""
    with psycopg.connect(services.owner_url) as owner:
        [(customer,)] = owner.execute("select customer_id from credentials order by email limit 1").fetchall()
    drawn = random.Random(seed)
    database = Database(services.app_url, pool_size=1)
    await database.open()
    bank = Bank(database, StepUpCodes(services.secret_key, LogSender()), Seal(services.secret_key))
    async with database.reading(NOBODY) as db:
        [told] = await db.dicts("select pg_backend_pid() as id")
    rows: list[tuple[float, float]] = []
    for _ in range(pairs + 2):
        both: dict[bool, float] = {}
        for is_open in drawn.sample([False, True], 2):
            set_case(services, customer, is_open=is_open)
            both[is_open] = await time_block(bank, customer, told["id"], calls)
        rows.append((both[False], both[True]))
    await database.close()
    return np.array(rows[2:])


def compare(rows: np.ndarray[Any, Any], seed: int) -> dict[str, object]:
    """The difference, and how often chance alone makes one as large: Wilcoxon's signed ranks, as a machine with other
    work has outliers, with signs drawn 20,000 times."""
    apart = rows[:, 1] - rows[:, 0]
    ranks = np.abs(apart).argsort().argsort() + 1
    signs = np.random.default_rng(seed).choice([-1, 1], size=(20_000, len(apart)))
    as_large = np.abs((signs * ranks).sum(axis=1)) >= abs((np.sign(apart) * ranks).sum())
    return {
        "pairs": len(apart),
        "without_ms": round(float(np.median(rows[:, 0])), 3),
        "with_ms": round(float(np.median(rows[:, 1])), 3),
        "difference_ms": round(float(np.median(apart)), 4),
        "longer_with_a_case": int((apart > 0).sum()),
        "p": round(float(as_large.mean()), 4),
    }


def measure(pairs: int, calls: int, seed: int) -> dict[str, object]:
    with TemporaryDirectory(prefix="tg-tip-", dir="/tmp") as directory:
        settings = Settings(_env_file=None, data_dir=Path(directory) / "data")  # pyright: ignore[reportCallIssue]
        with running_services(settings) as services:
            migrate(services)
            ensure_demo_bank(services.owner_url, customers=20, seed=seed, now=datetime.now(UTC))
            rows = asyncio.run(time_pairs(services, pairs, calls, seed))
    return {"calls": calls * pairs * 2} | compare(rows, seed)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--pairs", type=int, default=60)
    arguments.add_argument("--calls", type=int, default=70, help="of a block")
    arguments.add_argument("--seed", type=int, default=1)
    print(json.dumps(measure(**vars(arguments.parse_args()))))


if __name__ == "__main__":
    main()
