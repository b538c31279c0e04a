"""``tellergraph fraud ...``: makes, measures and looks after the model."""

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer

from core.cli import AsJson, command_services
from core.clock import system_clock
from core.errors import TellergraphError
from core.services import running_services
from core.settings import load_settings

fraud_app = typer.Typer(help="Fraud scoring: features, the model, how good it is.", no_args_is_help=True)

# The commands import numpy and their work themselves: `tellergraph serve` joins all commands and should start at once.
_File = typer.Option(exists=True, dir_okay=False, help="Parquet or CSV.")
_Models = Annotated[Path | None, typer.Option(help="Folder of the versions; default: the committed ones.")]
_Delay = Annotated[float, typer.Option(min=0, max=365, help="Days after its event from which a label is known.")]


@fraud_app.command("train")
def train_command(
    data: Annotated[Path, _File],
    version: Annotated[
        str | None, typer.Option(help="Its name; default: the day and the start of the file's SHA-256.")
    ] = None,
    days: Annotated[int, typer.Option(min=1, help="Learn from so many days, the last whose labels are known.")] = 28,
    delay_days: _Delay = 7,
    all_features: Annotated[
        bool, typer.Option("--all-features", help="Also those that say nothing in the handbook's simulated data.")
    ] = False,
    note: Annotated[str, typer.Option(help="For the model card: where the data comes from, its licence.")] = "",
    promote: Annotated[bool, typer.Option("--promote", help="Use it from the next start on.")] = False,
    models: _Models = None,
    as_json: AsJson = False,
) -> None:
    """Train a version of the model. Needs the extra `fraud`; uses a PostgreSQL of its own, not the bank's."""
    from tools.fraud.features.dataset import read_dataset  # noqa: PLC0415
    from tools.fraud.model.making import make_version  # noqa: PLC0415
    from tools.fraud.model.versions import MODELS_DIR  # noqa: PLC0415
    from tools.fraud.model.versions import promote as promote_version  # noqa: PLC0415

    folder = models or MODELS_DIR
    with _errors(as_json):
        found = read_dataset(data)
        name = version or f"{system_clock():%Y%m%d}-{found.sha256[:8]}"
        learn = partial(make_version, days=days, delay_days=delay_days, all_features=all_features, note=note)
        made = learn(found, name, folder=folder, report=_tell)
        if promote:
            promote_version(name, folder)
    meta = made.metadata
    result = {"version": name, "rows": meta.rows, "frauds": meta.frauds, "promoted": promote}
    _print(as_json, f"Version {name}: learnt {meta.rows} events, {meta.frauds} frauds.", result)


@fraud_app.command("evaluate")
def evaluate_command(
    history: Annotated[Path, _File],
    test: Annotated[Path, _File],
    delay_days: _Delay = 7,
    train: Annotated[bool, typer.Option("--train", help="Train on the history instead of using a version.")] = False,
    train_days: Annotated[
        int | None, typer.Option(min=1, help="Days of training; default: 28, with --exclude-known 7.")
    ] = None,
    exclude_known: Annotated[
        bool, typer.Option("--exclude-known", help="Leave out customers known as compromised, as the handbook does.")
    ] = False,
    model: Annotated[str | None, typer.Option(help="A version; default: the promoted one.")] = None,
    models: _Models = None,
    plots: Annotated[Path | None, typer.Option(help="Folder for PNG plots.")] = None,
    as_json: AsJson = False,
) -> None:
    """Measure the model on a test that comes after a history: labels younger than the delay are unknown."""
    from tools.fraud.features.dataset import read_dataset  # noqa: PLC0415
    from tools.fraud.model.evaluation import Protocol, evaluate  # noqa: PLC0415
    from tools.fraud.model.plots import draw  # noqa: PLC0415
    from tools.fraud.model.versions import MODELS_DIR  # noqa: PLC0415

    with _errors(as_json):
        protocol = Protocol(delay_days, train, train_days, exclude_known, models or MODELS_DIR, model)
        found = evaluate(read_dataset(history), read_dataset(test), protocol, report=_tell)
        drawn = draw(found, plots) if plots is not None else []
    result = found.as_json() | {"plots": [str(path) for path in drawn]}
    lines = [f"{name}: {round(value, 4) if isinstance(value, float) else value}" for name, value in result.items()]
    _print(as_json, "\n".join(lines), result)


