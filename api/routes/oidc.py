"""Log in with an account at another provider (OpenID Connect). The browser goes to the provider and comes back to the
callback, which keeps what it learnt and sends the browser to the bank's page; that page asks for it with ``finish``. So
no token and no name is ever in an address.
"""

from datetime import timedelta
from typing import Annotated, Any, cast

from fastapi import APIRouter, Cookie, Depends, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import BaseModel, ConfigDict, EmailStr, Field, StringConstraints

from api.dependencies import NowDep, ReplyDep, RunningDep, SignedInDep
from api.envelope import Envelope, ErrorEnvelope
from api.logins.door import DoorDep
from api.logins.handles import Handles
from api.logins.passwords import authenticate, normalised
from api.oidc.flow import STATE_TTL, Oidc
from api.oidc.identities import LinkedIdentity, find_owner, list_identities, unlink
from api.routes.auth import TOO_MANY, Address, Password, register_at
from api.scopes import public, signed_in
from api.sessions import SignedIn
from core.errors import NotFound, TellergraphError, Unauthorized
from core.security.counts import ATTEMPTS
from core.security.tokens import AccountType

router = APIRouter(prefix="/auth/oidc", tags=["auth"])

_BROWSER, _OUTCOME = "tellergraph_oidc", "tellergraph_oidc_outcome"
_PATH = "/api/v1/auth/oidc"
_OUTCOME_TTL = timedelta(minutes=2)
_TICKET_TTL = timedelta(minutes=10)
_UNKNOWN = {"model": ErrorEnvelope, "description": "- `not_found`: there is no such provider."}
_TICKET = {
    "model": ErrorEnvelope,
    "description": "- `ticket_expired`: log in with the provider again.\n- `wrong_credentials`, `totp_required`",
}


class OfferedProvider(BaseModel):
    name: str
    label: str
    login_url: str


class OfferedProviders(BaseModel):
    providers: list[OfferedProvider]


class Linking(BaseModel):
    model_config = ConfigDict(extra="forbid")

    ticket: str = Field(min_length=1, max_length=100, description="`details.ticket` of `identity_unknown`.")
    email: Address
    password: Password


class Joining(BaseModel):
    model_config = ConfigDict(extra="forbid")

    ticket: str = Field(min_length=1, max_length=100, description="`details.ticket` of `identity_unknown`.")
    name: Annotated[str, StringConstraints(strip_whitespace=True)] = Field(
        min_length=1, max_length=100, pattern=r"^[^\x00-\x1f<>]+$"
    )
    email: EmailStr = Field(max_length=254)


class LinkedIdentities(BaseModel):
    identities: list[LinkedIdentity]


class PasswordAgain(BaseModel):
    model_config = ConfigDict(extra="forbid")

    password: Password


async def get_oidc(request: Request) -> Oidc:
    return cast(Oidc, request.app.state.oidc)


async def get_tickets(running: RunningDep) -> Handles:
    return Handles(running.redis, "oidc-ticket", _TICKET_TTL)


OidcDep = Annotated[Oidc, Depends(get_oidc)]
TicketsDep = Annotated[Handles, Depends(get_tickets)]


@router.get("", dependencies=[public("signing in")], operation_id="list_oidc_providers")
async def list_providers(oidc: OidcDep, reply: ReplyDep) -> Envelope[OfferedProviders]:
    """What other accounts you can log in with."""
    offered = [
        OfferedProvider(name=each.name, label=each.label, login_url=f"{_PATH}/{each.name}/login")
        for each in oidc.offered
    ]
    return reply(OfferedProviders(providers=offered))


@router.get("/identities", dependencies=[signed_in(AccountType.CUSTOMER)], operation_id="list_oidc_identities")
async def list_own(identity: SignedInDep, running: RunningDep, reply: ReplyDep) -> Envelope[LinkedIdentities]:
    """The accounts elsewhere that may log in as you."""
    return reply(LinkedIdentities(identities=await list_identities(running.database, identity.id)))


@router.get(
    "/{provider}/login",
    dependencies=[public("signing in")],
    operation_id="begin_oidc_login",
    status_code=303,
    response_class=Response,
    responses={303: {"description": "To the provider."}, 404: _UNKNOWN},
)
async def begin(provider: str, oidc: OidcDep, running: RunningDep, now: NowDep) -> RedirectResponse:
    """Go to the provider to log in."""
    begun = await oidc.begin(provider, running.redis, now)
    answer = RedirectResponse(begun.address, 303, {"Cache-Control": "no-store"})
    _set_cookie(answer, oidc, _BROWSER, begun.browser, STATE_TTL)
    return answer


@router.get(
    "/{provider}/callback",
    dependencies=[public("signing in")],
    operation_id="finish_oidc_login",
    status_code=303,
    response_class=Response,
    responses={303: {"description": "To the bank's page, which asks how it went."}, 404: _UNKNOWN},
)
async def callback(
    provider: str,
    request: Request,
    oidc: OidcDep,
    running: RunningDep,
    now: NowDep,
    browser: Annotated[str | None, Cookie(alias=_BROWSER)] = None,
) -> RedirectResponse:
    """Where the provider sends the browser back to."""
    home = oidc.home
    try:
        outcome = await oidc.finish(provider, dict(request.query_params), browser, running.redis, now)
    except NotFound:
        raise
    except TellergraphError as error:
        ATTEMPTS.add("oidc", "failed")
        outcome = {"error": error.error_code, "message": error.message}
    else:
        ATTEMPTS.add("oidc", "passed")
    answer = RedirectResponse(f"{home}?login=oidc", 303, {"Cache-Control": "no-store"})
    answer.delete_cookie(_BROWSER, path=_PATH)
    handle = await Handles(running.redis, "oidc-outcome", _OUTCOME_TTL).keep(outcome)
    _set_cookie(answer, oidc, _OUTCOME, handle, _OUTCOME_TTL)
    return answer


