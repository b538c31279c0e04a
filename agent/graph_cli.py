"""``tellergraph graph``: the graphs of knowledge bases."""

import asyncio
from dataclasses import asdict
from typing import Annotated, Any

import orjson
import psycopg
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from agent.graph_models import make_extractor
from agent.models.factory import open_chain
from core.cli import AsJson, command_services
from core.db.migrate import migrate
from core.errors import Conflict, NotFound
from core.logging import configure_logging
from core.security.outgoing import guarded_session
from core.services import Services
from core.settings import Settings, load_settings
from knowledge.graph.builder import GraphBuilder, GraphReport
from knowledge.graph.states import read_states
from knowledge.store import list_bases

graph_app = typer.Typer(help="The graphs of knowledge bases: build them, see how far they are.", no_args_is_help=True)


@graph_app.command("build")
def build_command(
    kb: Annotated[str, typer.Option("--kb", help="The knowledge base.")] = "help", as_json: AsJson = False
) -> None:
    """Bring a graph in line with what is published, now; a running server does so by itself within a minute.

    Only what has changed is read. A document that fails is reported, and tried again the next time; the exit code is
    then 1.
    """
    configure_logging("WARNING")
    with command_services(as_json) as services, _progress(as_json) as bar:
        migrate(services)
        if kb not in {base["kb"] for base in list_bases(services.owner_url)} | _list_graphs(services).keys():
            raise NotFound(f"There is no knowledge base {kb}.")
        report = asyncio.run(_build(load_settings(), services, kb, bar))
        if report is None:
            raise Conflict(f"Somebody else is building the graph of {kb}.", code="graph_is_being_built")
    lines = [f"Graph of {kb}: {report.added} added, {report.removed} removed, {report.unchanged} unchanged."]
    lines += [f"Failed: {', '.join(report.failed)}: {report.error}"] if report.failed else []
    _print(as_json, lines, {"kb": kb, **asdict(report)})
    raise typer.Exit(1 if report.failed else 0)


@graph_app.command("list")
def list_command(as_json: AsJson = False) -> None:
    """How far each graph is."""
    with command_services(as_json) as services:
        migrate(services)
        graphs = _list_graphs(services)
    lines = [
        f"{each['kb']}: {each['documents']} documents, {each['failed']} failed, built {each['updated_at']}"
        for each in graphs.values()
    ]
    _print(as_json, lines or ["No graph has been built."], {"graphs": list(graphs.values())})


def _list_graphs(services: Services) -> dict[str, dict[str, Any]]:
    with psycopg.connect(services.graph_url, autocommit=True) as connection:
        return {kb: asdict(state) for kb, state in read_states(connection).items()}


async def _build(settings: Settings, services: Services, kb: str, bar: Progress) -> GraphReport | None:
    task = bar.add_task("Reading", total=None, visible=False)

    def advance(done: int, total: int) -> None:
        bar.update(task, completed=done, total=total, visible=True)

    async with guarded_session(settings.outgoing_networks) as client, open_chain(settings, client) as models:
        extractor = make_extractor(settings, models)
        return await GraphBuilder(services.owner_url, services.graph_url, extractor).build(kb, advance)


def _progress(quiet: bool) -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    console = Console(stderr=True)
    return Progress(*columns, console=console, transient=True, disable=quiet or not console.is_terminal)


def _print(as_json: bool, lines: list[str], result: dict[str, Any]) -> None:
    typer.echo(orjson.dumps(result).decode() if as_json else "\n".join(lines))
