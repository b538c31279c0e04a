"""How a security code reaches its customer. A bank sets its own gateway with TELLERGRAPH_CODE_SENDER=webhook; the demo
bank keeps codes where its customers can look them up; without a sender nothing that needs a code can be prepared.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from http import HTTPStatus
from typing import Literal, Protocol
from uuid import UUID

import aiohttp
import orjson

from core.db.database import Database, Scope
from core.errors import Refused, Unavailable
from core.logging import get_logger
from core.security.outgoing import LOOPBACK, Networks, guarded_session
from tools.queries import QUERIES
from tools.registry import ToolContext
from tools.webhooks import sign

_log = get_logger(__name__)

_ATTEMPTS = 3
_RETRIED = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS})
"""Besides every status from 500."""


@dataclass(frozen=True, slots=True)
class CodeMessage:
    """What the customer reads beside the code: what they would approve."""

    operation_id: UUID
    text: str
    code: str = field(repr=False)
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class LoginMessage:
    """A code or token about a login: its owner proves that messages arrive, or sets a new password."""

    id: UUID
    purpose: Literal["verify", "reset"]
    customer_id: UUID | None
    staff_id: UUID | None
    """One of the two."""
    email: str
    text: str
    code: str = field(repr=False)
    sent_at: datetime
    expires_at: datetime


class CodeSender(Protocol):
    async def send(self, context: ToolContext, message: CodeMessage) -> None:
        """
        Raises:
            Unavailable: it could not be sent just now.
            Refused: it cannot be sent at all.
        """
        ...

    async def send_login(self, database: Database, message: LoginMessage) -> None:
        """Raises as ``send``."""
        ...


class LogSender:
    """Demo mode: logs that a code was made, and keeps it in the customer's demo outbox."""

    async def send(self, context: ToolContext, message: CodeMessage) -> None:
        values = {"customer_id": context.customer_id, "operation_id": message.operation_id, "now": context.now}
        values |= {"text": message.text, "code": message.code}
        await context.database.run((QUERIES["insert_outbox"], values), scope=context.scope)
        _log.info("step_up_code_sent", customer_id=str(context.customer_id), operation_id=str(message.operation_id))

    async def send_login(self, database: Database, message: LoginMessage) -> None:
        """To a customer's outbox; staff of the demo bank have none (api/logins/demo_mailbox.py)."""
        if message.customer_id is not None:
            values = {"customer_id": message.customer_id, "operation_id": None, "now": message.sent_at}
            values |= {"text": message.text, "code": message.code}
            await database.run((QUERIES["insert_outbox"], values), scope=Scope(customer_id=message.customer_id))
        _log.info("login_code_sent", purpose=message.purpose, id=str(message.id))


class NoSender:
    """No way to send codes was set."""

    async def send(self, context: ToolContext, message: CodeMessage) -> None:
        _log.error(
            "step_up_code_without_sender", customer_id=str(context.customer_id), operation_id=str(message.operation_id)
        )
        raise Refused(
            "This needs a security code, and this bank cannot send any yet. Please contact us.",
            code="step_up_unavailable",
        )

    async def send_login(self, database: Database, message: LoginMessage) -> None:
        _ = database
        _log.error("login_code_without_sender", purpose=message.purpose, id=str(message.id))
        raise Refused("This bank cannot send any codes yet. Please contact us.", code="step_up_unavailable")


@dataclass(frozen=True, slots=True)
class SentCode:
    """A message of the demo outbox."""

    text: str
    code: str = field(repr=False)
    sent_at: datetime
    operation_id: UUID | None


async def list_outbox(context: ToolContext) -> list[SentCode]:
    """The customer's messages, the latest first, at most 20."""
    values = {"customer_id": context.customer_id}
    return await context.database.fetch(SentCode, QUERIES["list_outbox"], values, scope=context.scope)


class WebhookSender:
    """The bank's own gateway, by an HTTP POST of a JSON object that is signed as Standard Webhooks 1.0 has it
    (tools/webhooks.py). A gateway knows a repeated message by its ``webhook-id``, so that one sent twice arrives once.
    """

    def __init__(
        self, url: str, secret: bytes, *, timeout: float = 3.0, pause: float = 0.2, networks: Networks = LOOPBACK
    ) -> None:
        """
        Args:
            timeout: seconds for one attempt.
            pause: seconds before the second attempt; twice as long before the third.
            networks: beside what is public, where the gateway may be.
        """
        self._url = url
        self._secret = secret
        self._timeout = aiohttp.ClientTimeout(total=timeout)
        self._pause = pause
        self._networks = networks

    async def send(self, context: ToolContext, message: CodeMessage) -> None:
        body = orjson.dumps(
            {
                "type": "step_up.code",
                "customer_id": context.customer_id,
                "operation_id": message.operation_id,
                "text": message.text,
                "code": message.code,
                "sent_at": context.now,
                "expires_at": message.expires_at,
            }
        )
        await self._deliver(message.operation_id, context.now, body)

    async def send_login(self, database: Database, message: LoginMessage) -> None:
        _ = database
        body = orjson.dumps(
            {
                "type": f"login.{message.purpose}",
                "customer_id": message.customer_id,
                "staff_id": message.staff_id,
                "email": message.email,
                "text": message.text,
                "code": message.code,
                "sent_at": message.sent_at,
                "expires_at": message.expires_at,
            }
        )
        await self._deliver(message.id, message.sent_at, body)

    async def _deliver(self, about: UUID, sent_at: datetime, body: bytes) -> None:
        headers = sign(f"msg_{about.hex}", sent_at, body, self._secret)
        async with guarded_session(self._networks, self._timeout) as client:
            for attempt in range(_ATTEMPTS):
                await asyncio.sleep(self._pause * attempt)
                failure = await self._post(client, body, headers)
                if failure is None:
                    return
                _log.warning("step_up_code_not_sent", message_id=str(about), reason=failure)
                if failure.isdecimal() and not _may_pass(int(failure)):
                    break
        raise Unavailable("The security code could not be sent just now. Please try again.", code="code_not_sent")

    async def _post(self, client: aiohttp.ClientSession, body: bytes, headers: Mapping[str, str]) -> str | None:
        """None when the gateway took it; else its status, or the name of what went wrong."""
        try:
            # Not to where a gateway points: the code is for it alone.
            async with client.post(self._url, data=body, headers=headers, allow_redirects=False) as response:
                return None if HTTPStatus.OK <= response.status < HTTPStatus.MULTIPLE_CHOICES else str(response.status)
        except (aiohttp.ClientError, TimeoutError) as error:
            return type(error).__name__


def _may_pass(status: int) -> bool:
    """Whether the same message may be taken another time."""
    return status >= HTTPStatus.INTERNAL_SERVER_ERROR or status in _RETRIED
