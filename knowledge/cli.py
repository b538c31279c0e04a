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
from knowledge.corpus import Defaults
from knowledge.diff import DocumentChange, list_changes
from knowledge.ingest import Hold, IngestReport, ingest_folder, plan_ingest


def ingest(
    path: Annotated[Path, typer.Argument(help="A folder of documents, or one file.")],
    kb: Annotated[str, typer.Option(help="The knowledge base to bring in line with it: a-z, 0-9 and _.")] = "help",
    audience: Annotated[
        Literal["public", "customer", "staff"], typer.Option(help="Who may read documents that do not say.")
    ] = "public",
    language: Annotated[str, typer.Option(help="Of documents that do not say.")] = "en",
    product: Annotated[str, typer.Option(help="Of documents that do not say.")] = "general",
    jurisdiction: Annotated[str, typer.Option(help="Of documents that do not say. Empty: everywhere.")] = "",
    quarantine: Annotated[
        bool, typer.Option("--quarantine", help="Let new texts wait until they are published.")
    ] = False,
    publish_flagged: Annotated[
        bool, typer.Option("--publish-flagged", help="Publish also what somebody should look at first.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would change, and change nothing.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Bring a knowledge base in line with a folder: what is new or changed goes in, what is gone goes out.

    Reads Markdown, HTML, PDF, DOCX, plain text, CSV, JSON and JSON lines. A file that cannot be read is reported and
    skipped; the exit code is then 1. Text that addresses the assistant instead of a reader waits in quarantine.
    """
    defaults = Defaults(audience, language, product, jurisdiction)
    hold: Hold = "all" if quarantine else "none" if publish_flagged else "flagged"
    changes: list[DocumentChange] | None = None
    with command_services(as_json) as services, _progress(as_json) as bar:
        migrate(services)
        if dry_run:
            plan, standing = plan_ingest(services.owner_url, path, kb, defaults=defaults, hold=hold)
            report, changes = plan.report, list_changes(plan, standing)
        else:
            task = bar.add_task("Embedding", total=None, visible=False)

            def advance(done: int, total: int) -> None:
                bar.update(task, completed=done, total=total, visible=True)

            report = ingest_folder(services.owner_url, path, kb, defaults=defaults, hold=hold, progress=advance)
    if as_json:
        shown = {} if changes is None else {"dry_run": True, "changes": [asdict(change) for change in changes]}
        typer.echo(orjson.dumps({"kb": kb, **asdict(report), **shown}).decode())
    else:
        _print(report, kb, changes)
    raise typer.Exit(1 if report.failed else 0)


def _progress(quiet: bool) -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    console = Console(stderr=True)
    return Progress(*columns, console=console, transient=True, disable=quiet or not console.is_terminal)


def _print(report: IngestReport, kb: str, changes: list[DocumentChange] | None) -> None:
    for change in changes or []:
        typer.echo(f"{change.action:7} {change.document_id}" + (f" ({change.file})" if change.file else ""))
        typer.echo("".join(f"        {line}\n" for line in change.diff), nl=False)
    typer.echo(_describe(report, kb, planned=changes is not None))
    for waiting in report.waiting:
        because = "; ".join(f"{flag.kind}: {flag.quote}" for flag in waiting.flags)
        typer.echo(f"Waits to be published: {waiting.document_id} ({waiting.file}) {because}".rstrip(), err=True)
    for failure in report.failed:
        typer.echo(f"Skipped {failure.file}: {failure.message}", err=True)


def _describe(report: IngestReport, kb: str, *, planned: bool) -> str:
    counts = f"{report.added} added, {report.updated} updated, {report.deleted} deleted, {report.unchanged} unchanged"
    asides = [(len(report.waiting), "waiting in quarantine"), (len(report.failed), "skipped")]
    told = "".join(f", {number} {what}" for number, what in asides if number)
    return f"{'Would change knowledge base' if planned else 'Knowledge base'} {kb}: {counts}{told}."
