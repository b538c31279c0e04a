"""One case as it went. A line of `records.jsonl` is one record."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat


class Scored(BaseModel):
    """What a suite says about one case."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    value: FiniteFloat | None
    """0 to 1: how right it was. None: it could not be scored, which is not 0."""
    input: str
    """What was asked, in words."""
    expected: Any = None
    """Like `answer` and `details` something that JSON has."""
    answer: Any = None
    """What came back: a label, a text, calls."""
    reason: str = ""
    """Why the value is what it is; empty where the answer says it."""
    group: str = ""
    confidence: FiniteFloat | None = None
    """0 to 1, as the assistant itself put it."""
    seconds: FiniteFloat | None = Field(default=None, ge=0)
    """From the question to the whole answer."""
    details: dict[str, Any] = {}
    """What the suite's figures are computed from besides."""


class Record(Scored):
    id: str = Field(min_length=1)
    """Of the case: the same in another run on the same case."""
    trial: int = Field(default=0, ge=0)
    """Which of its repetitions."""

    @property
    def key(self) -> tuple[str, int]:
        return self.id, self.trial

    @property
    def passed(self) -> bool:
        return self.value == 1

    @classmethod
    def of(cls, case_id: str, trial: int, scored: Scored) -> "Record":
        return cls(**scored.model_dump(), id=case_id, trial=trial)