@fraud_app.command("backfill")
def backfill_command(models: _Models = None, as_json: AsJson = False) -> None:
    """Compute features and scores of the bank's past transactions; again, only of what is new."""
    from tools.fraud.features.backfill import backfill  # noqa: PLC0415
    from tools.fraud.model.scorer import load_scorer  # noqa: PLC0415
    from tools.fraud.model.versions import MODELS_DIR  # noqa: PLC0415

    with command_services(as_json) as services:
        done = backfill(services.owner_url, load_scorer(models or MODELS_DIR), system_clock())
    text = f"{done.remembered} transactions remembered, {done.scored} scored in {done.seconds} s."
    _print(as_json, text, asdict(done))


@fraud_app.command("drift")
def drift_command(
    data: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="Parquet or CSV; default: the bank.")
    ] = None,
    days: Annotated[int, typer.Option(min=1, help="The last so many days of it.")] = 30,
    models: _Models = None,
    as_json: AsJson = False,
) -> None:
    """Compare features and scores with those that the promoted model was trained on (population stability index)."""
    from tools.fraud.model.drift import ACT  # noqa: PLC0415
    from tools.fraud.model.recent import drift_of_bank, drift_of_file  # noqa: PLC0415
    from tools.fraud.model.versions import MODELS_DIR  # noqa: PLC0415

    folder = models or MODELS_DIR
    with _errors(as_json):
        if data is not None:
            found = drift_of_file(data, days, folder)
        else:
            with running_services(load_settings()) as services:
                found = drift_of_bank(services.owner_url, system_clock() - timedelta(days=days), folder)
    result = found.as_json()
    lines = [f"{found.model}, {found.rows} events; scores moved by {found.score:.3f}"]
    lines += [f"{'!' if index > ACT else ' '} {index:.3f} {name}" for name, index in found.features.items()]
    _print(as_json, "\n".join(lines), result)


@fraud_app.command("versions")
def versions_command(models: _Models = None, as_json: AsJson = False) -> None:
    """The versions of the model, and which one is promoted."""
    from tools.fraud.model.versions import MODELS_DIR, list_versions, read_promoted  # noqa: PLC0415

    folder = models or MODELS_DIR
    with _errors(as_json):
        found, promoted = list_versions(folder), read_promoted(folder)
    lines = [f"{'*' if version == promoted else ' '} {version}" for version in found]
    _print(as_json, "\n".join(lines), {"versions": found, "promoted": promoted})


@fraud_app.command("promote")
def promote_command(version: str, models: _Models = None, as_json: AsJson = False) -> None:
    """Use this version from the next start of the servers on."""
    from tools.fraud.model.versions import MODELS_DIR, promote  # noqa: PLC0415

    with _errors(as_json):
        before = promote(version, models or MODELS_DIR)
    _print(as_json, f"{version} is promoted (it was {before or 'none'}).", {"promoted": version, "before": before})


@fraud_app.command("rollback")
def rollback_command(models: _Models = None, as_json: AsJson = False) -> None:
    """Go back to the version that was promoted before."""
    from tools.fraud.model.versions import MODELS_DIR, roll_back  # noqa: PLC0415

    with _errors(as_json):
        before, now = roll_back(models or MODELS_DIR)
    _print(as_json, f"{now} is promoted (it was {before}).", {"promoted": now, "before": before})


@contextmanager
def _errors(as_json: bool) -> Generator[None]:
    """An error of ours becomes one line on standard error, or the JSON object, and exit code 1."""
    try:
        yield
    except TellergraphError as error:
        if as_json:
            _print(True, "", {"error": {"code": error.error_code, "message": error.message}})
        else:
            typer.echo(f"Error: {error.message}", err=True)
        raise typer.Exit(1) from error


def _tell(step: str) -> None:
    typer.echo(step, err=True)


def _print(as_json: bool, text: str, result: dict[str, Any]) -> None:
    typer.echo(orjson.dumps(result).decode() if as_json else text)
