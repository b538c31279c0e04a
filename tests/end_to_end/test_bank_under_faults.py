"""Money moves while its servers die: what customers were told, and nothing else, is what the books say."""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from evals.bench.bank_run import BankPlan, prove_bank

PLAN = BankPlan(transfers=250, clients=32, server_kills=2, postgres_kills=2)
"""``python -m evals.bench.bank`` does the same at length."""


@pytest.fixture
def folder() -> Iterator[Path]:
    """Short, so that sockets fit in it."""
    with TemporaryDirectory(prefix="tgk-", dir="/tmp") as path:
        yield Path(path)


def test_killed_servers_lose_no_transfer_and_make_none_twice(folder: Path) -> None:
    findings = prove_bank(PLAN, folder)

    assert {rule: faults for rule, faults in findings.wrong.items() if faults} == {}
    assert [kill.fault for kill in findings.kills] == ["server", "postgres", "server", "postgres"]
    # The faults were met, and there was something to lose, to refuse and to do twice.
    assert findings.log.retries
    assert 0 < findings.acknowledged < len(findings.log.records)
    assert {record.transfer.habit for record in findings.log.records} == {"once", "again", "race"}
