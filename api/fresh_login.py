"""Asks a customer who is signed in for the password again, before what a stolen session must not be enough for
(OWASP ASVS 5.0, 7.5.1)."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from redis.exceptions import RedisError

from agent.assembly import Running
from api.api_keys import QUERIES
from core.db.database import Scope
from core.errors import Refused, Unavailable
from core.security.passwords import verify_password

_MOST_TRIES = 5
_WINDOW = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class _Stored:
    password_hash: str


async def require_password(running: Running, customer_id: UUID, password: str) -> None:
    """Five wrong ones in a quarter of an hour close it for the rest of it, on all workers.

    Raises:
        Refused: it is wrong, or there were too many tries.
        Unavailable: the tries cannot be counted.
    """
    name = f"tellergraph:fresh-login:{customer_id}"
    try:
        if await _count(running, name) > _MOST_TRIES:
            raise Refused("That were too many tries. Try again in a quarter of an hour.", code="too_many_tries")
        scope = Scope(customer_id=customer_id)
        found = await running.database.fetch(
            _Stored, QUERIES["get_password_hash"], {"customer_id": customer_id}, scope=scope
        )
        if not await verify_password(password, found[0].password_hash if found else None):
            raise Refused("The password is wrong.", code="wrong_password")
        await running.redis.delete(name)
    except (RedisError, OSError) as error:
        raise Unavailable("We cannot check your password just now. Please try again in a moment.") from error


async def _count(running: Running, name: str) -> int:
    """This try with those before it in the window. Counted before the password is looked at, so that many at once are
    no more tries than one after the other."""
    async with running.redis.pipeline() as steps:
        steps.set(name, 0, ex=_WINDOW, nx=True)
        steps.incr(name)
        _, counted = await steps.execute()
    return int(counted)
