"""`run.json` in the folder that a run wrote: what it was made from, and with what outcome."""

from datetime import datetime
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

from core.model_files import read_model

RUN_FILE = "run.json"
PACKAGES = ("accelerate", "bitsandbytes", "numpy", "peft", "safetensors", "tokenizers", "torch", "transformers")
"""Whose versions a run depends on."""


class RunRecord(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    started_at: datetime
    """Of the first start, where the run was resumed."""
    ended_at: datetime
    revision: str
    """Git revision of the code, with "-dirty" where files were changed; empty outside a repository."""
    config: dict[str, Any]
    base_digest: str
    """SHA-256 of the base model's weights (`digest_of_model`)."""
    data_digest: str
    """SHA-256 of the data set, as its manifest states it."""
    seeds: list[int]
    versions: dict[str, str]
    figures: dict[str, float]


def write_record(record: RunRecord, folder: Path) -> None:
    """Replaces run.json in `folder` as a whole."""
    beside = folder / f".{RUN_FILE}"
    beside.write_text(record.model_dump_json(indent=1) + "\n", encoding="utf-8")
    beside.replace(folder / RUN_FILE)


def read_record(folder: Path) -> RunRecord:
    """Raises InvalidInput for a run.json that is missing or is none."""
    return read_model(folder / RUN_FILE, RunRecord, noun="run record", hint="Name a folder that a training wrote.")
