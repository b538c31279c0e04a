"""What answers on ``/mcp``: streamable HTTP without sessions, for the customer of the bearer token.

A request passes three doors: the host and origin that it names (DNS rebinding), its access token, the MCP server. A 401
points to a page that says how to send a token (RFC 9728). It names no authorization server: ours is not one of OAuth's.
"""

from contextlib import AbstractAsyncContextManager
from typing import Any
from urllib.parse import urlsplit

from fastapi import HTTPException, Request, Response
from fastapi.responses import JSONResponse
from fastapi.security.utils import get_authorization_scheme_param
from mcp.server import ServerRequestContext
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from mcp.server.transport_security import TransportSecurityMiddleware, TransportSecuritySettings
from starlette.types import Receive, Scope, Send

from api.api_keys import find_key_identity
from api.counts import DENIED
from api.dependencies import clock_of, get_signer, metadata
from api.envelope import ErrorBody, ErrorEnvelope
from api.mcp_mount import METADATA_PATH, PATH
from api.people import with_permissions
from core.errors import CallerError, Forbidden, Unauthorized
from core.security.tokens import Identity
from core.settings import Settings
from tools.catalogue import CATALOGUE, CUSTOMER_SCOPES
from tools.mcp_server import build_mcp_server, context_for, verify_customer
from tools.registry import ToolContext

_REASONS = {
    "invalid_token": "invalid_token",
    "token_expired": "invalid_token",
    "session_ended": "invalid_token",
    "invalid_api_key": "invalid_token",
    "forbidden": "insufficient_scope",
}
_EVERY_INTERFACE = {"0.0.0.0", "::"}  # noqa: S104


class McpDoor:
    """An ASGI application for PATH; it answers while ``run`` is entered, once."""

    def __init__(self, settings: Settings) -> None:
        server = build_mcp_server(CATALOGUE, CUSTOMER_SCOPES, _context_of, _scopes_of)
        self._manager = StreamableHTTPSessionManager(server, json_response=True, stateless=True)
        self._hosts = TransportSecurityMiddleware(allowed_hosts(settings))

    def run(self) -> AbstractAsyncContextManager[None]:
        return self._manager.run()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        await self._check_host(request)
        refused = await _identify(request)
        if refused is None:
            await self._manager.handle_request(scope, receive, send)
        else:
            await refused(scope, receive, send)

    async def resource_metadata(self, request: Request) -> Response:
        """RFC 9728's page about PATH."""
        await self._check_host(request)
        about = {
            "resource": _address(request, PATH),
            "resource_name": "Tellergraph",
            "bearer_methods_supported": ["header"],
            "resource_documentation": _address(request, "/openapi.json"),
        }
        return JSONResponse(about)

    async def _check_host(self, request: Request) -> None:
        """Raises HTTPException for a host or an origin that is not ours."""
        refused = await self._hosts.validate_request(request)
        if refused is not None:
            raise HTTPException(
                refused.status_code,
                "This server does not answer under that host or for that origin. Its operator can add it to "
                "TELLERGRAPH_CORS_ORIGINS.",
            )


async def _identify(request: Request) -> Response | None:
    """Keeps who asks in the request's state; the answer to a caller who is refused."""
    try:
        request.state.customer = await _find_customer(request)
    except (Unauthorized, Forbidden) as error:
        return _refusal(request, error)
    return None


async def _find_customer(request: Request) -> Identity:
    """Raises Unauthorized or Forbidden."""
    if (owner := await find_key_identity(request)) is not None:
        return owner
    scheme, token = get_authorization_scheme_param(request.headers.get("authorization"))
    if scheme.lower() != "bearer":
        raise Unauthorized("Send the access token, or an API key, as 'Authorization: Bearer TOKEN'.")
    return await with_permissions(request.app.state.running, verify_customer(await get_signer(request), token))


def _context_of(request: ServerRequestContext[Any, Request]) -> ToolContext:
    http = request.request
    if http is None:
        raise Unauthorized("Please log in.")
    return context_for(http.state.customer, http.app.state.running.bank, clock_of(http)())


def _scopes_of(request: ServerRequestContext[Any, Request]) -> frozenset[str]:
    http = request.request
    return http.state.customer.permissions if http else frozenset()


def _refusal(request: Request, error: CallerError) -> Response:
    """The house's envelope, with a challenge (RFC 6750, section 3): no error code where no token came."""
    DENIED.add(error.error_code)
    reason = _REASONS.get(error.error_code)
    challenge = [f'error="{reason}"'] if reason else []
    challenge.append(f'resource_metadata="{_address(request, METADATA_PATH)}"')
    body = ErrorBody(code=error.error_code, message=error.message)
    envelope = ErrorEnvelope(error=body, metadata=metadata(request, clock_of(request)()))
    headers = {"WWW-Authenticate": f"Bearer {', '.join(challenge)}"}
    return Response(envelope.model_dump_json(), error.status, headers=headers, media_type="application/json")


def _address(request: Request, path: str) -> str:
    return str(request.url.replace(path=path, query=""))


def allowed_hosts(settings: Settings) -> TransportSecuritySettings:
    """This machine's own names, the name that it serves on, and the origins that may call from a browser."""
    names = {"127.0.0.1", "localhost", "[::1]"}
    if settings.host not in _EVERY_INTERFACE:
        names.add(f"[{settings.host}]" if ":" in settings.host else settings.host)
    own = [form for name in sorted(names) for form in (name, f"{name}:*")]
    return TransportSecuritySettings(
        enable_dns_rebinding_protection="*" not in settings.cors_origins,
        allowed_hosts=own + [urlsplit(origin).netloc for origin in settings.cors_origins],
        allowed_origins=[f"{scheme}://{host}" for host in own for scheme in ("http", "https")] + settings.cors_origins,
    )
