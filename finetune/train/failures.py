"""What a run says when it ends early: one line with what to change, in place of a stack."""

# torch comes with the finetune extra only.
# pyright: reportMissingImports=false, reportUnknownMemberType=false

import errno
from collections.abc import Generator
from contextlib import contextmanager

import torch
from safetensors import SafetensorError

from core.errors import InvalidInput, TellergraphError
from finetune.config import TrainingConfig
from finetune.train.checkpoints import forget_unbegun

_NO_MEMORY = ("out of memory", "not enough memory", "can't allocate memory", "Cannot allocate memory")
_NO_SPACE = ("No space left on device", "PytorchStreamWriter failed", "file write failed", "unexpected pos")
"""The last is all that torch.save says when it closes a file for which there was no room."""


class RunFailed(TellergraphError):
    """The machine could not do what the config asked for; the same command goes on from the last checkpoint."""

    code = "run_failed"


@contextmanager
def explained(config: TrainingConfig) -> Generator[None]:
    """Turns an exhausted memory or disk into RunFailed. Of wrong input nothing is left."""
    try:
        yield
    except InvalidInput:
        forget_unbegun(config.output)
        raise
    except (MemoryError, OSError, RuntimeError, SafetensorError) as error:
        if is_out_of_memory(error):
            raise RunFailed(f"Out of memory. {advise(config)}") from error
        if is_disk_full(error):
            raise RunFailed(
                f"The disk of {config.output.parent} is full: make room and give the same command, "
                "which goes on from the last checkpoint."
            ) from error
        raise


def is_out_of_memory(error: BaseException) -> bool:
    if isinstance(error, MemoryError | torch.OutOfMemoryError):
        return True
    if isinstance(error, OSError) and error.errno == errno.ENOMEM:
        return True
    return isinstance(error, RuntimeError) and any(sign in str(error) for sign in _NO_MEMORY)


def is_disk_full(error: BaseException) -> bool:
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return True
    return any(sign in str(error) for sign in _NO_SPACE)


def advise(config: TrainingConfig) -> str:
    """What to change, first what costs least."""
    memory, batch = config.memory, config.batch
    steps = [
        "set memory.gradient_checkpointing: true" if not memory.gradient_checkpointing else "",
        f"set batch.rows: {batch.rows // 2} and batch.accumulate: {batch.accumulate * 2}" if batch.rows > 1 else "",
        "set method: qlora" if config.method != "qlora" else "",
        "set memory.unpacked: false" if config.method == "qlora" and memory.unpacked else "",
        f"set batch.max_tokens: {batch.max_tokens // 2}" if batch.max_tokens > 256 else "",
        f"set lora.rank: {config.lora.rank // 2}" if config.method != "full" and config.lora.rank > 8 else "",
    ]
    first = next((step for step in steps if step), "take a smaller base")
    return f"{first[0].upper()}{first[1:]}; `tellergraph finetune plan` says what fits."
