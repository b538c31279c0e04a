"""`tellergraph finetune evaluate`: how good a tuned model is. Exit codes: 0 done, 1 failed, 2 bad input."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from core.clock import system_clock
from core.errors import CallerError, TellergraphError
from finetune.cpu_guard import wait_passively
from finetune.quiet import quieten

if TYPE_CHECKING:
    from finetune.evaluate.results import Evaluation


def evaluate(
    model: Annotated[Path, typer.Argument(help="An adapter's folder, a whole model's, or an exported ONNX file.")],
    data: Annotated[
        Path,
        typer.Option(
            help="A folder that `finetune data` wrote, of which the test part is asked, or a CSV text,category."
        ),
    ],
    base: Annotated[Path | None, typer.Option(help="The adapter's base; default: where it was trained.")] = None,
    previous: Annotated[Path | None, typer.Option(help="The adapter that is served now, to compare with.")] = None,
    trained_on: Annotated[
        Path | None, typer.Option(help="The data that it learnt: test rows that stand there too are counted.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Write the result here, for `registry promote`.")] = None,
    plots: Annotated[Path | None, typer.Option(help="Folder for the confusion matrix, a PNG.")] = None,
    source: Annotated[list[str] | None, typer.Option(help="Only rows of this source, such as banking77.")] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="So many of the test rows, spread evenly.")] = None,
    max_tokens: Annotated[int, typer.Option(min=16, help="Of an answer.")] = 256,
    four_bit: Annotated[bool, typer.Option(help="Load the base in four bits, as it is served.")] = True,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Measure a tuned model on test rows, beside its base and the adapter before it."""
    wait_passively()
    try:
        quieten()
        # Inside the function, because the base installation has none of the packages.
        from finetune.evaluate.run import Extent, Subject  # noqa: PLC0415
        from finetune.evaluate.run import evaluate as measure  # noqa: PLC0415
        from finetune.registry.store import replace_file  # noqa: PLC0415

        subject = Subject(model, base, previous, trained_on, four_bit)
        extent = Extent(limit, max_tokens, tuple(source or ()))
        result = measure(subject, data, extent, plots=plots, started_at=system_clock(), report=_tell)
        if out is not None:
            out.parent.mkdir(parents=True, exist_ok=True)
            replace_file(out, result.model_dump_json(indent=1).encode() + b"\n")
    except ModuleNotFoundError as error:
        raise _stop(f"{error.name} is missing: pip install -r requirements/finetune.txt", 2) from error
    except TellergraphError as error:
        raise _stop(error.message, 2 if isinstance(error, CallerError) else 1) from error
    except OSError as error:
        raise _stop(f"{error.filename or out}: {error.strerror or error}.", 1) from error
    typer.echo(result.model_dump_json() if as_json else _describe(result))


def _describe(result: "Evaluation") -> str:
    beside = list(result.against.items())
    lines = [f"{result.suite} on {result.data}, {result.n} answers"]
    lines.append(f"  {'':<26} {'':>18}" + "".join(f" {name:>12}" for name, _ in beside))
    for name, value in result.metrics.items():
        error = f" ± {result.errors[name]:.4f}" if name in result.errors else ""
        others = "".join(f" {_shown(other.metrics.get(name)):>12}" for _, other in beside)
        lines.append(f"  {name:<26} {f'{value:.4f}{error}':>18}{others}")
    if result.test.seen is not None:
        lines.append(f"  {result.test.seen} of the test rows stand in the training's data too")
    return "\n".join(lines)


def _shown(value: float | None) -> str:
    """A figure that no row says anything about is missing."""
    return "-" if value is None else f"{value:.4f}"


def _tell(line: str) -> None:
    typer.echo(line, err=True)


def _stop(message: str, status: int) -> typer.Exit:
    typer.echo(f"Error: {message}", err=True)
    return typer.Exit(status)
