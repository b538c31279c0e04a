"""What a GGUF file of a model family says and how its tensors lie in it (llama.cpp's conventions).

A family stands here once its file, read back by Transformers, gives the logits of the model that was written
(tests/finetune/test_export_gguf.py). Others are refused.
"""

# torch and gguf come with the finetune extra only.
# pyright: reportMissingImports=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportUnknownParameterType=false

from dataclasses import dataclass
from typing import Any

import torch
from gguf import MODEL_ARCH, GGUFWriter

from core.errors import InvalidInput

_PLAIN_ROPE = {None, "default"}


@dataclass(frozen=True)
class Family:
    arch: MODEL_ARCH
    rotates_in_pairs: bool = False
    """llama.cpp turns neighbours where Transformers turns halves: rows of q and k change places."""
    norms_from_zero: bool = False
    """The model's norms multiply by 1 + weight, those of the file by the weight."""
    has_windows: bool = False
    """Some layers attend to a sliding window. Elsewhere a window ends what the file calls the context."""


FAMILIES = {
    "llama": Family(MODEL_ARCH.LLAMA, rotates_in_pairs=True),
    "mistral": Family(MODEL_ARCH.LLAMA, rotates_in_pairs=True),
    "qwen2": Family(MODEL_ARCH.QWEN2),
    "qwen3": Family(MODEL_ARCH.QWEN3),
    "gemma2": Family(MODEL_ARCH.GEMMA2, norms_from_zero=True, has_windows=True),
    "gemma3_text": Family(MODEL_ARCH.GEMMA3, norms_from_zero=True, has_windows=True),
}
"""By Transformers' ``model_type``."""


def find_family(config: Any) -> Family:
    """The family of a model with this ``PretrainedConfig``.

    Raises:
        InvalidInput: a GGUF of it would not give the same logits.
    """
    family = FAMILIES.get(config.model_type)
    if family is None:
        known = ", ".join(FAMILIES)
        raise InvalidInput(f"No GGUF of {config.model_type}: only of {known}. The merged safetensors need none.")
    if rope := {kind for kind in _rope_types(config) if kind not in _PLAIN_ROPE}:
        raise InvalidInput(f"No GGUF of a model with {'/'.join(sorted(rope))} rope scaling: convert it with llama.cpp.")
    scale = getattr(config, "query_pre_attn_scalar", None)
    if scale not in (None, head_size(config)):
        raise InvalidInput(
            f"No GGUF of {config.model_type} whose attention is scaled by {scale} instead of its heads' size."
        )
    return family


def _rope_types(config: Any) -> set[Any]:
    rope = config.rope_parameters or {}
    # Models with two kinds of layers have a set for each.
    sets = [value for value in rope.values() if isinstance(value, dict)] or [rope]
    return {each.get("rope_type") for each in sets}


def head_size(config: Any) -> int:
    return getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads


def describe_model(writer: GGUFWriter, config: Any, family: Family) -> None:
    """The model's shape."""
    writer.add_vocab_size(config.vocab_size)
    writer.add_context_length(_find_context(config, family))
    writer.add_embedding_length(config.hidden_size)
    writer.add_block_count(config.num_hidden_layers)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count(config.num_attention_heads)
    writer.add_head_count_kv(config.num_key_value_heads)
    writer.add_key_length(head_size(config))
    writer.add_value_length(head_size(config))
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    writer.add_rope_dimension_count(head_size(config))
    writer.add_rope_freq_base(_rope_base(config))
    if family.has_windows:
        writer.add_sliding_window(config.sliding_window)
    if (cap := getattr(config, "attn_logit_softcapping", None)) is not None:
        writer.add_attn_logit_softcapping(cap)
    if (cap := getattr(config, "final_logit_softcapping", None)) is not None:
        writer.add_final_logit_softcapping(cap)


def _find_context(config: Any, family: Family) -> int:
    window = None if family.has_windows else getattr(config, "sliding_window", None)
    return min(config.max_position_embeddings, window or config.max_position_embeddings)


def _rope_base(config: Any) -> float:
    rope = config.rope_parameters
    return float(rope.get("full_attention", rope)["rope_theta"])


def lay_out(name: str, tensor: "torch.Tensor", config: Any, family: Family) -> "torch.Tensor":
    """The tensor of Transformers' ``name`` as it lies in the file."""
    if family.norms_from_zero and name.endswith("norm.weight"):
        return tensor.float() + 1
    if family.rotates_in_pairs and ".q_proj." in name:
        return _pair_rows(tensor, config.num_attention_heads)
    if family.rotates_in_pairs and ".k_proj." in name:
        return _pair_rows(tensor, config.num_key_value_heads)
    return tensor


def _pair_rows(tensor: "torch.Tensor", heads: int) -> "torch.Tensor":
    """In each head, row i of the first half beside row i of the second."""
    halves = tensor.reshape(heads, 2, tensor.shape[0] // heads // 2, *tensor.shape[1:])
    return halves.transpose(1, 2).reshape(tensor.shape)
