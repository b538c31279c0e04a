"""`tellergraph finetune registry ...`: which adapter may answer. Exit codes: 0 done, 1 failed or found faults, 2 bad
input, 3 not promoted."""

import json
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from agent.models.registry_file import RegistryFile
from core.clock import system_clock
from core.db.migrate import explaining_old_schema
from core.errors import CallerError, InvalidInput, TellergraphError
from core.services import running_services
from core.settings import load_settings

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from finetune.registry.drift import DriftReport
    from finetune.registry.serving import Proof

app = typer.Typer(help="Adapters: add, promote, try out, take back.", no_args_is_help=True)

# The work is imported inside the commands: the base installation has none of the finetune extra, and `tellergraph`
# joins all commands.
_Dir = Annotated[Path | None, typer.Option("--dir", help="The registry's folder; default: DATA_DIR/models.")]
_Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
_Key = Annotated[Path | None, typer.Option(help="PEM of the private key that signs.")]
_Evaluation = Annotated[Path | None, typer.Option(help="What `finetune evaluate --out` wrote.")]
_Thresholds = Annotated[Path | None, typer.Option(help="TOML of your own instead of the shipped thresholds.")]


@app.command("list")
def list_command(folder: _Dir = None, as_json: _Json = False) -> None:
    """The adapters, and what each is used for."""
    from finetune.registry.adapters import roles_of  # noqa: PLC0415
    from finetune.registry.store import read_or_empty  # noqa: PLC0415

    with _errors(as_json):
        registry = read_or_empty(_place(folder))
    lines = [f"{name}  {', '.join(roles_of(registry, name)) or '-'}" for name in registry.adapters]
    _print(as_json, "\n".join(lines) or "No adapters.", registry.model_dump(mode="json"))


@app.command("add")
def add_command(
    adapter: Annotated[Path, typer.Argument(help="The folder that `finetune train` wrote.")],
    name: Annotated[str | None, typer.Option(help="Default: the folder's name.")] = None,
    base: Annotated[Path | None, typer.Option(help="Folder of its base model; default: where it was trained.")] = None,
    key: _Key = None,
    folder: _Dir = None,
    as_json: _Json = False,
) -> None:
    """Copy a trained adapter into the registry. It answers nobody yet."""
    with _errors(as_json):
        from finetune.registry.adapters import add_adapter  # noqa: PLC0415

        place, called = _place(folder), name or adapter.name
        added = add_adapter(place, adapter, called, base=base, key=_signer(key, place), now=system_clock())
    signed = "signed" if added.signature else "not signed"
    _print(as_json, f"{called} is in the registry, {signed}.", {"name": called} | added.model_dump(mode="json"))


@app.command("promote")
def promote_command(
    name: str,
    evaluation: Annotated[Path, typer.Option(help="What `finetune evaluate --out` wrote.")],
    thresholds: _Thresholds = None,
    key: _Key = None,
    folder: _Dir = None,
    as_json: _Json = False,
) -> None:
    """Let an adapter answer every customer, if its evaluation allows it; else exit code 3 and why."""
    from finetune.registry.serving import promote  # noqa: PLC0415

    with _errors(as_json):
        place = _place(folder)
        registry = promote(place, name, _prove(evaluation, thresholds, key, place))
    _print(as_json, f"{name} answers now (before: {registry.served.previous or 'no adapter'}).", _served(registry))


@app.command("canary")
def canary_command(
    name: Annotated[str | None, typer.Argument()] = None,
    share: Annotated[float, typer.Option(min=0.001, max=0.5, help="Of the conversations.")] = 0.05,
    evaluation: _Evaluation = None,
    thresholds: _Thresholds = None,
    key: _Key = None,
    off: Annotated[bool, typer.Option("--off", help="End the canary.")] = False,
    folder: _Dir = None,
    as_json: _Json = False,
) -> None:
    """Let an adapter answer a share of the conversations. Its evaluation must allow it, as for promote."""
    from finetune.registry.serving import start_canary, stop_canary  # noqa: PLC0415

    with _errors(as_json):
        place = _place(folder)
        if off:
            registry = stop_canary(place, _signer(key, place))
        else:
            proof = _prove(evaluation, thresholds, key, place) if evaluation else _signer(key, place)
            registry = start_canary(place, _named(name), share, proof)
    text = "No canary." if off else f"{name} answers {share:.1%} of the conversations."
    _print(as_json, text, _served(registry))


