"""Whether an evaluation lets an adapter answer customers. The thresholds are data: ``thresholds.toml``, or yours."""

import tomllib
from collections.abc import Iterator
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from agent.models.registry_file import Adapter
from core.errors import InvalidInput
from finetune.evaluate.results import Evaluation

THRESHOLDS_FILE = Path(__file__).with_name("thresholds.toml")
_SHORT = 12
"""Digits of a digest that a person is shown."""


class Thresholds(BaseModel):
    """One section of the file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    least_rows: int = Field(ge=1)
    floors: dict[str, float]
    not_worse: list[str]


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    chat: Thresholds


def read_thresholds(path: Path = THRESHOLDS_FILE) -> Thresholds:
    """Raises InvalidInput for a file that is missing or is none."""
    try:
        return _File.model_validate(tomllib.loads(path.read_text(encoding="utf-8"))).chat
    except OSError as error:
        raise InvalidInput(f"{path} cannot be read: {error.strerror}.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InvalidInput(f"{path} is no TOML: {error}.") from error
    except ValidationError as error:
        found = error.errors()[0]
        raise InvalidInput(f"{path}: {'.'.join(map(str, found['loc']))}: {found['msg']}.") from error


def find_failures(
    evaluation: Evaluation, adapter: Adapter, served: Adapter | None, thresholds: Thresholds
) -> list[str]:
    """One line for each reason not to promote ``adapter``; none: it may answer. ``served`` answers now."""
    strange = [*_misses_subject(evaluation, adapter), *_misses_data(evaluation, adapter)]
    # Figures of something else say nothing: they are not even looked at.
    if strange:
        return strange
    return [*_below_floors(evaluation, thresholds), *_worse_than_before(evaluation, adapter, served, thresholds)]


def _misses_subject(evaluation: Evaluation, adapter: Adapter) -> Iterator[str]:
    if evaluation.suite != "chat":
        yield f"the evaluation is of {evaluation.suite}, not of chat"
    if evaluation.adapter_digest != adapter.digest:
        yield (
            f"the evaluation is of another adapter ({_short(evaluation.adapter_digest)}, "
            f"this one is {_short(adapter.digest)})"
        )
    if evaluation.base_digest != adapter.base_digest:
        yield f"the evaluation ran on another base ({_short(evaluation.base_digest)})"


def _misses_data(evaluation: Evaluation, adapter: Adapter) -> Iterator[str]:
    test = evaluation.test
    if test.seen is None:
        yield "nobody compared the test rows with those of the training: evaluate with --trained-on DIR"
    elif test.trained_on != adapter.data_digest:
        yield (
            f"the test rows were compared with other data ({_short(test.trained_on)}) than this adapter learnt "
            f"({_short(adapter.data_digest)})"
        )
    elif test.seen:
        yield f"the training had seen {test.seen} of the test rows"


def _below_floors(evaluation: Evaluation, thresholds: Thresholds) -> Iterator[str]:
    if evaluation.n < thresholds.least_rows:
        yield f"{evaluation.n} test rows are fewer than {thresholds.least_rows}"
    for name, floor in thresholds.floors.items():
        found = evaluation.metrics.get(name)
        if found is None:
            yield f"{name} was not measured"
        elif found < floor:
            yield f"{name} is {found:.4f}, under {floor:g}"


def _worse_than_before(
    evaluation: Evaluation, adapter: Adapter, served: Adapter | None, thresholds: Thresholds
) -> Iterator[str]:
    if served is not None and served.digest == adapter.digest:
        return
    which = "base" if served is None else "previous"
    other, digest = evaluation.against.get(which), "" if served is None else served.digest
    if other is None:
        yield f"it was not compared with {'the base' if served is None else 'the adapter that is served'}"
    elif other.adapter_digest != digest or other.base_digest != (served or adapter).base_digest:
        yield f"it was compared with {_short(other.adapter_digest)}, and {_short(digest)} is served now: evaluate again"
    else:
        for name in thresholds.not_worse:
            found = other.differences.get(name)
            if found is None:
                yield f"{name} was not compared"
            elif found.value < -found.error:
                yield f"{name} is worse by {-found.value:.4f} (standard error {found.error:.4f})"


def _short(digest: str) -> str:
    return digest[:_SHORT] or "no adapter"
