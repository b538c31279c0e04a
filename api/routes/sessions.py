"""Renew a login, end it, see where one is logged in; tokens for visitors; the keys that tokens are signed with."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID, uuid4

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from api.dependencies import (
    MAY_BEAR,
    AnyoneDep,
    NowDep,
    ReplyDep,
    RunningDep,
    SettingsDep,
    SignedInDep,
    SignerDep,
    find_identity,
)
from api.envelope import Envelope, ErrorEnvelope
from api.refresh_cookie import clear_refresh_cookie, find_refresh_cookie, uses_cookie
from api.scopes import public, signed_in
from api.sessions import SignedIn, renew_session, sessions_of
from core.errors import NotFound, Unauthorized
from core.security.sessions import revoke_all_sessions
from core.security.tokens import AccountType, Identity

router = APIRouter(
    prefix="/auth",
    tags=["auth"],
    responses={
        401: {
            "model": ErrorEnvelope,
            "description": "- `unauthorized`, `invalid_token`, `token_expired`, `session_ended`: log in, or renew.\n"
            "- `invalid_refresh_token`, `refresh_reused`: log in.\n"
            "- `refresh_raced`: another request has just renewed the session.",
        },
        403: {"model": ErrorEnvelope, "description": "- `cross_site_request`: the cookie is for our own pages."},
    },
)
keys_router = APIRouter(tags=["auth"])

_KEYS_FOR = 5
"""Seconds that others may keep the keys: as long as it takes until a withdrawal holds here."""


class RefreshRequest(BaseModel):
    model_config = ConfigDict(extra="forbid")

    refresh_token: str | None = Field(default=None, min_length=1, max_length=200)


class LoggedOut(BaseModel):
    logged_out: Literal[True] = True
    sessions: int = Field(description="How many ended by this request.")


class SessionShown(BaseModel):
    session_id: UUID
    user_agent: str
    opened_at: datetime
    last_used_at: datetime
    expires_at: datetime
    current: bool = Field(description="Whether this request comes from it.")


class SessionsShown(BaseModel):
    sessions: list[SessionShown]


class VisitorToken(BaseModel):
    access_token: str
    token_type: Literal["bearer"] = "bearer"  # noqa: S105
    expires_in: int = Field(description="Seconds.")
    visitor_id: UUID


@router.post("/refresh", dependencies=[public("the refresh token says who")])
async def refresh(
    request: Request,
    response: Response,
    running: RunningDep,
    signer: SignerDep,
    now: NowDep,
    reply: ReplyDep,
    body: RefreshRequest | None = None,
) -> Envelope[SignedIn]:
    """New tokens for a refresh token, which is good for one use: from the body, or from the cookie with the header
    `X-Refresh-Transport: cookie`. One that comes a second time ends the session, unless the two requests overlapped."""
    _ = signer  # what is trusted is fresh
    by_cookie = uses_cookie(request)
    token = find_refresh_cookie(request) if by_cookie else body and body.refresh_token
    if not token:
        raise Unauthorized("Please log in.")
    return reply(await renew_session(running, token, now, request, response, by_cookie=by_cookie))


@router.post("/logout", dependencies=[public("the refresh token says who"), MAY_BEAR])
async def logout(
    request: Request,
    response: Response,
    now: NowDep,
    reply: ReplyDep,
    body: RefreshRequest | None = None,
) -> Envelope[LoggedOut]:
    """End the session of the refresh token (body or cookie), else that of the access token. Its access tokens are
    refused everywhere within five seconds. Asked again it does nothing."""
    token = body and body.refresh_token
    if by_cookie := uses_cookie(request):
        token = token or find_refresh_cookie(request)
        clear_refresh_cookie(response, request)
    if token:
        ended = await sessions_of(request).end_by_token(token, now)
        return reply(LoggedOut(sessions=int(ended)))
    identity = None if by_cookie else await find_identity(request)
    if identity is None and not by_cookie:
        raise Unauthorized("Send the access token or the refresh token of the session to end.")
    ended = identity is not None and await sessions_of(request).end_of(identity, now, "logout")
    return reply(LoggedOut(sessions=int(ended)))


@router.post("/logout-everywhere", dependencies=[signed_in()])
async def logout_everywhere(
    identity: SignedInDep, request: Request, response: Response, running: RunningDep, now: NowDep, reply: ReplyDep
) -> Envelope[LoggedOut]:
    """End all your sessions, this one too."""
    if uses_cookie(request):
        clear_refresh_cookie(response, request)
    ended = await revoke_all_sessions(running.database, identity.subject, now, reason="logout_everywhere")
    return reply(LoggedOut(sessions=ended))


@router.get("/sessions", dependencies=[signed_in()])
async def list_sessions(
    identity: SignedInDep, request: Request, now: NowDep, reply: ReplyDep
) -> Envelope[SessionsShown]:
    """Where you are logged in, the latest use first."""
    found = await sessions_of(request).list(identity.subject, now)
    shown = [
        SessionShown(
            session_id=each.id,
            user_agent=each.user_agent,
            opened_at=each.opened_at,
            last_used_at=each.last_used_at,
            expires_at=each.expires_at,
            current=each.id == identity.session_id,
        )
        for each in found
    ]
    return reply(SessionsShown(sessions=shown))


@router.delete("/sessions/{session_id}", dependencies=[signed_in()])
async def end_session(
    session_id: UUID, identity: SignedInDep, request: Request, now: NowDep, reply: ReplyDep
) -> Envelope[LoggedOut]:
    """Log out one of your devices."""
    device = replace(identity, session_id=session_id)
    if not await sessions_of(request).end_of(device, now, "ended_by_owner"):
        raise NotFound("There is no such session.")
    return reply(LoggedOut(sessions=1))


@router.post("/visitor", status_code=201, dependencies=[public("a token for whoever has none")])
async def visit(
    identity: AnyoneDep, signer: SignerDep, settings: SettingsDep, now: NowDep, reply: ReplyDep
) -> Envelope[VisitorToken]:
    """A token for somebody who has no login: it opens public knowledge and the conversations that were begun with it.
    Asked for with such a token while it is good, it is the same visitor's for longer."""
    visitor = identity
    if visitor is None or visitor.account_type is not AccountType.VISITOR:
        visitor = Identity(uuid4(), AccountType.VISITOR, "visitor")
    ttl: timedelta = settings.visitor_token_ttl
    token = signer.issue(visitor, now, ttl)
    return reply(VisitorToken(access_token=token, expires_in=int(ttl.total_seconds()), visitor_id=visitor.id))


@router.get("/jwks", dependencies=[public("public keys")])
async def jwks(request: Request, signer: SignerDep) -> Response:
    """The public keys that access tokens are verified with (RFC 7517)."""
    _ = signer  # what is trusted is fresh
    keys: dict[str, Any] = request.app.state.trust.trust().jwks()
    return JSONResponse(keys, headers={"Cache-Control": f"public, max-age={_KEYS_FOR}"})


keys_router.add_api_route(
    "/.well-known/jwks.json", jwks, methods=["GET"], include_in_schema=False, dependencies=[public("public keys")]
)
