"""What a training run is told: one YAML file, checked before anything is loaded.

Only `base`, `data` and `output` have no default. Paths are relative to the working directory. A key that does not exist
is an error and never ignored; `load_config` names the key that was probably meant.
"""

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal, cast

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from core.errors import InvalidInput

Share = Annotated[float, Field(ge=0, lt=1)]
Rate = Annotated[float, Field(gt=0, le=1)]
Count = Annotated[int, Field(ge=1)]


Rounding = Literal["nf4", "nf4-double"]
"""Of a base's linear layers: to NF4, and with the scales of its blocks quantised too."""


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Lora(_Section):
    """The adapter (Hu et al. 2021). Not used by the method `full`."""

    rank: Count = 40
    """With all linear layers this trains 1.46 % of a 7B Llama."""
    alpha: Annotated[float, Field(gt=0)] | None = None
    """Default: twice the rank."""
    dropout: Share = 0.05
    targets: Literal["all-linear"] | tuple[str, ...] = "all-linear"
    """Endings of the names of the modules that get an adapter; all linear layers but the output head by default."""
    rslora: bool = False
    """Scales by alpha / sqrt(rank) (Kalajdzievski 2023)."""
    dora: bool = False
    """Trains magnitude and direction apart (Liu et al. 2024)."""
    plus_ratio: Annotated[float, Field(ge=1)] | None = None
    """LoRA+ (Hayou et al. 2024): how many times faster B learns than A; 16 is the paper's value. Default: as fast."""


class Optimiser(_Section):
    name: Literal["auto", "adamw", "paged_adamw", "paged_adamw_8bit"] = "auto"
    """`auto` is `paged_adamw` where bitsandbytes can page, which is on an NVIDIA GPU, and `adamw` elsewhere."""
    learning_rate: Rate = 2e-4
    weight_decay: Share = 0.0
    warm_up: Share = 0.03
    """Share of the steps."""
    decay: Literal["cosine", "linear", "constant"] = "cosine"
    clip: Annotated[float, Field(gt=0)] = 1.0


class Batch(_Section):
    rows: Count = 2
    """On each device, at once."""
    accumulate: Count = 8
    """Batches for one step."""
    max_tokens: Annotated[int, Field(ge=8)] = 1024
    """A longer row is left out if it is a chat, and cut if it is a text to classify."""
    packing: bool = True
    """Several chats share a row of `max_tokens`; none sees another."""


class Schedule(_Section):
    epochs: Annotated[float, Field(gt=0)] = 1.0
    max_steps: Count | None = None
    """Ends earlier."""
    log_every: Count = 1
    evaluate_every: Count = 50
    """Steps; also how often a checkpoint is written, so that the best one can be kept."""
    patience: Count | None = 3
    """Ends after so many evaluations without a lower loss; null: never."""
    checkpoints: Annotated[int, Field(ge=2)] = 2
    """How many are kept, beside the best one."""

    @model_validator(mode="after")
    def _logs_fall_on_checkpoints(self) -> "Schedule":
        if self.evaluate_every % self.log_every:
            raise ValueError("evaluate_every must be a multiple of log_every, so that a resumed run logs the same")
        return self


class Memory(_Section):
    precision: Literal["auto", "bf16", "fp32"] = "auto"
    """Of what is computed and of the base; `auto`: bf16 where the device has it. Adapters train in fp32."""
    gradient_checkpointing: bool = True
    double_quantisation: bool = True
    """Quantises the scales of the 4-bit blocks too (QLoRA only)."""
    unpacked: bool = False
    """Rounds the base to NF4 but does not pack it: the same arithmetic, several times as fast on a CPU, for the memory
    that LoRA needs (QLoRA only)."""


class Classification(_Section):
    """How a text classifier is trained on an encoder. Not used by the task `chat`."""

    sources: tuple[str, ...] | None = None
    """Of which sources rows are taken, such as banking77; default: all."""
    pooling: Literal["mean", "first"] = "mean"
    start_at_centroids: bool = True
    """The head begins as the mean vector of each class, not at random."""
    head_learning_rate: Rate = 3e-3
    label_smoothing: Share = 0.1
    feature_dropout: Share = 0.2
    consistency: Annotated[float, Field(ge=0)] = 0.0
    """Weight of how far the predictions for a text under two dropouts are apart (R-Drop, Liang et al. 2021), which
    makes a step twice as long; 0: none."""
    contrast: Annotated[float, Field(ge=0)] = 0.5
    """Weight of the supervised contrast beside the cross-entropy; 0: none."""
    queue: Count = 1536
    """Texts of earlier batches that the contrast remembers."""
    average: Share = 0.995
    """Share of the old value in each step of the weights' moving average, which is what is kept; 0: none."""
    soft_share: Share = 0.3
    """Share of an out-of-fold prediction in a row's target; 0: none."""


