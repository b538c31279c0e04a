"""Commands about the keys that access tokens are signed with, mounted as ``tellergraph auth``."""

from dataclasses import asdict
from typing import Annotated, Any

import orjson
import typer

from core.cli import AsJson, command_services
from core.clock import system_clock
from core.roles_cli import roles_app
from core.security.key_store import (
    Rotated,
    ensure_signing_keys,
    list_signing_keys,
    rotate_signing_keys,
    withdraw_signing_key,
)

auth_app = typer.Typer(help="Who may do what, and the keys that sign tokens.", no_args_is_help=True)
auth_app.add_typer(roles_app, name="roles")


@auth_app.command("keys")
def keys_command(as_json: AsJson = False) -> None:
    """List the signing keys."""
    with command_services(as_json) as services:
        keys = list_signing_keys(services.owner_url)
    shown = [{name: value for name, value in asdict(key).items() if name != "sealed_private"} for key in keys]
    lines = [f"{key.status:<9} {key.kid}  since {key.changed_at:%Y-%m-%d %H:%M:%S %Z}" for key in keys]
    _print(as_json, "\n".join(lines) or "There are none: 'tellergraph serve' makes them.", {"keys": shown})


@auth_app.command("rotate-keys")
def rotate_command(as_json: AsJson = False) -> None:
    """Sign with the next key from now on. Nobody is logged out; every process follows within five seconds."""
    with command_services(as_json) as services:
        now = system_clock()
        made = ensure_signing_keys(services.owner_url, services.secret_key, now)
        rotated = made or rotate_signing_keys(services.owner_url, services.secret_key, now)
    _print(as_json, _said(rotated, "retired"), asdict(rotated))


# One id in 64 begins with "-", as base64url goes, and would be taken for an option.
@auth_app.command("withdraw-key", context_settings={"ignore_unknown_options": True})
def withdraw_command(
    kid: Annotated[str, typer.Argument(help="The id of the key, see 'tellergraph auth keys'.")], as_json: AsJson = False
) -> None:
    """Refuse everything that a key has signed, within five seconds: for one that somebody else may have. Sessions go on
    with tokens of another key."""
    with command_services(as_json) as services:
        replaced = withdraw_signing_key(services.owner_url, services.secret_key, kid, system_clock())
    text = _said(replaced, "withdrawn") if replaced else f"withdrawn {kid}"
    _print(as_json, text, {"withdrawn": kid, "replaced": replaced and asdict(replaced)})


def _said(rotated: Rotated, past: str) -> str:
    before = f"\n{past} {rotated.retired}" if rotated.retired else ""
    return f"signs     {rotated.current}\nnext      {rotated.next}{before}"


def _print(as_json: bool, text: str, result: dict[str, Any]) -> None:
    typer.echo(orjson.dumps(result).decode() if as_json else text)
