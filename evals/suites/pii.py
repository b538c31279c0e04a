"""`pii`: personal data in texts, on JSON lines `{"text", "spans": [{"start", "end", "type"}]}`. A line without spans
is a hard negative. `group` may name what kind of line it is.

A span counts as found where every letter and digit of it is hidden, whatever type it was taken for; the last four
digits of a card or an account may stay, which is policy."""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from time import process_time

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from core.errors import InvalidInput
from core.security.pii import Finding, Kind, find_personal, use_named_entities
from core.settings import load_settings
from evals.reading import read_lines
from evals.suite import Metric, Options, Outcome, require

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


@dataclass(frozen=True, slots=True)
class _Read:
    line: Line
    findings: list[Finding]
    milliseconds: float

    def is_found(self, span: Span) -> bool:
        hidden = {at for finding in self.findings for at in range(finding.start, finding.end)}
        signs = [at for at in range(span.start, span.end) if self.line.text[at].isalnum()]
        if span.type in _WITH_TAIL:
            signs = signs[:-_TAIL]
        return hidden.issuperset(signs)

    def is_right(self, finding: Finding) -> bool:
        return any(finding.start < span.end and span.start < finding.end for span in self.line.spans)


def run(options: Options) -> Outcome:
    """Measures the engine, without what it would know of a customer, on `--data`.

    Raises:
        InvalidInput: the file cannot be used.
        ConfigurationError: the settings name a pipeline for names that cannot be used.
    """
    use_named_entities(load_settings().pii_ner)
    return measure(read_cases(options), find_personal)


def read_cases(options: Options) -> list[Line]:
    path = require(options.data, "--data FILE")
    return [_parse(line, f"{path}, line {number}") for number, line in read_lines(path)]


def _parse(line: str, place: str) -> Line:
    try:
        return Line.model_validate(json.loads(line))
    except (ValidationError, ValueError) as error:
        said = error.errors()[0]["msg"] if isinstance(error, ValidationError) else str(error)
        raise InvalidInput(f"{place} is no case: {said}.") from error


def measure(lines: Sequence[Line], find: Callable[[str], Iterable[Finding]]) -> Outcome:
    find("Warm-up: 4111 1111 1111 1111, jo@mail.example, my name is Jo.")
    cases: list[_Read] = []
    for line in lines:
        started = process_time()
        findings = list(find(line.text))
        cases.append(_Read(line, findings, (process_time() - started) * 1000))
    spans = [(case, span) for case in cases for span in case.line.spans]
    found = [(case, finding) for case in cases for finding in case.findings]
    harmless = [case for case in cases if not case.line.spans]
    metrics: dict[str, Metric] = {
        "recall": _share(case.is_found(span) for case, span in spans),
        "recall_by_type": {
            kind: _share(case.is_found(span) for case, span in spans if span.type is kind)
            for kind in Kind
            if any(span.type is kind for _, span in spans)
        },
        "precision": _share(case.is_right(finding) for case, finding in found),
        "false_alarm_rate": _share((bool(case.findings) for case in harmless), of_none=0.0),
        "p50_ms": float(np.median([case.milliseconds for case in cases])),
    }
    groups = sorted({case.line.group for case, _ in spans} - {""})
    if groups:
        metrics["recall_by_group"] = {
            group: _share(case.is_found(span) for case, span in spans if case.line.group == group) for group in groups
        }
    return Outcome(
        len(cases), metrics, {"wrong": _wrong(cases)[:_MOST_SHOWN], "spans": len(spans), "without_spans": len(harmless)}
    )


def _share(hits: Iterable[bool], of_none: float = 1.0) -> float:
    counted = list(hits)
    return float(np.mean(counted)) if counted else of_none


def _wrong(cases: Iterable[_Read]) -> list[dict[str, object]]:
    return [
        {"text": case.line.text, "group": case.line.group, "missed": missed, "wrongly": wrongly}
        for case in cases
        for missed in [[f"{span.type}: {case.line.text[span.start : span.end]}" for span in _missed(case)]]
        for wrongly in [[f"{each.kind}: {case.line.text[each.start : each.end]}" for each in _wrongly(case)]]
        if missed or wrongly
    ]


def _missed(case: _Read) -> list[Span]:
    return [span for span in case.line.spans if not case.is_found(span)]


def _wrongly(case: _Read) -> list[Finding]:
    return [finding for finding in case.findings if not case.is_right(finding)]
