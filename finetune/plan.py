"""What a training run will need of a device's memory, from its config and the base's config.json alone.

Parts are counted, not guessed: weights in the type in which the method keeps them (NF4 with its scales), adapters and
gradients in fp32, the optimiser's two moments, what the backward pass needs (`finetune/activations.py`), the logits of
a chunk. What a process has beside (libraries, CUDA's context) is `OVERHEAD`.
"""

# torch and its company come with the finetune extra only.
# pyright: reportMissingImports=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportUnknownParameterType=false

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from transformers import AutoConfig

from core.errors import InvalidInput
from finetune.activations import count_activations
from finetune.config import TrainingConfig
from finetune.nf4 import BLOCK
from finetune.shapes import Linear, Shape, describe
from finetune.train.bases import Place, check_checkpointing, choose_place
from finetune.train.chat_model import CHUNK
from finetune.train.inputs import read_base_config

OVERHEAD = {"cpu": 900 << 20, "cuda": 600 << 20}
"""Bytes that are there before a model is: Python with torch and Transformers; CUDA's context and what its allocator
leaves unused."""
_SCALES = 256
"""Blocks whose scales share one, with double quantisation."""
_LENGTHS = (512, 1024, 2048, 4096)
_MOST_ROWS = 64


@dataclass(frozen=True, slots=True)
class Needs:
    """Bytes at the peak of a step."""

    weights: int
    adapters: int
    gradients: int
    optimiser: int
    activations: int
    logits: int
    buffers: int
    """A 4-bit layer unpacked for its product."""
    overhead: int

    @property
    def total(self) -> int:
        return sum(asdict(self).values())

    @property
    def allocated(self) -> int:
        """What torch allocates."""
        return self.total - self.overhead


@dataclass(frozen=True, slots=True)
class Plan:
    needs: Needs
    memory: int
    """Bytes that the device has to give."""
    trainable: int
    parameters: int
    """All, the trainable ones included."""
    advice: tuple[str, ...]
    """Changes to the config with which it fits, the cheapest first; empty where it fits, or where none is enough."""
    rows: dict[int, int]
    """The most rows of a batch by their tokens; 0: not one."""

    @property
    def fits(self) -> bool:
        return self.needs.total <= self.memory

    @property
    def trainable_percent(self) -> float:
        return 100 * self.trainable / self.parameters


def make_plan(config: TrainingConfig, memory: int | None = None) -> Plan:
    """Raises InvalidInput for a base whose config.json cannot be read, or that cannot be trained as the config says.

    Args:
        memory: bytes; default: what the device at hand has free.
    """
    read_base_config(config.base)
    base, place = read_base(config), _choose_place(config, memory)
    check_checkpointing(config, base.shape.has_checkpointing)
    memory = find_memory(place) if memory is None else memory
    trained, needs = count_trained(base.shape, config), count_needs(base, config, place)
    return Plan(
        needs=needs,
        memory=memory,
        trainable=trained,
        parameters=base.shape.parameters + (0 if config.method == "full" else trained),
        advice=() if needs.total <= memory else _advise(base, config, place, memory),
        rows=_list_rows(base, config, place, memory),
    )


def _choose_place(config: TrainingConfig, memory: int | None) -> Place:
    """Where it will run: with `memory` given, also a GPU that is elsewhere."""
    if memory is not None and config.device == "gpu":
        return Place("cuda:0", torch.float32 if config.memory.precision == "fp32" else torch.bfloat16)
    return choose_place(config)


@dataclass(frozen=True, slots=True)
class Base:
    config: Any
    """As Transformers reads it."""
    shape: Shape


def read_base(config: TrainingConfig) -> Base:
    """Raises InvalidInput for a config.json that is none, or of a family that Transformers does not know."""
    try:
        found = AutoConfig.from_pretrained(config.base, local_files_only=True)
    except (OSError, ValueError, KeyError) as error:
        raise InvalidInput(f"{config.base}/config.json cannot be read: {str(error).splitlines()[0]}") from error
    return Base(found, describe(found, config.task))


def count_trained(shape: Shape, config: TrainingConfig) -> int:
    """Parameters that train; a classifier's head left out."""
    if config.method == "full":
        return shape.parameters
    return sum(_count_adapter(linear, config) for linear in shape.targets(config.lora.targets))


def _count_adapter(linear: Linear, config: TrainingConfig) -> int:
    # DoRA has a magnitude for each output beside.
    return config.lora.rank * (linear.inputs + linear.outputs) + (linear.outputs if config.lora.dora else 0)


