"""The benchmark of a large bank beside a small one, with two small ones. Shape only: speed is not a test's business."""

import subprocess
import sys
from typing import Any

import orjson
import pytest

from evals.bench.processes import ROOT, BenchError
from evals.bench.tables_data import empty_server

QUERIES = ["balance", "last_20", "monthly_spending", "merchant_search"]


@pytest.fixture(scope="module")
def result() -> dict[str, Any]:
    command = [sys.executable, "-m", "evals.bench.tables", "--customers", "1000", "--rounds", "100", "--json"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603
    assert done.returncode == 0, done.stderr
    return orjson.loads(done.stdout)


def test_both_banks_have_as_many_transactions_for_each_customer(result: dict[str, Any]):
    sizes = {name: (bank["customers"], bank["transactions"]) for name, bank in result["banks"].items()}

    assert sizes == {"small": (1000, 100_000), "large": (1000, 100_000)}


def test_every_query_is_timed_in_both_and_compared(result: dict[str, Any]):
    assert list(result["queries"]) == QUERIES
    for query in result["queries"].values():
        assert 0 < query["small"]["p50_ms"] <= query["small"]["p99_ms"]
        assert query["p99_ratio"] == pytest.approx(query["large"]["p99_ms"] / query["small"]["p99_ms"], abs=0.01)
    assert result["met"] == all(query["p99_ratio"] <= result["limit"] for query in result["queries"].values())


@pytest.mark.parametrize("name", QUERIES)
def test_the_plan_is_shown_and_reads_customers_rows_by_an_index(result: dict[str, Any], name: str):
    plan = result["queries"][name]["plan"]

    assert plan
    customers = ("transactions", "accounts", "cards", "payees")
    assert not {f"Seq Scan on {table}" for table in customers} & set(plan)


def test_a_disk_without_room_is_noticed_before_anything_is_made():
    with pytest.raises(BenchError, match="GB of disk"), empty_server(10**15):
        pytest.fail("there is no such disk")
