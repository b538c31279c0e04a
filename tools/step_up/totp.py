"""Authenticator apps: time-based codes (RFC 6238, six digits, 30 seconds), accepted one step early or late, each once.

The secret follows from the server's key and the authenticator's id, so that the database holds nothing secret. An app
is begun, proved by a code of its own, and counts from when its customer has approved that with a delivered code: it is
an operation like others (``add_authenticator``).
"""

import hashlib
import hmac
from base64 import b32encode
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from pyotp.exceptions import OTPVerificationError
from pyotp.totp import TOTP

from core.db.database import WriteHandle
from core.errors import Conflict, NotFound
from tools.operations import Operation, confirm, effect, execute, propose
from tools.queries import QUERIES
from tools.registry import Proposed, ToolContext
from tools.step_up.tries import try_code

ISSUER = "Tellergraph"
OPERATION = "add_authenticator"
_SECRET_BYTES = 20
"""As RFC 4226, section 4 recommends; what every app takes."""
_WINDOW = 1
"""Steps of 30 seconds that a phone's clock may be early or late."""


@dataclass(frozen=True, slots=True)
class Enrolment:
    """What the customer's app needs, and the operation to approve. Shown once."""

    proposed: Proposed
    secret: str
    """Base32."""
    otpauth_uri: str


@dataclass(frozen=True, slots=True)
class _Begun:
    id: UUID | None


@dataclass(frozen=True, slots=True)
class _Login:
    email: str
    id: UUID | None
    confirmed_at: datetime | None


@dataclass(frozen=True, slots=True)
class _Waiting:
    id: UUID
    operation_id: UUID


@dataclass(frozen=True, slots=True)
class _Counts:
    counts: bool


@dataclass(frozen=True, slots=True)
class _Removed:
    removed: bool


class Authenticators:
    """The customers' authenticator apps, under the server's key; those that were begun under one of before go on while
    it is set."""

    def __init__(self, secret_key: bytes, old_keys: Iterable[bytes] = ()) -> None:
        self._secret_keys = (secret_key, *old_keys)

    async def get_since(self, context: ToolContext) -> datetime | None:
        """Since when the customer's codes come from an app; None for a customer without one."""
        return (await self._login(context)).confirmed_at

    async def begin(self, context: ToolContext) -> Enrolment:
        """Proposes an authenticator app in place of codes that are sent. An earlier one that was never confirmed is
        forgotten.

        Raises:
            Conflict: there is one in use.
            Refused, Unavailable: no code can be sent to approve it.
        """
        email = (await self._login(context)).email
        async with context.database.writing(context.scope) as db:
            begun = await db.get(_Begun, QUERIES["begin_authenticator"], {"now": context.now})
            if begun.id is None:
                raise Conflict("You use an authenticator app already. Remove it first.", code="authenticator_exists")
            proposed = await propose(
                db,
                context,
                OPERATION,
                payload={"authenticator_id": str(begun.id)},
                proposed=Proposed(summary="Take security codes from an authenticator app"),
            )
        await context.step_up.issue(context, UUID(proposed.operation_id))
        return Enrolment(proposed, *self.describe(begun.id, email))

    async def confirm(self, context: ToolContext, *, code: str, delivered_code: str) -> Operation:
        """Takes the new app into use.

        Args:
            code: of the app, which shows that it works.
            delivered_code: what was sent to the customer, who approves with it.

        Raises:
            NotFound: no app was begun, or its time has passed.
            Refused: one of the codes is wrong; tools/step_up/tries.py.
        """
        values = {"customer_id": context.customer_id}
        found = await context.database.fetch(_Waiting, QUERIES["find_new_authenticator"], values, scope=context.scope)
        if not found:
            raise NotFound("No authenticator app waits to be confirmed. Begin again.")
        slip = await confirm(context, found[0].operation_id, code=delivered_code)
        await self.check(context, found[0].id, code)
        return await execute(context, slip)

    async def remove(self, context: ToolContext, *, code: str) -> None:
        """Codes are sent again; what waits for a code of the app is cancelled.

        Args:
            code: a current one of the app.

        Raises:
            NotFound: there is none.
            Refused: the code is wrong; tools/step_up/tries.py.
        """
        in_use = (await self._login(context)).id
        if in_use is None:
            raise NotFound("You use no authenticator app.")
        await self.check(context, in_use, code)
        async with context.database.writing(context.scope) as db:
            await db.all(_Removed, QUERIES["remove_authenticator"], {"now": context.now})

    async def check(self, context: ToolContext, authenticator_id: UUID, code: str) -> None:
        """Raises Refused for a code that is not the app's current one, or was used; counts as a try."""

        async def is_right(db: WriteHandle) -> bool:
            return await self.is_current(db, context, authenticator_id, code)

        await try_code(context, None, is_right)

    async def is_current(self, db: WriteHandle, context: ToolContext, authenticator_id: UUID, code: str) -> bool:
        """Whether the app shows this code now; uses it up."""
        step = self.find_step(authenticator_id, code, context.now)
        if step is None:
            return False
        values = {"authenticator_id": authenticator_id, "step": step}
        return (await db.get(_Counts, QUERIES["use_totp_step"], values)).counts

    def find_step(self, authenticator_id: UUID, code: str, now: datetime) -> int | None:
        """The time step whose code this is, still to be used up; None for a code that the app does not show now."""
        return next(
            (step for key in self._secret_keys if (step := _step(_app(key, authenticator_id), code, now)) is not None),
            None,
        )

    def describe(self, authenticator_id: UUID, email: str) -> tuple[str, str]:
        """Secret (Base32) and ``otpauth:`` address of an app, to be shown once."""
        app = _app(self._secret_keys[0], authenticator_id)
        return app.secret, app.provisioning_uri(name=email, issuer_name=ISSUER)

    async def _login(self, context: ToolContext) -> _Login:
        values = {"customer_id": context.customer_id}
        found = await context.database.fetch(_Login, QUERIES["get_authenticator"], values, scope=context.scope)
        if not found:
            raise NotFound("There is no such customer.")
        return found[0]


def _app(secret_key: bytes, authenticator_id: UUID) -> TOTP:
    secret = hmac.digest(secret_key, b"totp:" + authenticator_id.bytes, hashlib.sha256)
    return TOTP(b32encode(secret[:_SECRET_BYTES]).decode())


def _step(app: TOTP, code: str, now: datetime) -> int | None:
    try:
        return app.verify_and_get_timecode("".join(code.split()), for_time=now, valid_window=_WINDOW)
    except OTPVerificationError:
        return None


@effect(OPERATION)
async def _take_into_use(db: WriteHandle, context: ToolContext, payload: dict[str, Any]) -> str | None:
    values = payload | {"customer_id": context.customer_id, "now": context.now}
    return None if await db.execute(QUERIES["confirm_authenticator"], values) else "authenticator_not_proved"
