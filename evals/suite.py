"""What a suite takes and gives. A suite is a module of `evals.suites` with `run(options) -> Outcome`."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from core.errors import InvalidInput

Metric = float | Mapping[str, "Metric"]
"""A figure, or figures by name ("recall" by route)."""


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line gave; a suite reads what concerns it."""

    data: Path | None = None
    heads: Path | None = None
    """Heads to measure instead of the committed ones."""
    corpus: Path | None = None
    queries: Path | None = None
    method: str | None = None
    run: Path | None = None
    """Where a suite that ranks writes its rankings."""
    plots: Path | None = None
    """Folder for the pictures of a suite that draws some."""
    only: str | None = None
    """Of suites with named cases: those whose name or group has this in it."""
    model: str | None = None
    """safety: `obedient`, or a chain as `TELLERGRAPH_LLM` has it."""


@dataclass(frozen=True, slots=True)
class Outcome:
    n: int
    """Cases measured."""
    metrics: Mapping[str, Metric]
    notes: Mapping[str, object] = field(default_factory=dict[str, object])
    """Goes into the report's `run`: versions, checksums, standard errors."""
    cases: Sequence[Mapping[str, object]] = ()
    """What each case was found to be, of suites that say so: `name`, `group`, `passed`, `turns`."""


Suite = Callable[[Options], Outcome]


def require(value: Path | None, option: str) -> Path:
    """The file or folder that `option` gave.

    Raises:
        InvalidInput: it was not given or is not there.
    """
    if value is None:
        raise InvalidInput(f"This suite needs {option}.")
    if not value.exists():
        raise InvalidInput(f"{value} does not exist.")
    return value
