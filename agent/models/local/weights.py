"""A base model in memory, in four bits where that is possible, and the adapters on it. Only the worker imports this."""

# torch, transformers and peft come with the finetune extra only.
# pyright: reportMissingImports=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportUnknownParameterType=false

import warnings
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal

import torch
from peft import PeftModel
from peft.tuners.tuners_utils import BaseTunerLayer
from safetensors import safe_open
from transformers import AutoConfig, AutoModelForCausalLM, BitsAndBytesConfig
from transformers.utils import logging as transformers_logging

from agent.models.local.folders import ADAPTER_WEIGHTS
from agent.models.local.mapped_file import leave_file

FourBit = Literal["auto", "on", "off"]

_UNKNOWN_LONGEST = 2048

transformers_logging.set_verbosity_error()
transformers_logging.disable_progress_bar()


class HalfLoaded(Exception):
    """The base may have been changed: only a new process has it as it was."""


class Weights:
    """One base, and adapters that take turns on it."""

    def __init__(self, model: Any) -> None:
        self.model = model
        said = model.generation_config.eos_token_id
        self.ends = frozenset(said if isinstance(said, list) else [said])
        """The tokens that end an answer."""
        self._tuned: PeftModel | None = None

    @property
    def device(self) -> torch.device:
        return self.model.device

    @property
    def is_four_bit(self) -> bool:
        return bool(getattr(self.model, "is_loaded_in_4bit", False))

    @property
    def longest(self) -> int:
        """Tokens of a prompt and its answer together."""
        return int(getattr(self.model.config.get_text_config(), "max_position_embeddings", _UNKNOWN_LONGEST))

    def load(self, key: str, folder: Path) -> None:
        """Adds an adapter.

        Raises:
            ValueError: it does not fit the base, which is as before.
            HalfLoaded: it does not fit, and that showed too late.
        """
        check_fit(self.model, folder)
        try:
            with warnings.catch_warnings():
                # The weights that a file lacks would be random.
                warnings.filterwarnings("error", message="Found missing adapter keys")
                if self._tuned is None:
                    self._tuned = PeftModel.from_pretrained(self.model, folder, adapter_name=key)
                else:
                    self._tuned.load_adapter(folder, adapter_name=key)
        except Exception as error:
            # Whatever it was, some layers have the adapter and others lack it.
            raise HalfLoaded(f"it does not fit the base ({error})") from error
        self._tuned.eval()

    def drop(self, key: str) -> None:
        if self._tuned is not None and key in self._tuned.peft_config:
            self._tuned.delete_adapter(key)

    def use(self, key: str | None) -> Any:
        """The base with one adapter, or alone."""
        # PeftModel itself cannot be without an adapter once the one that was used last has been dropped.
        for layer in self.model.modules():
            if isinstance(layer, BaseTunerLayer):
                layer.enable_adapters(key is not None)
        if self._tuned is not None and key is not None:
            self._tuned.set_adapter(key, inference_mode=True)
        return self.model


def check_fit(model: Any, folder: Path) -> None:
    """Whether the base has the layers that the LoRA matrices in the folder are of, and as wide. Raises ValueError."""
    layers = dict(model.named_modules())
    with safe_open(folder / ADAPTER_WEIGHTS, framework="pt") as file:
        for name in file.keys():  # noqa: SIM118
            layer, _, matrix = name.removeprefix("base_model.model.").partition(".lora_")
            if matrix not in {"A.weight", "B.weight"}:
                continue
            axis, width = (1, "in_features") if matrix == "A.weight" else (0, "out_features")
            if file.get_slice(name).get_shape()[axis] != getattr(layers.get(layer), width, None):
                raise ValueError(f"it does not fit the base, which has no layer {layer} of that width")


def load_base(folder: Path, four_bit: FourBit) -> Weights:
    """On the GPU where there is one. "auto": four bits where bitsandbytes is installed and the weights are plain.

    Raises:
        ValueError: four bits are wanted and bitsandbytes is missing, or weights are.
        OSError, safetensors.SafetensorError, torch.OutOfMemoryError: as torch and Transformers raise them.
    """
    has_library = find_spec("bitsandbytes") is not None
    if four_bit == "on" and not has_library:
        raise ValueError("bitsandbytes is missing: pip install -r requirements/finetune.txt")
    config = AutoConfig.from_pretrained(folder, local_files_only=True)
    is_quantised = getattr(config, "quantization_config", None) is not None
    quantised = has_library and four_bit != "off" and not is_quantised
    loading: Any = AutoModelForCausalLM.from_pretrained(
        folder,
        local_files_only=True,
        use_safetensors=True,
        dtype=torch.bfloat16,
        device_map={"": "cuda" if torch.cuda.is_available() else "cpu"},
        quantization_config=_in_four_bits() if quantised else None,
        output_loading_info=True,
    )
    model, found = loading
    # Transformers only mentions them, and gives them random numbers.
    if missing := sorted(found["missing_keys"]):
        raise ValueError(f"its weights lack {len(missing)} parts, such as {missing[0]}: copy the folder again")
    if quantised and model.device.type == "cpu":
        leave_file(model)
    # On CPUs with AVX512-BF16 bitsandbytes repacks the weights at the first answer, which breaks training and makes a
    # token twelve times faster: finetune forbids it, a server wants it.
    return Weights(model.eval())


def _in_four_bits() -> BitsAndBytesConfig:
    return BitsAndBytesConfig(
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=torch.bfloat16,
    )
