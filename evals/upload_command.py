"""`tellergraph evals upload`: a finished run for the bank's Langfuse."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from core.cli import AsJson
from core.errors import ConfigurationError
from core.settings import load_settings
from evals.cli_errors import one_line_errors
from evals.results.folder import read_finished


def upload_command(
    run: Annotated[Path, typer.Argument(help="The folder that `evals run --out` wrote.")], printed: AsJson = False
) -> None:
    """Add a finished run to Langfuse, as a dataset and an experiment, masked."""
    with one_line_errors():
        uploaded = _upload(run)
    items, dataset = uploaded["items"], uploaded["dataset"]
    names = ", ".join(uploaded["experiments"])
    typer.echo(json.dumps(uploaded) if printed else f"{items} cases are in dataset {dataset}. Experiments: {names}.")


def _upload(run: Path) -> dict[str, Any]:
    settings = load_settings()
    if settings.langfuse_base_url is None:
        raise ConfigurationError("Set LANGFUSE_BASE_URL, LANGFUSE_PUBLIC_KEY and LANGFUSE_SECRET_KEY.")
    result, records = read_finished(run)
    # A heavy library that no other command here needs.
    from evals.langfuse_upload import upload  # noqa: PLC0415

    return asdict(upload(settings, result, records))
