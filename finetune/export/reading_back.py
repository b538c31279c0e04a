"""Whether a GGUF file says what the model folder says that it was written from: read by Transformers, whose reader is
not ours. llama.cpp's own reader is not at hand (docs/decisions/0020-gguf-without-llama-cpp.md)."""

# torch and transformers come with the finetune extra only.
# pyright: reportMissingImports=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportUnknownParameterType=false

import io
from collections.abc import Iterator
from contextlib import redirect_stderr
from dataclasses import dataclass
from math import isclose
from pathlib import Path
from typing import Any

import torch
from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer

from core.errors import InvalidInput
from finetune.export.gguf_file import GgufType

PROBES = (
    "How do I activate my new card?",
    "Pay £1,234.50 to Zoë on 3 March 2026; ref INV-00017.",
    "two  spaces,\n\nlines\tand a tab — naïve façade, 東京, 🙂",
    '{"name": "list_accounts", "arguments": {"limit": 10}}',
    "I'll, we've, DON'T; e-mail: someone@example.org",
)
"""What tokenizers differ in: figures, apostrophes, white space, accents, characters that are no piece. At the start of
a text and after a control token Transformers reads the spaces of a sentencepiece vocabulary in its own way."""

_MOST_APART = {
    GgufType.F32: 1e-6,
    GgufType.F16: 1e-2,
    GgufType.BF16: 3e-2,
    GgufType.Q8_0: 0.1,
    GgufType.Q4_0: 0.6,
}
"""Relative distance of the logits. Rows in a wrong order, the likely mistake, give more than 1."""
_NO_MATTER = {
    "_name_or_path", "architectures", "bos_token_id", "dtype", "eos_token_id", "initializer_range",
    "max_position_embeddings", "model_type", "pad_token_id", "sliding_window", "transformers_version", "use_cache",
}  # fmt: skip
"""Of the config, what does not change a logit within the context that the file states."""


@dataclass(frozen=True)
class ReadBack:
    logit_distance: float
    """Norm of the difference of the logits by the norm of the logits."""
    largest_difference: float


def check_gguf(folder: Path, path: Path, kind: GgufType) -> ReadBack:
    """Compares ``path`` with the model in ``folder``. Both are in memory at once.

    Raises:
        InvalidInput: a reader would see another model or tokenizer.
    """
    _check_config(folder, path)
    _check_tokenizer(folder, path)
    found = _compare_logits(folder, path)
    if not found.logit_distance <= _MOST_APART[kind]:
        raise InvalidInput(f"The GGUF gives other logits, by {found.logit_distance:.3f}: it is not written.")
    return found


def _check_config(folder: Path, path: Path) -> None:
    meant = AutoConfig.from_pretrained(folder).to_dict()
    read = AutoConfig.from_pretrained(path.parent, gguf_file=path.name).to_dict()
    for key, one, other in _find_differences(meant, read):
        raise InvalidInput(f"No GGUF of this model: its {key} is {one}, and a reader would take it for {other}.")


def _find_differences(meant: dict[str, Any], read: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, Any, Any]]:
    for key, value in meant.items():
        other = read.get(key)
        if key in _NO_MATTER or value is None or (key not in read and value is False):
            continue
        if isinstance(value, dict) and isinstance(other, dict):
            yield from _find_differences(value, other, f"{prefix}{key}.")
        elif not _is_same(value, other):
            yield f"{prefix}{key}", value, other


def _is_same(value: Any, other: Any) -> bool:
    """Numbers come back in single precision."""
    if isinstance(value, int | float) and isinstance(other, int | float):
        return isclose(value, other, rel_tol=1e-6)
    return value == other


def _check_tokenizer(folder: Path, path: Path) -> None:
    meant = AutoTokenizer.from_pretrained(folder)
    read = AutoTokenizer.from_pretrained(path.parent, gguf_file=path.name)
    special = "".join(meant.all_special_tokens)
    for text in (*PROBES, f"{PROBES[0]}{special}"):
        if meant(text).input_ids != read(text).input_ids:
            raise InvalidInput(f"No GGUF with this tokenizer: a reader would cut {text!r} in other pieces.")
    if meant.chat_template != read.chat_template:
        raise InvalidInput("No GGUF with this tokenizer: its chat template does not come back.")


def _compare_logits(folder: Path, path: Path) -> ReadBack:
    tokenizer = AutoTokenizer.from_pretrained(folder)
    tokens = tokenizer("\n".join(PROBES), return_tensors="pt").input_ids
    meant = AutoModelForCausalLM.from_pretrained(folder, dtype="auto")
    # Its reader of GGUF draws a progress bar that no setting of Transformers hides.
    with redirect_stderr(io.StringIO()):
        read = AutoModelForCausalLM.from_pretrained(path.parent, gguf_file=path.name, dtype=meant.dtype)
    with torch.inference_mode():
        one, other = meant(tokens).logits.float(), read(tokens).logits.float()
    return ReadBack(float((one - other).norm() / one.norm()), float((one - other).abs().max()))
