"""``tellergraph auth roles``: what each role may do, changed by an operator, with a line in the audit log."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Annotated, Any

import orjson
import psycopg
import typer
from psycopg import Connection
from psycopg.rows import class_row

from core.cli import AsJson, command_services
from core.clock import system_clock
from core.db.migrate import migrate
from core.db.refusals import translated_errors
from core.errors import NotFound
from core.security.permissions import QUERIES

roles_app = typer.Typer(no_args_is_help=True, help="Roles and their permissions. A change holds within five seconds.")

_Role = Annotated[str, typer.Argument(help="Such as supervisor.")]
_Permission = Annotated[str, typer.Argument(help="Such as staff.fraud:work.")]


@dataclass(frozen=True, slots=True)
class Role:
    name: str
    of_account: str
    description: str
    permissions: list[str]
    members: int
    """Of the staff."""


@roles_app.command("list")
def list_command(as_json: AsJson = False) -> None:
    """All roles, with what they may do."""
    with command_services(as_json) as services:
        migrate(services)
        roles = list_roles(services.owner_url)
    if as_json:
        typer.echo(orjson.dumps({"roles": [asdict(role) for role in roles]}).decode())
        return
    for role in roles:
        typer.echo(f"{role.name} ({role.description})")
        typer.echo("".join(f"  {permission}\n" for permission in role.permissions), nl=False)


@roles_app.command("grant")
def grant_command(role: _Role, permission: _Permission, as_json: AsJson = False) -> None:
    """Let a role do something."""
    _change(as_json, "grant_permission", {"role": role, "permission": permission}, f"{role} may {permission}.")


@roles_app.command("revoke")
def revoke_command(role: _Role, permission: _Permission, as_json: AsJson = False) -> None:
    """Take a permission from a role. Administrators keep what they need to mend things."""
    said = f"{role} may not {permission}."
    _change(as_json, "revoke_permission", {"role": role, "permission": permission}, said)


@roles_app.command("assign")
def assign_command(
    email: Annotated[str, typer.Argument(help="A staff member's login.")], role: _Role, as_json: AsJson = False
) -> None:
    """Give one of the staff another role. The last administrator keeps theirs."""
    _change(as_json, "assign_role", {"email": email, "role": role}, f"{email} is {role}.")


def list_roles(owner_url: str) -> list[Role]:
    """By kind of account and name."""
    with psycopg.connect(owner_url) as owner, owner.cursor(row_factory=class_row(Role)) as cursor:
        return cursor.execute(QUERIES["list_roles"]).fetchall()


def change_role(owner_url: str, change: str, values: dict[str, Any], now: datetime) -> bool:
    """Whether anything changed: what is so already stays, without a line in the audit log.

    Raises:
        NotFound: there is no such role, permission or member of staff.
        Refused: the permission does not fit the role, or administrators would be locked out.
    """
    with translated_errors(), psycopg.connect(owner_url) as owner:
        _require_known(owner, values)
        return owner.execute(QUERIES[change], values | {"now": now}).rowcount > 0


def _require_known(owner: Connection[Any], values: dict[str, Any]) -> None:
    account = "staff" if "email" in values else None
    if not owner.execute(QUERIES["is_role"], {"role": values["role"], "account": account}).fetchone():
        raise NotFound(f"There is no role {values['role']} for that: see tellergraph auth roles list.")
    if "permission" in values and not owner.execute(QUERIES["is_permission"], values).fetchone():
        raise NotFound(f"There is no permission {values['permission']}: see docs/permissions.md.")
    if "email" in values and not owner.execute(QUERIES["find_staff"], values).fetchone():
        raise NotFound(f"Nobody of the staff logs in as {values['email']}.")


def _change(as_json: bool, change: str, values: dict[str, Any], said: str) -> None:
    with command_services(as_json) as services:
        migrate(services)
        changed = change_role(services.owner_url, change, values, system_clock())
    if as_json:
        typer.echo(orjson.dumps(values | {"changed": changed}).decode())
    else:
        typer.echo(said if changed else f"{said} It was so before.")
