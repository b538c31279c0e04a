"""Makes the tagger's weights, their card and the record of the run, and says how much it finds of what authors wrote
whom it did not learn from."""

# torch comes with the finetune extra only.
# pyright: reportMissingImports=false, reportUnknownMemberType=false, reportUnknownVariableType=false

import hashlib
import random
import tempfile
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from core.digests import digest_of_file
from core.errors import InvalidInput
from core.provenance import find_revision, find_versions
from core.security.pii import Finding, Folded, find_personal
from core.security.pii.learned import use_tagger
from core.security.pii.learned.runs import list_runs
from core.security.pii.learned.tagger import CARD, FILE, WEIGHTS, Tagger
from evals.suites.pii import Line, is_found
from finetune.encoder_onnx import find_published_model
from finetune.personal.card import write_card
from finetune.personal.network import Pieces, export_arrays
from finetune.personal.texts import Marked, mark, read_lines_of, read_silent
from finetune.personal.training import Recipe, train_network
from finetune.run_record import PACKAGES, RUN_FILE, RunRecord

Report = Callable[[str], None]
_SILENT = 3500
"""Texts of each set of others' at most, of which the recipe draws."""


@dataclass(frozen=True, slots=True)
class Found:
    ordinary: float
    hard: float
    """Share of the details that are hidden to the last letter and digit."""
    touched: float
    """Share of the texts without details in which something is hidden."""


@dataclass(frozen=True, slots=True)
class Judged:
    """On one author's batch, with a tagger that learned nothing of it."""

    recognizers: Found
    tagger: Found
    together: Found


@dataclass(frozen=True, slots=True)
class Made:
    texts: int
    sha256: str
    """Of the weights."""
    judged: dict[str, Judged]


def make_tagger(
    data: Sequence[Path],
    judged: Sequence[Path],
    at_once: int,
    banking77: Path,
    clinc150: Path,
    out: Path,
    *,
    seed: int,
    recipe: Recipe,
    report: Report,
) -> Made:
    """Everything is read and checked before the first training. Of the ``judged`` so many are left out ``at_once``.

    Raises:
        InvalidInput: a file cannot be used or is named twice, or one to be judged is none of the data.
        ConfigurationError: the published encoder's weights are not installed.
    """
    started_at = datetime.now(UTC)
    if len({path.resolve() for path in data}) < len(data):
        raise InvalidInput("--data names a file twice.")
    if unknown := [path for path in judged if path not in data]:
        raise InvalidInput(f"--judged {unknown[0]} is none of the --data.")
    if judged and len(data) <= min(len(judged), at_once):
        raise InvalidInput("--judged needs other --data to learn from.")
    lines = {path: read_lines_of(path) for path in data}
    batches = {path: [mark(line) for line in each] for path, each in lines.items()}
    published = find_published_model()
    with _asking(None):
        # What the recognizers find decides, and not a tagger that may have learned from these.
        silent = read_silent(banking77, clinc150, _SILENT, random.Random(seed))  # noqa: S311
    pieces = Pieces.read(published)

    def train(batches: Iterable[Sequence[Marked]], folder: Path) -> None:
        network = train_network(list(batches), silent, pieces, recipe, seed, report)
        np.savez_compressed(folder / FILE, allow_pickle=False, **export_arrays(network, pieces))

    results: dict[str, Judged] = {}
    for at in range(0, len(judged), at_once):
        left_out = judged[at : at + at_once]
        report(f"without {', '.join(path.name for path in left_out)}")
        with tempfile.TemporaryDirectory() as folder:
            train([batch for path, batch in batches.items() if path not in left_out], Path(folder))
            results |= {path.stem: judge(lines[path], Path(folder)) for path in left_out}
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out.parent, prefix=f".{out.name}.") as unfinished:
        folder = Path(unfinished)
        report("with all")
        train(batches.values(), folder)
        made = Made(sum(map(len, lines.values())), digest_of_file(folder / FILE), results)
        (folder / CARD).write_text(write_card(made, list(lines), seed, recipe), encoding="utf-8")
        record = RunRecord(
            started_at=started_at,
            ended_at=datetime.now(UTC),
            revision=find_revision(),
            config=asdict(recipe),
            base_digest=digest_of_file(published / "model.safetensors"),
            data_digest=hashlib.sha256("".join(map(digest_of_file, data)).encode()).hexdigest(),
            seeds=[seed],
            versions=find_versions(PACKAGES),
            figures=dict(_figures(results)),
        )
        (folder / RUN_FILE).write_text(record.model_dump_json(indent=1) + "\n", encoding="utf-8")
        for name in (FILE, CARD, RUN_FILE):
            (folder / name).replace(out / name)
    return made


def judge(lines: Sequence[Line], directory: Path) -> Judged:
    tagger = Tagger.load(directory)

    def runs(text: str) -> list[Finding]:
        return [Finding(run.kind, run.start, run.end) for run in list_runs(text, tagger.tag(Folded.of(text)))]

    with _asking(None):
        recognizers = _measure(lines, find_personal)
    with _asking(directory):
        together = _measure(lines, find_personal)
    return Judged(recognizers, _measure(lines, runs), together)


def _measure(lines: Sequence[Line], find: Callable[[str], Sequence[Finding]]) -> Found:
    found: dict[str, list[bool]] = {"ordinary": [], "hard": []}
    touched: list[bool] = []
    for line in lines:
        findings = find(line.text)
        if not line.spans:
            touched.append(bool(findings))
        found.setdefault(line.group, []).extend(is_found(span, line, findings) for span in line.spans)
    return Found(_share(found["ordinary"]), _share(found["hard"]), _share(touched))


def _share(hits: Sequence[bool]) -> float:
    return round(sum(hits) / max(1, len(hits)), 4)


@contextmanager
def _asking(directory: Path | None) -> Generator[None]:
    use_tagger(directory)
    try:
        yield
    finally:
        use_tagger(WEIGHTS)


def _figures(results: dict[str, Judged]) -> Iterator[tuple[str, float]]:
    for name, judged in results.items():
        for who, found in asdict(judged).items():
            for what, value in found.items():
                yield f"{name}_{who}_{what}", value
