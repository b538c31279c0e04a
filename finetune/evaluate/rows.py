"""The rows that an evaluation asks, from a data set whose files are what its manifest says, or from a CSV of texts."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from core.digests import digest_of_file
from core.errors import InvalidInput
from evals.reading import read_csv
from finetune.data.folder import read_manifest, read_rows
from finetune.data.leakage import normalise, said_in
from finetune.evaluate.results import Suite, TestData

TEST = "test"
_LEARNT = ("train", "validation")


def read_test(folder: Path, suite: Suite, limit: int | None, sources: Sequence[str]) -> list[dict[str, Any]]:
    """The test rows of a data set, or all rows of a CSV `text,category`; only those of the sources, if any are named;
    with a limit so many of them, spread evenly.

    Raises:
        InvalidInput: it is no data set of this kind, or its test file was changed, is empty or has no row of the
            sources.
    """
    if folder.suffix == ".csv":
        return _read_csv(folder, suite, limit)
    kind = read_manifest(folder).get("kind")
    if kind != suite:
        raise InvalidInput(f"{folder} is {kind} data, and this is a model for {suite}.")
    rows = read_rows(folder, TEST)
    if not rows:
        raise InvalidInput(f"{folder / TEST}.jsonl is empty.")
    if sources:
        known = sorted({str(row.get("source")) for row in rows})
        rows = [row for row in rows if row.get("source") in sources]
        if not rows:
            named = ", ".join(sources)
            raise InvalidInput(
                f"{folder / TEST}.jsonl has no row of the sources {named}; known are {', '.join(known)}."
            )
    return _spread(rows, limit)


def _read_csv(path: Path, suite: Suite, limit: int | None) -> list[dict[str, Any]]:
    if suite != "intents":
        raise InvalidInput(f"{path} has texts and intents, and this is a model for {suite}: name a folder.")
    rows = read_csv(path, ("text", "category"))
    return _spread([{"text": row["text"], "label": row["category"]} for row in rows], limit)


def _spread(rows: list[dict[str, Any]], limit: int | None) -> list[dict[str, Any]]:
    step = 1 if limit is None else max(1, len(rows) // limit)
    return rows[::step][:limit]


def describe_test(folder: Path, rows: list[dict[str, Any]], trained_on: Path | None) -> TestData:
    """Args: trained_on: the data set that the adapter learnt; None: not known, and then nothing is compared."""
    if folder.suffix == ".csv":
        sha256 = digest_of_file(folder)
        described = TestData(digest=sha256, file=folder.name, sha256=sha256)
    else:
        manifest = read_manifest(folder)
        name = f"{TEST}.jsonl"
        described = TestData(digest=manifest["digest"], file=name, sha256=manifest["files"][name]["sha256"])
    if trained_on is None:
        return described
    learnt = {"trained_on": read_manifest(trained_on)["digest"], "seen": _count_seen(rows, trained_on)}
    return described.model_copy(update=learnt)


def _count_seen(rows: list[dict[str, Any]], trained_on: Path) -> int:
    learnt = [row for part in _LEARNT for row in read_rows(trained_on, part)]
    texts = {normalise(said_in(row)) for row in learnt}
    groups = {row["group"] for row in learnt if "group" in row}
    return sum(row.get("group") in groups or normalise(said_in(row)) in texts for row in rows)
