"""SHA-256 of folders: what a model, an adapter or a data set is, whatever it is called and wherever it lies."""

import hashlib
from collections.abc import Collection, Iterable
from pathlib import Path

from core.errors import InvalidInput

_WEIGHTS = ("*.safetensors", "pytorch_model*.bin")
"""In this order: where there are safetensors, they are what is loaded."""


def digest_of_model(folder: Path) -> str:
    """SHA-256 of the weights in `folder`, in hexadecimal. Config and tokenizer do not count.

    Raises:
        InvalidInput: there are none.
    """
    for pattern in _WEIGHTS:
        if files := sorted(folder.glob(pattern)):
            return digest_of_files(folder, files)
    raise InvalidInput(f"{folder} has no weights: it needs model.safetensors (or several parts with an index).")


def digest_of_folder(folder: Path, leave_out: Collection[str] = ()) -> str:
    """SHA-256 of all files under `folder` with their relative names, in hexadecimal.

    Args:
        leave_out: relative names of files that do not count.

    Raises:
        InvalidInput: it is no folder or has no file.
    """
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    counted = [path for path in files if path.relative_to(folder).as_posix() not in leave_out]
    if not counted:
        raise InvalidInput(f"{folder} is no folder with files.")
    return digest_of_files(folder, counted)


def digest_of_files(folder: Path, files: Iterable[Path]) -> str:
    """SHA-256 over the line "digest  name" of each of the `files`, which lie under `folder`, as `sha256sum` prints."""
    lines = (f"{digest_of_file(path)}  {path.relative_to(folder).as_posix()}\n" for path in files)
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def digest_of_file(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
