"""Register, log in, who am I. What happens after somebody is authenticated stands in api/logins/door.py."""

from typing import Annotated, Any

from fastapi import APIRouter, Form
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, EmailStr, Field, StringConstraints

from api.dependencies import ReplyDep, RunningDep, SignedInDep
from api.envelope import Envelope, ErrorEnvelope
from api.logins.door import Door, DoorDep
from api.logins.passwords import authenticate, normalised
from api.logins.tries import take_try
from api.people import Customer, Login, Staff, get_person, register
from api.scopes import public, signed_in
from api.sessions import AccessToken, SignedIn
from core.errors import CallerError, Conflict
from core.security.password_rules import LONGEST, SHORTEST
from core.security.passwords import hash_password_async

router = APIRouter(prefix="/auth", tags=["auth"])

TOO_MANY = {"model": ErrorEnvelope, "description": "- `too_many_tries`: `Retry-After` says when again."}
REFUSED = {
    "model": ErrorEnvelope,
    "description": "- `wrong_credentials`\n- `totp_required`: go on with `details.challenge` at `/auth/login/totp`.",
}
WEAK = {"model": ErrorEnvelope, "description": "- `weak_password`\n- `invalid_input`: `details.fields` says which."}
CODE = Annotated[str, Field(min_length=6, max_length=20, pattern=r"^[\w\- ]+$")]

Address = Annotated[str, Field(min_length=3, max_length=254, pattern=r"^[^\x00-\x1f]+$")]
Password = Annotated[str, Field(min_length=1, max_length=4 * LONGEST)]
"""One that is compared, in whatever form a keyboard writes it."""
NewPassword = Annotated[str, Field(min_length=SHORTEST, max_length=LONGEST)]


class LoginRequest(BaseModel):
    model_config = ConfigDict(extra="forbid")

    email: Address
    password: Password


class ChallengeAnswer(BaseModel):
    model_config = ConfigDict(extra="forbid")

    challenge: str = Field(min_length=1, max_length=100, description="`details.challenge` of `totp_required`.")
    code: CODE = Field(description="Of the authenticator app, now; or a recovery code.")


class RegisterRequest(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, StringConstraints(strip_whitespace=True)] = Field(
        min_length=1, max_length=100, pattern=r"^[^\x00-\x1f<>]+$"
    )
    email: EmailStr = Field(max_length=254)
    password: NewPassword


class PasswordGrant(BaseModel):
    """RFC 6749, section 4.3.2. What else a client sends is ignored, as section 3.2 asks."""

    grant_type: str = ""
    username: str = ""
    password: str = ""


class TokenError(BaseModel):
    """RFC 6749, section 5.2."""

    error: str
    error_description: str
    challenge: str | None = Field(default=None, description="With `mfa_required`: for `/auth/login/totp`.")


@router.post(
    "/register",
    status_code=201,
    dependencies=[public("becoming a customer")],
    responses={
        409: {"model": ErrorEnvelope, "description": "- `email_taken`: there is a login with this address."},
        422: WEAK,
        429: TOO_MANY,
    },
)
async def register_customer(body: RegisterRequest, door: DoorDep, reply: ReplyDep) -> Envelope[SignedIn]:
    """Become a customer. A code is sent to the address: until it is confirmed no money goes out and no contact changes.
    The new account has no products until the bank has checked your identity."""
    email = normalised(body.email)
    await door.parts.rules.check(body.password, email, body.name)
    return reply(await register_at(door, name=body.name, email=email, password=body.password))


@router.post("/login", dependencies=[public("signing in")], responses={401: REFUSED, 429: TOO_MANY})
async def login(body: LoginRequest, running: RunningDep, door: DoorDep, reply: ReplyDep) -> Envelope[SignedIn]:
    """Log in with e-mail address and password."""
    found = await authenticate(running.database, body.email, body.password, door.address, door.now)
    return reply(await door.admit(found, "password"))


@router.post(
    "/login/totp",
    dependencies=[public("signing in")],
    operation_id="answer_login_challenge",
    responses={
        401: {
            "model": ErrorEnvelope,
            "description": "- `wrong_code`: try again.\n- `challenge_expired`: begin with the password.",
        },
        429: TOO_MANY,
    },
)
async def answer_challenge(body: ChallengeAnswer, door: DoorDep, reply: ReplyDep) -> Envelope[SignedIn]:
    """The second step of a login that answered `totp_required`."""
    return reply(await door.answer(body.challenge, body.code))


@router.post(
    "/token",
    dependencies=[public("signing in")],
    response_model=AccessToken,
    responses={
        400: {"model": TokenError, "description": "`invalid_request`, `unsupported_grant_type`, `invalid_grant`"},
        403: {"model": TokenError, "description": "`mfa_required`"},
        429: {"model": TokenError, "description": "`invalid_grant`; `Retry-After` says when again."},
    },
)
async def token(form: Annotated[PasswordGrant, Form()], running: RunningDep, door: DoorDep) -> JSONResponse:
    """The same as an OAuth 2.0 token endpoint with a form, and with its errors (RFC 6749, section 5)."""
    if not form.grant_type or not form.username or not form.password:
        missing = TokenError(error="invalid_request", error_description="Send grant_type, username and password.")
        return _oauth(400, missing)
    if form.grant_type != "password":
        return _oauth(400, TokenError(error="unsupported_grant_type", error_description="Send grant_type=password."))
    try:
        found = await authenticate(running.database, form.username, form.password, door.address, door.now)
        granted = await door.admit(found, "password")
    except CallerError as error:
        return _oauth_error(error)
    answer = _oauth(200, AccessToken(**granted.model_dump(include=set(AccessToken.model_fields))))
    # What the session has set: the cookie, where its refresh token was wanted there.
    answer.raw_headers.extend(each for each in door.response.raw_headers if each[0] == b"set-cookie")
    return answer


@router.get("/me", dependencies=[signed_in()])
async def me(identity: SignedInDep, running: RunningDep, reply: ReplyDep) -> Envelope[Customer | Staff]:
    """Who the token speaks for."""
    return reply(await get_person(running.database, identity))


async def register_at(
    door: Door, *, name: str, email: str, password: str | None, link: dict[str, Any] | None = None
) -> SignedIn:
    """A new customer, in at once; the code that proves the address is on its way.

    Raises:
        Conflict: ``email_taken``, which counts as a failed try: nobody finds out many addresses.
        TooMany: too many were taken.
    """
    database = door.running.database
    taken = await take_try(database, "registration", email, door.address, door.now)
    hashed = None if password is None else await hash_password_async(password)
    try:
        identity = await register(database, name=name, email=email, password_hash=hashed, now=door.now)
    except Conflict:
        await taken.failed(door.now)
        raise
    await taken.passed()
    await door.parts.codes.try_verification(email, door.now)
    return await door.admit(Login(identity, email, hashed), "oidc" if link else "password", link)


def _oauth_error(error: CallerError) -> JSONResponse:
    if error.error_code == "totp_required":
        body = TokenError(error="mfa_required", error_description=error.message, challenge=error.details["challenge"])
        return _oauth(403, body)
    status = 429 if error.status == 429 else 400
    answer = _oauth(status, TokenError(error="invalid_grant", error_description=error.message))
    if "retry_after" in error.details:
        answer.headers["Retry-After"] = str(error.details["retry_after"])
    return answer


def _oauth(status: int, body: BaseModel) -> JSONResponse:
    headers = {"Cache-Control": "no-store", "Pragma": "no-cache"}
    return JSONResponse(body.model_dump(exclude_none=True), status, headers)
