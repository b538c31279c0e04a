"""What a suite is: cases, something that plays one, and figures over what came of them.

A suite is a module of `evals.suites` with a `SUITE`. Its figures are a function of the records alone, so that they can
be taken again of records that lie on a disk, or of a sample of them.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any, Generic, TypeVar

from core.errors import InvalidInput
from core.settings import Settings, load_settings
from evals.results.figures import Metric
from evals.results.record import Record, Scored

Input = TypeVar("Input")
Item = TypeVar("Item")


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What the command line gave; a suite reads what concerns it."""

    data: Path | None = None
    heads: Path | None = None
    """Heads to measure instead of the committed ones."""
    corpus: Path | None = None
    queries: Path | None = None
    history: Path | None = None
    """fraud: what happened before the test."""
    train: bool = False
    """fraud: train on the history instead of using the promoted version."""
    delay_days: float = 7
    """fraud: days after its event from which a label is known."""
    method: str | None = None
    run: Path | None = None
    """Where a suite that ranks writes its rankings."""
    plots: Path | None = None
    """Folder for the pictures of a suite that draws some."""
    only: str | None = None
    """Of suites with named cases: those whose name or group has this in it."""
    model: str | None = None
    """A chain as `TELLERGRAPH_LLM` has it, instead of that; safety: or `obedient`."""
    questions: int | None = None
    """latency: how many."""
    url: str | None = None
    """latency: a server that runs already."""
    parallel: int | None = None
    """Workers; None: what the suite thinks best."""
    repeat: int = 1
    """Trials of each case."""
    judge: str | None = None
    """A chain that grades the answers."""
    rubric: Path | None = None
    """What the judge grades by, instead of the shipped one."""
    labels: Path | None = None
    """Answers that people graded, on which the judge is measured."""


@dataclass(frozen=True, slots=True)
class Case(Generic[Input]):
    id: str
    """The same in another run on the same case, so that two runs can be compared case by case."""
    input: Input


Play = Callable[[Input], Scored]
OpenPlayer = Callable[[int], AbstractContextManager[Play[Input]]]
"""The player of the worker with this number."""


@dataclass(frozen=True, kw_only=True)
class Plan(Generic[Input]):
    cases: Sequence[Case[Input]]
    opened: Callable[[Sequence[Input]], AbstractContextManager[OpenPlayer[Input]]]
    """What is shared by all players, for what is left to play."""
    sources: Sequence[Path] = ()
    """The files and folders that the cases come from."""
    settings: Settings | None = None
    """Of suites in which a chain of models answers."""
    workers: int = 1
    """Where `--parallel` says nothing."""
    in_processes: bool = False
    """Players need a processor of their own; `open_player` can be pickled. Else they are threads."""
    notes: Mapping[str, object] = field(default_factory=dict[str, object])
    """Goes into the result's `run`."""


def _nothing(_records: Sequence[Record]) -> dict[str, object]:
    return {}


def _passed(record: Record) -> bool:
    return record.passed


@dataclass(frozen=True, kw_only=True)
class Suite:
    plan: Callable[[Options], Plan[Any]]
    """Reads the cases. Raises InvalidInput."""
    measure: Callable[[Sequence[Record]], Mapping[str, Metric]]
    """The figures, of at least one record."""
    describe: Callable[[Sequence[Record]], Mapping[str, object]] = _nothing
    """What else `run` should say of the records."""
    finish: Callable[[Options, Sequence[Record]], Mapping[str, object]] | None = None
    """Writes what the options ask for besides, and says what."""
    classifies: bool = False
    """`expected` and `answer` of a record are labels."""
    holds: Callable[[Record], bool] = _passed
    """What a record's confidence is the probability of."""
    passes: bool = False
    """A record passes or fails, so that repetitions tell how reliably."""
    judged: bool = False
    """Answers are texts that a judge can grade."""


def alone(open_player: OpenPlayer[Input]) -> Callable[[Sequence[Input]], AbstractContextManager[OpenPlayer[Input]]]:
    """For players that share nothing."""
    return lambda _inputs: nullcontext(open_player)


def name_cases(inputs: Sequence[Item], key: Callable[[Item], str]) -> list[Case[Item]]:
    """Cases that bring no name get one from their content; the same content again a number besides."""
    seen: dict[str, int] = {}
    cases: list[Case[Item]] = []
    for each in inputs:
        digest = sha256(key(each).encode()).hexdigest()[:12]
        seen[digest] = seen.get(digest, 0) + 1
        cases.append(Case(digest if seen[digest] == 1 else f"{digest}-{seen[digest]}", each))
    return cases


def select(
    cases: Sequence[Case[Item]], only: str | None, name_of: Callable[[Item], str], what: str
) -> list[Case[Item]]:
    """The cases that have `only` in their name or group.

    Raises:
        InvalidInput: none has.
    """
    chosen = [case for case in cases if only is None or only in name_of(case.input)]
    if not chosen:
        raise InvalidInput(f"No {what} has {only!r} in its name or group.")
    return chosen


def settings_of(options: Options) -> Settings:
    """With the model that the command line names, if it does."""
    settings = load_settings()
    return settings if options.model is None else settings.model_copy(update={"llm": options.model})


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
