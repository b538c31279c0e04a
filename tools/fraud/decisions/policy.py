"""What follows from findings and score, as data: ``policy.toml``, checked when it is read."""

import tomllib
from enum import StrEnum
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from tools.fraud.rules import Severity
from tools.fraud.rules.facts import Use


class Outcome(StrEnum):
    ALLOW = "allow"
    STEP_UP = "step_up"
    """Only with a security code."""
    HOLD = "hold"
    """Confirmed, and not made before a person has looked."""
    BLOCK = "block"


GRAVITY: dict[Outcome, int] = {outcome: place for place, outcome in enumerate(Outcome)}


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Outcomes(_Section):
    note: Outcome
    caution: Outcome
    serious: Outcome
    critical: Outcome

    @model_validator(mode="after")
    def _rises(self) -> Self:
        inorder = [GRAVITY[each] for each in (self.note, self.caution, self.serious, self.critical)]
        if inorder != sorted(inorder):
            raise ValueError("what is graver must not be let through more easily")
        return self

    def of(self, severity: Severity) -> Outcome:
        return (self.note, self.caution, self.serious, self.critical)[severity - 1]


class Together(_Section):
    cautions: int = Field(gt=1)


class ModelLimits(_Section):
    up_to: int = Field(gt=0)
    step_up: float = Field(gt=0, lt=1)
    block: float = Field(gt=0, le=1)


class DecisionPolicy(_Section):
    version: str
    outcomes: dict[Use, Outcomes]
    together: Together
    model: ModelLimits

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if set(self.outcomes) != set(Use):
            raise ValueError("every use needs its outcomes")
        if any(
            self.outcomes[use].critical is Outcome.HOLD or self.outcomes[use].serious is Outcome.HOLD
            for use in Use
            if use is not Use.PAYMENT
        ):
            raise ValueError("only payments can be held")
        return self


def read_policy(path: Path) -> DecisionPolicy:
    """Raises ValidationError for a file that lacks something or says too much."""
    return DecisionPolicy.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))


POLICY = read_policy(Path(__file__).with_name("policy.toml"))
