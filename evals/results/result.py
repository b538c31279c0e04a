"""`result.json`: the figures of a run and what they are figures of."""

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat

Method = Literal["binomial", "bootstrap"]


class Estimate(BaseModel):
    """How sure a figure is, had other cases of the same kind been drawn."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    standard_error: FiniteFloat
    low: FiniteFloat
    """With `high` an interval that holds the true figure in 95 of 100 runs."""
    high: FiniteFloat
    method: Method
    """`binomial`: of a share, with the interval of Wilson (1927). `bootstrap`: the cases were drawn again with
    replacement, all trials of a case together (Efron 1979), with the percentile interval."""


class Run(BaseModel):
    """What the figures depend on and do not show. A suite adds what it alone knows."""

    model_config = ConfigDict(extra="allow", frozen=True)

    started_at: datetime
    """Of the first start, where the run was resumed."""
    ended_at: datetime | None
    """None: it has not come to its end."""
    seconds: float
    """Of the last start, like `cpu_seconds`, which counts processes that it started and that have ended too."""
    cpu_seconds: float
    resumed: int = 0
    """Records that lay there already."""
    revision: str
    """Of git, with "-dirty" where files were changed; empty outside a repository."""
    dirty: bool
    data_sha256: str | None
    """Of a file, or of all files of a folder with their names."""
    versions: dict[str, str]
    seeds: dict[str, int]
    models: list[str] = []
    """The chain that answered, first choice first; empty: no chain was asked."""
    model_digests: dict[str, str | None] = {}
    """SHA-256 of each one's weights; None where a server does not say."""
    settings: dict[str, Any]
    """Those that differ from the defaults, without secrets, addresses and folders."""
    options: dict[str, Any]
    """What the command line gave: `evals run --resume DIR` goes on with them."""


class Result(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    suite: str
    data: str
    n: int = Field(ge=0)
    """Cases; each was played `trials` times."""
    trials: int = Field(default=1, ge=1)
    metrics: dict[str, Any]
    """Figures, or figures by name, to any depth."""
    errors: dict[str, Estimate]
    """Of `metrics`, by dotted name ("recall.operation"). Counts have none."""
    run: Run
