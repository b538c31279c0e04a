"""Options of a run as they are written down, and read again to go on with it."""

from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from core.errors import InvalidInput
from evals.results.folder import read_result
from evals.suite import Options

_OPTIONS = TypeAdapter(Options)


def write_options(options: Options) -> dict[str, Any]:
    """Paths absolute, so that the run can go on from another folder."""
    return {
        name: str(value.absolute()) if isinstance(value, Path) else value for name, value in asdict(options).items()
    }


def read_options(folder: Path, given: Options) -> tuple[str, Options]:
    """The suite of the run in `folder`, and its options; workers and judge may be given anew.

    Raises:
        InvalidInput: no run was begun there.
    """
    begun = read_result(folder)
    try:
        options = _OPTIONS.validate_python(begun.run.options)
    except ValidationError as error:
        raise InvalidInput(f"The options in {folder} cannot be read: begin a new run.") from error
    anew = {name: getattr(given, name) for name in ("parallel", "judge", "rubric", "labels", "plots", "run")}
    return begun.suite, replace(options, **{name: value for name, value in anew.items() if value is not None})
