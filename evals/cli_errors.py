"""How the commands of this room fail: one line, and 2 for bad input, 1 for everything else."""

from collections.abc import Generator
from contextlib import contextmanager

import typer

from core.errors import InvalidInput, TellergraphError


@contextmanager
def one_line_errors() -> Generator[None]:
    try:
        yield
    except TellergraphError as error:
        typer.echo(f"Error: {error.message}", err=True)
        raise typer.Exit(2 if isinstance(error, InvalidInput) else 1) from error
