"""Register, log in, who am I."""

from typing import Annotated, Literal

from fastapi import APIRouter, Depends
from fastapi.security import OAuth2PasswordRequestForm
from pydantic import BaseModel, ConfigDict, EmailStr, Field, StringConstraints

from api.dependencies import NowDep, ReplyDep, RunningDep, SignedInDep, SignerDep
from api.envelope import Envelope
from api.people import Customer, Staff, authenticate, get_person, register
from api.scopes import public, signed_in
from core.security.tokens import Identity, TokenSigner

router = APIRouter(prefix="/auth", tags=["auth"])


class LoginRequest(BaseModel):
    model_config = ConfigDict(extra="forbid")

    email: str = Field(min_length=3, max_length=254, pattern=r"^[^\x00-\x1f]+$")
    password: str = Field(min_length=1, max_length=200)


class RegisterRequest(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, StringConstraints(strip_whitespace=True)] = Field(
        min_length=1, max_length=100, pattern=r"^[^\x00-\x1f<>]+$"
    )
    email: EmailStr = Field(max_length=254)
    password: str = Field(min_length=10, max_length=200)


class AccessToken(BaseModel):
    """RFC 6749, section 5.1."""

    access_token: str
    token_type: Literal["bearer"] = "bearer"  # noqa: S105
    expires_in: int = Field(description="Seconds.")


class SignedIn(AccessToken):
    customer: Customer | None
    staff: Staff | None


@router.post("/register", status_code=201, dependencies=[public("becoming a customer")])
async def register_customer(
    body: RegisterRequest, running: RunningDep, signer: SignerDep, now: NowDep, reply: ReplyDep
) -> Envelope[SignedIn]:
    """Become a customer. The new account has no products until the bank has checked your identity."""
    identity = await register(running.database, name=body.name, email=body.email, password=body.password, now=now)
    return reply(await _signed_in(identity, running, signer, now))


@router.post("/login", dependencies=[public("signing in")])
async def login(
    body: LoginRequest, running: RunningDep, signer: SignerDep, now: NowDep, reply: ReplyDep
) -> Envelope[SignedIn]:
    """Log in with e-mail address and password."""
    identity = await authenticate(running.database, body.email, body.password)
    return reply(await _signed_in(identity, running, signer, now))


@router.post("/token", dependencies=[public("signing in")])
async def token(
    form: Annotated[OAuth2PasswordRequestForm, Depends()], running: RunningDep, signer: SignerDep, now: NowDep
) -> AccessToken:
    """The same as an OAuth 2.0 token endpoint with a form."""
    identity = await authenticate(running.database, form.username, form.password)
    return AccessToken(access_token=signer.issue(identity, now), expires_in=int(signer.ttl.total_seconds()))


@router.get("/me", dependencies=[signed_in()])
async def me(identity: SignedInDep, running: RunningDep, reply: ReplyDep) -> Envelope[Customer | Staff]:
    """Who the token speaks for."""
    return reply(await get_person(running.database, identity))


async def _signed_in(identity: Identity, running: RunningDep, signer: TokenSigner, now: NowDep) -> SignedIn:
    person = await get_person(running.database, identity)
    return SignedIn(
        access_token=signer.issue(identity, now),
        expires_in=int(signer.ttl.total_seconds()),
        customer=person if isinstance(person, Customer) else None,
        staff=person if isinstance(person, Staff) else None,
    )
