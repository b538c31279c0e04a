"""`tellergraph evals agentdojo`, `tellergraph evals tau2` and `tellergraph evals scripted`."""

import json
from collections.abc import AsyncGenerator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from importlib import import_module
from pathlib import Path
from signal import pause
from typing import Annotated, Any

import anyio
import typer
import uvicorn
from anyio.from_thread import start_blocking_portal

from agent.models.chain import ModelChain
from agent.models.factory import open_chain
from core.errors import InvalidInput
from core.security.outgoing import guarded_session
from core.settings import Settings, load_settings
from evals.adapters.tau2 import make_app
from evals.adapters.word import Confirm
from evals.cli_errors import one_line_errors
from evals.transcript import make_server, read_transcript

Model = Annotated[str | None, typer.Option(help="The chain to score; without, TELLERGRAPH_LLM.")]
Port = Annotated[int, typer.Option(help="On 127.0.0.1; 0 takes a free one.", min=0, max=65535)]


def agentdojo(
    model: Model = None,
    suite: Annotated[str, typer.Option(help="banking, slack, travel or workspace.")] = "banking",
    confirm: Annotated[Confirm, typer.Option(help="Before a change is made.")] = Confirm.UNLESS_SAID,
    attack: Annotated[str | None, typer.Option(help="AgentDojo's name of an attack; 'none' plants nothing.")] = None,
    task: Annotated[list[str] | None, typer.Option(help="Of the user; may be repeated. Without: all.")] = None,
    injection: Annotated[list[str] | None, typer.Option(help="What is planted; likewise.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Score the agent on AgentDojo: what users get, and what planted orders bring about."""
    with one_line_errors():
        runner = _import_runner()
        with start_blocking_portal() as portal, portal.wrap_async_context_manager(_chain(model)) as models:
            played = runner.play_suite(
                models,
                portal,
                suite=suite,
                confirm=confirm,
                attack=None if attack == "none" else attack or runner.ATTACK,
                tasks=task or (),
                injections=injection or (),
            )
        metrics = runner.measure(played)
        run = {"suite_version": runner.VERSION, "confirm": confirm.value, "model": model or load_settings().llm}
    report = {"suite": f"agentdojo-{suite}", "data": None, "n": len(played), "metrics": metrics, "run": run}
    if as_json:
        typer.echo(json.dumps(report))
        return
    typer.echo(f"{report['suite']} {runner.VERSION}, {len(played)} tasks, changes confirmed: {confirm.value}")
    for name, value in metrics.items():
        typer.echo(f"  {name:<22} {value:.4f}")


def tau2(
    model: Model = None,
    port: Port = 8010,
    confirm: Annotated[Confirm, typer.Option(help="Before a change is made.")] = Confirm.ALWAYS,
) -> None:
    """Serve the agent as the model that tau2-bench talks to, until Ctrl-C."""
    with one_line_errors():
        anyio.run(_serve_tau2, model, port, confirm)


def scripted(
    transcript: Annotated[Path, typer.Argument(help="YAML: what the model says, in order.")], port: Port = 8011
) -> None:
    """Serve a language model that plays a transcript over the OpenAI protocol, until Ctrl-C."""
    with one_line_errors(), make_server(read_transcript(transcript), port=port).serving() as server:
        typer.echo(f"OPENAI_BASE_URL={server.base_url} OPENAI_API_KEY=unused TELLERGRAPH_LLM=openai:scripted")
        try:
            pause()
        except KeyboardInterrupt:
            return


async def _serve_tau2(model: str | None, port: int, confirm: Confirm) -> None:
    async with _chain(model) as models:
        app = make_app(models, confirm=confirm)
        await uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=port, log_level="warning")).serve()


def _chain(model: str | None) -> AbstractAsyncContextManager[ModelChain]:
    settings = load_settings()
    return open_models(settings.model_copy(update={"llm": model}) if model else settings)


@asynccontextmanager
async def open_models(settings: Settings) -> AsyncGenerator[ModelChain]:
    async with guarded_session(settings.outgoing_networks) as client, open_chain(settings, client) as models:
        yield models


def _import_runner() -> Any:
    """AgentDojo comes with the extra alone, and takes seconds to import."""
    try:
        return import_module("evals.adapters.agentdojo")
    except ModuleNotFoundError as error:
        if error.name and error.name.partition(".")[0] == "agentdojo":
            raise InvalidInput("AgentDojo is not installed: install the extra adapters.") from error
        raise
