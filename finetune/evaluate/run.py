"""One evaluation from folders to its result: rows, models, figures, pictures."""

import time
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from core.errors import InvalidInput
from core.provenance import find_revision, find_versions
from evals.plots import draw_confusion
from finetune.data.folder import read_rows
from finetune.encoder_onnx import MODEL_FILE
from finetune.evaluate.chat import Models, Report, evaluate_chat, read_questions
from finetune.evaluate.intents import Predictor, evaluate_intents, load_predictor, load_untuned
from finetune.evaluate.results import Beside, Evaluation, Suite
from finetune.evaluate.rows import describe_test, read_test
from finetune.export.merging import read_adapter_config
from finetune.run_record import PACKAGES
from finetune.train.classifier import LABELS_FILE


@dataclass(frozen=True)
class Subject:
    """What is measured, and beside what."""

    model: Path
    """An adapter's folder, a whole model's, or an ONNX file."""
    base: Path | None = None
    previous: Path | None = None
    trained_on: Path | None = None
    four_bit: bool = True


@dataclass(frozen=True)
class Extent:
    limit: int | None = None
    """Test rows, spread evenly; None: all."""
    max_tokens: int = 256
    """Of an answer."""
    sources: tuple[str, ...] = ()
    """Of which rows are asked; none: all."""


def evaluate(
    subject: Subject, data: Path, extent: Extent, *, plots: Path | None, started_at: datetime, report: Report
) -> Evaluation:
    """Raises InvalidInput for what cannot be used, with one line that says what to do."""
    if not subject.model.exists():
        raise InvalidInput(f"{subject.model} is not there: name an adapter's folder, a model's, or an ONNX file.")
    started = time.perf_counter()
    is_classifier = subject.model.suffix == ".onnx" or any(
        (subject.model / name).is_file() for name in (LABELS_FILE, MODEL_FILE)
    )
    suite: Suite = "intents" if is_classifier else "chat"
    rows = read_test(data, suite, extent.limit, extent.sources)
    test = describe_test(data, rows, subject.trained_on)
    if is_classifier:
        outcome = evaluate_intents(*_load_classifiers(subject), rows)
        asked = len(rows)
    else:
        questions = read_questions(data, rows)
        outcome = evaluate_chat(_find_models(subject), questions, extent.max_tokens, report)
        asked = len(questions)
    run = {
        "started_at": started_at.isoformat(timespec="seconds"),
        "seconds": round(time.perf_counter() - started, 2),
        "revision": find_revision(),
        "versions": find_versions(PACKAGES),
        "data_sha256": test.sha256,
        **outcome.notes,
    }
    if plots is not None:
        run["plots"] = [str(draw_confusion(outcome.truth, outcome.found, plots / f"{suite}_confusion.png"))]
    return Evaluation(
        suite=suite, data=str(data), n=asked, test=test, against=outcome.against, run=run, **dict(outcome.measured)
    )


def _find_models(subject: Subject) -> Models:
    if not (subject.model / "adapter_config.json").is_file():
        return Models(subject.model, None, None, "auto" if subject.four_bit else "off")
    base = subject.base or Path(read_adapter_config(subject.model).base_model_name_or_path)
    if not base.is_dir():
        raise InvalidInput(f"The base model {base} is not there: name its folder with --base.")
    return Models(base, subject.model, subject.previous, "auto" if subject.four_bit else "off")


def _load_classifiers(subject: Subject) -> tuple[Predictor, dict[Beside, Predictor]]:
    predictor = load_predictor(subject.model, subject.base)
    others: dict[Beside, Predictor] = {}
    if subject.base is not None and subject.trained_on is not None:
        others["base"] = load_untuned(subject.base, predictor.labels, read_rows(subject.trained_on, "train"))
    if subject.previous is not None:
        others["previous"] = load_predictor(subject.previous, subject.base)
    return predictor, others
