"""The login of whoever is logged in: their address, and the code that is asked for besides the password."""

from datetime import datetime
from typing import cast

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from api.dependencies import ReplyDep, SignedInDep
from api.envelope import Envelope, ErrorEnvelope
from api.logins.door import Door, DoorDep
from api.logins.own import OwnDep, check_own_password
from api.logins.tries import take_try
from api.people import Customer, Login, get_person
from api.routes.auth import CODE, TOO_MANY, Password
from api.scopes import signed_in
from core.errors import Conflict, Refused
from core.security.tokens import AccountType

router = APIRouter(prefix="/auth", tags=["auth"])

_NOT_IN = {
    "model": ErrorEnvelope,
    "description": "- `unauthorized`, `invalid_token`, `token_expired`: log in.\n- `wrong_credentials`: the password.",
}
_WRONG = {"model": ErrorEnvelope, "description": "- `wrong_code`\n- `invalid_input`: `details.fields` says what."}


class VerificationCode(BaseModel):
    model_config = ConfigDict(extra="forbid")

    code: CODE = Field(description="That was sent to your e-mail address.")


class CodeSent(BaseModel):
    message: str = "We have sent you a code."


class PasswordAgain(BaseModel):
    model_config = ConfigDict(extra="forbid")

    password: Password = Field(description="Your own, again: a session that was left open is not enough for this.")


class PasswordAndCode(PasswordAgain):
    code: CODE = Field(description="Of your authenticator app, now; or a recovery code.")


class SecondFactorState(BaseModel):
    required: bool = Field(description="Whether a code is asked for when you log in.")
    since: datetime | None
    recovery_codes_left: int


class RecoveryCodes(BaseModel):
    """Shown once: only hashes are kept."""

    recovery_codes: list[str] = Field(description="Each is good once, in place of a code of the app.")


class StaffApp(BaseModel):
    """Shown once: it is not stored."""

    secret: str = Field(description="Base32, to be typed into an app (RFC 6238: SHA-1, six digits, 30 seconds).")
    otpauth_uri: str = Field(description="The same, to be shown as a QR code.")


@router.post(
    "/verification",
    dependencies=[signed_in(AccountType.CUSTOMER)],
    operation_id="send_verification",
    status_code=202,
    responses={
        409: {"model": ErrorEnvelope, "description": "- `already_verified`"},
        429: {"model": ErrorEnvelope, "description": "- `too_many_codes`: `Retry-After` says when again."},
        503: {"model": ErrorEnvelope, "description": "- `code_not_sent`: try again in a moment."},
    },
)
async def send_verification(identity: SignedInDep, door: DoorDep, reply: ReplyDep) -> Envelope[CodeSent]:
    """Have a new code sent to your e-mail address. The one before is good no more."""
    person = await _get_customer(door, identity)
    if person.verified:
        raise Conflict("Your e-mail address is confirmed already.", code="already_verified")
    await door.parts.codes.send_verification(person.email, door.now)
    return reply(CodeSent())


@router.post(
    "/verification/confirm",
    dependencies=[signed_in(AccountType.CUSTOMER)],
    operation_id="confirm_verification",
    responses={422: _WRONG, 429: TOO_MANY},
)
async def confirm_verification(
    body: VerificationCode, identity: SignedInDep, door: DoorDep, reply: ReplyDep
) -> Envelope[Customer]:
    """Confirm your e-mail address."""
    person = await _get_customer(door, identity)
    if not person.verified:
        await door.parts.codes.verify(person.email, body.code, door.address, door.now)
    return reply(await _get_customer(door, identity))


@router.get("/second-factor", dependencies=[signed_in()], operation_id="get_second_factor")
async def get_second_factor(own: OwnDep, door: DoorDep, reply: ReplyDep) -> Envelope[SecondFactorState]:
    """Whether a code of your authenticator app is asked for when you log in."""
    return reply(await _state(door, own))


