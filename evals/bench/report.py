"""From cells to figures: medians over the rounds, ratios of one round, and the targets of the serving issue."""

from dataclasses import dataclass
from statistics import median
from typing import Any

from evals.bench.cells import Cell, Soak

MODEL_FIRST_TOKEN_MS = 20.0
OURS = "tellergraph"
REFERENCE = "reference"
OFFLINE = ("offline_knowledge", "offline_banking")

Figures = dict[str, dict[str, dict[str, float]]]
"""System, concurrency (as text), metric: the median over the rounds."""


@dataclass(frozen=True)
class Check:
    """One figure to reach. ``limit`` is a maximum unless ``at_least``."""

    name: str
    value: float
    limit: float
    at_least: bool = False

    @property
    def met(self) -> bool:
        return self.value >= self.limit if self.at_least else self.value <= self.limit


def summarise(cells: list[Cell]) -> Figures:
    groups: dict[tuple[str, int], list[dict[str, float]]] = {}
    for cell in cells:
        groups.setdefault((cell.system, cell.concurrency), []).append(cell.metrics)
    figures: Figures = {}
    for (system, concurrency), rounds in groups.items():
        figures.setdefault(system, {})[str(concurrency)] = _medians(rounds)
    return figures


def _medians(rounds: list[dict[str, float]]) -> dict[str, float]:
    names = list(dict.fromkeys(name for metrics in rounds for name in metrics))
    return {name: round(median(metrics[name] for metrics in rounds if name in metrics), 3) for name in names}


def check_comparison(cells: list[Cell]) -> list[Check]:
    """Ours against the reference; ratios and differences are taken within a round, then their median."""
    own = [cell for cell in cells if cell.system == OURS]
    checks = [
        *_compared(cells, 8, "cpu_server_ms", "CPU per turn of the server, c=8, times the reference's", 1.2),
        *_extra(cells, 8, "cpu_postgres_ms", "CPU per turn of PostgreSQL, c=8, ms more than the reference's", 6.0),
        *_extra(cells, 8, "cpu_ms", "CPU per turn with databases, c=8, ms more than 1.2x the reference's", 6.0, 1.2),
        *_compared(cells, 32, "total_p95_ms", "Total p95, c=32, times the reference's", 2.0),
    ]
    if waits := [cell.metrics["first_token_p50_ms"] for cell in own if _answered(cell) and cell.concurrency == 1]:
        checks.append(Check("First token p50, c=1, ms more than the model's", median(waits) - MODEL_FIRST_TOKEN_MS, 40))
    if sizes := [cell.metrics["bytes_max"] for cell in own if _answered(cell)]:
        checks.append(Check("Largest answer on the wire, bytes", max(sizes), 8192))
    return checks


def check_offline(cells: list[Cell]) -> list[Check]:
    """The offline model at concurrency 8, each kind of question by itself. The CPU includes the databases."""
    checks: list[Check] = []
    for name in OFFLINE:
        rounds = [cell.metrics for cell in cells if cell.system == name and cell.concurrency == 8]
        if rounds:
            checks.append(Check(f"{name}: CPU per turn, ms", median(each["cpu_ms"] for each in rounds), 25))
            speed = median(each["turns_per_s"] for each in rounds)
            checks.append(Check(f"{name}: turns/s", speed, 40, at_least=True))
    return checks


def check_soak(soak: Soak) -> list[Check]:
    return [
        Check(f"Resident after {soak.turns} turns, MiB", soak.rss_mib[-1], 350),
        Check("Resident gained over the second half, MiB", soak.growth_mib, 5),
        Check("Threads gained", soak.threads[-1] - soak.threads[0], 0),
        Check("Answers with an error in the memory test", soak.errors, 0),
    ]


def check_errors(cells: list[Cell]) -> list[Check]:
    return [Check("Answers with an error, all systems", sum(cell.metrics["errors"] for cell in cells), 0)]


def as_json(check: Check) -> dict[str, Any]:
    bound = "min" if check.at_least else "max"
    return {"name": check.name, "value": round(check.value, 3), bound: check.limit, "met": check.met}


def _answered(cell: Cell) -> bool:
    return "total_p50_ms" in cell.metrics


def _compared(cells: list[Cell], concurrency: int, metric: str, name: str, limit: float) -> list[Check]:
    pairs = _pairs(cells, concurrency, metric)
    return [Check(name, median(own / other for own, other in pairs), limit)] if pairs else []


def _extra(
    cells: list[Cell], concurrency: int, metric: str, name: str, limit: float, factor: float = 1.0
) -> list[Check]:
    pairs = _pairs(cells, concurrency, metric)
    return [Check(name, median(own - factor * other for own, other in pairs), limit)] if pairs else []


def _pairs(cells: list[Cell], concurrency: int, metric: str) -> list[tuple[float, float]]:
    """Ours and the reference's value of each round that has both."""
    own, other = (
        {cell.round: cell.metrics[metric] for cell in cells if _is(cell, name, concurrency) and metric in cell.metrics}
        for name in (OURS, REFERENCE)
    )
    return [(value, other[number]) for number, value in own.items() if other.get(number)]


def _is(cell: Cell, system: str, concurrency: int) -> bool:
    return cell.system == system and cell.concurrency == concurrency
