"""``tellergraph db rotate-keys``: everything under the present keys, so that the others can be taken away."""

import asyncio
from dataclasses import asdict, dataclass
from typing import Annotated, Any

import orjson
import typer

from core.cli import AsJson, command_services
from core.clock import system_clock
from core.db.migrate import migrate
from core.security.encryption.ring import open_key_ring
from core.security.encryption.rotation import KeyReport, inspect_keys
from core.security.encryption.rotation import rotate_keys as rotate_data_keys
from core.services import Services
from core.settings import Settings, load_settings
from tools.bank import make_file_cipher, make_seal
from tools.rotation import Resealed, count_waiting, inspect_sealed, list_kinds, reseal_all


@dataclass(frozen=True, slots=True)
class _Report:
    keys: KeyReport
    sealed: dict[str, Resealed]
    waiting: int

    @property
    def is_done(self) -> bool:
        """Whether every other master key and every old secret key may be taken away."""
        return self.keys.is_done and not self.waiting and not any(each.left for each in self.sealed.values())

    def as_dict(self) -> dict[str, Any]:
        sealed = {name: asdict(each) for name, each in self.sealed.items()}
        return self.keys.as_dict() | {"sealed": sealed, "proposals_waiting": self.waiting, "done": self.is_done}


def rotate_keys(
    check: Annotated[
        bool, typer.Option("--check", help="Change nothing; exit code 1 unless every other key may go.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Wrap the customers' keys again with the present master key, and seal again with the present secret key what
    another one has sealed, while the server serves. Stopped, it goes on where it was. Progress is told on standard
    error."""
    settings = load_settings()
    with command_services(as_json) as services:
        migrate(services)
        report = _run(settings, services, check=check)
    typer.echo(orjson.dumps(report.as_dict()).decode() if as_json else _told(report))
    raise typer.Exit(0 if report.is_done else 1)


def _run(settings: Settings, services: Services, *, check: bool) -> _Report:
    seal, now = make_seal(settings, services), system_clock()
    kinds = list_kinds(seal, make_file_cipher(settings, services))
    keys = asyncio.run(_rotate_data_keys(settings, services, check=check))
    sealed = inspect_sealed(services.owner_url, kinds) if check else reseal_all(services.owner_url, kinds, now, _tell)
    return _Report(keys, sealed, count_waiting(services.owner_url, seal, now))


async def _rotate_data_keys(settings: Settings, services: Services, *, check: bool) -> KeyReport:
    async with open_key_ring(settings, services.secret_key) as ring:
        if check:
            return await inspect_keys(services.owner_url, ring)
        return await rotate_data_keys(services.owner_url, ring, system_clock(), lambda count: _tell("data_keys", count))


def _tell(kind: str, count: int) -> None:
    typer.echo(f"{kind}: {count:,}", err=True)


def _told(report: _Report) -> str:
    keys = report.keys
    lines = [f"The present master key is {keys.current}; {keys.rewrapped:,} data keys were wrapped again."]
    lines += [f"  {master_id}: {count:,} data keys" for master_id, count in keys.in_use.items()]
    lines += [f"  {master_id} is not set: what it wrapped cannot be read." for master_id in keys.unknown]
    lines += [f"  The key of customer {customer} did not open and was left." for customer in keys.unreadable]
    for name, each in report.sealed.items():
        lines.append(f"{name}: {each.resealed:,} sealed again, {each.left:,} left under other keys.")
        lines += [f"  {row} did not open and was left." for row in each.unreadable]
    if report.waiting:
        lines.append(f"{report.waiting:,} proposals wait under other keys: ten minutes at most, then check again.")
    if report.is_done:
        lines.append("Every other master key, and every old secret key, may be taken away.")
    return "\n".join(lines)
