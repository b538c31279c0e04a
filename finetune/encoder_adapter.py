"""The tuned upper layers of the encoder: a base in 4-bit NF4, LoRA adapters on it, and both merged for export.

QLoRA (Dettmers et al. 2023): the base is quantised to NF4 with double quantisation by bitsandbytes and frozen, the
adapters (Hu et al. 2021) are peft's and train in fp32. The base is dequantised once instead of at each product, which
is the same arithmetic and five times as fast on a CPU; so the adapters can be merged into exactly the weights that they
were trained on.
"""

# torch, transformers, peft and bitsandbytes come with the finetune extra only.
# pyright: reportMissingImports=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportUnknownParameterType=false

from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import torch
from peft import LoraConfig, get_peft_model_state_dict, inject_adapter_in_model, set_peft_model_state_dict
from peft.tuners.lora import Linear as LoraLinear
from safetensors.torch import load_file, save_file
from transformers import BertConfig, BertModel

from core.errors import ConfigurationError
from finetune.encoder_graph import LAYERS, SHARED_LAYERS
from finetune.nf4 import round_to_nf4

ADAPTER_DIR = Path(__file__).parent / "adapter"
ADAPTER_FILE = "adapter_model.safetensors"

_NAME = "default"


def load_published(source: Path) -> "BertModel":
    """The published weights in `source`, frozen, without BERT's pooler, which sentence vectors do not use."""
    config = BertConfig.from_json_file(source / "config.json")
    # Attention without dropout takes the fused kernel.
    config.attention_probs_dropout_prob = 0.0
    model = BertModel(config, add_pooling_layer=False)
    model.load_state_dict(load_file(source / "model.safetensors"), strict=False)
    return model.requires_grad_(False).eval()


def attach_adapter(model: "BertModel", rank: int, seed: int = 0) -> "torch.nn.ModuleList":
    """The layers from `SHARED_LAYERS` on, their linear weights rounded to NF4, with a fresh adapter on each."""
    torch.manual_seed(seed)
    upper = torch.nn.ModuleList(list(cast("Any", model.encoder.layer))[SHARED_LAYERS:LAYERS])
    for module in upper.modules():
        if isinstance(module, torch.nn.Linear):
            module.weight.data = round_to_nf4(module.weight.data)
    config = LoraConfig(r=rank, lora_alpha=2 * rank, target_modules=["query", "key", "value", "dense"])
    inject_adapter_in_model(config, upper, adapter_name=_NAME)
    return upper


def merge_adapter(upper: "torch.nn.ModuleList") -> dict[str, npt.NDArray[np.float32]]:
    """The tensors of the tuned layers by their BERT names, adapters added to the base."""
    tensors = {
        name.replace(".base_layer", ""): tensor.detach().clone()
        for name, tensor in upper.state_dict().items()
        if "lora_" not in name
    }
    for name, module in upper.named_modules():
        if isinstance(module, LoraLinear):
            tensors[f"{name}.weight"] += module.get_delta_weight(_NAME).detach()
    return {_bert_name(name): tensor.numpy() for name, tensor in tensors.items()}


def save_adapter(upper: "torch.nn.ModuleList", folder: Path) -> None:
    """Writes the adapter in fp16, in peft's names."""
    folder.mkdir(parents=True, exist_ok=True)
    tensors = get_peft_model_state_dict(cast("Any", upper), adapter_name=_NAME)
    halves = {name: tensor.detach().half().contiguous() for name, tensor in tensors.items()}
    save_file(halves, folder / ADAPTER_FILE)


def load_tuned(source: Path, folder: Path) -> dict[str, npt.NDArray[np.float32]]:
    """The tuned layers made of the published weights in `source` and the saved adapter in `folder`.

    Raises:
        ConfigurationError: the adapter does not fit the published weights.
    """
    return merge_adapter(load_adapter(load_published(source), folder))


def average_adapters(folders: Sequence[Path], out: Path) -> None:
    """Writes one adapter to `out` whose change of the base is the mean of those of the adapters in `folders`.

    Side by side they are one of their ranks' sum: [B1 B2] [A1; A2] = B1 A1 + B2 A2. The factor of all is 2.
    """
    parts = [load_file(folder / ADAPTER_FILE) for folder in folders]
    joined = {name: _join(name, [part[name].float() for part in parts]) for name in parts[0]}
    out.mkdir(parents=True, exist_ok=True)
    save_file({name: tensor.half().contiguous() for name, tensor in joined.items()}, out / ADAPTER_FILE)


def _join(name: str, tensors: "Sequence[torch.Tensor]") -> "torch.Tensor":
    return torch.cat(list(tensors)) if "lora_A" in name else torch.cat(list(tensors), dim=1) / len(tensors)


def load_adapter(model: "BertModel", folder: Path, seed: int = 0) -> "torch.nn.ModuleList":
    """The upper layers of the published `model` with the adapter saved in `folder`.

    Raises:
        ConfigurationError: the adapter does not fit the published weights.
    """
    saved = {name: tensor.float() for name, tensor in load_file(folder / ADAPTER_FILE).items()}
    rank = min(min(tensor.shape) for tensor in saved.values())
    upper = attach_adapter(model, rank, seed)
    outcome = set_peft_model_state_dict(cast("Any", upper), saved, adapter_name=_NAME)
    if outcome.unexpected_keys or len(saved) != len(get_peft_model_state_dict(cast("Any", upper))):
        raise ConfigurationError(f"The adapter in {folder} does not fit the published weights.")
    return upper


def _bert_name(name: str) -> str:
    number, _, rest = name.partition(".")
    return f"encoder.layer.{int(number) + SHARED_LAYERS}.{rest}"
