"""``tellergraph privacy``: what the bank's data protection officer does."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import orjson
import psycopg
import typer
from psycopg.types.json import Jsonb

from core.cli import AsJson, command_services
from core.clock import system_clock
from core.db.database import Database
from core.db.migrate import migrate
from core.errors import InvalidInput, NotFound
from core.security.encryption.data_keys import DataKeys
from core.security.encryption.ring import open_key_ring
from core.services import Services
from core.settings import load_settings
from tools.bank import make_attachments, make_seal
from tools.privacy.erasure import erase_customer, open_retained
from tools.privacy.export import Openers, export_customer
from tools.privacy.holds import list_holds, place_hold, release_holds
from tools.privacy.queries import QUERIES
from tools.privacy.retention import apply_retention, change_rule, list_rules

privacy_app = typer.Typer(
    no_args_is_help=True, help="Customers' rights over their data: copies, erasure, legal holds, retention."
)

Customer = Annotated[str, typer.Argument(help="A customer's id, or the e-mail address of their login.")]
By = Annotated[str, typer.Option("--by", help="Who does it. It stands in the audit.")]
Reason = Annotated[str, typer.Option("--reason", help="Why. It stands in the audit.")]


@dataclass(frozen=True, slots=True)
class _Written:
    """A copy that lies in a file."""

    customer_id: UUID
    file: Path
    size: int


@privacy_app.command("export")
def export_command(
    customer: Customer,
    out: Annotated[Path, typer.Option("--out", help="The file to write; there must be none.")],
    by: By,
    as_json: AsJson = False,
) -> None:
    """Write a customer's copy of their data (GDPR article 15)."""
    with command_services(as_json) as services:
        migrate(services)
        written = asyncio.run(_export(services, _find(services, customer), out, by))
    result = {"customer_id": written.customer_id, "file": str(written.file), "bytes": written.size}
    _print(as_json, result, f"{written.file}: {written.size:,} bytes. Hand it over by a safe way, and delete it.")


@privacy_app.command("erase")
def erase_command(customer: Customer, by: By, reason: Reason, as_json: AsJson = False) -> None:
    """Erase a customer (GDPR article 17), and print the certificate. Stopped, it goes on where it was."""
    with command_services(as_json) as services:
        migrate(services)
        certificate = asyncio.run(_erase(services, _find(services, customer), by, reason))
    _print(as_json, certificate, _say_certificate(certificate))


@privacy_app.command("retained")
def retained_command(customer: Customer, by: By, reason: Reason, as_json: AsJson = False) -> None:
    """Open what the law has the bank keep of an erased customer."""
    with command_services(as_json) as services:
        migrate(services)
        customer_id = _find(services, customer)
        _record(services, customer_id, by, reason)
        kept = asyncio.run(_open_retained(services, customer_id))
    _print(as_json, kept, orjson.dumps(kept, option=orjson.OPT_INDENT_2).decode())


@privacy_app.command("hold")
def hold_command(customer: Customer, by: By, reason: Reason, as_json: AsJson = False) -> None:
    """Place a legal hold: nothing of the customer is erased until it is released."""
    with command_services(as_json) as services:
        migrate(services)
        customer_id = _find(services, customer)
        hold = place_hold(services.owner_url, customer_id, by=by, reason=reason, now=system_clock())
    _print(as_json, {"hold_id": hold, "customer_id": customer_id}, f"Hold {hold} stands.")


@privacy_app.command("release")
def release_command(customer: Customer, by: By, reason: Reason, as_json: AsJson = False) -> None:
    """Release a customer's legal holds."""
    with command_services(as_json) as services:
        migrate(services)
        customer_id = _find(services, customer)
        number = release_holds(services.owner_url, customer_id, by=by, reason=reason, now=system_clock())
    _print(as_json, {"customer_id": customer_id, "released": number}, f"{number} holds released.")


@privacy_app.command("holds")
def holds_command(as_json: AsJson = False) -> None:
    """The legal holds that stand."""
    with command_services(as_json) as services:
        migrate(services)
        found = list_holds(services.owner_url)
    lines = [
        f"{each['customer_id']}  {each['placed_at']:%d %b %Y}  {each['placed_by']}: {each['reason']}" for each in found
    ]
    _print(as_json, {"holds": found}, "\n".join(lines) or "No legal hold stands.")


