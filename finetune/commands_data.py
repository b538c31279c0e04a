"""`tellergraph finetune data intents|chat`: the data sets that models are trained and evaluated with."""

import json
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from core.errors import InvalidInput, TellergraphError
from core.logging import configure_logging

data_app = typer.Typer(help="Make the data sets for fine-tuning.", no_args_is_help=True)

_SEED = 7

_Out = Annotated[Path, typer.Option(help="Folder for the data set; one that is there is replaced.")]
_Seed = Annotated[int, typer.Option(help="The same seed and sources give the same bytes.")]
_Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


@data_app.command("intents")
def intents(
    banking77: Annotated[Path, typer.Option(help="Folder with BANKING77's train.csv.")],
    out: _Out,
    clinc150: Annotated[Path | None, typer.Option(help="Folder with CLINC150's train.jsonl and val.jsonl.")] = None,
    share: Annotated[
        float, typer.Option(min=0.01, max=0.3, help="Of each label's rows, to validation, and as much to test.")
    ] = 0.1,
    seed: _Seed = _SEED,
    as_json: _Json = False,
) -> None:
    """Texts and their intents, from BANKING77 and the project's own templates, for a classifier."""
    from finetune.data.intents import make_intents  # noqa: PLC0415

    with _errors_as_lines():
        _print(make_intents(banking77, out, clinc150=clinc150, share=share, seed=seed), out, as_json)


@data_app.command("chat")
def chat(
    out: _Out,
    dialogues: Annotated[int, typer.Option(min=20, help="How many at least.")] = 21_000,
    customers: Annotated[int, typer.Option(min=4, help="Of the demo bank that they are recorded on.")] = 120,
    seed: _Seed = _SEED,
    as_json: _Json = False,
) -> None:
    """Conversations with tool calls, recorded on a demo bank of its own, for a chat model."""
    # Inside the function: it loads the whole agent.
    from finetune.data.chat.make import make_chat  # noqa: PLC0415

    configure_logging("ERROR")
    with _errors_as_lines():
        _print(make_chat(out, dialogues=dialogues, customers=customers, seed=seed, tell=_tell), out, as_json)


@contextmanager
def _errors_as_lines() -> Generator[None]:
    """One line, and 2 for what the caller can set right, 1 for what failed."""
    try:
        yield
    except TellergraphError as error:
        typer.echo(f"Error: {error.message}", err=True)
        raise typer.Exit(2 if isinstance(error, InvalidInput) else 1) from error


def _tell(line: str) -> None:
    typer.echo(line, err=True)


def _print(manifest: dict[str, Any], out: Path, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps({"out": str(out), **manifest}))
        return
    rows = {name: about["rows"] for name, about in manifest["files"].items() if "rows" in about}
    typer.echo("\n".join(f"{out / name}  {count:,} rows" for name, count in rows.items()))
    typer.echo(f"digest  {manifest['digest']}")
