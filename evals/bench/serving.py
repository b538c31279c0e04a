"""What serving costs, next to a bare LangGraph reference and a bare SSE proxy of the same fake model, in one run.

    python -m evals.bench.serving             about ten minutes, a table
    python -m evals.bench.serving --quick     about one minute
    python -m evals.bench.serving --json      one JSON object on standard output, progress on standard error

Needs Linux, the ``dev`` extra, and no network: every server listens on loopback with its data in a temporary folder.
"""

import os
import platform
import subprocess
import sys
import tempfile
from dataclasses import asdict, replace
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any

import orjson
import psutil
import typer
from rich.console import Console

from evals.bench.processes import ROOT, unwind_when_ended
from evals.bench.run import SYSTEMS, Plan, as_json, run_plan
from evals.bench.table import print_findings

_PACKAGES = ("fastapi", "starlette", "uvicorn", "langgraph", "langchain-openai", "langgraph-checkpoint-postgres")

app = typer.Typer(add_completion=False)


@app.command()
def serving(
    turns: Annotated[int, typer.Option(min=4, max=10_000, help="Turns per system, concurrency and round.")] = 160,
    rounds: Annotated[int, typer.Option(min=1, max=20, help="Rounds; figures are medians over them.")] = 3,
    concurrency: Annotated[str, typer.Option(help="Comma-separated numbers of clients.")] = "1,8,32",
    soak: Annotated[int, typer.Option(min=0, max=100_000, help="Turns of the memory test; 0 for none.")] = 2000,
    systems: Annotated[str, typer.Option(help="Comma-separated, some of " + ", ".join(SYSTEMS) + ".")] = "",
    env: Annotated[list[str] | None, typer.Option(help="NAME=VALUE for our server; may be repeated.")] = None,
    quick: Annotated[bool, typer.Option("--quick", help="One short round, no memory test.")] = False,
    keep: Annotated[Path | None, typer.Option(help="An empty folder for data and logs, kept afterwards.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")] = False,
) -> None:
    """Measure turns/s, first token, total, CPU, memory and bytes of an answer, ours next to two bare servers."""
    plan = Plan(_systems(systems), _numbers(concurrency), turns, rounds, soak, _variables(env or []))
    if quick:
        plan = replace(plan, turns=min(turns, 32), rounds=1, soak=0)
    unwind_when_ended()
    result = _run(plan, keep)
    if json:
        sys.stdout.write(orjson.dumps(result, option=orjson.OPT_INDENT_2).decode() + "\n")
    else:
        print_findings(Console(), result)
    raise typer.Exit(1 if result["failures"] else 0)


def _run(plan: Plan, keep: Path | None) -> dict[str, Any]:
    about = describe_run(plan)
    if keep is not None:
        if keep.exists() and any(keep.iterdir()):
            raise typer.BadParameter(f"{keep} is not empty")
        keep.mkdir(parents=True, exist_ok=True)
        return about | as_json(run_plan(plan, keep.resolve()))
    with tempfile.TemporaryDirectory(prefix="tgb-", ignore_cleanup_errors=True) as folder:
        return about | as_json(run_plan(plan, Path(folder)))


def describe_run(plan: Plan) -> dict[str, Any]:
    """Everything about a run that its figures depend on and do not show."""
    return {
        "benchmark": "serving",
        "run": {
            "started": datetime.now(UTC).isoformat(timespec="seconds"),
            "revision": _revision(),
            "plan": asdict(plan),
            "python": platform.python_version(),
            "cores": psutil.cpu_count(),
            "cpu": _cpu_name(),
            "load_average": round(os.getloadavg()[0], 2),
            "packages": {name: version(name) for name in _PACKAGES},
        },
    }


def _revision() -> str:
    command = ["git", "describe", "--always", "--dirty"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout.strip() or "unknown"


def _cpu_name() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    return next((line.partition(": ")[2] for line in lines if line.startswith("model name")), platform.machine())


def _systems(text: str) -> tuple[str, ...]:
    names = tuple(text.split(",")) if text else SYSTEMS
    if unknown := set(names) - set(SYSTEMS):
        raise typer.BadParameter(f"unknown: {', '.join(sorted(unknown))}; known: {', '.join(SYSTEMS)}")
    return names


def _numbers(text: str) -> tuple[int, ...]:
    try:
        numbers = tuple(int(part) for part in text.split(","))
    except ValueError as error:
        raise typer.BadParameter("--concurrency takes numbers such as 1,8,32") from error
    if not all(1 <= number <= 512 for number in numbers):
        raise typer.BadParameter("--concurrency takes numbers from 1 to 512")
    return numbers


def _variables(pairs: list[str]) -> dict[str, str]:
    if wrong := [pair for pair in pairs if "=" not in pair]:
        raise typer.BadParameter(f"--env takes NAME=VALUE, not {wrong[0]}")
    return dict(pair.split("=", 1) for pair in pairs)


if __name__ == "__main__":
    app()
