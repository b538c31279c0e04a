"""A version of the policy as one object, checked before the database checks it again: what staff propose."""

from decimal import Decimal
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer, StringConstraints, model_validator

Tier = Literal["standard", "premium"]
Channel = Literal["chat", "rest", "mcp", "staff", "schedule"]
_Minor = Annotated[int, Field(ge=0, le=2**53)]
_Level = Annotated[int, Field(ge=0, le=3)]
_Code = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_.]{1,80}$")]
_Type = Annotated[str, StringConstraints(pattern=r"^[a-z_]{1,40}$")]
_Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
_Country = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]
_Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500, pattern=r"^[^\x00]*$")]
_Percent = Annotated[Decimal, Field(ge=0, le=9999, decimal_places=3), PlainSerializer(float, return_type=float)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Limit(_Part):
    """Of an operation: an amount in the policy's currency, or the published figure under a code. All limits that fit
    hold."""

    operation: _Type
    period: Literal["payment", "day", "month"]
    tier: Tier | None = None
    kyc_level: _Level | None = None
    channel: Channel | None = None
    most_minor: _Minor | None = None
    term_code: _Code | None = None

    @model_validator(mode="after")
    def _one_figure(self) -> Self:
        if (self.most_minor is None) == (self.term_code is None):
            raise ValueError("give most_minor or term_code, one of them")
        return self


class Eligibility(_Part):
    """Who may do an operation: all that is given here is asked for."""

    operation: _Type
    offered: bool = True
    min_kyc_level: _Level | None = None
    min_age: Annotated[int, Field(ge=1, le=120)] | None = None
    tiers: list[Tier] | None = None
    channels: list[Channel] | None = None
    countries: list[_Country] | None = None


class PolicyFee(_Part):
    """A published fee that an operation costs."""

    operation: _Type
    term_code: _Code
    tier: Tier | None = None
    crosses: bool | None = None
    weekend: bool | None = None
    unless_currencies: list[_Currency] = []


class Disclosure(_Part):
    operation: _Type
    text: _Text


class ChangedTerm(_Part):
    """A published figure's new value, of the same kind and currency as before."""

    code: _Code
    amount_minor: _Minor | None = None
    currency: _Currency | None = None
    percent: _Percent | None = None
    quantity: Annotated[int, Field(ge=0, le=2**31 - 1)] | None = None
    unit: Annotated[str, StringConstraints(max_length=40)] | None = None


class PolicyDocument(_Part):
    """What a version says. ``GET /api/v1/admin/policies/{version}`` gives the one to begin with."""

    model_config = ConfigDict(extra="allow")

    currency: _Currency
    step_up_over_minor: _Minor = Field(description="Payments over this ask for a security code.")
    codes_per_hour: Annotated[int, Field(ge=1, le=1000)]
    limits: list[Limit] = Field(max_length=500)
    eligibility: list[Eligibility] = Field(max_length=200)
    fees: list[PolicyFee] = Field(max_length=500)
    disclosures: list[Disclosure] = Field(max_length=500)
    terms: list[ChangedTerm] = Field(max_length=500)
