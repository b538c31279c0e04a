"""``tellergraph kyc``: what an operator does about identification."""

from datetime import datetime
from typing import Annotated

import orjson
import psycopg
import typer

from core.cli import command_services
from core.clock import system_clock
from core.db.migrate import migrate
from tools.kyc.review import QUERIES

kyc_app = typer.Typer(no_args_is_help=True, help="Identification of customers.")

_PIECE = 1_000


@kyc_app.command("expire")
def expire_command(
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """End identifications whose time has passed. For a daily timer."""
    with command_services(as_json) as services:
        migrate(services)
        ended = expire(services.owner_url, system_clock())
    typer.echo(orjson.dumps({"expired": ended}).decode() if as_json else f"{ended:,} identifications have expired.")


def expire(owner_url: str, now: datetime) -> int:
    """How many were ended. In pieces, each a transaction of its own."""
    total = 0
    with psycopg.connect(owner_url, autocommit=True) as owner:
        while True:
            [(ended,)] = owner.execute(QUERIES["expire"], {"now": now, "limit": _PIECE}).fetchall()
            total += ended
            if ended < _PIECE:
                return total
