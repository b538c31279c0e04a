"""`intents`: the 77 BANKING77 labels on a CSV `text,category`. Only these labels compete."""

from agent.understanding.intents import BANKING77_INTENTS
from core.errors import InvalidInput
from evals.metrics import accuracy, accuracy_error, coverage_at_precision, expected_calibration_error, macro_f1
from evals.plots import draw_confusion
from evals.reading import read_csv
from evals.suite import Options, Outcome, require
from evals.understanding import load_understander, time_each


def run(options: Options) -> Outcome:
    """Measures the heads on `--data`.

    Raises:
        InvalidInput: the file cannot be used or has other labels.
    """
    path = require(options.data, "--data FILE")
    rows = read_csv(path, ("text", "category"))
    unknown = sorted({row["category"] for row in rows} - set(BANKING77_INTENTS))
    if unknown:
        raise InvalidInput(f"{path} has categories that are not BANKING77's: {', '.join(unknown[:5])}.")
    measured = load_understander(options.heads)

    def label(text: str) -> tuple[str, float]:
        return measured.heads.predict_banking77(measured.encoder.read(text).views)

    timed = time_each([row["text"] for row in rows], label)
    truth = [row["category"] for row in rows]
    predicted = [label for label, _ in timed.answers]
    confidences = [confidence for _, confidence in timed.answers]
    correct = [t == p for t, p in zip(truth, predicted, strict=True)]
    metrics = {
        "accuracy": accuracy(correct),
        "macro_f1": macro_f1(truth, predicted),
        "ece": expected_calibration_error(correct, confidences),
        "coverage_at_99_precision": coverage_at_precision(correct, confidences, 0.99),
        "p50_ms": timed.p50_ms,
    }
    notes = measured.notes | {"accuracy_se": accuracy_error(correct)}
    if options.plots is not None:
        notes |= {"plots": [str(draw_confusion(truth, predicted, options.plots / "intents_confusion.png"))]}
    return Outcome(len(rows), metrics, notes)
