"""The benchmark's order of events. Systems take turns within each round, and every other round goes backwards, so that
a machine that slows down does so for all of them."""

import sys
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

from evals.bench import report
from evals.bench.cells import Cell, Soak
from evals.bench.durability import read_durability
from evals.bench.leftovers import end_leftovers
from evals.bench.measure import LoadGenerator, run_load_generator
from evals.bench.processes import BenchError
from evals.bench.questions import BANKING
from evals.bench.soak import soak
from evals.bench.startup import Startup, sign_in, time_startup
from evals.bench.systems import Ours, System, run_fake_model, run_ours, run_proxy, run_reference

SYSTEMS = ("proxy", "reference", "tellergraph", "offline")
_SOAK_CONCURRENCY = 8


@dataclass(frozen=True)
class Plan:
    """What to measure. ``turns`` is per system, concurrency and round; concurrency 1 gets a quarter."""

    systems: tuple[str, ...] = SYSTEMS
    concurrencies: tuple[int, ...] = (1, 8, 32)
    turns: int = 160
    rounds: int = 3
    soak: int = 2000
    """Turns of the memory test; 0 leaves it out."""
    variables: dict[str, str] = field(default_factory=dict[str, str])
    """Added to our server's environment."""

    def turns_at(self, concurrency: int) -> int:
        return max(1, self.turns // 4) if concurrency == 1 else self.turns

    @property
    def warm_up(self) -> int:
        return min(self.turns, 2 * max(self.concurrencies))


@dataclass
class Findings:
    """What was measured so far."""

    cells: list[Cell] = field(default_factory=list[Cell])
    starts: dict[str, Startup] = field(default_factory=dict[str, Startup])
    durability: dict[str, dict[str, str]] = field(default_factory=dict[str, dict[str, str]])
    soak: Soak | None = None
    leftovers: list[str] = field(default_factory=list[str])
    """Processes that our server left running when it was stopped."""
    failures: list[str] = field(default_factory=list[str])
    """Parts that could not be measured, with the reason."""

    def checks(self) -> list[report.Check]:
        checks = report.check_comparison(self.cells) + report.check_offline(self.cells)
        if self.soak:
            checks += report.check_soak(self.soak)
        if warm := self.starts.get("warm"):
            checks.append(report.Check("Warm start of serve to a healthy /health, s", warm.health_s, 5))
            checks.append(report.Check("Warm start of serve to the first answer, s", warm.first_answer_s, 8))
        return checks + report.check_errors(self.cells)


def run_plan(plan: Plan, folder: Path) -> Findings:
    """Measure everything. A part that fails is noted in ``failures`` and the rest goes on.

    Args:
        folder: empty; databases and logs go here. Its path must leave room for a socket's name.
    """
    findings, ours = Findings(), Ours(folder / "ours", plan.variables)
    ours.folder.mkdir()
    with run_fake_model(folder) as model, run_load_generator(folder, model) as load:
        if "offline" in plan.systems:
            with _noting(findings, "starts"):
                findings.starts["cold"] = time_startup(ours, "cold_start", model)
                findings.starts["warm"] = time_startup(ours, "warm_start", model)
            with _noting(findings, "offline"), run_ours(ours, "offline", "offline", model) as system:
                findings.cells += run_rounds(plan, load, _offline(system, findings))
        with _noting(findings, "comparison"), ExitStack() as stack:
            _compare(plan, findings, load, _start_systems(plan, stack, folder, ours, model))
    findings.leftovers = end_leftovers(ours.folder)
    return findings


def run_rounds(plan: Plan, load: LoadGenerator, systems: list[System]) -> list[Cell]:
    """Warm each system up, then measure all of them round by round."""
    for system in systems:
        _say(f"warming up {system.name}")
        load.run(system, plan.warm_up, max(plan.concurrencies))
    cells: list[Cell] = []
    for number in range(plan.rounds):
        for concurrency in plan.concurrencies:
            for system in systems if number % 2 == 0 else reversed(systems):
                cells.append(load.take_cell(system, plan.turns_at(concurrency), concurrency, number))
                _say(_line(cells[-1]))
    return cells


def _compare(plan: Plan, findings: Findings, load: LoadGenerator, systems: list[System]) -> None:
    for system in systems:
        if settings := read_durability(system.data):
            findings.durability[system.name] = settings
    findings.cells += run_rounds(plan, load, systems)
    own = next((system for system in systems if system.name == report.OURS), None)
    if own and plan.soak:
        _say(f"soaking for {plan.soak} turns")
        findings.soak = soak(load, own, plan.soak, _SOAK_CONCURRENCY)


def _start_systems(plan: Plan, stack: ExitStack, folder: Path, ours: Ours, model: str) -> list[System]:
    contexts = {
        "proxy": lambda: run_proxy(folder, model),
        "reference": lambda: run_reference(folder, model),
        "tellergraph": lambda: run_ours(ours, report.OURS, "openai:fake", model),
    }
    return [stack.enter_context(context()) for name, context in contexts.items() if name in plan.systems]


def _offline(system: System, findings: Findings) -> list[System]:
    """The offline server as a visitor and, where the login works, as the demo customer sees it."""
    knowledge, banking = report.OFFLINE
    systems = [system.named(knowledge)]
    with _noting(findings, banking):
        systems.append(system.asked(banking, BANKING, sign_in(system)))
    return systems


@contextmanager
def _noting(findings: Findings, part: str) -> Generator[None]:
    try:
        yield
    except BenchError as error:
        findings.failures.append(f"{part}: {error}")
        _say(findings.failures[-1])


def _line(cell: Cell) -> str:
    names = ("turns_per_s", "cpu_ms", "first_token_p50_ms", "total_p95_ms", "errors")
    figures = "  ".join(f"{name} {cell.metrics[name]:.1f}" for name in names if name in cell.metrics)
    return f"round {cell.round}  c={cell.concurrency:<3} {cell.system:<18} {figures}"


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def as_json(findings: Findings) -> dict[str, object]:
    return {
        "figures": report.summarise(findings.cells),
        "checks": [report.as_json(check) for check in findings.checks()],
        "starts": {name: asdict(start) for name, start in findings.starts.items()},
        "soak": asdict(findings.soak) if findings.soak else None,
        "postgres": findings.durability,
        "leftovers": findings.leftovers,
        "failures": findings.failures,
        "complaints": {cell.system: cell.complaint for cell in findings.cells if cell.complaint},
        "rounds": [asdict(cell) for cell in findings.cells],
    }