@router.post(
    "/second-factor/app",
    dependencies=[signed_in(AccountType.STAFF)],
    operation_id="begin_staff_app",
    status_code=201,
    responses={
        401: _NOT_IN,
        403: {"model": ErrorEnvelope, "description": "- `staff_only`: customers begin at `/auth/totp`."},
        409: {"model": ErrorEnvelope, "description": "- `authenticator_exists`"},
        429: TOO_MANY,
    },
)
async def begin_staff_app(body: PasswordAgain, own: OwnDep, door: DoorDep, reply: ReplyDep) -> Envelope[StaffApp]:
    """Begin with an authenticator app, as staff. It counts once it is required with a code of it."""
    await check_own_password(door, own, body.password)
    secret, uri = await door.parts.factors.begin_staff_app(own.email, door.now)
    return reply(StaffApp(secret=secret, otpauth_uri=uri))


@router.post(
    "/second-factor",
    dependencies=[signed_in()],
    operation_id="require_second_factor",
    status_code=201,
    responses={
        401: _NOT_IN,
        404: {"model": ErrorEnvelope, "description": "- `no_authenticator`: begin with an app first."},
        409: {"model": ErrorEnvelope, "description": "- `already_required`"},
        422: _WRONG,
        429: TOO_MANY,
    },
)
async def require_second_factor(
    body: PasswordAndCode, own: OwnDep, door: DoorDep, reply: ReplyDep
) -> Envelope[RecoveryCodes]:
    """Have a code of your app asked for at every login from now on."""
    await _check_both(door, own, body)
    return reply(RecoveryCodes(recovery_codes=await door.parts.factors.require(own.email, door.now)))


@router.delete(
    "/second-factor",
    dependencies=[signed_in()],
    operation_id="drop_second_factor",
    responses={
        401: _NOT_IN,
        404: {"model": ErrorEnvelope, "description": "- `not_required`"},
        422: _WRONG,
        429: TOO_MANY,
    },
)
async def drop_second_factor(
    body: PasswordAndCode, own: OwnDep, door: DoorDep, reply: ReplyDep
) -> Envelope[SecondFactorState]:
    """Have no code asked for at login any more. Recovery codes go; of staff, the app too."""
    await _check_both(door, own, body)
    await door.parts.factors.drop(own.email, door.now)
    return reply(await _state(door, own))


@router.post(
    "/second-factor/recovery-codes",
    dependencies=[signed_in()],
    operation_id="renew_recovery_codes",
    status_code=201,
    responses={
        401: _NOT_IN,
        404: {"model": ErrorEnvelope, "description": "- `not_required`"},
        422: _WRONG,
        429: TOO_MANY,
    },
)
async def renew_recovery_codes(
    body: PasswordAndCode, own: OwnDep, door: DoorDep, reply: ReplyDep
) -> Envelope[RecoveryCodes]:
    """Ten new recovery codes. The old ones are good no more."""
    await _check_both(door, own, body)
    return reply(RecoveryCodes(recovery_codes=await door.parts.factors.renew_recovery_codes(own.email, door.now)))


async def _get_customer(door: Door, identity: SignedInDep) -> Customer:
    """Of a route that is for customers."""
    return cast(Customer, await get_person(door.running.database, identity))


async def _state(door: Door, own: Login) -> SecondFactorState:
    factor = await door.parts.factors.get(own.email)
    return SecondFactorState(
        required=factor.required_since is not None,
        since=factor.required_since,
        recovery_codes_left=factor.recovery_codes_left,
    )


async def _check_both(door: Door, own: Login, body: PasswordAndCode) -> None:
    await check_own_password(door, own, body.password)
    taken = await take_try(door.running.database, "code", own.email, door.address, door.now)
    if not await door.parts.factors.uses(own.email, body.code, door.now):
        await taken.failed(door.now)
        raise Refused("The code is wrong, or was used before.", code="wrong_code")
    await taken.passed()
