"""The rules' thresholds as a file has them, checked (rules.toml explains each)."""

import tomllib
from datetime import date
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from core.errors import InvalidInput

RULES = Path(__file__).with_name("rules.toml")
"""Those that the bank begins with."""

RuleName = Literal["threshold_report", "structuring", "rapid_movement", "funnel", "dormant"]

_Minor = Annotated[int, Field(gt=0)]
_Amounts = dict[Annotated[str, Field(pattern=r"^[A-Z]{3}$")], _Minor]
_Days = Annotated[int, Field(ge=1, le=400)]
_Share = Annotated[float, Field(gt=0, le=1)]
_Factor = Annotated[float, Field(ge=1, le=100)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Movement(_Part):
    """What transactions of a kind (and category: the more exact one counts) are."""

    kind: str = Field(min_length=1, max_length=40)
    category: str | None = Field(default=None, min_length=1, max_length=40)
    is_: Literal["cash_in", "cash_out", "in", "out", "ignored"] = Field(alias="is")


class ThresholdReport(_Part):
    over: _Amounts


class Structuring(_Part):
    window_days: _Days
    at_least: int = Field(ge=2, le=100)
    from_share: _Share
    over: _Amounts
    habit_days: _Days
    habit_factor: _Factor


class RapidMovement(_Part):
    window_days: _Days
    month_days: _Days
    days_in_month: int = Field(ge=1, le=31)
    at_least: _Amounts
    out_share: _Share
    out_most: _Factor
    habit_days: _Days
    habit_factor: _Factor


class Funnel(_Part):
    window_days: _Days
    payers: int = Field(ge=2, le=1000)
    payees: int = Field(ge=1, le=1000)
    places: int = Field(ge=2, le=1000)
    new_for_days: _Days
    at_least: _Amounts
    out_share: _Share


class Dormant(_Part):
    dormant_days: _Days
    window_days: _Days
    at_least: _Amounts
    out_share: _Share


class RuleSet(_Part):
    version: str = Field(pattern=r"^[A-Za-z0-9._-]{1,40}$")
    active_from: date
    movements: list[Movement] = Field(min_length=1)
    threshold_report: ThresholdReport
    structuring: Structuring
    rapid_movement: RapidMovement
    funnel: Funnel
    dormant: Dormant


def load_rules(path: Path = RULES) -> RuleSet:
    """Raises InvalidInput for a file that is not there, no TOML, or says something that no rule knows."""
    try:
        return RuleSet.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise InvalidInput(f"{path} cannot be read: {error.strerror}.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InvalidInput(f"{path} is no TOML: {error}.") from error
    except ValidationError as error:
        first = error.errors()[0]
        raise InvalidInput(f"{path}: {'.'.join(map(str, first['loc']))}: {first['msg']}.") from error
