"""``tellergraph langfuse``: the way from a turn to its trace."""

from typing import Annotated
from uuid import UUID

import orjson
import typer

from core.cli import AsJson, command_services
from core.telemetry.pseudonyms import Pseudonyms

langfuse_app = typer.Typer(help="Traces in Langfuse.", no_args_is_help=True)


@langfuse_app.callback()
def langfuse() -> None:
    """Traces in Langfuse."""


@langfuse_app.command("trace")
def trace_command(
    turn: Annotated[UUID, typer.Argument(help="The id of a turn, as the chat's answer and the audit log have it.")],
    as_json: AsJson = False,
) -> None:
    """Print the id of a turn's trace, whether or not it was sent."""
    with command_services(as_json) as services:
        trace_id = Pseudonyms(services.secret_key).trace_id(turn)
    typer.echo(orjson.dumps({"turn_id": str(turn), "trace_id": trace_id}).decode() if as_json else trace_id)
