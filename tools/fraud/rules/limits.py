"""The limits of the rules, as data: ``limits.toml``, checked when it is read."""

import tomllib
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Velocity(_Section):
    payments_hour: int = Field(gt=0)
    payments_day: int = Field(gt=0)
    payments_certain: float = Field(gt=1)
    card_ten_minutes: int = Field(gt=0)
    card_hour: int = Field(gt=0)
    amount_day: int = Field(gt=0)


class ImpossibleTravel(_Section):
    hours: float = Field(gt=0)
    hours_neighbours: float = Field(gt=0)
    neighbours: tuple[tuple[str, str], ...]

    def hours_between(self, one: str, other: str) -> float:
        near = (one, other) in self.neighbours or (other, one) in self.neighbours
        return self.hours_neighbours if near else self.hours


class CardTesting(_Section):
    small: int = Field(gt=0)
    within_minutes: int = Field(gt=0)
    tries: int = Field(gt=0)
    certain: int = Field(gt=0)
    large: int = Field(gt=0)


class Mule(_Section):
    received: int = Field(gt=0)
    share: float = Field(gt=0, lt=1)
    certain: float = Field(gt=0, le=1)


class NewPayee(_Section):
    days: int = Field(gt=0)
    payments: int = Field(gt=0, le=24)
    """The database counts no further (``payment_facts``)."""
    amount: int = Field(gt=0)
    times_usual: float = Field(gt=0)
    certain_times: float = Field(gt=0)
    hold: int = Field(gt=0)


class Structuring(_Section):
    thresholds: tuple[int, ...]
    near: float = Field(gt=0, lt=1)
    payments: int = Field(gt=0)
    days: int = Field(gt=0)
    certain: int = Field(gt=0)


class Dormant(_Section):
    days: int = Field(gt=0)
    certain_days: int = Field(gt=0)
    amount: int = Field(gt=0)


class Takeover(_Section):
    hours: float = Field(gt=0)
    certain_hours: float = Field(gt=0)
    amount: int = Field(gt=0)


class UnusualPlace(_Section):
    amount: int = Field(gt=0)


class ScamCues(_Section):
    amount: int = Field(gt=0)


class Limits(_Section):
    version: str
    velocity: Velocity
    impossible_travel: ImpossibleTravel
    card_testing: CardTesting
    mule: Mule
    new_payee: NewPayee
    structuring: Structuring
    dormant: Dormant
    takeover: Takeover
    unusual_place: UnusualPlace
    scam_cues: ScamCues


def read_limits(path: Path) -> Limits:
    """Raises ValidationError for a file that lacks something or says too much."""
    return Limits.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))


LIMITS = read_limits(Path(__file__).with_name("limits.toml"))
