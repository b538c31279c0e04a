"""`pii`: personal data in texts, on JSON lines `{"text", "spans": [{"start", "end", "type"}]}`. A line without spans
is a hard negative. `group` may name what kind of line it is.

A span counts as found where every letter and digit of it is hidden, whatever type it was taken for; the last four
digits of a card or an account may stay, which is policy."""

import json
from collections import Counter
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from time import process_time
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from core.errors import InvalidInput
from core.security.pii import Finding, Kind, find_personal, use_named_entities
from core.settings import load_settings
from evals.classifying import p50_ms
from evals.reading import read_lines
from evals.results.figures import Metric, ratio, share
from evals.results.record import Record, Scored
from evals.suite import Options, Plan, Play, Suite, alone, name_cases, require

_TAIL = 4
_WITH_TAIL = frozenset({Kind.CARD, Kind.ACCOUNT_NUMBER, Kind.IBAN})
_MOST_SHOWN = 200


class Span(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    start: int = Field(ge=0)
    end: int
    type: Kind


class Line(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    text: str = Field(min_length=1)
    spans: list[Span] = Field(default_factory=list)
    group: str = ""

    @model_validator(mode="after")
    def _within(self) -> "Line":
        if any(not span.start < span.end <= len(self.text) for span in self.spans):
            raise ValueError("a span does not lie within the text")
        return self


def plan(options: Options) -> Plan[Line]:
    """For the engine, without what it would know of a customer.

    Raises:
        InvalidInput: the file cannot be used.
        ConfigurationError: the settings name a pipeline for names that cannot be used.
    """
    use_named_entities(load_settings().pii_ner)
    path = require(options.data, "--data FILE")
    lines = [_parse(line, f"{path}, line {number}") for number, line in read_lines(path)]
    cases = name_cases(lines, lambda line: line.model_dump_json())
    return Plan(cases=cases, opened=alone(_open_player), sources=[path], in_processes=True)


def _parse(line: str, place: str) -> Line:
    try:
        return Line.model_validate(json.loads(line))
    except (ValidationError, ValueError) as error:
        said = error.errors()[0]["msg"] if isinstance(error, ValidationError) else str(error)
        raise InvalidInput(f"{place} is no case: {said}.") from error


@contextmanager
def _open_player(_number: int) -> Generator[Play[Line]]:
    use_named_entities(load_settings().pii_ner)
    list(find_personal("Warm-up: 4111 1111 1111 1111, jo@mail.example, my name is Jo."))
    yield _play


def _play(line: Line) -> Scored:
    started = process_time()
    findings = list(find_personal(line.text))
    seconds = process_time() - started
    missed = [
        f"{span.type}: {line.text[span.start : span.end]}" for span in line.spans if not is_found(span, line, findings)
    ]
    wrongly = [f"{each.kind}: {line.text[each.start : each.end]}" for each in findings if not is_right(each, line)]
    return Scored(
        value=not missed and not wrongly,
        input=line.text,
        expected=[[span.start, span.end, span.type] for span in line.spans],
        answer=[[each.start, each.end, each.kind] for each in findings],
        reason="; ".join([*(f"missed {each}" for each in missed), *(f"wrongly {each}" for each in wrongly)]),
        group=line.group,
        seconds=seconds,
        details={
            "found": [is_found(span, line, findings) for span in line.spans],
            "right": [is_right(each, line) for each in findings],
            "missed": list(missed),
            "wrongly": list(wrongly),
        },
    )


def is_found(span: Span, line: Line, findings: Sequence[Finding]) -> bool:
    """Whether all of it is hidden."""
    hidden = {at for finding in findings for at in range(finding.start, finding.end)}
    signs = [at for at in range(span.start, span.end) if line.text[at].isalnum()]
    if span.type in _WITH_TAIL:
        signs = signs[:-_TAIL]
    return hidden.issuperset(signs)


def is_right(finding: Finding, line: Line) -> bool:
    """Whether it hides something of a detail."""
    return any(finding.start < span.end and span.start < finding.end for span in line.spans)


def measure(records: Sequence[Record]) -> dict[str, Metric]:
    spans = [(record, kind, hit) for record in records for kind, hit in _spans(record)]
    kinds = {kind for _, kind, _ in spans}
    groups = sorted({record.group for record, _, _ in spans} - {""})
    metrics: dict[str, Metric] = {
        "recall": ratio(hit for _, _, hit in spans),
        "recall_by_type": {
            kind: ratio(hit for _, found, hit in spans if found == kind) for kind in Kind if kind in kinds
        },
        "precision": ratio(hit for record in records for hit in _list(record, "right")),
        "false_alarm_rate": share((record.answer for record in records if not record.expected), of_none=0.0),
        "p50_ms": p50_ms(records),
    }
    if groups:
        metrics["recall_by_group"] = {
            group: ratio(hit for record, _, hit in spans if record.group == group) for group in groups
        }
    return metrics


def _spans(record: Record) -> list[tuple[str, Any]]:
    expected: Any = record.expected
    return [(kind, hit) for (_, _, kind), hit in zip(expected, _list(record, "found"), strict=True)]


def _list(record: Record, name: str) -> Any:
    return record.details[name]


def _describe(records: Sequence[Record]) -> dict[str, object]:
    wrong = [
        {
            "text": record.input,
            "group": record.group,
            "missed": _list(record, "missed"),
            "wrongly": _list(record, "wrongly"),
        }
        for record in records
        if not record.passed
    ]
    kinds = Counter(kind for record in records for kind, _ in _spans(record))
    without = sum(not record.expected for record in records)
    return {"wrong": wrong[:_MOST_SHOWN], "spans": kinds.total(), "without_spans": without}


SUITE = Suite(plan=plan, measure=measure, describe=_describe)
