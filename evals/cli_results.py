"""`tellergraph evals compare | report`: what was measured, looked at again."""

from pathlib import Path
from typing import Annotated

import typer

from core.cli import AsJson
from core.errors import ConfigurationError, InvalidInput
from evals.cli_errors import one_line_errors
from evals.known_suites import find_suite
from evals.results.folder import read_finished
from evals.runner import figures_of
from evals.statistics.comparing import Comparison, compare_runs


def compare_command(
    first: Annotated[Path, typer.Argument(help="The folder of a run.")],
    second: Annotated[Path, typer.Argument(help="The folder of another run of the same suite.")],
    printed: AsJson = False,
) -> None:
    """Compare two runs: what the second has more, with an interval for the difference."""
    with one_line_errors():
        (old, before), (new, after) = read_finished(first), read_finished(second)
        if old.suite != new.suite:
            raise InvalidInput(
                f"{first} is a run of {old.suite}, {second} one of {new.suite}: compare runs of one suite."
            )
        measure = figures_of(find_suite(old.suite), min(old.trials, new.trials))
        found = compare_runs(before, after, measure)
        same_data = old.run.data_sha256 == new.run.data_sha256
    if printed:
        told = {"suite": old.suite, "first": str(first), "second": str(second), "same_data": same_data}
        typer.echo(found.model_copy(update=told).model_dump_json())
    else:
        typer.echo(_describe(found, same_data))


def _describe(found: Comparison, same_data: bool) -> str:
    lines = [f"{found.method}: {found.n_first} cases and {found.n_second}{'' if same_data else ', of other data'}"]
    for name, each in found.differences.items():
        between = "" if each.low is None else f"  [{each.low:+.4f}, {each.high:+.4f}]"
        mark = "  *" if each.is_clear else ""
        lines.append(f"  {name:<28} {each.first:.4f} -> {each.second:.4f}  {each.value:+.4f}{between}{mark}")
    if found.mcnemar:
        lines.append(
            f"passed only in the first: {found.mcnemar.only_first}, only in the second: {found.mcnemar.only_second} "
            f"(McNemar, exact: p = {found.mcnemar.p:.4f})"
        )
    lines.append("* the interval (95 %) lies on one side of 0")
    return "\n".join(lines)


def report_command(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The folder of a finished run.")],
    html: Annotated[Path | None, typer.Option(help="Write one HTML file here.")] = None,
    markdown: Annotated[Path | None, typer.Option(help="Write Markdown here, its pictures in a folder beside.")] = None,
) -> None:
    """Show a run as a page: figures, pictures, and what was not right."""
    with one_line_errors():
        if html is None and markdown is None:
            raise InvalidInput("Say where to: --html FILE, --markdown FILE, or both.")
        try:
            # The evals extra; `tellergraph serve` joins all commands without it.
            from evals.reports.page import write_html, write_markdown  # noqa: PLC0415
        except ModuleNotFoundError as error:
            raise ConfigurationError("Reports need jinja2: pip install 'tellergraph[evals]'.") from error
        result, records = read_finished(folder)
        suite = find_suite(result.suite)
        for path, write in ((html, write_html), (markdown, write_markdown)):
            if path is not None:
                write(suite, result, records, path)
                typer.echo(f"{path} is written.", err=True)
