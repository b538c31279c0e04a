"""What is checked before anything is loaded: the base's files, the data set, the output's place."""

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from core.digests import digest_of_model
from core.errors import Conflict, InvalidInput
from finetune.config import TrainingConfig
from finetune.data.folder import read_manifest, read_rows
from finetune.data.leakage import check_parts
from finetune.data.parts import PARTS

_KINDS = {"chat": "chat", "classification": "intents"}


@dataclass(frozen=True, slots=True)
class Inputs:
    base_digest: str
    data_digest: str


def check_inputs(config: TrainingConfig) -> Inputs:
    """Raises InvalidInput, or Conflict for an output that is there, with one line that says what to do."""
    check_output(config.output)
    read_longest(config)
    return Inputs(digest_of_model(config.base), check_data(config))


def read_base_config(base: Path) -> dict[str, Any]:
    """The base's config.json.

    Raises:
        InvalidInput: there is no such folder, or it is none of a model.
    """
    if not base.is_dir():
        raise InvalidInput(f"The base {base} is no folder here: download the model and name its folder.")
    try:
        found = json.loads((base / "config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InvalidInput(f"{base} has no config.json that can be read: it is no model's folder.") from error
    return cast("dict[str, Any]", found)


def read_longest(config: TrainingConfig) -> int:
    """The tokens that a row may have: `batch.max_tokens`, or what an encoder has positions for.

    Raises:
        InvalidInput: a language model has fewer positions.
    """
    positions = read_base_config(config.base).get("max_position_embeddings", config.batch.max_tokens)
    if config.task == "chat" and config.batch.max_tokens > positions:
        raise InvalidInput(
            f"batch.max_tokens is {config.batch.max_tokens}, and {config.base} has {positions} positions."
        )
    return min(config.batch.max_tokens, positions)


def check_output(output: Path) -> None:
    if output.exists():
        raise Conflict(f"{output} is there already: name another output, or remove it.")
    above = next(folder for folder in (output.parent, *output.parent.parents) if folder.exists())
    if not above.is_dir():
        raise InvalidInput(f"{above} is no folder: name another output.")


def check_space(output: Path, needed: int) -> None:
    """Raises InvalidInput where the disk has less than `needed` bytes for the checkpoints."""
    above = next(folder for folder in (output.parent, *output.parent.parents) if folder.exists())
    free = shutil.disk_usage(above).free
    if free < needed:
        raise InvalidInput(
            f"The disk of {above} has {free >> 20} MiB free and the checkpoints need {needed >> 20}: "
            "make room, or name an output on another disk."
        )


def check_data(config: TrainingConfig) -> str:
    """The data set's digest.

    Raises:
        InvalidInput: it is missing, empty, changed since it was made, of another kind than the task's, or leaking.
    """
    manifest, kind = read_manifest(config.data), _KINDS[config.task]
    if manifest.get("kind") != kind:
        raise InvalidInput(f"{config.data} is {manifest.get('kind')!r} data; the task {config.task} needs {kind!r}.")
    check_parts({part: read_rows(config.data, part) for part in PARTS})
    return str(manifest["digest"])
