"""From somebody who has proved who they are to tokens: every way of logging in ends here."""

from dataclasses import replace
from datetime import datetime
from typing import Literal, cast
from uuid import UUID

from fastapi import Request, Response
from pydantic import BaseModel, Field

from agent.assembly import Running
from api.people import Customer, Staff, get_person, permissions_of, role_of
from api.refresh_cookie import set_refresh_cookie, uses_cookie
from core.errors import NotFound, Unauthorized
from core.security.sessions import Grant, Sessions
from core.security.tokens import AccountType, Identity, TokenSigner


class AccessToken(BaseModel):
    """RFC 6749, section 5.1."""

    access_token: str
    token_type: Literal["bearer"] = "bearer"  # noqa: S105
    expires_in: int = Field(description="Seconds.")
    refresh_token: str | None = Field(
        default=None, description="For POST /api/v1/auth/refresh, once. Null where it is in the cookie."
    )


class SignedIn(AccessToken):
    customer: Customer | None
    staff: Staff | None


def sessions_of(request: Request) -> Sessions:
    return cast(Sessions, request.app.state.sessions)


async def open_session(
    running: Running, identity: Identity, now: datetime, request: Request, response: Response
) -> SignedIn:
    """Begins a session for somebody who has just proved to be ``identity``. With the header X-Refresh-Transport the
    refresh token goes into ``response``'s cookie instead of the result."""
    by_cookie = uses_cookie(request)
    person = await get_person(running.database, identity)
    agent = request.headers.get("user-agent", "")
    grant = await sessions_of(request).open(identity.subject, agent, now)
    return _signed_in(identity, person, grant, now, request, response, by_cookie=by_cookie)


async def renew_session(
    running: Running, refresh_token: str, now: datetime, request: Request, response: Response, *, by_cookie: bool
) -> SignedIn:
    """The next tokens of a session, saying what is true of its owner now.

    Raises:
        Unauthorized: see Sessions.renew; also where its owner is no longer there, which ends the session.
    """
    grant = await sessions_of(request).renew(refresh_token, now)
    kind, _, owner_id = grant.owner.partition(":")
    identity = Identity(UUID(owner_id), AccountType(kind), "")
    try:
        person = await get_person(running.database, identity)
    except NotFound as error:
        await sessions_of(request).end_by_token(grant.refresh_token, now, "gone")
        raise Unauthorized("Your session has ended. Please log in again.", code="invalid_refresh_token") from error
    return _signed_in(identity, person, grant, now, request, response, by_cookie=by_cookie)


def _signed_in(
    identity: Identity,
    person: Customer | Staff,
    grant: Grant,
    now: datetime,
    request: Request,
    response: Response,
    *,
    by_cookie: bool,
) -> SignedIn:
    signer = cast(TokenSigner, request.app.state.signer)
    identity = replace(identity, role=role_of(person), session_id=grant.session_id)
    identity = replace(identity, permissions=permissions_of(identity))
    if by_cookie:
        set_refresh_cookie(response, request, grant.refresh_token, grant.expires_at, now)
    response.headers["Cache-Control"] = "no-store"
    return SignedIn(
        access_token=signer.issue(identity, now),
        expires_in=int(signer.ttl.total_seconds()),
        refresh_token=None if by_cookie else grant.refresh_token,
        customer=person if isinstance(person, Customer) else None,
        staff=person if isinstance(person, Staff) else None,
    )
