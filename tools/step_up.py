"""Step-up: a code that approves one operation and no other. It is an HOTP value (RFC 4226) whose secret is derived
from the server's key and from amount, currency and payee, so that a code shown for one payment fits no other (dynamic
linking, Commission Delegated Regulation (EU) 2018/389, article 5)."""

import hashlib
import hmac
from base64 import b32encode
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from pyotp.hotp import HOTP

from core.errors import Refused
from core.logging import get_logger
from tools.operations import Operation, get_operation
from tools.queries import QUERIES
from tools.registry import ToolContext

_log = get_logger(__name__)

MOST_TRIES = 5


@dataclass(frozen=True, slots=True)
class CodeMessage:
    """What the customer reads beside the code: what they would approve."""

    text: str
    code: str


class CodeSender(Protocol):
    async def send(self, context: ToolContext, message: CodeMessage) -> None:
        """Raises Unavailable when it could not be sent."""
        ...


class LogSender:
    """Demo mode: logs that a code was made, and keeps it in the customer's demo outbox."""

    async def send(self, context: ToolContext, message: CodeMessage) -> None:
        _log.info("step_up_code_sent", customer_id=str(context.customer_id))
        values = {"customer_id": context.customer_id, "text": message.text, "code": message.code, "now": context.now}
        await context.database.run((QUERIES["insert_outbox"], values), scope=context.scope)


class StepUpCodes:
    """Issues and checks codes."""

    def __init__(self, secret_key: bytes, sender: CodeSender) -> None:
        self._secret_key = secret_key
        self._sender = sender

    async def issue(self, context: ToolContext, operation_id: UUID) -> None:
        key = {"operation_id": operation_id, "customer_id": context.customer_id, "now": context.now}
        (is_new,) = await context.database.run((QUERIES["insert_challenge"], key), scope=context.scope)
        if is_new:
            operation = await get_operation(context, operation_id)
            text = f"{operation.summary}. Your code is only for this; never tell it to anybody."
            await self._sender.send(context, CodeMessage(text, self._code(operation)))

    async def answer(self, context: ToolContext, operation_id: UUID, code: str | None) -> None:
        if not code:
            raise Refused("Please send the security code with the confirmation.", code="step_up_required")
        operation = await get_operation(context, operation_id)
        key = {"operation_id": operation_id, "customer_id": context.customer_id, "now": context.now}
        (counted,) = await context.database.run((QUERIES["count_try"], key), scope=context.scope)
        if not counted:
            raise Refused("The code was wrong too often. Please ask again.", code="step_up_locked")
        if not hmac.compare_digest(code.strip().encode(), self._code(operation).encode()):
            raise Refused("The code is wrong.", code="wrong_code")
        await context.database.run((QUERIES["verify_challenge"], key), scope=context.scope)

    def _code(self, operation: Operation) -> str:
        linked = f"{operation.id}|{operation.type}|{operation.amount_minor} {operation.currency}|{operation.recipient}"
        secret = hmac.digest(self._secret_key, b"step-up:" + linked.encode(), hashlib.sha256)
        return HOTP(b32encode(secret).decode()).at(0)
