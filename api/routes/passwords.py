"""A new password: by the current one, or by a token that is sent to the address."""

from fastapi import APIRouter, BackgroundTasks
from pydantic import BaseModel, ConfigDict, Field

from api.dependencies import ReplyDep, RunningDep, SignedInDep
from api.envelope import Envelope, ErrorEnvelope
from api.logins.door import DoorDep
from api.logins.passwords import authenticate, change_password, normalised
from api.people import get_person
from api.routes.auth import TOO_MANY, WEAK, Address, NewPassword, Password
from api.scopes import public, signed_in

router = APIRouter(prefix="/auth/password", tags=["auth"])


class PasswordChange(BaseModel):
    model_config = ConfigDict(extra="forbid")

    current_password: Password
    new_password: NewPassword


class ResetRequest(BaseModel):
    model_config = ConfigDict(extra="forbid")

    email: Address


class PasswordReset(ResetRequest):
    token: str = Field(min_length=1, max_length=100, description="That was sent to the address.")
    new_password: NewPassword


class ResetAsked(BaseModel):
    message: str = "If there is a login with this address, a message is on its way to it."


class PasswordIsNew(BaseModel):
    message: str = "Your password is changed, and you are logged out everywhere. Log in with the new one."


@router.put(
    "",
    dependencies=[signed_in()],
    operation_id="change_password",
    responses={
        401: {"model": ErrorEnvelope, "description": "- `wrong_credentials`: the current password is another one."},
        409: {"model": ErrorEnvelope, "description": "- `password_changed`: meanwhile."},
        422: WEAK,
        429: TOO_MANY,
    },
)
async def change(
    body: PasswordChange, identity: SignedInDep, running: RunningDep, door: DoorDep, reply: ReplyDep
) -> Envelope[PasswordIsNew]:
    """Change your password. All your other logins end; the one that this comes from goes on."""
    person = await get_person(running.database, identity)
    login = await authenticate(running.database, person.email, body.current_password, door.address, door.now)
    await change_password(
        running.database,
        login,
        body.new_password,
        door.parts.rules,
        name=person.name,
        session=identity.session_id,
        now=door.now,
    )
    return reply(PasswordIsNew(message="Your password is changed, and all your other logins have ended."))


@router.post(
    "/reset", dependencies=[public("somebody who cannot log in")], operation_id="ask_password_reset", status_code=202
)
async def ask_reset(
    body: ResetRequest, door: DoorDep, background: BackgroundTasks, reply: ReplyDep
) -> Envelope[ResetAsked]:
    """Have a token for a new password sent. The answer is the same, and as quick, whether there is a login or not."""
    background.add_task(door.parts.codes.send_reset, normalised(body.email), door.now)
    return reply(ResetAsked())


@router.post(
    "/reset/confirm",
    dependencies=[public("the code of the message says who")],
    operation_id="reset_password",
    responses={
        422: {"model": ErrorEnvelope, "description": "- `reset_invalid`: used, or too old.\n- `weak_password`"},
        429: TOO_MANY,
    },
)
async def reset(body: PasswordReset, door: DoorDep, reply: ReplyDep) -> Envelope[PasswordIsNew]:
    """Set a new password with the token. Ends every login, and every lock after wrong passwords."""
    email = normalised(body.email)
    await door.parts.rules.check(body.new_password, email)
    await door.parts.codes.reset(email, body.token, body.new_password, door.address, door.now)
    return reply(PasswordIsNew())
