"""MCP on standard input and output, for the customer of TELLERGRAPH_ACCESS_TOKEN.

The token is verified with the services' own keys at the start and again for every request: when it ends, so does what
can be asked. Nothing but MCP goes to standard output.
"""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any, NoReturn, cast

import typer
from anyio import AsyncFile, wait_readable
from mcp.server import ServerRequestContext
from mcp.server.stdio import stdio_server

from core.clock import Clock, system_clock
from core.db.database import Database
from core.db.health import require_security
from core.db.migrate import migrate
from core.errors import CallerError
from core.logging import configure_logging
from core.security.tokens import TokenSigner
from core.security.trust_watch import watching_trust
from core.services import Services, running_services
from core.settings import Settings, load_settings
from tools.bank import make_bank
from tools.catalogue import CATALOGUE, CUSTOMER_SCOPES
from tools.mcp_server import ContextOf, build_mcp_server, context_for, verify_customer
from tools.registry import Bank, ToolContext

_STANDARD_INPUT = 0
_BLOCK = 65_536
_HOW = (
    "Set TELLERGRAPH_ACCESS_TOKEN to the access_token that POST /api/v1/auth/login of the running server answers to a "
    "customer's email and password, and give this command the server's own settings: its secret verifies the token."
)


def serve_mcp() -> None:
    """Until standard input ends. Exits with code 2 without a customer's token."""
    settings = load_settings()
    configure_logging(settings.log_level, settings.log_format)
    token = settings.access_token.get_secret_value() if settings.access_token else ""
    if not token:
        _stop("There is no access token.")
    with running_services(settings) as services:
        migrate(services)
        require_security(services, demo=settings.demo)
        asyncio.run(_speak(settings, services, token))


def _check(signer: TokenSigner, token: str) -> None:
    """Exits with code 2 for anything but a customer's."""
    try:
        verify_customer(signer, token)
    except CallerError as error:
        _stop(f"The access token is refused. {error.message}")


def _stop(reason: str) -> NoReturn:
    typer.echo(f"Error: {reason} {_HOW}", err=True)
    raise typer.Exit(2)


async def _speak(settings: Settings, services: Services, token: str) -> None:
    """Until standard input ends."""
    database = Database(services.app_url, pool_size=settings.database_pool_size)
    bank = make_bank(settings, services, database)
    await database.open()
    try:
        async with watching_trust(database, services.secret_key) as watch:
            signer = TokenSigner(watch.trust, settings.access_token_ttl)
            _check(signer, token)
            server = build_mcp_server(CATALOGUE, CUSTOMER_SCOPES, for_token(signer, token, bank, system_clock))
            lines = cast(AsyncFile[str], _lines())  # it is iterated over and nothing else
            async with stdio_server(lines) as (requests, answers):
                await server.run(requests, answers, server.create_initialization_options())
    finally:
        await database.close()


async def _lines() -> AsyncIterator[str]:
    """Of standard input. The SDK's own reader is a thread that holds a process which is told to end until the next line
    comes."""
    rest = b""
    while block := await _read_some():
        *lines, rest = (rest + block).split(b"\n")
        for line in lines:
            yield line.decode(errors="replace")
    if rest:
        yield rest.decode(errors="replace")


async def _read_some() -> bytes:
    """What is there; empty at the end."""
    with suppress(PermissionError):  # a regular file, which cannot be waited for and need not be
        await wait_readable(_STANDARD_INPUT)
    return os.read(_STANDARD_INPUT, _BLOCK)


def for_token(signer: TokenSigner, token: str, bank: Bank, clock: Clock) -> ContextOf:
    """The customer of one token, for as long as it is good."""

    def context_of(_: ServerRequestContext[Any, Any]) -> ToolContext:
        return context_for(verify_customer(signer, token), bank, clock())

    return context_of
