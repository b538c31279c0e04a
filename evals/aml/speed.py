"""``python -m evals.aml.speed --transactions 2000000``: how long the monitor takes for a bank of that size, all days
at once and one more day, in a database of its own that is gone afterwards. The bank is that of
``evals.bench.tables``."""

import argparse
import json
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg

from core.db.migrate import migrate
from core.db.queries import Queries
from core.services import running_services
from core.settings import Settings
from tools.compliance.aml.monitor import MonitorRun, monitor

_BANK = Queries(Path(__file__).parents[1] / "bench" / "sql" / "tables.sql")
_STEPS = (
    "add_customers",
    "add_accounts",
    "add_cards",
    "add_payees",
    "add_merchants",
    "add_terminals",
    "add_transactions",
)
_MERCHANTS = 2_000


def measure(transactions: int) -> dict[str, object]:
    now = datetime(2026, 11, 20, 22, tzinfo=UTC)
    sizes = {
        "transactions": transactions,
        "customers": max(100, transactions // 500),
        "merchants": _MERCHANTS,
        "now": now,
    }
    with TemporaryDirectory(prefix="tg-aml-", dir="/tmp") as directory:
        settings = Settings(_env_file=None, data_dir=Path(directory) / "data")  # pyright: ignore[reportCallIssue]
        with running_services(settings) as services:
            migrate(services)
            began = time.perf_counter()
            with psycopg.connect(services.owner_url) as owner:
                for step in _STEPS:
                    owner.execute(_BANK[step], sizes)
            with psycopg.connect(services.owner_url, autocommit=True) as owner:
                owner.execute("vacuum (analyze) transactions")
            loaded = time.perf_counter() - began
            yesterday = now - timedelta(days=1)
            everything, whole = _timed(services.compliance_url, yesterday)
            one_day, day = _timed(services.compliance_url, now)
    return {
        "transactions": transactions,
        "load_seconds": round(loaded, 1),
        "all_days": {"seconds": round(everything, 1), "rows": whole.transactions, "hits": whole.hits},
        "one_day_more": {"seconds": round(one_day, 1), "rows": day.transactions, "hits": day.hits},
    }


def _timed(url: str, now: datetime) -> tuple[float, MonitorRun]:
    began = time.perf_counter()
    run = monitor(url, now)
    if run is None:
        raise SystemExit("Nothing was booked.")
    return time.perf_counter() - began, run


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--transactions", type=int, default=2_000_000)
    print(json.dumps(measure(parser.parse_args().transactions), indent=2))
