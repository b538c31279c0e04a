"""One export: a folder that appears whole, after everything in it was read back, or not at all."""

# transformers comes with the finetune extra only.
# pyright: reportMissingImports=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportUnknownParameterType=false

import json
import shutil
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from transformers import AutoTokenizer

from core.digests import digest_of_model
from core.errors import Conflict, InvalidInput, Unavailable
from core.provenance import find_revision, find_versions
from finetune.export.gguf_file import GgufType, write_gguf
from finetune.export.merging import Precision, Source, check_served, find_source, merge_adapter
from finetune.export.ollama import create_model, find_ollama, write_modelfile
from finetune.export.reading_back import check_gguf
from finetune.quiet import quietly

EXPORT_FILE = "export.json"
_GGUF_BYTES = {GgufType.F32: 4.0, GgufType.F16: 2.0, GgufType.BF16: 2.0, GgufType.Q8_0: 1.07, GgufType.Q4_0: 0.57}
"""Per weight, scales included."""
_VERSIONS = ("gguf", "onnx", "onnxruntime", "peft", "safetensors", "torch", "transformers")


@dataclass(frozen=True)
class Order:
    """What is to be written beside the merged safetensors."""

    out: Path
    precision: Precision = Precision.BASE
    gguf: GgufType | None = None
    ollama: str | None = None
    """The model's name there."""


def export_chat(adapter: Path, base: Path | None, order: Order) -> dict[str, Any]:
    """Merges the adapter, writes what the order asks for, and checks all of it. Returns what was written.

    Raises:
        InvalidInput: the input cannot be used, or what was written is not what was meant; then nothing is left.
        Conflict: the output is there already.
        Unavailable: Ollama refused; the folder is there.
    """
    if order.ollama is not None and order.gguf is None:
        raise InvalidInput("--ollama needs a GGUF: give --gguf TYPE too.")
    source = find_source(adapter, base)
    _check_space(source, order)
    with written_whole(order.out) as folder, quietly():
        merged = merge_adapter(source, folder, order.precision)
        check_served(folder, merged)
        result: dict[str, Any] = describe(source) | {"digest": digest_of_model(folder), "dtype": str(merged.dtype)}
        del merged
        if order.gguf is not None:
            result |= _add_gguf(folder, order.out.name, order.gguf)
        write_description(folder, result)
    return result | {"out": str(order.out)} | _create_in_ollama(order)


def describe(source: Source) -> dict[str, Any]:
    """What an export was made from, and with what."""
    return {
        "base_digest": source.record.base_digest,
        "adapter_digest": source.adapter_digest,
        "data_digest": source.record.data_digest,
        "revision": find_revision(),
        "versions": find_versions(_VERSIONS),
    }


def write_description(folder: Path, result: dict[str, Any]) -> None:
    (folder / EXPORT_FILE).write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


@contextmanager
def written_whole(out: Path) -> Generator[Path]:
    """A folder beside ``out`` that takes its name at the end and is gone when that is not reached.

    Raises:
        Conflict: ``out`` is there already.
        Unavailable: there is no room for it.
    """
    if out.exists():
        raise Conflict(f"{out} is there already: name another folder, or remove it.")
    out.parent.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=f".{out.name}-", dir=out.parent))
    try:
        folder.chmod(0o755)
        yield folder
        folder.rename(out)
    except SafetensorError as error:
        raise Unavailable(f"{out} cannot be written: {error}. Nothing was left there.") from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _check_space(source: Source, order: Order) -> None:
    """In bytes, from the base's files; they are of two bytes a weight or more."""
    stored = sum(path.stat().st_size for path in source.base.glob("*.safetensors"))
    needed = stored * (2 if order.precision is Precision.FP32 else 1)
    if order.gguf is not None:
        needed += int(stored / 2 * _GGUF_BYTES[order.gguf])
    above = next(folder for folder in order.out.resolve().parents if folder.exists())
    free = shutil.disk_usage(above).free
    if free < needed:
        raise InvalidInput(f"{above} has {free >> 20} MiB left and about {needed >> 20} MiB are needed: make room.")


def _add_gguf(folder: Path, name: str, kind: GgufType) -> dict[str, Any]:
    path = folder / f"{name}.{kind}.gguf"
    # Read where it lies alone: beside the model's own files a reader would take these for what the GGUF lacks.
    with tempfile.TemporaryDirectory(prefix=f".{path.name}-", dir=folder) as apart:
        alone = Path(apart) / path.name
        write_gguf(folder, alone, kind, name)
        found = check_gguf(folder, alone, kind)
        alone.rename(path)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    write_modelfile(folder, path.name, [tokenizer.eos_token] if tokenizer.eos_token else [])
    return {"gguf": path.name, "gguf_type": kind.value, "gguf_read_back": asdict(found)}


def _create_in_ollama(order: Order) -> dict[str, Any]:
    if order.ollama is None:
        return {}
    program = find_ollama()
    if program is None:
        return {"ollama": None}
    create_model(program, order.ollama, order.out)
    return {"ollama": order.ollama}