@router.post(
    "/finish",
    dependencies=[public("signing in")],
    operation_id="collect_oidc_login",
    responses={
        401: {
            "model": ErrorEnvelope,
            "description": "- `identity_unknown`: go on with `details.ticket` at `link` or `register`.\n"
            "- `totp_required`: go on with `details.challenge` at `/auth/login/totp`.\n"
            "- `oidc_nothing`, `oidc_state_invalid`, `oidc_denied`, `oidc_token_invalid`, `oidc_provider_failed`",
        }
    },
)
async def collect(
    door: DoorDep,
    tickets: TicketsDep,
    reply: ReplyDep,
    handle: Annotated[str | None, Cookie(alias=_OUTCOME)] = None,
) -> Envelope[SignedIn]:
    """What became of a login at a provider, for the browser that was there."""
    outcome = await Handles(door.running.redis, "oidc-outcome", _OUTCOME_TTL).take(handle or "")
    if outcome is None:
        raise Unauthorized("There is no login to finish. Please begin again.", code="oidc_nothing")
    if "error" in outcome:
        raise Unauthorized(outcome["message"], code=outcome["error"])
    owner = await find_owner(door.running.database, outcome["issuer"], outcome["sub"])
    if owner is not None:
        return reply(await door.admit(owner, "oidc"))
    details = {"ticket": await tickets.keep(outcome)} | {name: outcome[name] for name in ("provider", "email", "name")}
    raise Unauthorized(
        "This account is not linked to a login here yet. Log in with your password to link it, or become a customer.",
        code="identity_unknown",
        details=details,
    )


@router.post(
    "/link",
    dependencies=[public("signing in")],
    operation_id="link_oidc_identity",
    responses={
        401: _TICKET,
        409: {"model": ErrorEnvelope, "description": "- `identity_taken`: by another login."},
        429: TOO_MANY,
    },
)
async def link(body: Linking, door: DoorDep, tickets: TicketsDep, reply: ReplyDep) -> Envelope[SignedIn]:
    """Log in with your password; from now on the other account lets you in as well."""
    if await tickets.find(body.ticket) is None:
        raise _expired()
    login = await authenticate(door.running.database, body.email, body.password, door.address, door.now)
    outcome = await _take(tickets, body.ticket)
    return reply(await door.admit(login, "password", link=_identity(outcome)))


@router.post(
    "/register",
    dependencies=[public("becoming a customer")],
    operation_id="register_with_oidc",
    status_code=201,
    responses={
        401: _TICKET,
        409: {"model": ErrorEnvelope, "description": "- `email_taken`: link the account with your password."},
        429: TOO_MANY,
    },
)
async def join(body: Joining, door: DoorDep, tickets: TicketsDep, reply: ReplyDep) -> Envelope[SignedIn]:
    """Become a customer who logs in with the other account. The address is confirmed by a code, as at `/register`: what
    a provider says about it is not taken for that."""
    outcome = await _take(tickets, body.ticket)
    email = normalised(body.email)
    try:
        return reply(await register_at(door, name=body.name, email=email, password=None, link=_identity(outcome)))
    except TellergraphError:
        await tickets.put_back(body.ticket, outcome)
        raise


@router.delete(
    "/identities/{provider}",
    dependencies=[signed_in()],
    operation_id="unlink_oidc_identity",
    responses={
        401: {"model": ErrorEnvelope, "description": "- `wrong_credentials`: set a password first if you have none."},
        404: {"model": ErrorEnvelope, "description": "- `not_found`: none is linked."},
        429: TOO_MANY,
    },
)
async def unlink_own(
    provider: str, body: PasswordAgain, identity: SignedInDep, door: DoorDep, reply: ReplyDep
) -> Envelope[LinkedIdentities]:
    """Let the account of that provider log in as you no more. Your password is needed: it is the way that is left."""
    own = await door.find_own(identity)
    await authenticate(door.running.database, own.email, body.password, door.address, door.now)
    await unlink(door.running.database, own.email, provider, door.now)
    return reply(LinkedIdentities(identities=await list_identities(door.running.database, identity.id)))


def _expired() -> Unauthorized:
    return Unauthorized("That took too long. Please log in with the other account again.", code="ticket_expired")


async def _take(tickets: Handles, ticket: str) -> dict[str, Any]:
    outcome = await tickets.take(ticket)
    if outcome is None:
        raise _expired()
    return outcome


def _identity(outcome: dict[str, Any]) -> dict[str, Any]:
    return {name: outcome[name] for name in ("issuer", "sub", "provider")}


def _set_cookie(answer: Response, oidc: Oidc, name: str, value: str, ttl: timedelta) -> None:
    """``Lax``: it comes along when the provider sends the browser back, and with nothing that another site posts."""
    answer.set_cookie(
        name, value, int(ttl.total_seconds()), path=_PATH, secure=oidc.is_https, httponly=True, samesite="lax"
    )
