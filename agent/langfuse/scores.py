"""What a turn is judged by: how much of what was claimed stood in the evidence, what each guard said, and what the
customer thought of the answer."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from core.telemetry.observing import Facts, Kind, Observation, Plain, told

GROUNDEDNESS, FEEDBACK = "groundedness", "feedback"


@dataclass(frozen=True, slots=True)
class Score:
    name: str
    value: float
    data_type: Literal["NUMERIC", "BOOLEAN"]
    comment: str | None = None


def scores_of(turn: Observation) -> Iterator[Score]:
    """``groundedness``: of the sentences that claimed something, the share that was released as it was said; none for
    a turn that claimed nothing. ``guard_<name>``: 1 where all of a guard's looks found nothing."""
    guards = [(record.name, told(record.facts)) for record in turn.all_of(Kind.GUARD)]
    claims = sum(_number(facts, "claims") for _, facts in guards)
    if claims:
        released = sum(_number(facts, "released") for _, facts in guards)
        yield Score(GROUNDEDNESS, round(released / claims, 4), "NUMERIC")
    passed: dict[str, bool] = {}
    for name, facts in guards:
        if "passed" in facts:
            passed[name] = passed.get(name, True) and facts["passed"] is True
    for name, is_passed in passed.items():
        yield Score(f"guard_{name}", float(is_passed), "BOOLEAN")


def feedback_of(facts: Facts) -> Score:
    """A thumb, with its comment."""
    plain = told(facts, texts=True)
    comment = plain.get("comment_text")
    return Score(FEEDBACK, float(plain["rating"] == "up"), "BOOLEAN", None if comment is None else str(comment))


def _number(facts: Mapping[str, Plain], name: str) -> int:
    value = facts.get(name)
    return value if isinstance(value, int) else 0
