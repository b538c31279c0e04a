"""A run's result for people."""

from typing import Any

from rich.console import Console
from rich.table import Table

_COLUMNS = {
    "turns_per_s": "turns/s",
    "first_token_p50_ms": "first token p50",
    "first_token_p95_ms": "p95",
    "first_token_p99_ms": "p99",
    "total_p50_ms": "total p50",
    "total_p95_ms": "p95",
    "total_p99_ms": "p99",
    "cpu_server_ms": "CPU server",
    "cpu_postgres_ms": "postgres",
    "cpu_redis_ms": "redis",
    "bytes": "bytes",
    "rss_server_mib": "RSS MiB",
    "threads_server": "threads",
    "model_calls": "model calls",
    "errors": "errors",
}


def print_findings(console: Console, result: dict[str, Any]) -> None:
    console.print(_figures(result["figures"]))
    console.print(_checks(result["checks"]))
    for name, start in result["starts"].items():
        console.print(f"{name} start: {start}")
    for name in ("soak", "postgres", "leftovers", "failures", "complaints"):
        if result[name]:
            console.print(f"{name}: {result[name]}", markup=False)


def _figures(figures: dict[str, dict[str, dict[str, float]]]) -> Table:
    table = Table(title="Medians over the rounds; times and CPU per turn in ms")
    table.add_column("system")
    table.add_column("c", justify="right")
    for heading in _COLUMNS.values():
        table.add_column(heading, justify="right")
    for system, by_concurrency in figures.items():
        for concurrency, metrics in by_concurrency.items():
            table.add_row(system, concurrency, *(_number(metrics.get(name)) for name in _COLUMNS))
    return table


def _checks(checks: list[dict[str, Any]]) -> Table:
    table = Table("figure to reach", "value", "limit", "met")
    for check in checks:
        limit = f"at least {check['min']}" if "min" in check else f"at most {check['max']}"
        table.add_row(check["name"], str(check["value"]), limit, "yes" if check["met"] else "no")
    return table


def _number(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:.0f}" if abs(value) >= 1000 else f"{value:.1f}"
