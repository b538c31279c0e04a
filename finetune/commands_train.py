"""`tellergraph finetune train` and `finetune plan`."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from core.errors import CallerError, ConfigurationError, TellergraphError
from finetune.config import load_config
from finetune.cpu_guard import restart_prepared, wait_passively

_Config = Annotated[Path, typer.Argument(help="YAML file; see docs/finetune.md and finetune/configs.")]
_Method = Annotated[str | None, typer.Option(help="qlora, lora or full, in place of the config's.")]
_Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


def train(
    config: _Config,
    method: _Method = None,
    output: Annotated[Path | None, typer.Option(help="Where the result goes, in place of the config's.")] = None,
    fresh: Annotated[bool, typer.Option(help="Begin anew where an unfinished run is there.")] = False,
    as_json: _Json = False,
) -> None:
    """Train a model as CONFIG says; the same command again goes on where a run was cut off."""
    restart_prepared()
    try:
        wanted = load_config(config, _given(method=method, output=output))
        # Inside the function, because the base installation has none of the packages.
        from finetune.quiet import quieten  # noqa: PLC0415

        quieten()
        from finetune.train.failures import explained  # noqa: PLC0415
        from finetune.train.run import train as run  # noqa: PLC0415

        with explained(wanted):
            outcome = run(wanted, _tell, fresh=fresh)
    except ModuleNotFoundError as error:
        raise _stop(f"{error.name} is missing: pip install -r requirements/finetune.txt", 2) from error
    except (TellergraphError, OSError) as error:
        raise _stop(str(error), 2 if isinstance(error, CallerError | ConfigurationError) else 1) from error
    figures: dict[str, Any] = {"output": str(outcome.output)} | outcome.figures
    typer.echo(json.dumps(figures) if as_json else "\n".join(f"{name}: {value}" for name, value in figures.items()))


def plan(
    config: _Config,
    method: _Method = None,
    memory: Annotated[float | None, typer.Option(min=0.1, help="GiB, in place of what is free here.")] = None,
    as_json: _Json = False,
) -> None:
    """Say what a training will need of memory, what fits, and what to change; exits with 3 where it does not fit."""
    wait_passively()
    try:
        wanted = load_config(config, _given(method=method))
        # Inside the function, because the base installation has none of the packages.
        from finetune.quiet import quieten  # noqa: PLC0415

        quieten()
        from finetune.plan import make_plan  # noqa: PLC0415

        found = make_plan(wanted, None if memory is None else int(memory * 2**30))
    except ModuleNotFoundError as error:
        raise _stop(f"{error.name} is missing: pip install -r requirements/finetune.txt", 2) from error
    except TellergraphError as error:
        raise _stop(str(error), 2) from error
    typer.echo(json.dumps(_describe(found)) if as_json else "\n".join(_show(found)))
    if not found.fits:
        raise typer.Exit(3)


def _given(**values: Any) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def _describe(found: Any) -> dict[str, Any]:
    needs = asdict(found.needs)
    return asdict(found) | {
        "needs": needs | {"total": found.needs.total},
        "fits": found.fits,
        "trainable_percent": round(found.trainable_percent, 4),
    }


def _show(found: Any) -> list[str]:
    parts = [f"{name:12} {size / 2**20:10,.0f} MiB" for name, size in asdict(found.needs).items()]
    total = f"{'total':12} {found.needs.total / 2**20:10,.0f} MiB of {found.memory / 2**20:,.0f}"
    share = f"{found.trainable:,} of {found.parameters:,} parameters train ({found.trainable_percent:.4f} %)"
    rows = ", ".join(f"{rows} of {length} tokens" for length, rows in found.rows.items())
    lines = [*parts, total, share, f"most rows of a batch: {rows}"]
    if found.fits:
        return [*lines, "It fits."]
    advice = "; ".join(found.advice) or "nothing in the config is enough: take a smaller base or more memory"
    return [*lines, f"It does not fit. {'Set ' if found.advice else ''}{advice}."]


def _tell(line: str) -> None:
    typer.echo(line, err=True)


def _stop(message: str, code: int) -> typer.Exit:
    typer.echo(f"Error: {message}", err=True)
    return typer.Exit(code)
