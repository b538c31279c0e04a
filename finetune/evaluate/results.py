"""The file that an evaluation leaves: its figures, of what, on what, and beside whom.

``suite``, ``data``, ``n``, ``metrics`` and ``run`` are those of ``tellergraph evals run``. A figure that could not be
taken (no row asks for a refusal) is not there; it is never 0.
"""

from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat

from core.model_files import read_model

Suite = Literal["chat", "intents"]
Beside = Literal["base", "previous"]
"""Whom a model is compared with: what it was tuned from, and the adapter before it."""


class _Plain(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Measured(_Plain):
    """A model as it was measured."""

    model: str
    """The base model's folder or the ONNX file, as it was given."""
    base_digest: str
    """SHA-256 of its weights."""
    adapter: str = ""
    adapter_digest: str = ""
    """SHA-256 of the adapter's files (``agent.models.registry_file.Adapter.digest``); empty: no adapter."""
    metrics: dict[str, FiniteFloat]
    errors: dict[str, FiniteFloat]
    """Standard errors, of the metrics that are means over rows."""


class Difference(_Plain):
    """This model less the other on the same rows; positive: this one has more."""

    value: FiniteFloat
    error: FiniteFloat
    """Standard error of the mean of the rows' differences."""


class Compared(Measured):
    differences: dict[str, Difference]


class TestData(_Plain):
    """The rows that were asked, and what the training had seen of them."""

    digest: str
    """Of the data set, as its manifest states it."""
    file: str
    sha256: str
    trained_on: str = ""
    """Digest of the data set whose train and validation rows these were compared with; empty: with none."""
    seen: int | None = Field(default=None, ge=0)
    """Rows with a group or a text that stands there too; None: not compared."""


class Evaluation(Measured):
    suite: Suite
    data: str
    n: int = Field(ge=1)
    """Rows that were asked."""
    test: TestData
    against: dict[Beside, Compared] = {}
    run: dict[str, Any]


def read_evaluation(path: Path) -> Evaluation:
    """Raises InvalidInput for a file that is missing or is no evaluation."""
    return read_model(path, Evaluation, noun="evaluation", hint="Name what `evaluate --out` wrote.")
