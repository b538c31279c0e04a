"""Commands about the database's schema, mounted as ``tellergraph db``."""

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import asdict
from typing import Annotated, Any

import orjson
import typer

from core.db.health import Check, inspect_database
from core.db.migrate import downgrade as downgrade_to
from core.db.migrate import explaining_old_schema
from core.db.migrate import migrate as migrate_to_newest
from core.errors import TellergraphError
from core.services import Services, running_services
from core.settings import load_settings

db_app = typer.Typer(help="The database: migrate it, go back, check it.", no_args_is_help=True)

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


@db_app.command("migrate")
def migrate_command(as_json: AsJson = False) -> None:
    """Bring the schema to the newest revision."""
    with command_services(as_json) as services:
        done = migrate_to_newest(services)
    _print(as_json, f"The database is at {done.after} (it was at {done.before}).", asdict(done))


@db_app.command("downgrade")
def downgrade_command(
    revision: Annotated[str, typer.Argument(help="A revision such as 0002_conversation, or base.")],
    as_json: AsJson = False,
) -> None:
    """Take the schema back to an older revision; what was in the newer tables is deleted."""
    with command_services(as_json) as services:
        done = downgrade_to(services, revision)
    _print(as_json, f"The database is at {done.after} (it was at {done.before}).", asdict(done))


@db_app.command("check")
def check_command(as_json: AsJson = False) -> None:
    """Check roles, row-level security and the ledger; exit code 1 if something is wrong."""
    with command_services(as_json) as services:
        checks = inspect_database(services, demo=load_settings().demo)
    passed = all(check.passed for check in checks)
    findings = [{"name": check.name, "passed": check.passed, "faults": check.faults} for check in checks]
    _print(as_json, "\n".join(_line(check) for check in checks), {"passed": passed, "checks": findings})
    raise typer.Exit(0 if passed else 1)


@contextmanager
def command_services(as_json: bool) -> Generator[Services]:
    """Services for one command. An error of ours becomes one line on standard error, or the JSON object, and exit
    code 1."""
    try:
        with running_services(load_settings()) as services, explaining_old_schema(services):
            yield services
    except TellergraphError as error:
        if as_json:
            _print(True, "", {"error": {"code": error.error_code, "message": error.message}})
        else:
            typer.echo(f"Error: {error.message}", err=True)
        raise typer.Exit(1) from error


def _line(check: Check) -> str:
    mark = "ok   " if check.passed else "FAIL "
    return "\n".join([mark + check.name, *(f"     {fault}" for fault in check.faults)])


def _print(as_json: bool, text: str, result: dict[str, Any]) -> None:
    typer.echo(orjson.dumps(result).decode() if as_json else text)
