"""An unfinished run on disk: what it was told, its journal, and checkpoints that are known to be whole.

It lies beside the output folder, under a name with a dot, until the output appears in one step. A checkpoint is sealed
when all of it is written: a seal lists the digest of each file. One without a seal was being written when the process
ended and does not count; one whose seal does not fit is damaged.
"""

import json
import shutil
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from core.digests import digest_of_file
from core.errors import Conflict, InvalidInput

SEAL_FILE = "seal.json"
JOURNAL_FILE = "journal.jsonl"
_ORDER_FILE = "order.json"


@dataclass(frozen=True, slots=True)
class Order:
    """What makes a run the one that it is: to go on, all of it must be as it was."""

    config: str
    """As JSON."""
    base_digest: str
    data_digest: str


def unfinished_folder(output: Path) -> Path:
    return output.parent / f".{output.name}.unfinished"


def open_unfinished(output: Path, order: Order, started_at: datetime, fresh: bool) -> datetime:
    """Makes the folder of the unfinished run for `output` where there is none; returns when it first started.

    Args:
        fresh: begins anew if there is one.

    Raises:
        Conflict: there is one of another config, base or data.
    """
    folder = unfinished_folder(output)
    if fresh:
        shutil.rmtree(folder, ignore_errors=True)
    if (folder / _ORDER_FILE).exists() and (first_started_at := _check_order(folder, order)):
        return first_started_at
    folder.mkdir(parents=True, exist_ok=True)
    beside = folder / f".{_ORDER_FILE}"
    beside.write_text(json.dumps(asdict(order) | {"started_at": started_at.isoformat()}), encoding="utf-8")
    beside.replace(folder / _ORDER_FILE)
    return started_at


def _check_order(folder: Path, order: Order) -> datetime | None:
    """When it first started; None for one of another order that came to nothing."""
    found = json.loads((folder / _ORDER_FILE).read_text(encoding="utf-8"))
    started_at = datetime.fromisoformat(found.pop("started_at"))
    if changed := [name.removesuffix("_digest") for name, value in asdict(order).items() if found[name] != value]:
        if all(path.name == _ORDER_FILE for path in folder.iterdir()):
            return None
        raise Conflict(
            f"An unfinished run in {folder} has another {' and '.join(changed)}: restore it, or start with --fresh."
        )
    return started_at


def forget_unbegun(output: Path) -> None:
    """Removes the folder of the unfinished run for `output` where there is nothing to go on from."""
    folder = unfinished_folder(output)
    if folder.is_dir() and all(path.name == _ORDER_FILE for path in folder.iterdir()):
        shutil.rmtree(folder, ignore_errors=True)


def seal(checkpoint: Path) -> None:
    """Marks a checkpoint as whole."""
    digests = {path.name: digest_of_file(path) for path in sorted(checkpoint.iterdir()) if path.name != SEAL_FILE}
    beside = checkpoint / f".{SEAL_FILE}"
    beside.write_text(json.dumps(digests, indent=1), encoding="utf-8")
    beside.replace(checkpoint / SEAL_FILE)


def is_whole(checkpoint: Path) -> bool:
    try:
        digests = json.loads((checkpoint / SEAL_FILE).read_text(encoding="utf-8"))
        return all(digest_of_file(checkpoint / name) == digest for name, digest in digests.items())
    except (OSError, ValueError, AttributeError):
        return False


def find_last_whole(folder: Path, report: Callable[[str], None]) -> Path | None:
    """The newest checkpoint in `folder` that is whole; those after it are removed.

    Raises:
        InvalidInput: there were sealed ones and all are damaged.
    """
    sealed = 0
    for checkpoint in sorted(folder.glob("checkpoint-*"), key=step_of, reverse=True):
        if is_whole(checkpoint):
            return checkpoint
        if (checkpoint / SEAL_FILE).exists():
            sealed += 1
            report(f"{checkpoint.name} is damaged: the one before it is taken")
        shutil.rmtree(checkpoint)
    if sealed:
        raise InvalidInput(f"Every checkpoint in {folder} was damaged: check the disk, and start again.")
    return None


def step_of(checkpoint: Path) -> int:
    return int(checkpoint.name.rpartition("-")[2])