def count_needs(base: Base, config: TrainingConfig, place: Place) -> Needs:
    shape = base.shape
    trained, full = count_trained(shape, config), config.method == "full"
    packed = config.method == "qlora" and not config.memory.unpacked
    activations = count_activations(base.config, config, place)
    width = 4 if full else place.computing.itemsize
    return Needs(
        weights=_count_weights(shape, config, packed, width),
        adapters=0 if full else 4 * trained,
        gradients=4 * trained,
        optimiser=_count_moments(trained, config, place),
        activations=activations.peak(shape.layers, config.memory.gradient_checkpointing),
        logits=CHUNK * shape.vocabulary * (2 * 4 + place.computing.itemsize) if config.task == "chat" else 0,
        buffers=max(linear.weights for linear in shape.linears) * width if packed else 0,
        overhead=OVERHEAD[place.kind],
    )


def _count_weights(shape: Shape, config: TrainingConfig, packed: bool, width: int) -> int:
    quantised = sum(linear.weights for linear in shape.linears)
    if not packed:
        return shape.parameters * width
    blocks = quantised // BLOCK
    scales = blocks + 4 * (blocks // _SCALES) if config.memory.double_quantisation else 4 * blocks
    return quantised // 2 + scales + shape.others * width


def _count_moments(trained: int, config: TrainingConfig, place: Place) -> int:
    if place.kind != "cpu" and config.optimiser.name == "paged_adamw_8bit":
        return 2 * trained
    return 8 * trained


def find_memory(place: Place) -> int:
    """Bytes that the device has free."""
    if place.kind != "cpu":
        return torch.cuda.mem_get_info(place.device)[0]
    lines = Path("/proc/meminfo").read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) << 10 for line in lines if line.startswith("MemAvailable"))


def _advise(base: Base, config: TrainingConfig, place: Place, memory: int) -> tuple[str, ...]:
    changes: list[str] = []
    for said, changed in _iterate_changes(config, base.shape):
        changes.append(said)
        if count_needs(base, changed, place).total <= memory:
            return tuple(changes)
    return ()


def _iterate_changes(config: TrainingConfig, shape: Shape) -> Iterator[tuple[str, TrainingConfig]]:
    """Each with those before it, the ones that change the outcome of the training last."""
    if shape.has_checkpointing and not config.memory.gradient_checkpointing:
        config = _change(config, "memory", gradient_checkpointing=True)
        yield "memory.gradient_checkpointing: true", config
    while config.batch.rows > 1:
        rows, accumulate = config.batch.rows // 2, config.batch.accumulate * 2
        config = _change(config, "batch", rows=rows, accumulate=accumulate)
        yield f"batch.rows: {rows} and batch.accumulate: {accumulate}", config
    if config.method == "qlora" and config.memory.unpacked:
        config = _change(config, "memory", unpacked=False)
        yield "memory.unpacked: false", config
    for method in {"full": ("lora", "qlora"), "lora": ("qlora",)}.get(config.method, ()):
        config = config.model_copy(update={"method": method})
        yield f"method: {method}", config
    while config.batch.max_tokens > 256:
        tokens = config.batch.max_tokens // 2
        config = _change(config, "batch", max_tokens=tokens)
        yield f"batch.max_tokens: {tokens}", config
    while config.lora.rank > 8:
        rank = max(8, config.lora.rank // 2)
        config = _change(config, "lora", rank=rank)
        yield f"lora.rank: {rank}", config


def _change(config: TrainingConfig, section: str, **values: Any) -> TrainingConfig:
    return config.model_copy(update={section: getattr(config, section).model_copy(update=values)})


def _list_rows(base: Base, config: TrainingConfig, place: Place, memory: int) -> dict[int, int]:
    positions = getattr(base.config, "max_position_embeddings", _LENGTHS[-1])
    lengths = [length for length in _LENGTHS if length <= positions]
    return {length: _find_rows(base, config, place, memory, length) for length in lengths}


def _find_rows(base: Base, config: TrainingConfig, place: Place, memory: int, length: int) -> int:
    """What is kept for the backward pass grows with the rows, and nothing else does."""
    needs = count_needs(base, _change(config, "batch", rows=1, max_tokens=length), place)
    left = memory - (needs.total - needs.activations)
    return min(_MOST_ROWS, max(0, left // needs.activations))
