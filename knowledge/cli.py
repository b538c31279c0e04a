"""``tellergraph ingest``."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Literal

import orjson
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from core.cli import command_services
from core.db.migrate import migrate
from knowledge.ingest import IngestReport, ingest_folder


def ingest(
    path: Annotated[Path, typer.Argument(help="A folder of .md, .json or .jsonl documents, or one such file.")],
    kb: Annotated[str, typer.Option(help="The knowledge base to bring in line with it: a-z, 0-9 and _.")] = "help",
    audience: Annotated[
        Literal["public", "customer", "staff"], typer.Option(help="Who may read documents that do not say.")
    ] = "public",
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Bring a knowledge base in line with a folder: what is new or changed goes in, what is gone goes out.

    A file that cannot be read is reported and skipped; the exit code is then 1.
    """
    with command_services(as_json) as services, _progress(as_json) as bar:
        migrate(services)
        task = bar.add_task("Embedding", total=None, visible=False)

        def advance(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total, visible=True)

        report = ingest_folder(services.owner_url, path, kb, audience=audience, progress=advance)
    typer.echo(orjson.dumps({"kb": kb, **asdict(report)}).decode() if as_json else _describe(report, kb))
    for failure in report.failed:
        typer.echo(f"Skipped {failure.file}: {failure.message}", err=True)
    raise typer.Exit(1 if report.failed else 0)


def _progress(quiet: bool) -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    console = Console(stderr=True)
    return Progress(*columns, console=console, transient=True, disable=quiet or not console.is_terminal)


def _describe(report: IngestReport, kb: str) -> str:
    counts = f"{report.added} added, {report.updated} updated, {report.deleted} deleted, {report.unchanged} unchanged"
    return f"Knowledge base {kb}: {counts}" + (f", {len(report.failed)} skipped." if report.failed else ".")