@privacy_app.command("retention")
def retention_command(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Count what would go, and change nothing.")] = False,
    as_json: AsJson = False,
) -> None:
    """Delete what is older than its rule, as the worker does every night."""
    with command_services(as_json) as services:
        migrate(services)
        done = apply_retention(services.owner_url, services.checkpoint_url, system_clock(), dry_run=dry_run)
    said = "would go" if dry_run else "gone"
    _print(
        as_json, {"dry_run": dry_run, **done}, "\n".join(f"{name}: {count:,} {said}" for name, count in done.items())
    )


@privacy_app.command("rules")
def rules_command(as_json: AsJson = False) -> None:
    """The retention rules: what is older than when goes, and by what law."""
    with command_services(as_json) as services:
        migrate(services)
        rules = list_rules(services.owner_url, system_clock())
    lines = [f"{rule['name']}: before {rule['before']:%d %b %Y}. {rule['law']}." for rule in rules]
    _print(as_json, {"rules": rules}, "\n".join(lines))


@privacy_app.command("keep")
def keep_command(
    rule: Annotated[str, typer.Argument(help="A rule's name.")],
    kept_for: Annotated[str, typer.Argument(help="Such as '90 days', '13 months', '7 years'.")],
    by: By,
    as_json: AsJson = False,
) -> None:
    """Change how long something is kept."""
    with command_services(as_json) as services:
        migrate(services)
        change_rule(services.owner_url, rule, kept_for, by=f"operator:{by}", now=system_clock())
    _print(as_json, {"rule": rule, "kept_for": kept_for}, f"{rule}: {kept_for} from now on.")


async def _export(services: Services, customer_id: UUID, out: Path, by: str) -> _Written:
    settings = load_settings()
    database = Database(services.app_url, pool_size=2)
    await database.open()
    try:
        async with open_key_ring(settings, services.secret_key) as ring:
            attachments = make_attachments(settings, services)
            openers = Openers(DataKeys(database, ring), make_seal(settings, services), attachments)
            pieces = await export_customer(database, openers, customer_id, by=f"operator:{by}", now=system_clock())
            return _Written(customer_id, out, await _write(out, pieces))
    finally:
        await database.close()


async def _write(out: Path, pieces: AsyncIterator[bytes]) -> int:
    """Readable by nobody else; whole, or not there."""
    draft = out.with_name(f".{out.name}.{os.getpid()}")
    try:
        size = 0
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            async for piece in pieces:
                size += file.write(piece)
        os.link(draft, out)
        return size
    except OSError as error:
        raise InvalidInput(f"{out} cannot be written: {error.strerror}.") from error
    finally:
        with suppress(FileNotFoundError):
            draft.unlink()


async def _erase(services: Services, customer_id: UUID, by: str, reason: str) -> dict[str, Any]:
    async with open_key_ring(load_settings(), services.secret_key) as ring:
        return await erase_customer(services, ring, customer_id, by=f"operator:{by}", reason=reason, now=system_clock())


async def _open_retained(services: Services, customer_id: UUID) -> dict[str, Any]:
    async with open_key_ring(load_settings(), services.secret_key) as ring:
        return await open_retained(services, ring, customer_id)


def _find(services: Services, customer: str) -> UUID:
    """By id, also of somebody whose login is erased, or by e-mail address."""
    try:
        return UUID(customer)
    except ValueError:
        pass
    with psycopg.connect(services.owner_url) as owner:
        found = owner.execute(QUERIES["find_by_email"], {"email": customer}).fetchone()
    if found is None:
        raise NotFound("There is no customer with that address. An id is written as 0199c0de-....")
    return found[0]


def _record(services: Services, customer_id: UUID, by: str, reason: str) -> None:
    line = {"actor": f"operator:{by}", "customer_id": customer_id, "action": "privacy.retained_opened"}
    line |= {"resource": f"customers/{customer_id}", "detail": Jsonb({"reason": reason}), "now": system_clock()}
    with psycopg.connect(services.owner_url) as owner:
        owner.execute(QUERIES["add_audit_line"], line)


def _say_certificate(certificate: dict[str, Any]) -> str:
    lines = [f"Customer {certificate['customer_id']} was erased, {certificate['finished_at']}."]
    lines += [f"  {each['table']}: {each['rows']} {each['how']}" for each in certificate["erased"]]
    lines.append("Kept:")
    lines += [f"  {each['table']} until {each['until'][:10]}: {each['why']}" for each in certificate["kept"]]
    return "\n".join(lines)


def _print(as_json: bool, result: dict[str, Any], text: str) -> None:
    typer.echo(orjson.dumps(result).decode() if as_json else text)