class TrainingConfig(_Section):
    base: Path
    """Folder of the model: config.json, weights, tokenizer."""
    data: Path
    """Folder that `finetune data` wrote."""
    output: Path
    """Folder that appears when the run has ended, and not before."""
    task: Literal["chat", "classification"] = "chat"
    method: Literal["qlora", "lora", "full"] = "qlora"
    device: Literal["auto", "cpu", "gpu"] = "auto"
    """`gpu` refuses to start without one."""
    threads: Count | None = None
    """On a CPU; default: all cores. The same number gives the same figures again."""
    seed: Annotated[int, Field(ge=0, lt=2**32)] = 7
    lora: Lora = Lora()
    optimiser: Optimiser = Optimiser()
    batch: Batch = Batch()
    schedule: Schedule = Schedule()
    memory: Memory = Memory()
    classification: Classification = Classification()

    @model_validator(mode="after")
    def _fits_together(self) -> "TrainingConfig":
        if self.output in (self.base, self.data):
            raise ValueError("output must be a folder of its own")
        if self.lora.plus_ratio is not None and self.task == "classification":
            raise ValueError("lora.plus_ratio is for the task chat: a classifier's rates are set one by one")
        return self

    @property
    def rounding(self) -> Rounding | None:
        """What adapters are trained on; None: the base as it is."""
        if self.method != "qlora":
            return None
        return "nf4-double" if self.memory.double_quantisation else "nf4"

    @property
    def alpha(self) -> float:
        return self.lora.alpha if self.lora.alpha is not None else 2.0 * self.lora.rank


def load_config(path: Path, overrides: Mapping[str, Any] | None = None) -> TrainingConfig:
    """The config in the YAML file `path`, with top-level keys replaced by `overrides`.

    Raises:
        InvalidInput: it cannot be read, a key does not exist or a value is wrong; one line that says which.
    """
    try:
        text = path.read_text(encoding="utf-8")
        found = yaml.safe_load(text)
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no UTF-8 text"
        raise InvalidInput(f"{path} cannot be read: {reason}.") from error
    except yaml.YAMLError as error:
        raise InvalidInput(f"{path} is no YAML: {' '.join(str(error).split())}.") from error
    if not isinstance(found, dict):
        raise InvalidInput(f"{path} needs keys with values; the least is base, data and output.")
    return _parse(cast("dict[str, Any]", found) | dict(overrides or {}), path)


def _parse(values: dict[str, Any], path: Path) -> TrainingConfig:
    try:
        return TrainingConfig.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        raise InvalidInput(f"{path}: {_explain(first['loc'], first['type'], first['msg'], first['input'])}") from error


def _explain(place: Sequence[str | int], kind: str, reason: str, value: object) -> str:
    name = ".".join(str(part) for part in place)
    if kind == "extra_forbidden":
        return f"unknown key {name!r}.{_suggest(place)}"
    if kind == "missing":
        return f"the key {name!r} is missing."
    reason = reason.removeprefix("Value error, ")
    return f"{name} is {value!r}: {reason}." if name else f"{reason}."


def _suggest(place: Sequence[str | int]) -> str:
    """The key that was probably meant, here or in another section."""
    section = _section_at(place[:-1])
    known = list(section.model_fields)
    if near := get_close_matches(str(place[-1]), known, n=1):
        return f" Did you mean {near[0]!r}?"
    elsewhere = {key: name for name in (None, *_SECTIONS) for key in _section_at([name] if name else []).model_fields}
    if near := get_close_matches(str(place[-1]), list(elsewhere), n=1):
        home = elsewhere[near[0]]
        return f" Did you mean {near[0]!r} {f'under {home!r}' if home else 'at the top'}?"
    return f" Known here: {', '.join(known)}."


def _section_at(place: Sequence[str | int]) -> type[BaseModel]:
    return _SECTIONS[str(place[0])] if place else TrainingConfig


_SECTIONS: dict[str, type[BaseModel]] = {
    name: field.annotation
    for name, field in TrainingConfig.model_fields.items()
    if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel)
}
