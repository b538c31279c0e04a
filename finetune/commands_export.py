"""`tellergraph finetune export`: from an adapter to files that other servers run. Exit codes: 0 done, 1 failed, 2 bad
input."""

import json
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from core.errors import CallerError, InvalidInput, TellergraphError
from finetune.cpu_guard import wait_passively
from finetune.quiet import quieten


class _Precision(StrEnum):
    BASE = "base"
    FP32 = "fp32"
    BF16 = "bf16"
    FP16 = "fp16"


class _Gguf(StrEnum):
    F32 = "f32"
    F16 = "f16"
    BF16 = "bf16"
    Q8_0 = "q8_0"
    Q4_0 = "q4_0"


def export(
    adapter: Annotated[Path, typer.Argument(help="The folder that `finetune train` wrote, or one in a registry.")],
    out: Annotated[Path, typer.Option(help="A new folder.")],
    base: Annotated[Path | None, typer.Option(help="Its full-precision base; default: where it was trained.")] = None,
    precision: Annotated[_Precision, typer.Option(help="Of the merged weights.")] = _Precision.BASE,
    gguf: Annotated[_Gguf | None, typer.Option(help="Write a GGUF of this type too, with a Modelfile.")] = None,
    ollama: Annotated[str | None, typer.Option(help="Create this model in Ollama, if it is installed.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Merge an adapter into its base: safetensors that vLLM loads, and GGUF; a classifier becomes int8 ONNX.

    Everything is read back and compared before the folder appears.
    """
    wait_passively()
    try:
        result = _export(adapter, base, out, precision, gguf, ollama)
    except ModuleNotFoundError as error:
        raise _stop(f"{error.name} is missing: pip install -r requirements/finetune.txt", 2) from error
    except TellergraphError as error:
        raise _stop(error.message, 2 if isinstance(error, CallerError) else 1) from error
    except OSError as error:
        raise _stop(f"{error.filename or out}: {error.strerror or error}. Nothing was written.", 1) from error
    typer.echo(json.dumps(result) if as_json else _describe(result, ollama))


def _export(
    adapter: Path, base: Path | None, out: Path, precision: _Precision, gguf: _Gguf | None, ollama: str | None
) -> dict[str, Any]:
    quieten()
    # Inside the function, because the base installation has none of the packages.
    from finetune.export.exporting import Order, export_chat  # noqa: PLC0415
    from finetune.export.gguf_file import GgufType  # noqa: PLC0415
    from finetune.export.merging import Precision  # noqa: PLC0415

    if (adapter / "classifier.json").is_file():
        from finetune.export.classifier_onnx import export_classifier  # noqa: PLC0415

        if gguf is not None or ollama is not None or precision is not _Precision.BASE:
            raise InvalidInput("A classifier is exported as int8 ONNX: leave out --gguf, --ollama and --precision.")
        return export_classifier(adapter, base, out)
    order = Order(out, Precision(precision), GgufType(gguf) if gguf else None, ollama)
    return export_chat(adapter, base, order)


def _describe(result: dict[str, Any], ollama: str | None) -> str:
    lines = [f"{result['out']} is written."]
    if "model" in result:
        lines.append(f"{result['model']}: {result['bytes'] / 1e6:.1f} MB; measure it with `finetune evaluate`")
    if "gguf" in result:
        apart = result["gguf_read_back"]["logit_distance"]
        lines.append(f"{result['gguf']}: read back, logits apart by {apart:.2g} (relative).")
    if ollama is not None and result["ollama"] is None:
        lines.append(f"Ollama is not installed here. Where it is: ollama create {ollama} -f {result['out']}/Modelfile")
    elif ollama is not None:
        lines.append(f"Ollama has {ollama}.")
    return "\n".join(lines)


def _stop(message: str, status: int) -> typer.Exit:
    typer.echo(f"Error: {message}", err=True)
    return typer.Exit(status)
