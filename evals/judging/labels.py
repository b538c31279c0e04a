"""Answers that people graded: JSON lines `{"question", "answer", "label": "pass" | "fail", "expected"?}`."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from core.errors import InvalidInput
from evals.judging.judge import Grade, Question
from evals.reading import read_lines
from evals.results.figures import Metric, share
from evals.results.record import Record


class Label(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    question: str = Field(min_length=1)
    answer: str
    label: Grade
    expected: Any = None

    @property
    def asked(self) -> Question:
        return Question(self.question, self.answer, self.expected)


def read_labels(path: Path) -> list[Label]:
    """Raises InvalidInput: unreadable, a line is none, or there are none."""
    return [_parse(line, f"{path}, line {number}") for number, line in read_lines(path)]


def _parse(line: str, place: str) -> Label:
    try:
        return Label.model_validate(json.loads(line))
    except ValidationError as error:
        first = error.errors()[0]
        raise InvalidInput(f"{place}: {'.'.join(map(str, first['loc']))}: {first['msg']}.") from error
    except ValueError as error:
        raise InvalidInput(f"{place} is not JSON.") from error


def measure_agreement(records: Sequence[Record]) -> dict[str, Metric]:
    """Of records with the people's label as `expected` and the judge's verdict as `answer`."""
    pairs = [(record.expected, record.answer) for record in records if record.answer is not None]
    return {"accuracy": share(one == other for one, other in pairs), "kappa": cohens_kappa(pairs)} if pairs else {}


def cohens_kappa(pairs: Sequence[tuple[object, object]]) -> float:
    """Agreement beyond what the two would have by chance (Cohen 1960): 1 always the same, 0 as by chance.

    Where both gave one and the same grade to everything nothing is beyond chance: 0.
    """
    agreed = sum(one == other for one, other in pairs) / len(pairs)
    grades = {grade for pair in pairs for grade in pair}
    by_chance = (
        sum(sum(one == grade for one, _ in pairs) * sum(other == grade for _, other in pairs) for grade in grades)
        / len(pairs) ** 2
    )
    return (agreed - by_chance) / (1 - by_chance) if by_chance < 1 else 0.0
