"""The optimiser of a run, with the rates of its groups."""

# torch and its company come with the finetune extra only.
# pyright: reportMissingImports=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportUnknownParameterType=false

from typing import Any

import torch
from peft.optimizers import create_loraplus_optimizer

from core.errors import InvalidInput
from finetune.config import TrainingConfig
from finetune.train.bases import Place


def make_optimiser(model: Any, config: TrainingConfig, place: Place) -> Any:
    """AdamW over what trains in `model`. LoRA+ gives the B matrices a rate of their own, as a classifier's head has.

    Raises:
        InvalidInput: a paged one is asked for, and the run is on a CPU.
    """
    kind, wanted = _choose(config, place), config.optimiser
    if config.lora.plus_ratio is not None and config.method != "full":
        return create_loraplus_optimizer(
            model,
            kind,
            lr=wanted.learning_rate,
            loraplus_lr_ratio=config.lora.plus_ratio,
            loraplus_weight_decay=wanted.weight_decay,
        )
    trained = [(name, parameter) for name, parameter in model.named_parameters() if parameter.requires_grad]
    groups = [{"params": [p for name, p in trained if not _is_head(name)], "lr": wanted.learning_rate}]
    if config.task == "classification":
        rate = config.classification.head_learning_rate
        groups.append({"params": [p for name, p in trained if _is_head(name)], "lr": rate})
    return kind(groups, lr=wanted.learning_rate, weight_decay=wanted.weight_decay)


def _is_head(name: str) -> bool:
    return name.removeprefix("module.").startswith(("head.", "projection."))


def _choose(config: TrainingConfig, place: Place) -> Any:
    wanted = config.optimiser.name
    if place.kind == "cpu":
        if wanted.startswith("paged"):
            raise InvalidInput(f"optimiser.name is {wanted!r}, which needs an NVIDIA GPU: set it to auto or adamw.")
        return torch.optim.AdamW
    if wanted == "adamw":
        return torch.optim.AdamW
    # Inside the function: only here is it certain that there is a GPU.
    from bitsandbytes.optim import PagedAdamW8bit, PagedAdamW32bit  # noqa: PLC0415

    return PagedAdamW8bit if wanted == "paged_adamw_8bit" else PagedAdamW32bit
