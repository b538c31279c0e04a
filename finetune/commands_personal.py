"""`tellergraph finetune personal`."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from core.errors import InvalidInput, TellergraphError
from core.security.pii.learned.tagger import WEIGHTS
from finetune.cpu_guard import wait_passively


def personal(
    data: Annotated[
        list[Path],
        typer.Option(
            help="JSON lines of texts with their personal data marked, as `evals run pii` reads; again for each author."
        ),
    ],
    banking77: Annotated[Path, typer.Option(help="Folder with BANKING77's train.csv.")],
    clinc150: Annotated[Path, typer.Option(help="Folder with CLINC150's train.jsonl and val.jsonl.")],
    out: Annotated[Path, typer.Option(help="Where weights, card and run record go.")] = WEIGHTS,
    judged: Annotated[
        list[Path] | None,
        typer.Option(
            help="One of the data: leave it out, train on the others, and put into the card how much of it is found."
        ),
    ] = None,
    at_once: Annotated[
        int, typer.Option(min=1, help="So many of the judged are left out of one training, which takes fewer of them.")
    ] = 1,
    seed: Annotated[int, typer.Option(min=0)] = 7,
    epochs: Annotated[int, typer.Option(min=1, max=1000)] = 20,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Train the tagger that finds personal data beside the recognizers."""
    wait_passively()
    try:
        # Inside the function, because the base installation has no torch.
        from finetune.personal.making import make_tagger  # noqa: PLC0415
        from finetune.personal.training import Recipe  # noqa: PLC0415

        recipe = Recipe(epochs=epochs)
        made = make_tagger(
            data, judged or [], at_once, banking77, clinc150, out, seed=seed, recipe=recipe, report=_tell
        )
    except ModuleNotFoundError as error:
        raise _stop(f"{error.name} is missing: pip install -r requirements/finetune.txt", 2) from error
    except (TellergraphError, OSError) as error:
        raise _stop(str(error), 2 if isinstance(error, InvalidInput) else 1) from error
    figures = asdict(made)
    typer.echo(json.dumps(figures) if as_json else "\n".join(f"{name}: {value}" for name, value in figures.items()))


def _tell(line: str) -> None:
    typer.echo(line, err=True)


def _stop(message: str, code: int) -> typer.Exit:
    typer.echo(f"Error: {message}", err=True)
    return typer.Exit(code)
