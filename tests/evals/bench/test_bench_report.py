"""Figures are medians, ratios belong to one round, and a target says whether it is met."""

import pytest

from evals.bench.cells import Cell, Soak
from evals.bench.report import as_json, check_comparison, check_errors, check_offline, check_soak, summarise


def cell(system: str, concurrency: int, number: int, **metrics: float) -> Cell:
    return Cell(system, concurrency, number, {"errors": 0.0, **metrics}, None)


def test_figures_are_medians_over_the_rounds():
    cells = [cell("proxy", 8, number, cpu_ms=value) for number, value in enumerate((5.0, 9.0, 6.0))]
    assert summarise(cells) == {"proxy": {"8": {"errors": 0.0, "cpu_ms": 6.0}}}


def test_a_metric_that_one_round_lacks_is_taken_from_the_others():
    cells = [cell("proxy", 1, 0, cpu_redis_ms=2.0), cell("proxy", 1, 1)]
    assert summarise(cells)["proxy"]["1"]["cpu_redis_ms"] == 2.0


def test_a_slow_round_slows_both_and_leaves_the_ratio():
    cells = [
        cell("tellergraph", 8, 0, cpu_server_ms=30, cpu_postgres_ms=5, cpu_ms=36),
        cell("reference", 8, 0, cpu_server_ms=30, cpu_postgres_ms=2, cpu_ms=32),
        cell("tellergraph", 8, 1, cpu_server_ms=90, cpu_postgres_ms=5, cpu_ms=96),
        cell("reference", 8, 1, cpu_server_ms=90, cpu_postgres_ms=2, cpu_ms=92),
    ]
    values = [check.value for check in check_comparison(cells)]
    assert values == [1.0, 3.0, pytest.approx(-8.4)]


def test_each_target_of_the_comparison_is_checked():
    cells = [
        cell("tellergraph", 1, 0, first_token_p50_ms=61, total_p50_ms=400, bytes_max=5000),
        cell("tellergraph", 32, 0, total_p50_ms=900, total_p95_ms=3000, bytes_max=9000),
        cell("reference", 32, 0, total_p95_ms=1200),
    ]
    assert [as_json(check) for check in check_comparison(cells)] == [
        {"name": "Total p95, c=32, times the reference's", "value": 2.5, "max": 2.0, "met": False},
        {"name": "First token p50, c=1, ms more than the model's", "value": 41.0, "max": 40, "met": False},
        {"name": "Largest answer on the wire, bytes", "value": 9000, "max": 8192, "met": False},
    ]


def test_offline_speed_is_a_minimum():
    checks = check_offline([cell("offline_banking", 8, 0, cpu_ms=20, turns_per_s=39)])
    assert [(check.value, check.met) for check in checks] == [(20, True), (39, False)]


def test_a_soak_that_grows_fails():
    steady = Soak(turns=40, errors=0, rss_mib=[200, 240, 250, 251, 251], threads=[9, 9, 9, 9, 9])
    growing = Soak(turns=40, errors=0, rss_mib=[200, 250, 300, 350, 400], threads=[9, 10, 11, 12, 13])
    assert [check.met for check in check_soak(steady)] == [True, True, True, True]
    assert [check.met for check in check_soak(growing)] == [False, False, False, True]


def test_errors_of_any_system_are_counted():
    checks = check_errors([cell("proxy", 1, 0), Cell("reference", 1, 0, {"errors": 2.0}, "500: ...")])
    assert [(check.value, check.met) for check in checks] == [(2.0, False)]
