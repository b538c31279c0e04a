"""Writes a merged model as one GGUF file, a tensor at a time: no more than one is in memory."""

# torch, safetensors and gguf come with the finetune extra only.
# pyright: reportMissingImports=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportUnknownParameterType=false

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from gguf import GGML_QUANT_SIZES, GGMLQuantizationType, GGUFWriter, LlamaFileType, get_tensor_name_map
from gguf import MODEL_ARCH_NAMES as ARCH_NAMES
from gguf.quants import quantize
from safetensors import safe_open
from transformers import AutoConfig

from core.errors import InvalidInput
from finetune.export.gguf_families import Family, describe_model, find_family, lay_out
from finetune.export.gguf_tokenizer import describe_tokenizer


class GgufType(StrEnum):
    """How the matrices are stored; vectors are always F32."""

    F32 = "f32"
    F16 = "f16"
    BF16 = "bf16"
    Q8_0 = "q8_0"
    Q4_0 = "q4_0"


_TYPES = {
    GgufType.F32: (GGMLQuantizationType.F32, LlamaFileType.ALL_F32),
    GgufType.F16: (GGMLQuantizationType.F16, LlamaFileType.MOSTLY_F16),
    GgufType.BF16: (GGMLQuantizationType.BF16, LlamaFileType.MOSTLY_BF16),
    GgufType.Q8_0: (GGMLQuantizationType.Q8_0, LlamaFileType.MOSTLY_Q8_0),
    GgufType.Q4_0: (GGMLQuantizationType.Q4_0, LlamaFileType.MOSTLY_Q4_0),
}
_QUANTISATION_VERSION = 2


@dataclass(frozen=True)
class _Place:
    """A tensor of the model, where it is found and how it goes into the file."""

    source: str
    name: str
    shape: tuple[int, ...]
    kind: GGMLQuantizationType


def write_gguf(folder: Path, path: Path, kind: GgufType, name: str) -> None:
    """Writes the merged model in ``folder`` to ``path``.

    Args:
        name: the model's own, for people.

    Raises:
        InvalidInput: a family or a tokenizer that cannot be written (``find_family``, ``describe_tokenizer``).
    """
    config = AutoConfig.from_pretrained(folder)
    family = find_family(config)
    stored, file_type = _TYPES[kind]
    writer = GGUFWriter(None, ARCH_NAMES[family.arch])
    writer.add_name(name)
    writer.add_file_type(file_type)
    writer.add_quantization_version(_QUANTISATION_VERSION)
    describe_model(writer, config, family)
    describe_tokenizer(writer, folder, config.vocab_size)
    with _opened(folder) as weights:
        places = list(_place(weights, config, family, stored))
        for place in places:
            writer.add_tensor_info(place.name, place.shape, np.dtype(np.float32), _size(place), place.kind)
        writer.write_header_to_file(path)
        writer.write_kv_data_to_file()
        writer.write_ti_data_to_file()
        for place in places:
            tensor = lay_out(place.source, weights[place.source].get_tensor(place.source), config, family)
            writer.write_tensor_data(_encode(tensor, place.kind))
    writer.close()


@contextmanager
def _opened(folder: Path) -> Generator[dict[str, Any]]:
    """The open safetensors file of each tensor."""
    files = [safe_open(path, framework="pt") for path in sorted(folder.glob("*.safetensors"))]
    try:
        yield {name: file for file in files for name in file.keys()}  # noqa: SIM118
    finally:
        for file in files:
            file.__exit__(None, None, None)


def _place(weights: dict[str, Any], config: Any, family: Family, stored: GGMLQuantizationType) -> Iterator[_Place]:
    names = get_tensor_name_map(family.arch, config.num_hidden_layers)
    for source, file in weights.items():
        if source == "lm_head.weight" and config.tie_word_embeddings:
            continue
        name = names.get_name(source, try_suffixes=(".weight", ".bias"))
        if name is None:
            raise InvalidInput(f"No GGUF of this model: there is no place for its {source}.")
        shape = tuple(file.get_slice(source).get_shape())
        yield _Place(source, name, shape, _kind_of(shape, stored))


def _kind_of(shape: tuple[int, ...], stored: GGMLQuantizationType) -> GGMLQuantizationType:
    if len(shape) == 1:
        return GGMLQuantizationType.F32
    # A row that does not fill its last block cannot be quantised.
    return stored if shape[-1] % GGML_QUANT_SIZES[stored][0] == 0 else GGMLQuantizationType.F16


def _size(place: _Place) -> int:
    """In bytes."""
    block, size = GGML_QUANT_SIZES[place.kind]
    return int(np.prod(place.shape)) // block * size


def _encode(tensor: "torch.Tensor", kind: GGMLQuantizationType) -> npt.NDArray[Any]:
    return quantize(np.ascontiguousarray(tensor.to(torch.float32).numpy()), kind)
