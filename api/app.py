"""The app factory: wires routes, guards and errors around one running assistant."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import ExitStack, asynccontextmanager
from typing import TYPE_CHECKING

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
from fastapi.staticfiles import StaticFiles

from agent.assembly import running_assistant
from api.api_keys import HEADER as API_KEY_HEADER
from api.errors import add_error_handlers
from api.limit_middleware import LimitMiddleware
from api.logins.assembly import make_logins
from api.mcp_mount import BROWSER_HEADERS, mount_mcp
from api.middleware import RequestMiddleware
from api.oidc.flow import Oidc
from api.oidc.providers import read_providers
from api.openapi import complete_openapi
from api.routes import (
    activity,
    api_keys,
    attachments,
    auth,
    banking,
    card_network,
    care,
    chat,
    compliance_cases,
    demo,
    disputes,
    documents,
    fraud_alerts,
    handoffs,
    health,
    knowledge,
    kyc,
    logins,
    metrics,
    oidc,
    openai,
    operations,
    pages,
    passwords,
    policies,
    privacy,
    roles,
    screening,
    sessions,
    staff,
    totp,
)
from api.scopes import describe_scopes, public, require
from core.clock import Clock, system_clock
from core.security.sessions import Sessions
from core.security.tokens import TokenSigner
from core.security.trust_watch import watching_trust
from core.services import Services
from core.settings import Settings
from core.telemetry.metrics_page import make_shared_folder
from core.telemetry.switch import find_tracing
from core.version import VERSION
from tools.catalogue import CATALOGUE, CUSTOMER_SCOPES

if TYPE_CHECKING:
    from core.telemetry.tracing import Tracing


def create_app(settings: Settings, services: Services, clock: Clock = system_clock) -> FastAPI:
    tracing = find_tracing(settings)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncGenerator[None]:
        async with (
            _watched(tracing),
            running_assistant(settings, services, clock) as running,
            watching_trust(running.database, services.secret_key) as watch,
            mcp.run(),
        ):
            app.state.running = running
            app.state.logins = make_logins(settings, services, running)
            app.state.trust = watch
            app.state.signer = TokenSigner(watch.trust, settings.access_token_ttl)
            app.state.sessions = Sessions(
                running.database,
                services.secret_key,
                clock,
                token_ttl=settings.refresh_token_ttl,
                session_ttl=settings.session_ttl,
            )
            yield

    app = FastAPI(
        title="Tellergraph",
        version=VERSION,
        lifespan=lifespan,
        docs_url=None,  # those pages load scripts from elsewhere, which our content policy forbids
        redoc_url=None,
        telemetry={
            "tracing": False,
            "operation_spans": False,
            "metrics": False,
            "logs": False,
            "auto_configure": False,
        },
    )
    app.state.settings = settings
    app.state.clock = clock
    app.state.oidc = Oidc(read_providers(settings.oidc), settings.outgoing_networks)
    make_shared_folder()
    add_error_handlers(app)
    _add_routes(app, settings)
    complete_openapi(app)
    mcp = mount_mcp(app, settings)
    describe_scopes(app)
    # Inside CORS, so that a page of another site can read that it asks too often.
    app.add_middleware(LimitMiddleware, settings=settings)
    app.add_middleware(
        CORSMiddleware,
        allow_origins=settings.cors_origins,
        allow_methods=["GET", "POST", "PUT", "PATCH", "DELETE"],
        allow_headers=[
            "Authorization",
            API_KEY_HEADER,
            "Content-Type",
            "Last-Event-ID",
            "Idempotency-Key",
            "X-Session-ID",
            *BROWSER_HEADERS,
        ],
        expose_headers=[
            "X-Request-ID",
            "X-Turn-ID",
            "X-Session-ID",
            "Retry-After",
            "RateLimit-Limit",
            "RateLimit-Remaining",
            "RateLimit-Reset",
            "Content-Disposition",
        ],
    )
    app.add_middleware(
        RequestMiddleware,
        settings=settings,
        spans=tracing.incoming if tracing else None,
        larger={
            f"/api/v1{documents.UPLOADS}": settings.max_upload_bytes,
            f"/api/v1{attachments.UPLOADS}": attachments.MOST_BODY_BYTES,
        },
    )
    return app


@asynccontextmanager
async def _watched(tracing: "Tracing | None") -> AsyncGenerator[None]:
    """Ends in a thread: the last spans are sent then."""
    with ExitStack() as stack:
        if tracing:
            stack.enter_context(tracing.running())
        yield
        await asyncio.to_thread(stack.close)


def _add_routes(app: FastAPI, settings: Settings) -> None:
    may_chat = [require("chat:use")]
    # Early, as the most asked: each router before the one that answers costs a request 0.02 to 0.05 ms.
    app.include_router(chat.router, prefix="/api/v1")
    banking.add_tool_routes(app.router, CATALOGUE.offered(CUSTOMER_SCOPES), prefix="/api/v1")
    # Existing clients call the short forms: aliases of the same handlers.
    app.include_router(chat.router, prefix="/api", include_in_schema=False)
    app.add_api_route("/api/v2/chat", chat.chat, methods=["POST"], include_in_schema=False, dependencies=may_chat)
    app.include_router(auth.router, prefix="/api/v1")
    app.include_router(sessions.router, prefix="/api/v1")
    app.include_router(sessions.keys_router)
    app.include_router(passwords.router, prefix="/api/v1")
    app.include_router(logins.router, prefix="/api/v1")
    app.include_router(oidc.router, prefix="/api/v1")
    app.include_router(totp.router, prefix="/api/v1")
    app.include_router(api_keys.router, prefix="/api/v1")
    app.include_router(card_network.router, prefix="/api/v1")
    app.include_router(operations.router, prefix="/api/v1")
    app.include_router(activity.router, prefix="/api/v1")
    app.include_router(privacy.router, prefix="/api/v1")
    app.include_router(privacy.staff_router, prefix="/api/v1")
    app.include_router(attachments.router, prefix="/api/v1")
    app.include_router(staff.router, prefix="/api/v1")
    app.include_router(roles.router, prefix="/api/v1")
    app.include_router(handoffs.router, prefix="/api/v1")
    app.include_router(policies.router, prefix="/api/v1")
    app.include_router(compliance_cases.router, prefix="/api/v1")
    app.include_router(fraud_alerts.router, prefix="/api/v1")
    app.include_router(screening.router, prefix="/api/v1")
    app.include_router(kyc.router, prefix="/api/v1")
    app.include_router(disputes.router, prefix="/api/v1")
    app.include_router(care.router, prefix="/api/v1")
    app.include_router(knowledge.router, prefix="/api/v1")
    app.include_router(documents.router, prefix="/api/v1")
    app.include_router(openai.router)
    app.include_router(health.router)
    app.include_router(metrics.router)
    app.add_api_route("/api/health", health.health, include_in_schema=False, dependencies=[public("as /health")])
    if settings.demo:
        app.include_router(demo.router, prefix="/api/v1")
    app.include_router(pages.router)
    app.mount("/static", StaticFiles(directory=pages.STATIC), name="static")