@app.command("shadow")
def shadow_command(
    name: Annotated[str | None, typer.Argument()] = None,
    off: Annotated[bool, typer.Option("--off", help="End the shadow.")] = False,
    key: _Key = None,
    folder: _Dir = None,
    as_json: _Json = False,
) -> None:
    """Let an adapter answer too, after the customer was answered; `compare` says how it did."""
    from finetune.registry.serving import start_shadow, stop_shadow  # noqa: PLC0415

    with _errors(as_json):
        place = _place(folder)
        signer = _signer(key, place)
        registry = stop_shadow(place, signer) if off else start_shadow(place, _named(name), signer)
    _print(as_json, "No shadow." if off else f"{name} answers in the shadow.", _served(registry))


@app.command("rollback")
def rollback_command(key: _Key = None, folder: _Dir = None, as_json: _Json = False) -> None:
    """Let the adapter before answer again, and end the canary."""
    from finetune.registry.serving import roll_back  # noqa: PLC0415

    with _errors(as_json):
        place = _place(folder)
        registry = roll_back(place, _signer(key, place))
    _print(as_json, f"{registry.served.adapter} answers again.", _served(registry))


@app.command("remove")
def remove_command(name: str, folder: _Dir = None, as_json: _Json = False) -> None:
    """Delete an adapter that nothing uses."""
    with _errors(as_json):
        from finetune.registry.adapters import remove_adapter  # noqa: PLC0415

        remove_adapter(_place(folder), name)
    _print(as_json, f"{name} is gone.", {"removed": name})


@app.command("verify")
def verify_command(
    public_key: Annotated[Path | None, typer.Option(help="PEM of the public key: signatures are checked too.")] = None,
    folder: _Dir = None,
    as_json: _Json = False,
) -> None:
    """Check that every adapter's files are those that were added, and the signatures. Exit code 1 if not."""
    with _errors(as_json):
        from finetune.registry.adapters import check_adapters, check_choice  # noqa: PLC0415
        from finetune.registry.keys import read_public_key  # noqa: PLC0415

        place, public = _place(folder), read_public_key(public_key) if public_key else None
        findings, served = check_adapters(place, public), check_choice(place, public) if public else []
    passed = not (served or any(finding.faults for finding in findings))
    lines = [f"{'FAIL' if f.faults else 'ok  '} {f.name}  {'; '.join(f.faults)}".rstrip() for f in findings]
    lines += [f"FAIL what is served: {fault}" for fault in served]
    result = {"passed": passed, "adapters": [asdict(finding) for finding in findings], "served": served}
    _print(as_json, "\n".join(lines) or "No adapters.", result)
    raise typer.Exit(0 if passed else 1)


@app.command("drift")
def drift_command(
    reference: Annotated[Path | None, typer.Option(help="JSON lines `intent`, `confidence`: before.")] = None,
    recent: Annotated[Path | None, typer.Option(help="JSON lines `intent`, `confidence`: now.")] = None,
    days: Annotated[int, typer.Option(min=1, help="Of the bank's conversations: the last so many days ...")] = 7,
    reference_days: Annotated[int, typer.Option(min=1, help="... against so many days before these.")] = 28,
    as_json: _Json = False,
) -> None:
    """Compare what customers ask for, and how sure we are of it, with the time before. Files, or the bank's own."""
    from finetune.registry.drift import measure_drift, read_window, read_windows  # noqa: PLC0415

    with _errors(as_json):
        if (reference is None) != (recent is None):
            raise InvalidInput("Give both --reference FILE and --recent FILE, or neither for the bank's conversations.")
        if reference is not None and recent is not None:
            windows = read_window(reference), read_window(recent)
        else:
            spans = timedelta(days=days), timedelta(days=reference_days)
            with running_services(load_settings()) as services, explaining_old_schema(services):
                windows = read_windows(services.owner_url, system_clock(), *spans)
        report = measure_drift(*windows)
    _print(as_json, _describe(report), asdict(report) | {"verdict": report.verdict})


