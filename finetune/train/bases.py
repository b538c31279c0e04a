"""The model that a run trains: the base as the method wants it, frozen, with fresh adapters.

qlora   linear layers in NF4 (double quantisation), the rest in the type of computing
lora    all of the base in the type of computing
full    no adapter; weights in fp32, computed with in bf16 where that is asked for
"""

# torch and its company come with the finetune extra only.
# pyright: reportMissingImports=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportUnknownParameterType=false

from dataclasses import dataclass
from typing import Any, Literal

import torch
from peft import LoraConfig, TaskType, get_peft_model
from safetensors import SafetensorError
from transformers import AutoModel, AutoModelForCausalLM, AutoTokenizer, BitsAndBytesConfig

from agent.models.local.mapped_file import leave_file
from core.errors import InvalidInput
from finetune.config import TrainingConfig
from finetune.cpu_guard import keep_gradients, return_freed_memory
from finetune.nf4 import round_linear_layers
from finetune.quiet import ignoring_renames

Task = Literal["chat", "classification"]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a run computes, and in which type."""

    device: str
    """`cpu`, or `cuda:N` with the number of this process's GPU."""
    computing: "torch.dtype"

    @property
    def kind(self) -> str:
        return self.device.partition(":")[0]


@dataclass(frozen=True, slots=True)
class Trainable:
    parameters: int
    """That train."""
    of: int
    """All, those included; a 4-bit weight counts as one."""

    @property
    def percent(self) -> float:
        return 100 * self.parameters / self.of


def choose_place(config: TrainingConfig, local_rank: int = 0) -> Place:
    """Raises InvalidInput where the config asks for a GPU and there is none."""
    has_gpu = torch.cuda.is_available()
    if config.device == "gpu" and not has_gpu:
        raise InvalidInput("The config asks for a GPU and there is none: set `device: cpu`, or run where one is.")
    device = f"cuda:{local_rank}" if has_gpu and config.device != "cpu" else "cpu"
    wants = config.memory.precision
    if wants == "auto":
        wants = "bf16" if (torch.cuda.is_bf16_supported() if device != "cpu" else _has_fast_bf16()) else "fp32"
    return Place(device, torch.bfloat16 if wants == "bf16" else torch.float32)


def _has_fast_bf16() -> bool:
    return "avx512_bf16" in torch.cpu.get_capabilities()


def load_tokenizer(config: TrainingConfig) -> Any:
    try:
        return AutoTokenizer.from_pretrained(config.base, local_files_only=True)
    except (OSError, ValueError, KeyError) as error:
        raise InvalidInput(f"{config.base} has no tokenizer that can be read: {_first_line(error)}") from error


def load_model(config: TrainingConfig, place: Place) -> Any:
    """The base of `config` on `place`, ready to train.

    Raises:
        InvalidInput: it cannot be loaded, or has none of the modules that adapters are asked for.
    """
    if place.kind == "cpu":
        return_freed_memory()
    kind = AutoModelForCausalLM if config.task == "chat" else AutoModel
    packed = config.method == "qlora" and not config.memory.unpacked
    options: dict[str, Any] = {"local_files_only": True}
    if config.task == "chat":
        # It makes the mask of packed chats from their positions. Not every encoder has it (MPNet).
        options["attn_implementation"] = "sdpa"
    options["dtype"] = torch.float32 if config.method == "full" else place.computing
    options["device_map"] = {"": place.device}
    if packed:
        options["quantization_config"] = _describe_nf4(config, place)
    try:
        model = kind.from_pretrained(config.base, **options)
    except SafetensorError as error:
        raise InvalidInput(f"The weights in {config.base} are damaged or cut off: copy the folder again.") from error
    except (OSError, ValueError, KeyError) as error:
        raise InvalidInput(f"{config.base} cannot be loaded: {_first_line(error)}") from error
    model.config.use_cache = False
    model = prepare_model(model, config)
    if config.method == "qlora" and place.kind == "cpu":
        leave_file(model)
    return model


def prepare_model(model: Any, config: TrainingConfig) -> Any:
    """`model` as the method wants it: quantised layers guarded or rounded, adapters on.

    Raises:
        InvalidInput: it has none of the modules that adapters are asked for.
    """
    if keep_gradients(model) == 0 and config.method == "qlora":
        round_linear_layers(model, config.memory.double_quantisation)
    if config.method != "full":
        model = _attach(model, config)
    if config.memory.gradient_checkpointing:
        model.activation_checkpointing_enable(activation_checkpointing_kwargs={"use_reentrant": False})
    return model


def check_checkpointing(config: TrainingConfig, has_it: bool) -> None:
    """Raises InvalidInput where the config asks for gradient checkpointing and the base's family has none."""
    if config.memory.gradient_checkpointing and not has_it:
        raise InvalidInput(f"{config.base} has no gradient checkpointing: set memory.gradient_checkpointing to false.")


def count_trainable(model: Any) -> Trainable:
    counts = [(_count(parameter), parameter.requires_grad) for parameter in model.parameters()]
    return Trainable(sum(count for count, trains in counts if trains), sum(count for count, _ in counts))


def _count(parameter: Any) -> int:
    # Two 4-bit weights share a byte.
    return parameter.numel() * (2 if type(parameter).__name__ == "Params4bit" else 1)


def _describe_nf4(config: TrainingConfig, place: Place) -> BitsAndBytesConfig:
    return BitsAndBytesConfig(
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_use_double_quant=config.memory.double_quantisation,
        bnb_4bit_compute_dtype=place.computing,
    )


def _attach(model: Any, config: TrainingConfig) -> Any:
    lora = config.lora
    adapter = LoraConfig(
        r=lora.rank,
        lora_alpha=config.alpha,  # pyright: ignore[reportArgumentType]
        lora_dropout=lora.dropout,
        target_modules=lora.targets if isinstance(lora.targets, str) else list(lora.targets),
        # Nothing goes through BERT's pooler: sentences are pooled from all states.
        exclude_modules=r".*pooler.*" if any("pooler" in name for name, _ in model.named_modules()) else None,
        use_rslora=lora.rslora,
        use_dora=lora.dora,
        task_type=TaskType.CAUSAL_LM if config.task == "chat" else TaskType.FEATURE_EXTRACTION,
    )
    # The frozen weights take no gradient, also where a method trains none of the adapters' own.
    model.requires_grad_(False)
    try:
        with ignoring_renames():
            return get_peft_model(model, adapter)
    except ValueError as error:
        raise InvalidInput(f"lora.targets does not fit {config.base}: {_first_line(error)}") from error


def _first_line(error: Exception) -> str:
    lines = str(error.args[0] if error.args else error).strip().splitlines()
    return lines[0] if lines else type(error).__name__
