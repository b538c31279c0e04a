"""`tellergraph finetune ...`: from data to a served adapter, and the model files that are committed."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from agent.understanding.heads import HEADS_DIR
from core.errors import InvalidInput, TellergraphError
from finetune import commands_personal, commands_registry, commands_train
from finetune.commands_data import data_app
from finetune.commands_evaluate import evaluate
from finetune.commands_export import export
from knowledge.embed import ENCODER_DIR

app = typer.Typer(help="Train, evaluate and hand out models (needs the finetune extra).", no_args_is_help=True)
app.add_typer(commands_registry.app, name="registry")
app.command()(evaluate)
app.command()(export)
app.command("train")(commands_train.train)
app.command("plan")(commands_train.plan)
app.command("personal")(commands_personal.personal)
app.add_typer(data_app, name="data")

_Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


_Banking77 = Annotated[Path, typer.Option(help="Folder with BANKING77's train.csv.")]
_REFUSAL = "refusal"
_Clinc150 = Annotated[Path, typer.Option(help="Folder with CLINC150's train.jsonl and val.jsonl.")]


@app.command("encoder")
def make_encoder(
    source: Annotated[
        Path | None,
        typer.Option(help="Folder of the published weights; default: the installed package."),
    ] = None,
    out: Annotated[Path, typer.Option(help="Where the encoder goes.")] = ENCODER_DIR,
    banking77: Annotated[Path | None, typer.Option(help="Tune on it: folder with BANKING77's train.csv.")] = None,
    clinc150: Annotated[Path | None, typer.Option(help="Tune on it too: folder with CLINC150's files.")] = None,
    held_out: Annotated[
        Path | None,
        typer.Option(help="Tune on four fifths only, compare on the other; rows, encoder and comparison go here."),
    ] = None,
    comparison: Annotated[
        Path | None, typer.Option(help="The comparison.json that allows tuning on everything, into --out.")
    ] = None,
    as_json: _Json = False,
) -> None:
    """Make the int8 ONNX encoder from the published all-MiniLM-L6-v2 weights and the committed adapter.

    With data, the adapter is trained first (QLoRA): once with --held-out, which compares the result with a linear head
    on the published encoder and exits with 3 if it is no better, then with --comparison.
    """
    try:
        result = _make_encoder(source, out, banking77, clinc150, held_out, comparison)
    except ModuleNotFoundError as error:
        raise _stop(f"{error.name} is missing: pip install -r requirements/finetune.txt") from error
    except (TellergraphError, OSError) as error:
        raise _stop(str(error)) from error
    _print({key: value for key, value in result.items() if key != _REFUSAL}, as_json)
    if _REFUSAL in result:
        typer.echo(result[_REFUSAL], err=True)
        raise typer.Exit(3)


def _make_encoder(
    source: Path | None,
    out: Path,
    banking77: Path | None,
    clinc150: Path | None,
    held_out: Path | None,
    comparison: Path | None,
) -> dict[str, str]:
    # Inside the function, because the base installation has none of the packages.
    from finetune.encoder_onnx import export_encoder, find_published_model  # noqa: PLC0415
    from finetune.encoder_promotion import compare_encoder, load_committed, make_tuned_encoder  # noqa: PLC0415

    source = source or find_published_model()
    if banking77 is None or clinc150 is None:
        return export_encoder(source, out, load_committed(source))
    if held_out is not None:
        found = compare_encoder(banking77, clinc150, source, held_out, report=_tell)
        refusal = "Not promoted: the published encoder with a linear head is as good."
        figures = {key: str(value) for key, value in asdict(found).items()}
        return figures if found.promotes else figures | {_REFUSAL: refusal}
    if comparison is None:
        raise InvalidInput("Compare first: --held-out DIR, then --comparison DIR/comparison.json.")
    return make_tuned_encoder(banking77, clinc150, source, comparison, out, report=_tell)


@app.command("heads")
def train(
    banking77: _Banking77,
    clinc150: _Clinc150,
    out: Annotated[Path, typer.Option(help="Where the heads go.")] = HEADS_DIR,
    encoder: Annotated[Path, typer.Option(help="Folder of the encoder that they read.")] = ENCODER_DIR,
    held_out: Annotated[
        Path | None, typer.Option(help="Leave a fifth out of the training and write it here for `evals run`.")
    ] = None,
    calibrated_by: Annotated[
        Path | None, typer.Option(help="Heads of an earlier run with --held-out; their temperatures are taken over.")
    ] = None,
    extends: Annotated[
        Path | None, typer.Option(help="Heads that get a row for each class they lack, and stay as they are else.")
    ] = None,
    as_json: _Json = False,
) -> None:
    """Train the route and intent heads on an encoder."""
    if extends is not None and (held_out or calibrated_by):
        raise _stop("--extends keeps the temperatures of its heads: leave out --held-out and --calibrated-by.")
    try:
        # Inside the function, because the base installation has no torch.
        from finetune.heads import train_heads  # noqa: PLC0415
        from finetune.heads_extension import extend_heads  # noqa: PLC0415

        if extends is not None:
            result = extend_heads(banking77, clinc150, extends, out, encoder=encoder)
        else:
            result = train_heads(banking77, clinc150, out, held_out, encoder=encoder, calibrated_by=calibrated_by)
    except ModuleNotFoundError as error:
        raise _stop(f"{error.name} is missing: pip install -r requirements/finetune.txt") from error
    except (TellergraphError, OSError) as error:
        raise _stop(str(error)) from error
    _print(result, as_json)


def _tell(line: str) -> None:
    typer.echo(line, err=True)


def _stop(message: str) -> typer.Exit:
    typer.echo(message, err=True)
    return typer.Exit(2)


def _print(result: dict[str, str], as_json: bool) -> None:
    typer.echo(json.dumps(result) if as_json else "\n".join(f"{key}  {value}" for key, value in result.items()))


@app.callback()
def finetune() -> None:
    """Make the committed model files again."""


@app.command("care")
def care(
    banking77: _Banking77,
    clinc150: _Clinc150,
    out: Annotated[Path | None, typer.Option(help="Where weights and card go.")] = None,
    as_json: _Json = False,
) -> None:
    """Train the detector of what customers let be known in passing."""
    from agent.care.detector import WEIGHTS  # noqa: PLC0415
    from finetune.care import train_care  # noqa: PLC0415

    try:
        trained = asdict(train_care(banking77, clinc150, out or WEIGHTS))
    except TellergraphError as error:
        typer.echo(f"Error: {error.message}", err=True)
        raise typer.Exit(2 if isinstance(error, InvalidInput) else 1) from error
    typer.echo(json.dumps(trained) if as_json else "\n".join(f"{name}: {value}" for name, value in trained.items()))
