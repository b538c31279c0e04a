"""A run's answers graded: figures beside those of the suite, and `judgements.jsonl` beside its records.

Verdicts that lie there of the same judge and rubric are not asked for again.
"""

from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from pydantic import BaseModel, ConfigDict, ValidationError

from core.digests import digest_of_file
from core.settings import load_settings
from evals.judging.judge import SHIPPED_RUBRIC, Question, Verdict, grade_all
from evals.judging.labels import measure_agreement, read_labels
from evals.progress import shown_progress
from evals.results.figures import Metric, share
from evals.results.record import Record
from evals.results.result import Estimate
from evals.statistics.estimates import estimate_errors
from evals.suite import Options, require

JUDGEMENTS_FILE = "judgements.jsonl"


class Judgement(BaseModel):
    """A line of the file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    judged: str
    """SHA-256 of judge, rubric, question and answer."""
    id: str
    """Of the record; `label N` for a labelled answer."""
    verdict: Verdict


class Judged(NamedTuple):
    metrics: dict[str, Metric]
    errors: dict[str, Estimate]
    notes: dict[str, object]


def judge_records(records: Sequence[Record], options: Options, folder: Path | None) -> Judged:
    """Grades every answer, and every labelled one of `options.labels`.

    Raises:
        InvalidInput: a file cannot be used, or the chain has no model that can grade.
        ConfigurationError: the chain names a model that is none.
    """
    rubric_file = require(options.rubric or SHIPPED_RUBRIC, "--rubric FILE")
    labels = read_labels(require(options.labels, "--labels FILE")) if options.labels else []
    judge = _Judge(options.judge or "", rubric_file.read_text(encoding="utf-8"), folder)
    asked = [(record.id, Question(record.input, str(record.answer or ""), record.expected)) for record in records]
    asked += [(f"label {number}", label.asked) for number, label in enumerate(labels, 1)]
    verdicts = judge.grade(asked)
    graded = [_as_record(record.id, True, verdict) for record, verdict in zip(records, verdicts, strict=False)]
    agreed = [
        _as_record(f"label {number}", label.label, verdict)
        for number, (label, verdict) in enumerate(zip(labels, verdicts[len(records) :], strict=True), 1)
    ]
    metrics: dict[str, Metric] = {**_measure(graded), "graded": sum(each.answer is not None for each in graded)}
    errors = {f"judge.{name}": error for name, error in estimate_errors(graded, _measure).items()}
    if agreed:
        metrics["agreement"] = {**measure_agreement(agreed), "labels": len(agreed)}
        found = estimate_errors(agreed, measure_agreement)
        errors |= {f"judge.agreement.{name}": error for name, error in found.items()}
    notes: dict[str, object] = {
        "judge": options.judge,
        "rubric_sha256": digest_of_file(rubric_file),
        "labels_sha256": digest_of_file(options.labels) if options.labels else None,
    }
    return Judged({"judge": metrics}, errors, notes)


def _as_record(name: str, expected: object, verdict: Verdict) -> Record:
    value = None if verdict.verdict is None else float(verdict.verdict == "pass")
    return Record(id=name, value=value, input="", expected=expected, answer=verdict.verdict, reason=verdict.reason)


def _measure(records: Sequence[Record]) -> dict[str, Metric]:
    """What could not be graded does not count."""
    graded = [record.passed for record in records if record.value is not None]
    return {"pass_rate": share(graded)} if graded else {}


class _Judge:
    def __init__(self, chain: str, rubric: str, folder: Path | None) -> None:
        self._chain, self._rubric = chain, rubric
        self._path = folder / JUDGEMENTS_FILE if folder else None
        self._known = {each.judged: each.verdict for each in _read(self._path)}

    def grade(self, asked: Sequence[tuple[str, Question]]) -> list[Verdict]:
        left = {
            self._key(question): (name, question) for name, question in asked if self._key(question) not in self._known
        }
        if left:
            keys = iter(left)
            settings = load_settings().model_copy(update={"llm": self._chain})
            with shown_progress("judge", len(left)) as on_end:

                def keep(verdict: Verdict) -> None:
                    key = next(keys)
                    self._known[key] = verdict
                    self._write(Judgement(judged=key, id=left[key][0], verdict=verdict))
                    on_end()

                grade_all(settings, self._rubric, [question for _, question in left.values()], keep)
        return [self._known[self._key(question)] for _, question in asked]

    def _key(self, question: Question) -> str:
        return sha256("\0".join([self._chain, self._rubric, *map(str, question)]).encode()).hexdigest()

    def _write(self, judgement: Judgement) -> None:
        # A judge that failed is asked again when the run is taken up.
        if self._path and judgement.verdict.verdict is not None:
            with self._path.open("a", encoding="utf-8") as file:
                file.write(judgement.model_dump_json() + "\n")


def _read(path: Path | None) -> list[Judgement]:
    """Without a line that was torn when the run was killed."""
    if path is None or not path.exists():
        return []
    found: list[Judgement] = []
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            found.append(Judgement.model_validate_json(line))
        except ValidationError:
            continue
    return found
