"""scores.toml, checked."""

import tomllib
from functools import lru_cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Threshold(_Strict):
    review: float = Field(gt=0, le=100)


class Similarity(_Strict):
    """All between 0 and 1."""

    least: float = Field(ge=0, le=1)
    spelling: float = Field(ge=0, le=1)
    nickname: float = Field(ge=0, le=1)
    initial: float = Field(ge=0, le=1)
    joined: float = Field(ge=0, le=1)
    sound: float = Field(ge=0, le=1)
    skeleton: float = Field(ge=0, le=1)


class Weight(_Strict):
    light: float = Field(gt=0, le=1)
    initial: float = Field(gt=0, le=1)
    least: float = Field(gt=0, le=1)


class NameWeights(_Strict):
    """Of a logistic function, in this order."""

    bias: float
    said: float
    listed: float
    least: float
    evidence: float


class Points(_Strict):
    same_day_of_birth: float
    near_day_of_birth: float
    possible_day_of_birth: float
    other_day_of_birth: float
    same_country: float
    other_country: float
    weak_alias: float
    one_word: float
    other_kind: float


class Scores(_Strict):
    threshold: Threshold
    similarity: Similarity
    weight: Weight
    name: NameWeights
    points: Points


def read_scores(path: Path) -> Scores:
    """Raises ValidationError for a value that is missing, unknown or out of range."""
    with path.open("rb") as file:
        return Scores.model_validate(tomllib.load(file))


@lru_cache(maxsize=1)
def shipped_scores() -> Scores:
    return read_scores(Path(__file__).with_name("scores.toml"))
