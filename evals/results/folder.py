"""The folder of a run: `result.json`, and `records.jsonl` with one record a line, written as they come.

A run that was killed left whole lines and perhaps one that is torn; the torn one is cut off when the run goes on.
"""

import json
from pathlib import Path
from threading import Lock

from pydantic import ValidationError

from core.errors import InvalidInput
from core.model_files import first_reason, read_model
from evals.results.record import Record
from evals.results.result import Result

RESULT_FILE = "result.json"
RECORDS_FILE = "records.jsonl"


class RunFolder:
    """Records may be added from several threads."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = Lock()

    def begin(self, result: Result) -> tuple[Result, list[Record]]:
        """The run as it began at first, and the records that lie there; none in a new or empty folder, nor where a run
        ended before it had one.

        Raises:
            InvalidInput: something else lies there, or another run.
        """
        if not (self.path / RESULT_FILE).exists():
            self._make()
            self.write(result)
            return result, []
        there, records = read_result(self.path), self._mend()
        if there.run.ended_at is None and not records:
            self.write(result)
            return result, []
        _refuse_other(there, result, self.path)
        run = result.run.model_copy(update={"started_at": there.run.started_at})
        return result.model_copy(update={"run": run}), records

    def add(self, record: Record) -> None:
        with self._lock, (self.path / RECORDS_FILE).open("a", encoding="utf-8") as file:
            file.write(record.model_dump_json() + "\n")

    def write(self, result: Result) -> None:
        """Replaces `result.json` as a whole."""
        beside = self.path / f".{RESULT_FILE}"
        beside.write_text(json.dumps(result.model_dump(mode="json"), indent=1, ensure_ascii=False) + "\n", "utf-8")
        beside.replace(self.path / RESULT_FILE)

    def _make(self) -> None:
        try:
            self.path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InvalidInput(f"{self.path} cannot be made: {error.strerror}.") from error
        if any(self.path.iterdir()):
            raise InvalidInput(f"{self.path} has other files in it: name a new folder for the run.")

    def _mend(self) -> list[Record]:
        path = self.path / RECORDS_FILE
        if not path.exists():
            return []
        content = path.read_bytes()
        whole = content[: content.rfind(b"\n") + 1]
        if len(whole) < len(content):
            with path.open("r+b") as file:
                file.truncate(len(whole))
        return read_records(self.path)


def read_result(folder: Path) -> Result:
    """Raises InvalidInput for a folder that no run wrote."""
    hint = "Name a folder that `--out` wrote."
    return read_model(folder / RESULT_FILE, Result, noun="result", hint=hint)


def read_finished(folder: Path) -> tuple[Result, list[Record]]:
    """Raises InvalidInput also for a run that did not come to its end."""
    result = read_result(folder)
    if result.run.ended_at is None:
        raise InvalidInput(f"The run in {folder} is not finished: `tellergraph evals run --resume {folder}` goes on.")
    return result, read_records(folder)


def read_records(folder: Path) -> list[Record]:
    """In the order in which they were written.

    Raises:
        InvalidInput: the file is missing, or a line is none.
    """
    path = folder / RECORDS_FILE
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
        return [_parse(line, f"{path}, line {number}") for number, line in enumerate(lines, 1) if line]
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(f"{path} cannot be read.") from error


def _parse(line: str, place: str) -> Record:
    try:
        return Record.model_validate_json(line)
    except ValidationError as error:
        raise InvalidInput(f"{place} is no record: {first_reason(error)}.") from error


_FREE = frozenset({"parallel", "run", "plots", "judge", "rubric", "labels"})
"""Options that change no record."""


def _refuse_other(there: Result, new: Result, path: Path) -> None:
    for what, old, now in (
        ("another suite", there.suite, new.suite),
        ("other data", there.run.data_sha256, new.run.data_sha256),
        ("other models", there.run.model_digests, new.run.model_digests),
        ("other options", _bound(there), _bound(new)),
    ):
        if old != now:
            raise InvalidInput(f"{path} holds a run of {what}: name another folder with --out.")


def _bound(result: Result) -> dict[str, object]:
    return {name: value for name, value in result.run.options.items() if name not in _FREE}