@app.command("compare")
def compare_command(folder: _Dir = None, as_json: _Json = False) -> None:
    """How the shadow's answers compare with those that customers got. Figures alone: no texts are kept."""
    with _errors(as_json):
        from finetune.registry.comparing import compare_shadow  # noqa: PLC0415
        from finetune.registry.store import read_or_empty  # noqa: PLC0415

        place = _place(folder)
        report = asdict(compare_shadow(place))
        names = {adapter.digest: name for name, adapter in read_or_empty(place).adapters.items()}
    of = {role: names.get(report[role], report[role] or "the base alone") for role in ("served", "shadow")}
    figures = {name: f"{value:.4g}" for name, value in report.items() if name not in of}
    _print(as_json, "\n".join(f"{name:<16} {value}" for name, value in (of | figures).items()), report)


@app.command("new-key")
def new_key_command(
    path: Annotated[Path, typer.Argument(help="Where the private key goes; the public one beside it, as .pub.")],
    folder: _Dir = None,
    as_json: _Json = False,
) -> None:
    """Make an Ed25519 key for signing. It must not lie in the registry."""
    from finetune.registry.keys import make_key  # noqa: PLC0415

    with _errors(as_json):
        public = make_key(_outside(path, _place(folder)))
    text = f"The private key is {path}: keep it away from the servers. They get {public}."
    _print(as_json, text, {"private_key": str(path), "public_key": str(public)})


def _place(folder: Path | None) -> Path:
    return folder if folder is not None else load_settings().data_dir / "models"


def _outside(key: Path, registry: Path) -> Path:
    if key.resolve().is_relative_to(registry.resolve()):
        raise InvalidInput(f"{key} lies in the registry, which servers read: keep the private key elsewhere.")
    return key


def _named(name: str | None) -> str:
    if name is None:
        raise InvalidInput("Name an adapter, or --off.")
    return name


def _prove(evaluation: Path, thresholds: Path | None, key: Path | None, place: Path) -> "Proof":
    from finetune.evaluate.results import read_evaluation  # noqa: PLC0415
    from finetune.registry.judgement import THRESHOLDS_FILE, read_thresholds  # noqa: PLC0415
    from finetune.registry.serving import Proof  # noqa: PLC0415

    found = read_evaluation(evaluation)
    return Proof(found, read_thresholds(thresholds or THRESHOLDS_FILE), _signer(key, place))


def _signer(key: Path | None, place: Path) -> "Ed25519PrivateKey | None":
    from finetune.registry.keys import read_private_key  # noqa: PLC0415

    return read_private_key(_outside(key, place)) if key else None


def _served(registry: RegistryFile) -> dict[str, Any]:
    return registry.served.model_dump(mode="json")


def _describe(report: "DriftReport") -> str:
    intents, confidence = report.intents, report.confidence
    lines = [
        f"{report.verdict}: {report.recent} messages against {report.reference} before",
        f"intents      index {intents.index:.3f} (by chance {intents.chance:.3f})",
        f"confidence   distance {confidence.distance:.3f} (by chance {confidence.chance:.3f}), "
        f"mean {confidence.mean_before:.3f}, now {confidence.mean_now:.3f}",
        *(f"  {index:.3f} {name}" for name, index in list(intents.by_intent.items())[:10]),
        *report.warnings,
    ]
    return "\n".join(lines)


@contextmanager
def _errors(as_json: bool) -> Generator[None]:
    """An error of ours becomes one line on standard error, or the JSON object, and an exit code."""
    try:
        yield
    except ModuleNotFoundError as error:
        raise _stop(
            as_json, "missing", f"{error.name} is missing: pip install -r requirements/finetune.txt", 2
        ) from error
    except TellergraphError as error:
        status = 3 if error.error_code == "not_promoted" else 2 if isinstance(error, CallerError) else 1
        raise _stop(as_json, error.error_code, error.message, status) from error
    except OSError as error:
        reason = f"{error.filename or 'The disk'}: {error.strerror or error}. Nothing was changed."
        raise _stop(as_json, "failed", reason, 1) from error


def _stop(as_json: bool, code: str, message: str, status: int) -> typer.Exit:
    if as_json:
        _print(True, "", {"error": {"code": code, "message": message}})
    else:
        typer.echo(f"Error: {message}", err=True)
    return typer.Exit(status)


def _print(as_json: bool, text: str, result: dict[str, Any]) -> None:
    typer.echo(json.dumps(result) if as_json else text)
