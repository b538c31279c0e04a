"""The demo bank's letter box for those who cannot log in: what was sent for a new password, by e-mail address, for as
long as it is good. It stands open: whoever knows an address reads it. So it is there only where messages stay in the
demo (``keeps_messages``), and a bank with a gateway has none.
"""

import hashlib
from dataclasses import asdict, dataclass, field
from datetime import datetime

import orjson
from redis.asyncio import Redis
from redis.exceptions import RedisError

from core.db.database import Database
from core.errors import Unavailable
from core.settings import Settings
from tools.registry import ToolContext
from tools.step_up.code_senders import CodeMessage, CodeSender, LoginMessage


def keeps_messages(settings: Settings) -> bool:
    """Whether messages to customers and staff stay here, to be read in the demo, instead of going to a gateway."""
    return settings.demo and settings.code_sender != "webhook"


@dataclass(frozen=True, slots=True)
class DemoMessage:
    text: str
    code: str = field(repr=False)
    sent_at: datetime
    expires_at: datetime


class DemoMailbox:
    """A sender that keeps messages about new passwords before it passes them on, of customers and of staff."""

    def __init__(self, redis: Redis, sender: CodeSender) -> None:
        self._redis = redis
        self._sender = sender

    async def send(self, context: ToolContext, message: CodeMessage) -> None:
        await self._sender.send(context, message)

    async def send_login(self, database: Database, message: LoginMessage) -> None:
        """Raises Unavailable where Redis is away."""
        if message.purpose == "reset":
            kept = DemoMessage(message.text, message.code, message.sent_at, message.expires_at)
            try:
                await self._redis.set(
                    _key(message.email), orjson.dumps(asdict(kept)), ex=message.expires_at - message.sent_at
                )
            except RedisError as error:
                raise _away() from error
        await self._sender.send_login(database, message)

    async def find(self, email: str) -> DemoMessage | None:
        """The latest, which alone is good. Raises Unavailable where Redis is away."""
        try:
            kept = await self._redis.get(_key(email))
        except RedisError as error:
            raise _away() from error
        if kept is None:
            return None
        content = orjson.loads(kept)
        moments = {name: datetime.fromisoformat(content[name]) for name in ("sent_at", "expires_at")}
        return DemoMessage(**(content | moments))


def _key(email: str) -> str:
    return f"demo:mailbox:{hashlib.sha256(email.encode()).hexdigest()}"


def _away() -> Unavailable:
    return Unavailable("The demo's messages cannot be had just now. Please try again in a moment.")
