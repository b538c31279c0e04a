"""`tellergraph evals ...`: offline evaluation. Exit codes: 0 done, 1 below a floor or failed, 2 bad input."""

import json
from pathlib import Path
from typing import Annotated

import typer

from core.cli import AsJson
from core.errors import InvalidInput
from core.logging import configure_logging
from evals.adapters import cli as adapters
from evals.cli_errors import one_line_errors
from evals.cli_results import compare_command, report_command
from evals.floors import find_missed, parse_floors
from evals.known_suites import SUITES
from evals.results.describe import as_json, describe_run
from evals.resuming import read_options
from evals.runner import Finished, run_suite
from evals.suite import Options
from evals.upload_command import upload_command

app = typer.Typer(help="Measure the assistant on files of yours.", no_args_is_help=True)


@app.callback()
def evals() -> None:
    """Measure the assistant on files of yours."""
    configure_logging("ERROR")


app.command("compare")(compare_command)
app.command("report")(report_command)
app.command("agentdojo")(adapters.agentdojo)
app.command("tau2")(adapters.tau2)
app.command("scripted")(adapters.scripted)
app.command("upload")(upload_command)


@app.command("run")
def run_command(
    suite: Annotated[str | None, typer.Argument(help=f"One of {', '.join(sorted(SUITES))}.")] = None,
    file: Annotated[Path | None, typer.Argument(help="The cases: the same as --data.")] = None,
    data: Annotated[
        Path | None, typer.Option(help="The cases. dialogues, safety, tools, latency: without, those that are shipped.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Leave result.json and records.jsonl in this folder.")] = None,
    resume: Annotated[
        Path | None, typer.Option(help="Go on with the run that was begun in this folder, with its options.")
    ] = None,
    parallel: Annotated[
        int | None, typer.Option(min=1, max=64, help="Workers: banks, clients, or processes. Default: by the suite.")
    ] = None,
    repeat: Annotated[
        int, typer.Option(min=1, max=100, help="dialogues, tools, safety: trials of each case, for pass^k.")
    ] = 1,
    model: Annotated[
        str | None,
        typer.Option(help="A chain as in TELLERGRAPH_LLM, instead of that. safety: or 'obedient'; without, both."),
    ] = None,
    only: Annotated[
        str | None, typer.Option(help="dialogues, tools, safety: only if name or group has this in it.")
    ] = None,
    corpus: Annotated[Path | None, typer.Option(help="retrieval: the documents.")] = None,
    queries: Annotated[Path | None, typer.Option(help="retrieval: the questions.")] = None,
    method: Annotated[str | None, typer.Option(help="retrieval: one method instead of all.")] = None,
    run: Annotated[Path | None, typer.Option(help="retrieval: write the rankings to this file.")] = None,
    history: Annotated[Path | None, typer.Option(help="fraud: what happened before the test.")] = None,
    train: Annotated[bool, typer.Option("--train", help="fraud: train on the history.")] = False,
    delay_days: Annotated[
        float, typer.Option(min=0, max=365, help="fraud: days after its event from which a label is known.")
    ] = 7,
    questions: Annotated[int | None, typer.Option(min=1, help="latency: how many to ask; default: 100.")] = None,
    url: Annotated[str | None, typer.Option(help="latency: a server that runs already, instead of its own.")] = None,
    heads: Annotated[Path | None, typer.Option(help="intents, routing: these heads, not the committed ones.")] = None,
    plots: Annotated[Path | None, typer.Option(help="intents, routing: draw the confusion matrix here.")] = None,
    judge: Annotated[str | None, typer.Option(help="answers, dialogues: a chain that grades the answers.")] = None,
    rubric: Annotated[Path | None, typer.Option(help="What the judge grades by, instead of the shipped text.")] = None,
    labels: Annotated[Path | None, typer.Option(help="Answers that people graded: how well the judge agrees.")] = None,
    fail_under: Annotated[
        list[str] | None, typer.Option(help="METRIC=VALUE: exit 1 when the metric is lower. May be repeated.")
    ] = None,
    printed: AsJson = False,
) -> None:
    """Run one suite and print its report."""
    given = Options(
        data=data or file,
        heads=heads,
        corpus=corpus,
        queries=queries,
        history=history,
        train=train,
        delay_days=delay_days,
        method=method,
        run=run,
        plots=plots,
        only=only,
        model=model,
        questions=questions,
        url=url,
        parallel=parallel,
        repeat=repeat,
        judge=judge,
        rubric=rubric,
        labels=labels,
    )
    with one_line_errors():
        floors = parse_floors(fail_under or [])
        if file is not None and data is not None:
            raise InvalidInput("Give the cases once: as FILE or as --data FILE.")
        finished = _start(suite, given, out, resume)
        missed = find_missed(finished.result.metrics, floors)
    typer.echo(json.dumps(as_json(*finished)) if printed else describe_run(*finished))
    for line in missed:
        typer.echo(f"Missed: {line}", err=True)
    if missed:
        raise typer.Exit(1)


def _start(suite: str | None, given: Options, out: Path | None, resume: Path | None) -> Finished:
    if resume is not None:
        if suite is not None or out is not None:
            raise InvalidInput(
                "--resume DIR takes suite and options from the run in DIR: give neither SUITE nor --out."
            )
        begun, options = read_options(resume, given)
        return run_suite(begun, options, resume)
    if suite is None:
        raise InvalidInput(f"Name a suite: {', '.join(sorted(SUITES))}.")
    return run_suite(suite, given, out)
