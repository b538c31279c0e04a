"""``tellergraph audit``: prove the audit log, sign where it stands, hand it to a SIEM."""

import os
import signal
import sys
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated

import orjson
import psycopg
import typer

from core.audit.checkpoints import (
    CheckpointFile,
    as_pem,
    checkpoint_path,
    get_signing_key,
    read_journal,
    read_public_key,
)
from core.audit.export import WRITERS, Cursor, Format, list_exported
from core.audit.heads import read_heads
from core.audit.shorten import Shortened, shorten_log
from core.audit.verify import Verdict, verify_log
from core.cli import AsJson, command_services
from core.clock import system_clock
from core.errors import InvalidInput
from core.settings import load_settings

audit_app = typer.Typer(help="The audit log: prove it, sign it, hand it on.", no_args_is_help=True)


@audit_app.command("verify")
def verify_command(
    public_key: Annotated[
        Path | None, typer.Option(help="Of the checkpoints, in PEM. Default: of the own key.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Check every entry, every chain and every signed checkpoint; exit code 1 names the first row that is wrong."""
    settings = load_settings()
    with command_services(as_json) as services:
        key = read_public_key(public_key) if public_key else get_signing_key(settings).public_key()
        verdict = verify_log(services.owner_url, read_journal(checkpoint_path(settings), key))
    if as_json:
        faults = [{name: value for name, value in asdict(fault).items() if name != "after"} for fault in verdict.faults]
        counted = {"entries": verdict.entries, "chains": verdict.chains, "checkpoints": verdict.checkpoints}
        counted |= {"removed": verdict.removed}
        typer.echo(orjson.dumps({"whole": verdict.is_whole} | counted | {"faults": faults}).decode())
    else:
        typer.echo(_told(verdict))
    raise typer.Exit(0 if verdict.is_whole else 1)


@audit_app.command("checkpoint")
def checkpoint_command(as_json: AsJson = False) -> None:
    """Sign where the chains stand now; the worker does so every few minutes."""
    settings = load_settings()
    with command_services(as_json) as services:
        file = CheckpointFile(checkpoint_path(settings), get_signing_key(settings))
        with psycopg.connect(services.owner_url, autocommit=True) as connection:
            made = file.append(read_heads(connection), system_clock())
    said = {
        "written": made is not None,
        "number": made.number if made else None,
        "path": str(checkpoint_path(settings)),
    }
    text = f"Checkpoint {made.number} of {made.entries} entries." if made else "Nothing was written since the last one."
    typer.echo(orjson.dumps(said).decode() if as_json else text)


@audit_app.command("shorten")
def shorten_command(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Count, and change nothing.")] = False,
    as_json: AsJson = False,
) -> None:
    """Take away what is older than TELLERGRAPH_AUDIT_YEARS, up to a checkpoint that was signed before that; not what a
    legal hold needs."""
    settings = load_settings()
    with command_services(as_json) as services:
        key, path = get_signing_key(settings), checkpoint_path(settings)
        journal = read_journal(path, key.public_key())
        done = shorten_log(
            services.owner_url,
            CheckpointFile(path, key),
            journal,
            system_clock(),
            settings.audit_years,
            dry_run=dry_run,
        )
    said = {"dry_run": dry_run} | asdict(done) | {"before": done.before.isoformat()}
    typer.echo(orjson.dumps(said).decode() if as_json else _told_shortened(done, dry_run=dry_run))


def _told_shortened(done: Shortened, *, dry_run: bool) -> str:
    if done.checkpoint is None:
        return f"No checkpoint was signed before {done.before:%Y-%m-%d}: nothing can be removed yet."
    verb = "would go" if dry_run else "are gone"
    return (
        f"From before {done.before:%Y-%m-%d}, by checkpoint {done.checkpoint}: {done.entries:,} entries, "
        f"{done.tool_calls:,} lines of customers' ledgers and {done.staff_reads:,} openings of files {verb}."
    )


@audit_app.command("key")
def key_command(as_json: AsJson = False) -> None:
    """Print the public key of the checkpoints, to be kept where the audit log is checked."""
    pem = as_pem(get_signing_key(load_settings()).public_key())
    typer.echo(orjson.dumps({"public_key": pem}).decode() if as_json else pem.rstrip())


@audit_app.command("export")
def export_command(
    format: Annotated[Format, typer.Option(help="jsonl, cef or ocsf.")] = "jsonl",
    since: Annotated[str | None, typer.Option(help="A cursor, or a moment such as 2026-05-01T00:00:00Z.")] = None,
    cursor_file: Annotated[
        Path | None, typer.Option(help="Where the cursor is read from, and kept after what was written out.")
    ] = None,
    follow: Annotated[bool, typer.Option("--follow", help="Go on with what is written from now on.")] = False,
) -> None:
    """Write the entries, masked, a line each, to standard output; the cursor after them to standard error. SIGINT and
    SIGTERM end it after a whole batch."""
    cursor, moment = _start(since, cursor_file)
    with command_services(as_json=False) as services, _asked_to_stop() as is_stopped:
        while True:
            for entries, after in list_exported(services.owner_url, cursor, moment):
                sys.stdout.writelines(f"{WRITERS[format](entry)}\n" for entry in entries)
                sys.stdout.flush()
                cursor = after
                if cursor_file is not None:
                    _keep(cursor_file, cursor)
                if is_stopped():
                    break
            if not follow or is_stopped():
                break
            time.sleep(_PAUSE.total_seconds())
    typer.echo(str(cursor), err=True)


_PAUSE = timedelta(seconds=1)


@contextmanager
def _asked_to_stop() -> Generator[Callable[[], bool]]:
    """Whether SIGINT or SIGTERM came: a line is not cut in the middle, and the cursor is not behind it."""
    came: list[int] = []
    handlers = {
        number: signal.signal(number, lambda number, _: came.append(number))
        for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        yield lambda: bool(came)
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)


def _start(since: str | None, cursor_file: Path | None) -> tuple[Cursor, datetime | None]:
    """A cursor that was kept goes before ``since``."""
    if cursor_file is not None and cursor_file.exists():
        return Cursor.parse(cursor_file.read_text()), None
    if since is None:
        return Cursor({}), None
    try:
        moment = datetime.fromisoformat(since)
    except ValueError:
        return Cursor.parse(since), None
    if moment.tzinfo is None:
        raise InvalidInput("Say in which time zone: 2026-05-01T00:00:00Z.")
    return Cursor({}), moment


def _keep(path: Path, cursor: Cursor) -> None:
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    draft.write_text(str(cursor))
    draft.replace(path)


def _told(verdict: Verdict) -> str:
    counted = f"{verdict.entries:,} entries in {verdict.chains} chains, {verdict.checkpoints} signed checkpoints"
    if verdict.removed:
        counted += f", {verdict.removed:,} entries removed on record"
    if not verdict.is_whole:
        return "\n".join(
            [f"The audit log was tampered with ({counted}):", *(fault.message for fault in verdict.faults)]
        )
    if not verdict.checkpoints:
        return f"{counted}: the chains are whole. Without a checkpoint nothing tells whether all was written anew."
    return f"{counted}: the audit log is as it was written."
