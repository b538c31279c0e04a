"""The visits of ``sessions.yaml``: what somebody says, decides and reads, in order."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

SHIPPED = Path(__file__).with_name("sessions.yaml")


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Say(_Part):
    say: Annotated[str, Field(min_length=1)]


class Decide(_Part):
    """About the latest proposal of the visit."""

    decide: Literal["approve", "deny"]


class Read(_Part):
    read: Annotated[str, Field(pattern=r"^/api/v1/[\w/?=&%.-]+$")]
    """An address of the REST API, as the customer."""


class Visit(_Part):
    name: str
    who: Literal["visitor", "customer"]
    weight: Annotated[int, Field(ge=1)]
    """How often, beside the others."""
    turns: Annotated[list[Say | Decide | Read], Field(min_length=1)]


def read_visits(path: Path = SHIPPED) -> list[Visit]:
    return TypeAdapter(list[Visit]).validate_python(yaml.safe_load(path.read_text()))


def deal(visits: Sequence[Visit]) -> list[Visit]:
    """Each as often as its weight says, all kinds before any comes again."""
    most = max(visit.weight for visit in visits)
    return [visit for turn in range(most) for visit in visits if visit.weight > turn]
