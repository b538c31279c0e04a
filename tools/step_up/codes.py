"""Step-up: a code that approves one operation and no other (dynamic linking, Commission Delegated Regulation (EU)
2018/389, article 5). Whether an operation needs one is decided by the database (``complete_proposal``); there are two
ways to have one, and which it is stands in the operation's challenge.

A delivered code is an HOTP value (RFC 4226) whose secret is derived from the server's key and from amount, currency,
payee and everything else that the operation would do. It fits no other operation, and is sent beside a text that says
what it is for. Nothing of it is stored.

An authenticator app computes its code from the time and knows nothing of an operation: such a code is **not** computed
over amount and payee, and the app does not show them. There the link is made on this side alone: the code is looked at
for the one operation that it was sent with, its time step is used up by that in the same transaction, and the approval
counts for the payload whose hash stands in the challenge.
"""

import hashlib
import hmac
from base64 import b32encode
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

import orjson
from pyotp.hotp import HOTP

from core.clock import BANK_TIME_ZONE
from core.db.database import WriteHandle
from core.errors import NotFound, Refused, TellergraphError, Unavailable
from tools.queries import QUERIES
from tools.reasons import reason_of
from tools.registry import ToolContext
from tools.step_up.code_senders import CodeMessage, CodeSender
from tools.step_up.totp import Authenticators
from tools.step_up.tries import LOCKED, locked_out, try_code

_NOT_SENT = "code_not_sent"
TOO_MANY_CODES = "too_many_codes"


@dataclass(frozen=True, slots=True)
class _Challenge:
    """An operation as its code is about it."""

    id: UUID
    type: str
    status: str
    summary: str
    amount_minor: int | None
    currency: str | None
    recipient: str | None
    payload_hash: str
    error_code: str | None
    expires_at: datetime
    locked_until: datetime | None
    method: Literal["delivered", "authenticator"]
    authenticator_id: UUID | None

    @property
    def linked(self) -> bytes:
        """All that a code must not fit if it changes."""
        return orjson.dumps([self.id, self.type, self.amount_minor, self.currency, self.recipient, self.payload_hash])


@dataclass(frozen=True, slots=True)
class _Opened:
    is_new: bool
    how: Literal["delivered", "authenticator"] | None
    retry_at: datetime | None


class StepUpCodes:
    """Issues and checks codes."""

    def __init__(self, secret_key: bytes, sender: CodeSender, old_keys: Iterable[bytes] = ()) -> None:
        """``old_keys`` are those under which authenticator apps were begun before."""
        self._secret_key = secret_key
        self._sender = sender
        self._authenticators = Authenticators(secret_key, old_keys)

    async def issue(self, context: ToolContext, operation_id: UUID) -> None:
        """Sends the code of a proposal, once; a customer with an authenticator app has it there.

        Raises:
            Refused: the customer is locked out, got too many codes within the hour, or codes cannot be sent at all;
                the proposal is withdrawn. ``details.retry_at`` says when the next one can be sent.
            Unavailable: the code could not be sent; the proposal is withdrawn, as its code would never arrive.
        """
        challenge = await _get_challenge(context, operation_id)
        if challenge.error_code == _NOT_SENT:
            raise Unavailable(reason_of(_NOT_SENT), code=_NOT_SENT)
        if challenge.error_code == TOO_MANY_CODES:
            raise Refused(reason_of(TOO_MANY_CODES), code=TOO_MANY_CODES)
        if challenge.status != "pending":
            return
        if challenge.locked_until is not None:
            await _withdraw(context, operation_id, "failed", LOCKED)
            raise locked_out(challenge.locked_until)
        async with context.database.writing(context.scope) as db:
            key = {"operation_id": operation_id, "now": context.now}
            opened = await db.get(_Opened, QUERIES["open_challenge"], key)
        if opened.retry_at is not None:
            await _withdraw(context, operation_id, "failed", TOO_MANY_CODES)
            raise _too_many_codes(opened.retry_at)
        if opened.is_new and opened.how == "delivered":
            await self._send(context, challenge)

    async def answer(self, context: ToolContext, operation_id: UUID, code: str | None) -> None:
        """Approves an operation with the customer's code. Until the operation is over the right code may come again, as
        when the first answer was lost.

        Raises:
            Refused: ``step_up_required`` without a code; else see tools/step_up/tries.py.
        """
        if not code:
            # A proposal whose maker died before it sent the code gets it now.
            await self.issue(context, operation_id)
            raise Refused("Please send the security code with the confirmation.", code="step_up_required")
        challenge = await _get_challenge(context, operation_id)
        said = "".join(code.split())

        async def is_right(db: WriteHandle) -> bool:
            if challenge.method == "delivered":
                return hmac.compare_digest(said.encode(), self._code(challenge).encode())
            app = challenge.authenticator_id
            return app is not None and await self._authenticators.is_current(db, context, app, said)

        await try_code(context, operation_id, is_right)

    async def _send(self, context: ToolContext, challenge: _Challenge) -> None:
        text = f"{challenge.summary}. Your code is only for this; never tell it to anybody."
        message = CodeMessage(challenge.id, text, self._code(challenge), challenge.expires_at)
        try:
            await self._sender.send(context, message)
        except TellergraphError:
            await _withdraw(context, challenge.id, "cancelled", _NOT_SENT)
            raise

    def _code(self, challenge: _Challenge) -> str:
        secret = hmac.digest(self._secret_key, b"step-up:" + challenge.linked, hashlib.sha256)
        return HOTP(b32encode(secret).decode()).at(0)


async def _get_challenge(context: ToolContext, operation_id: UUID) -> _Challenge:
    values = {"operation_id": operation_id, "customer_id": context.customer_id, "now": context.now}
    found = await context.database.fetch(_Challenge, QUERIES["get_challenge"], values, scope=context.scope)
    if not found:
        raise NotFound("There is no such operation.")
    return found[0]


async def _withdraw(
    context: ToolContext, operation_id: UUID, status: Literal["failed", "cancelled"], code: str
) -> None:
    values = {"operation_id": operation_id, "from_status": "pending", "to_status": status, "now": context.now}
    await context.database.run((QUERIES["end_operation"], values | {"error_code": code}), scope=context.scope)


def _too_many_codes(until: datetime) -> Refused:
    return Refused(
        f"We have sent you many security codes within the hour. Please try again after "
        f"{until.astimezone(BANK_TIME_ZONE):%H:%M}; what needs no code works as before.",
        code=TOO_MANY_CODES,
        details={"retry_at": until.isoformat(timespec="seconds")},
    )
