"""`tellergraph evals ...`: offline evaluation. Exit codes: 0 done, 1 below a floor or failed, 2 bad input."""

import json
from pathlib import Path
from typing import Annotated

import typer

from core.errors import InvalidInput, TellergraphError
from core.logging import configure_logging
from evals.adapters import cli as adapters
from evals.runner import SUITES, describe_report, find_missed, parse_floors, run_suite
from evals.suite import Options

app = typer.Typer(help="Measure the assistant on files of yours.", no_args_is_help=True)

app.command("agentdojo")(adapters.agentdojo)
app.command("tau2")(adapters.tau2)
app.command("scripted")(adapters.scripted)


@app.callback()
def evals() -> None:
    """Measure the assistant on files of yours."""


@app.command("run")
def run_command(
    suite: Annotated[str, typer.Argument(help=f"One of {', '.join(sorted(SUITES))}.")],
    file: Annotated[Path | None, typer.Argument(help="The cases: the same as --data.")] = None,
    data: Annotated[
        Path | None, typer.Option(help="The cases. dialogues, safety: without, those that are shipped.")
    ] = None,
    corpus: Annotated[Path | None, typer.Option(help="retrieval: the documents.")] = None,
    queries: Annotated[Path | None, typer.Option(help="retrieval: the questions.")] = None,
    method: Annotated[str | None, typer.Option(help="retrieval: one method instead of all.")] = None,
    run: Annotated[Path | None, typer.Option(help="retrieval: write the rankings to this file.")] = None,
    only: Annotated[str | None, typer.Option(help="dialogues, safety: only if name or group has this in it.")] = None,
    model: Annotated[
        str | None, typer.Option(help="safety: 'obedient', or a chain as in TELLERGRAPH_LLM. Without, both.")
    ] = None,
    heads: Annotated[Path | None, typer.Option(help="intents, routing: these heads, not the committed ones.")] = None,
    plots: Annotated[Path | None, typer.Option(help="intents, routing: draw the confusion matrix here.")] = None,
    fail_under: Annotated[
        list[str] | None, typer.Option(help="METRIC=VALUE: exit 1 when the metric is lower. May be repeated.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Run one suite and print its report."""
    configure_logging("ERROR")
    try:
        floors = parse_floors(fail_under or [])
        if file is not None and data is not None:
            raise InvalidInput("Give the cases once: as FILE or as --data FILE.")
        report = run_suite(suite, Options(data or file, heads, corpus, queries, method, run, plots, only, model))
        missed = find_missed(report["metrics"], floors)
    except TellergraphError as error:
        typer.echo(f"Error: {error.message}", err=True)
        raise typer.Exit(2 if isinstance(error, InvalidInput) else 1) from error
    typer.echo(json.dumps(report) if as_json else describe_report(report))
    for line in missed:
        typer.echo(f"Missed: {line}", err=True)
    if missed:
        raise typer.Exit(1)
