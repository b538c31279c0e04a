"""A data set on disk: `train.jsonl`, `validation.jsonl`, `test.jsonl`, `card.md` and `manifest.json`, which has the
SHA-256 of every file and the digest of the whole. It is written beside and put in its place when it is complete."""

import hashlib
import json
import shutil
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, Literal, cast

import orjson

from core.errors import InvalidInput, Unavailable
from finetune.data.leakage import Row

MANIFEST = "manifest.json"
CARD = "card.md"

Kind = Literal["intents", "chat"]


@dataclass(frozen=True, slots=True)
class DataSet:
    """What is to be written."""

    kind: Kind
    parts: Mapping[str, Sequence[Row]]
    figures: Mapping[str, Any]
    """Counts that stand in the manifest, beside the files."""
    beside: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """Further JSON files by name, such as the tools' schemas."""


def write_data_set(data: DataSet, card: str, out: Path) -> dict[str, Any]:
    """Writes a data set and returns its manifest. `{digest}` in the card becomes the data set's digest.

    Raises:
        InvalidInput: `out` exists and is no data set, so that it is not replaced.
        Unavailable: the disk is full, or the folder cannot be written. Nothing is left behind.
    """
    check_place(out)
    with _beside(out) as folder:
        files = {f"{part}.jsonl": _write_rows(rows, folder / f"{part}.jsonl") for part, rows in data.parts.items()}
        for name, content in data.beside.items():
            files[name] = _write(orjson.dumps(content, option=_PLAIN | orjson.OPT_INDENT_2) + b"\n", folder / name)
        digest = digest_of_files(files)
        manifest: dict[str, Any] = {"kind": data.kind, "digest": digest, "files": files, **data.figures}
        (folder / CARD).write_text(card.replace("{digest}", digest), encoding="utf-8")
        (folder / MANIFEST).write_text(json.dumps(manifest, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    return manifest


def check_place(out: Path) -> None:
    """Raises InvalidInput where something else than a data set is, so that it is not replaced."""
    if out.exists() and not (out.is_dir() and ((out / MANIFEST).is_file() or not any(out.iterdir()))):
        raise InvalidInput(f"{out} exists and is no data set: name another folder with --out.")


def read_manifest(folder: Path) -> dict[str, Any]:
    """The manifest of a data set.

    Raises:
        InvalidInput: there is none, or it is no manifest.
    """
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        if manifest["digest"] != digest_of_files(manifest["files"]):
            raise InvalidInput(f"{folder / MANIFEST} was changed: {_AGAIN}")
    except OSError as error:
        raise InvalidInput(f"{folder} is no data set: {error.strerror}. {_AGAIN}") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InvalidInput(f"{folder / MANIFEST} cannot be read: {_AGAIN}") from error
    return cast(dict[str, Any], manifest)


def read_rows(folder: Path, part: str) -> list[dict[str, Any]]:
    """The rows of a part, once their file is what the manifest says.

    Raises:
        InvalidInput: a file is missing, was changed, or holds something else.
    """
    path = folder / f"{part}.jsonl"
    about = read_manifest(folder)["files"].get(path.name)
    try:
        content = path.read_bytes()
    except OSError as error:
        raise InvalidInput(f"{path} cannot be read: {error.strerror}. {_AGAIN}") from error
    if about is None or about["sha256"] != hashlib.sha256(content).hexdigest():
        raise InvalidInput(f"{path} is not what the manifest says: {_AGAIN}")
    return [orjson.loads(line) for line in content.splitlines()]


def digest_of_files(files: Mapping[str, Mapping[str, Any]]) -> str:
    """SHA-256 of the names and digests of the files: of what the rows say, and of nothing else."""
    lines = (f"{name} {about['sha256']}\n" for name, about in sorted(files.items()))
    return hashlib.sha256("".join(lines).encode()).hexdigest()


_AGAIN = "Make the data set again with `tellergraph finetune data`."
_PLAIN = orjson.OPT_SORT_KEYS


@contextmanager
def _beside(out: Path) -> Generator[Path]:
    """A folder that takes the place of `out` at the end, if all went well."""
    folder: Path | None = None
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        folder = Path(mkdtemp(prefix=f".{out.name}-", dir=out.parent))
        folder.chmod(0o755)
        yield folder
        _put_in_place(folder, out)
    except OSError as error:
        raise Unavailable(
            f"{out} cannot be written: {error.strerror}. Nothing was left there; make room or name another --out."
        ) from error
    finally:
        if folder is not None:
            shutil.rmtree(folder, ignore_errors=True)


def _put_in_place(folder: Path, out: Path) -> None:
    """A folder cannot be renamed over one with files in it: the old one steps aside first."""
    if not out.exists():
        folder.rename(out)
        return
    old = Path(mkdtemp(prefix=f".{out.name}-old-", dir=out.parent))
    out.rename(old / out.name)
    try:
        folder.rename(out)
    except OSError:
        (old / out.name).rename(out)
        raise
    finally:
        shutil.rmtree(old, ignore_errors=True)


def _write_rows(rows: Sequence[Row], path: Path) -> dict[str, Any]:
    lines = b"".join(orjson.dumps(row) + b"\n" for row in rows)
    return {"rows": len(rows)} | _write(lines, path)


def _write(content: bytes, path: Path) -> dict[str, Any]:
    path.write_bytes(content)
    return {"sha256": hashlib.sha256(content).hexdigest()}
