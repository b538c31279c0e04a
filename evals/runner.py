"""Runs one suite and reports it: what was measured, on what, with what, and whether it was good enough."""

import hashlib
import platform
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any, cast

from core.errors import InvalidInput
from evals.dialogue_report import describe_cases
from evals.suite import Metric, Options, Suite
from evals.suites import answers, care, dialogues, intents, pii, retrieval, routing, safety, slots

SUITES: dict[str, Suite] = {
    "answers": answers.run,
    "care": care.run,
    "dialogues": dialogues.run,
    "intents": intents.run,
    "pii": pii.run,
    "retrieval": retrieval.run,
    "routing": routing.run,
    "safety": safety.run,
    "slots": slots.run,
}


def run_suite(name: str, options: Options) -> dict[str, Any]:
    """The report of one suite as a JSON object: suite, data, n, metrics, run, and cases where the suite tells them.

    Raises:
        InvalidInput: no such suite, or its input cannot be used.
    """
    if name not in SUITES:
        raise InvalidInput(f"There is no suite {name}; there are {', '.join(sorted(SUITES))}.")
    started, start = datetime.now(UTC), time.perf_counter()
    outcome = SUITES[name](options)
    run: dict[str, object] = {
        "started_at": started.isoformat(timespec="seconds"),
        "seconds": round(time.perf_counter() - start, 2),
        "tellergraph": version("tellergraph"),
        "python": platform.python_version(),
        "onnxruntime": version("onnxruntime"),
    }
    source = options.data or options.queries
    if source is not None and source.is_file():
        run["data_sha256"] = hashlib.sha256(source.read_bytes()).hexdigest()
    metrics = _rounded(outcome.metrics)
    report = {"suite": name, "data": str(source), "n": outcome.n, "metrics": metrics, "run": run | dict(outcome.notes)}
    return report | ({"cases": list(outcome.cases)} if outcome.cases else {})


def parse_floors(given: Sequence[str]) -> dict[str, float]:
    """`METRIC=VALUE` texts as numbers by metric; "recall.operation" means one figure of several.

    Raises:
        InvalidInput: one has another form.
    """
    floors: dict[str, float] = {}
    for text in given:
        name, equals, value = text.partition("=")
        try:
            floors[name.strip()] = float(value)
        except ValueError as error:
            raise InvalidInput(f"--fail-under needs METRIC=VALUE, not {text!r}.") from error
        if not equals or not name.strip():
            raise InvalidInput(f"--fail-under needs METRIC=VALUE, not {text!r}.")
    return floors


def find_missed(metrics: Mapping[str, Any], floors: Mapping[str, float]) -> list[str]:
    """One line per metric below its floor.

    Raises:
        InvalidInput: the suite has no such metric.
    """
    found = {name: _find_metric(metrics, name) for name in floors}
    return [f"{name} is {found[name]}, under {floor}" for name, floor in floors.items() if not found[name] >= floor]


def _find_metric(metrics: Mapping[str, Any], name: str) -> float:
    figures = dict(_flatten(metrics))
    if name not in figures:
        raise InvalidInput(f"This suite has no metric {name}; it has {', '.join(figures)}.")
    return figures[name]


def _rounded(metrics: Mapping[str, Metric]) -> dict[str, Any]:
    return {name: _rounded(value) if isinstance(value, Mapping) else round(value, 6) for name, value in metrics.items()}


def describe_report(report: Mapping[str, Any]) -> str:
    """The report as lines for a reader."""
    lines = describe_cases(report.get("cases", ()))
    lines.append(f"{report['suite']} on {report['data']}, {report['n']} cases")
    for name, value in _flatten(report["metrics"]):
        lines.append(f"  {name:<28} {value if isinstance(value, int) else f'{value:.4f}'}")
    return "\n".join(lines)


def _flatten(metrics: Mapping[str, Any], prefix: str = "") -> list[tuple[str, float]]:
    pairs: list[tuple[str, float]] = []
    for name, value in metrics.items():
        nested = cast("Mapping[str, Any]", value)
        pairs += _flatten(nested, f"{prefix}{name}.") if isinstance(value, Mapping) else [(prefix + name, value)]
    return pairs
