"""API keys for a customer's own programs: see, make, rotate, revoke (docs/permissions.md)."""

from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field, SecretStr, StringConstraints

from api.api_keys import LONGEST, MOST_OVERLAP, StoredKey, create_key, list_keys, revoke_key, rotate_key
from api.dependencies import NowDep, ReplyDep, RunningDep, SignedInDep
from api.envelope import Envelope, ErrorEnvelope
from api.logins.door import DoorDep
from api.logins.own import OwnDep, check_own_password
from api.routes.auth import TOO_MANY
from api.scopes import require
from core.security.api_keys import ApiKey

router = APIRouter(
    prefix="/auth/api-keys",
    tags=["auth"],
    responses={
        401: {
            "model": ErrorEnvelope,
            "description": "- `unauthorized`, `invalid_token`, `token_expired`: log in.\n"
            "- `wrong_credentials`: the password is wrong.",
        },
        403: {
            "model": ErrorEnvelope,
            "description": "- `customers_only`: this is for customers.\n- `insufficient_scope`: no key manages keys.",
        },
    },
)
_NOT_FOUND = {"model": ErrorEnvelope, "description": "- `not_found`: there is none of yours that is good."}
_REFUSED = "- `invalid_input`: `details.fields` says what."

_Name = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=60, pattern=r"^[^\x00-\x1f<>]+$")
]
_Days = Annotated[int, Field(ge=1, le=LONGEST.days, description="For how many days it is good.")]
_Password = Annotated[
    SecretStr, Field(min_length=1, max_length=200, description="Yours, again: an open session is not enough for this.")
]


class NewKeyRequest(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: _Name = Field(description="Which program it is for.")
    permissions: list[Annotated[str, Field(min_length=3, max_length=60)]] = Field(
        min_length=1, max_length=100, description="What it carries, of what you have. None confirms anything."
    )
    expires_in_days: _Days
    password: _Password


class RotateRequest(BaseModel):
    model_config = ConfigDict(extra="forbid")

    expires_in_days: _Days
    overlap_hours: int = Field(
        default=24, ge=0, le=int(MOST_OVERLAP / timedelta(hours=1)), description="For how long the old one goes on."
    )
    password: _Password


class KeyInList(BaseModel):
    id: UUID
    name: str
    prefix: str = Field(description="With what the key begins. The rest is not stored.")
    permissions: list[str]
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None = Field(description="To the minute.")
    revoked_at: datetime | None
    replaces: UUID | None = Field(description="The key that it was rotated from.")


class KeyList(BaseModel):
    keys: list[KeyInList]


class NewKey(KeyInList):
    key: str = Field(description="The whole key. It is shown this once.")


class Revoked(BaseModel):
    id: UUID


@router.get("", operation_id="list_api_keys", dependencies=[require("api-keys:write")])
async def keys(identity: SignedInDep, running: RunningDep, now: NowDep, reply: ReplyDep) -> Envelope[KeyList]:
    """Your keys, the newest first; those that have ended for another 90 days."""
    stored = await list_keys(running.database, identity.id, now)
    return reply(KeyList(keys=[KeyInList.model_validate(one, from_attributes=True) for one in stored]))


@router.post(
    "",
    status_code=201,
    operation_id="create_api_key",
    responses={
        400: {"model": ErrorEnvelope, "description": "- `permission_not_grantable`: `details.permissions` says which."},
        422: {"model": ErrorEnvelope, "description": f"{_REFUSED}\n- `too_many_keys`: revoke one that you do not use."},
        429: TOO_MANY,
    },
    dependencies=[require("api-keys:write")],
)
async def create(
    body: NewKeyRequest, identity: SignedInDep, own: OwnDep, door: DoorDep, reply: ReplyDep
) -> Envelope[NewKey]:
    """Make a key for a program of yours. Keep it as you would a password: it is shown this once."""
    await check_own_password(door, own, body.password.get_secret_value())
    stored, key = await create_key(
        door.running, identity, name=body.name, permissions=body.permissions, days=body.expires_in_days, now=door.now
    )
    return reply(_shown(stored, key))


@router.post(
    "/{key_id}/rotate",
    status_code=201,
    operation_id="rotate_api_key",
    responses={
        404: _NOT_FOUND,
        409: {"model": ErrorEnvelope, "description": "- `already_rotated`: rotate the newer one."},
        422: {"model": ErrorEnvelope, "description": _REFUSED},
        429: TOO_MANY,
    },
    dependencies=[require("api-keys:write")],
)
async def rotate(
    key_id: UUID, body: RotateRequest, identity: SignedInDep, own: OwnDep, door: DoorDep, reply: ReplyDep
) -> Envelope[NewKey]:
    """Make a key that takes the place of another, which goes on for a while."""
    await check_own_password(door, own, body.password.get_secret_value())
    stored, key = await rotate_key(
        door.running.database,
        identity.id,
        key_id,
        overlap=timedelta(hours=body.overlap_hours),
        days=body.expires_in_days,
        now=door.now,
    )
    return reply(_shown(stored, key))


@router.delete(
    "/{key_id}",
    operation_id="revoke_api_key",
    responses={404: _NOT_FOUND},
    dependencies=[require("api-keys:write")],
)
async def revoke(
    key_id: UUID, identity: SignedInDep, running: RunningDep, now: NowDep, reply: ReplyDep
) -> Envelope[Revoked]:
    """End a key at once."""
    await revoke_key(running.database, identity.id, key_id, now)
    return reply(Revoked(id=key_id))


def _shown(stored: StoredKey, key: ApiKey) -> NewKey:
    listed = KeyInList.model_validate(stored, from_attributes=True)
    return NewKey(**listed.model_dump(), key=key.secret)
