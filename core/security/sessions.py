"""Logins that last: opened once, renewed with a token that is good for one use, ended by whoever they belong to.

A refresh token that comes a second time has been copied, and its session ends (RFC 9700, section 4.14.2), with one
exception: requests that overlap, as two tabs of one browser send them. One of these wins, the others are told to use
what it got.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

from core.clock import Clock
from core.db.database import Database, Params, Scope, WriteHandle
from core.db.queries import Queries
from core.errors import Unauthorized
from core.security.counts import ATTEMPTS
from core.security.refresh_token import RefreshToken, hash_key
from core.security.tokens import Identity

_QUERIES = Queries(Path(__file__).parent / "queries.sql")
_USER_AGENT_LENGTH = 200


@dataclass(frozen=True, slots=True)
class OpenSession:
    """A place where somebody is logged in."""

    id: UUID
    user_agent: str
    opened_at: datetime
    last_used_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Grant:
    """Whom a session belongs to (``customer:ID`` or ``staff:ID``), and what renews it."""

    session_id: UUID
    owner: str
    refresh_token: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class _Used:
    session_id: UUID
    owner: str
    expires_at: datetime


class Sessions:
    """One for each process."""

    def __init__(
        self, database: Database, secret_key: bytes, clock: Clock, *, token_ttl: timedelta, session_ttl: timedelta
    ) -> None:
        """A token is good for ``token_ttl``, a session for ``session_ttl`` however often it is renewed."""
        ATTEMPTS.add("refresh", "refresh_reused", n=0)  # See FAULTS in core/db/counts.py.
        self._database = database
        self._key = hash_key(secret_key)
        self._clock = clock
        self._token_ttl = token_ttl
        self._session_ttl = session_ttl

    async def open(self, owner: str, user_agent: str, now: datetime) -> Grant:
        session_id, expires_at = uuid4(), now + self._session_ttl
        session = {
            "session_id": session_id,
            "owner": owner,
            "user_agent": _printable(user_agent),
            "now": now,
            "session_expires_at": expires_at,
        }
        async with self._database.writing(Scope(subject=owner)) as db:
            await db.execute(_QUERIES["insert_session"], session)
            return await self._grant(db, session_id, owner, expires_at, now)

    async def renew(self, text: str, now: datetime) -> Grant:
        """A new token for a good one, once.

        Args:
            now: when the request came, before it waited for anything.

        Raises:
            Unauthorized: ``invalid_refresh_token`` for one that is unknown, too old or of a session that is over;
                ``refresh_raced`` where another request has just renewed the session; ``refresh_reused`` for one that
                was used before, which ends the session.
        """
        token = RefreshToken.find(text)
        if token is None:
            raise _over()
        values = {"hash": token.hash(self._key), "now": now, "used_at": self._clock()}
        async with self._database.writing(_of(token)) as db:
            used = await db.find(_Used, _QUERIES["use_refresh_token"], values)
            if used is not None:
                ATTEMPTS.add("refresh", "passed")
                return await self._grant(db, used.session_id, used.owner, used.expires_at, now)
            refusal = await _why_refused(db, values)
        ATTEMPTS.add("refresh", refusal.error_code)
        raise refusal

    async def end_by_token(self, text: str, now: datetime, reason: str = "logout") -> bool:
        """Whether there was a session to end."""
        token = RefreshToken.find(text)
        if token is None:
            return False
        values = {"hash": token.hash(self._key), "now": now, "reason": reason}
        (ended,) = await self._database.run((_QUERIES["end_session_of_token"], values), scope=_of(token))
        return ended > 0

    async def end_of(self, identity: Identity, now: datetime, reason: str) -> bool:
        """Ends their session ``identity.session_id``. False for what is over, not there, or somebody else's."""
        owner = identity.subject
        values = {"session_id": identity.session_id, "owner": owner, "now": now, "reason": reason}
        (ended,) = await self._database.run((_QUERIES["end_session"], values), scope=Scope(subject=owner))
        return ended > 0

    async def list(self, owner: str, now: datetime) -> list[OpenSession]:
        values = {"owner": owner, "now": now}
        query = _QUERIES["list_auth_sessions"]
        return await self._database.fetch(OpenSession, query, values, scope=Scope(subject=owner))

    async def _grant(self, db: WriteHandle, session_id: UUID, owner: str, ends_at: datetime, now: datetime) -> Grant:
        token = RefreshToken.make(session_id)
        expires_at = min(now + self._token_ttl, ends_at)
        values = {
            "hash": token.hash(self._key),
            "session_id": session_id,
            "owner": owner,
            "now": now,
            "expires_at": expires_at,
        }
        await db.execute(_QUERIES["insert_refresh_token"], values)
        await db.execute(_QUERIES["touch_session"], values)
        await db.execute(_QUERIES["delete_expired_tokens"], values)
        return Grant(session_id, owner, token.text, expires_at)


async def revoke_all_sessions(
    database: Database, subject: str, now: datetime, *, reason: str = "password_changed", but: UUID | None = None
) -> int:
    """Ends every session of ``customer:ID`` or ``staff:ID``, but for one that may go on. How many there were; their
    access tokens are refused everywhere within five seconds."""
    values = {"owner": subject, "now": now, "reason": reason, "but": but}
    (ended,) = await database.run((_QUERIES["end_sessions"], values), scope=Scope(subject=subject))
    return ended


def _of(token: RefreshToken) -> Scope:
    """Shows the one session that the token names; whether it is right, its hash says."""
    return Scope(subject=f"session:{token.session_id}")


async def _why_refused(db: WriteHandle, values: Params) -> Unauthorized:
    if await db.execute(_QUERIES["mark_race"], values):
        return Unauthorized(
            "Another request has just renewed this session. Go on with what it was given.", code="refresh_raced"
        )
    if await db.execute(_QUERIES["end_session_of_reused_token"], values):
        return Unauthorized(
            "This session was renewed from somewhere else and has been ended for your safety. Please log in again.",
            code="refresh_reused",
        )
    return _over()


def _over() -> Unauthorized:
    return Unauthorized("Your session has ended. Please log in again.", code="invalid_refresh_token")


def _printable(text: str) -> str:
    return "".join(each for each in text if each.isprintable())[:_USER_AGENT_LENGTH]
