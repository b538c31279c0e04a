"""`tellergraph finetune ...`: makes the model files that are committed. Needs the finetune extra."""

import json
from pathlib import Path
from typing import Annotated

import typer

from agent.understanding.heads import HEADS_DIR
from core.errors import TellergraphError
from knowledge.embed import ENCODER_DIR

app = typer.Typer(help="Make the committed model files again (needs the finetune extra).", no_args_is_help=True)

_Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


@app.command("encoder")
def make_encoder(
    source: Annotated[
        Path | None,
        typer.Option(help="Folder of the published weights; default: the installed package."),
    ] = None,
    out: Annotated[Path, typer.Option(help="Where the encoder goes.")] = ENCODER_DIR,
    as_json: _Json = False,
) -> None:
    """Make the int8 ONNX encoder from the published all-MiniLM-L6-v2 weights."""
    try:
        # Inside the function, because the base installation has no onnx package.
        from finetune.encoder_onnx import export_encoder, find_published_model  # noqa: PLC0415

        sums = export_encoder(source or find_published_model(), out)
    except ModuleNotFoundError as error:
        raise _stop(f"{error.name} is missing: pip install -r requirements/finetune.txt") from error
    except (TellergraphError, OSError) as error:
        raise _stop(str(error)) from error
    _print(sums, as_json)


@app.command("heads")
def train(
    banking77: Annotated[Path, typer.Option(help="Folder with BANKING77's train.csv.")],
    clinc150: Annotated[Path, typer.Option(help="Folder with CLINC150's train.jsonl and val.jsonl.")],
    out: Annotated[Path, typer.Option(help="Where the heads go.")] = HEADS_DIR,
    held_out: Annotated[
        Path | None, typer.Option(help="Leave a fifth out of the training and write it here for `evals run`.")
    ] = None,
    as_json: _Json = False,
) -> None:
    """Train the route and intent heads on the committed encoder."""
    try:
        # Inside the function, because the base installation has no torch.
        from finetune.heads import train_heads  # noqa: PLC0415

        result = train_heads(banking77, clinc150, out, held_out)
    except ModuleNotFoundError as error:
        raise _stop(f"{error.name} is missing: pip install -r requirements/finetune.txt") from error
    except (TellergraphError, OSError) as error:
        raise _stop(str(error)) from error
    _print(result, as_json)


def _stop(message: str) -> typer.Exit:
    typer.echo(message, err=True)
    return typer.Exit(2)


def _print(result: dict[str, str], as_json: bool) -> None:
    typer.echo(json.dumps(result) if as_json else "\n".join(f"{key}  {value}" for key, value in result.items()))


@app.callback()
def finetune() -> None:
    """Make the committed model files again."""
