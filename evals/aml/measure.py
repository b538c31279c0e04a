"""``python -m evals.aml.measure --seed 2``: recall and precision of the monitor on labelled customers of a seed, in a
database of its own that is gone afterwards."""

import argparse
import json
import time
from datetime import UTC, date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from core.db.migrate import migrate
from core.services import running_services
from core.settings import Settings
from evals.aml.ground import first_day, lay_people, score
from evals.aml.patterns import make_people
from tools.compliance.aml.monitor import monitor

_LAST = date(2026, 11, 20)


def measure(seed: int, each: int) -> dict[str, object]:
    people = list(make_people(seed, each))
    with TemporaryDirectory(prefix="tg-aml-", dir="/tmp") as directory:
        settings = Settings(_env_file=None, data_dir=Path(directory) / "data")  # pyright: ignore[reportCallIssue]
        with running_services(settings) as services:
            migrate(services)
            lay_people(services.owner_url, people, _LAST)
            began = time.perf_counter()
            run = monitor(services.compliance_url, datetime.now(UTC), from_day=first_day(_LAST), to_day=_LAST)
            seconds = time.perf_counter() - began
            found = score(services.compliance_url, people)
    if run is None:
        raise SystemExit("Nothing was booked: there are no people to look at.")
    return {
        "seed": seed,
        "customers": len(people),
        "transactions": run.transactions,
        "recall": round(found.recall, 4),
        "precision": round(found.precision, 4),
        "false_alarm_rate": round(found.false_alarms / found.honest, 4),
        "missed_by": dict(found.missed_by),
        "false_alarms_by": dict(found.false_alarms_by),
        "alerts": run.alerts,
        "cases": run.cases,
        "seconds": round(seconds, 2),
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=2)
    parser.add_argument("--each", type=int, default=40, help="customers of every behaviour")
    given = parser.parse_args()
    print(json.dumps(measure(given.seed, given.each), indent=2))
