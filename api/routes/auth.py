"""Register, log in, who am I."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from fastapi.security import OAuth2PasswordRequestForm
from pydantic import BaseModel, ConfigDict, EmailStr, Field, StringConstraints

from api.dependencies import NowDep, ReplyDep, RunningDep, SignedInDep
from api.envelope import Envelope
from api.people import Customer, Staff, authenticate, get_person, register
from api.scopes import public, signed_in
from api.sessions import AccessToken, SignedIn, open_session

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


@router.post("/register", status_code=201, dependencies=[public("becoming a customer")])
async def register_customer(
    body: RegisterRequest, running: RunningDep, request: Request, response: Response, now: NowDep, reply: ReplyDep
) -> Envelope[SignedIn]:
    """Become a customer. The new account has no products until the bank has checked your identity."""
    identity = await register(running.database, name=body.name, email=body.email, password=body.password, now=now)
    return reply(await open_session(running, identity, now, request, response))


@router.post("/login", dependencies=[public("signing in")])
async def login(
    body: LoginRequest, running: RunningDep, request: Request, response: Response, now: NowDep, reply: ReplyDep
) -> Envelope[SignedIn]:
    """Log in with e-mail address and password."""
    identity = await authenticate(running.database, body.email, body.password)
    return reply(await open_session(running, identity, now, request, response))


@router.post("/token", dependencies=[public("signing in")])
async def token(
    form: Annotated[OAuth2PasswordRequestForm, Depends()],
    running: RunningDep,
    request: Request,
    response: Response,
    now: NowDep,
) -> AccessToken:
    """The same as an OAuth 2.0 token endpoint with a form."""
    identity = await authenticate(running.database, form.username, form.password)
    signed_in = await open_session(running, identity, now, request, response)
    return AccessToken.model_validate(signed_in, from_attributes=True)


@router.get("/me", dependencies=[signed_in()])
async def me(identity: SignedInDep, running: RunningDep, reply: ReplyDep) -> Envelope[Customer | Staff]:
    """Who the token speaks for."""
    return reply(await get_person(running.database, identity))
