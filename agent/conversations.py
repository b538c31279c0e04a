"""Conversations in PostgreSQL: sessions, turns and messages. A running turn is a lease that its worker renews; the
unique index on running turns keeps two turns of one session apart, whatever processes they run in.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Literal
from uuid import UUID

import numpy as np
from pgvector import HalfVector
from psycopg.types.json import Jsonb

from agent.models.fencing.details import OwnDetails, asking_for_details, details_in
from agent.personal import find_key, find_reading_key, opened_original, personal_in, sealed_original
from agent.replay.record import KeptTurn
from agent.state import TurnRecord
from core.db.database import Database, ReadHandle, Scope, Statement
from core.db.queries import Queries
from core.errors import Conflict, NotFound
from core.security.encryption.data_keys import DataKeys
from core.security.pii import Placeholders, blank_out

QUERIES = Queries(Path(__file__).parent / "queries.sql")

LEASE = timedelta(seconds=8)
"""How long a session stays closed after the process that answered there was killed."""
_TITLE_LENGTH = 60
_MOST_SESSIONS = 50


@dataclass(frozen=True, slots=True)
class Session:
    session_id: UUID
    title: str
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class StoredMessage:
    role: Literal["user", "assistant"]
    content: str
    turn_id: UUID
    route: str | None
    intent: str | None
    confidence: float | None
    citations: list[dict[str, Any]]
    created_at: datetime
    rating: Literal["up", "down"] | None = None
    """What its reader thought of this answer (agent/feedback.py)."""
    comment: str | None = None


@dataclass(frozen=True, slots=True)
class _Original:
    turn_id: UUID
    role: str
    original: bytes


@dataclass(frozen=True, slots=True)
class StoredTurn:
    id: UUID
    session_id: UUID
    owner: str
    status: Literal["running", "waiting", "done", "failed"]
    lease_expires_at: datetime
    outcome: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class TurnKey:
    """A turn that a worker is to run."""

    turn_id: UUID
    session_id: UUID
    scope: Scope

    @property
    def owner(self) -> str:
        return str(self.scope.subject)


@dataclass(frozen=True, slots=True)
class _TurnId:
    id: UUID
    is_running: bool


class Conversations:
    """``worker_id`` is this process's."""

    def __init__(self, database: Database, keys: DataKeys, worker_id: UUID) -> None:
        self._database = database
        self._keys = keys
        self._worker_id = worker_id

    async def begin(
        self,
        key: TurnKey,
        *,
        is_new_session: bool,
        title: str,
        now: datetime,
        unended: list[UUID],
        asks_details: bool = False,
    ) -> OwnDetails | None:
        """Opens a turn. Returns the customer's own details if ``asks_details``: they travel with it.

        Raises:
            NotFound: the session is not there or not the caller's.
            Conflict: another turn of the session is running.
        """
        turn = {
            "session_id": key.session_id,
            "turn_id": key.turn_id,
            "worker_id": self._worker_id,
            "lease_expires_at": now + LEASE,
            "now": now,
        }
        if is_new_session:
            session = {"session_id": key.session_id, "owner": key.owner, "title": _titled(title), "now": now}
            _, own = await self._open(
                key, (QUERIES["insert_session"], session), (QUERIES["insert_turn"], turn), asks_details=asks_details
            )
            return own
        try:
            return await self._insert_turn(key, turn, asks_details=asks_details)
        except Conflict:
            (ended,) = await self._database.run(
                (QUERIES["end_stale_turn"], turn | {"unended": unended}), scope=key.scope
            )
            if not ended:
                raise Conflict(
                    "The assistant is still answering your last message. Please wait for it to finish.",
                    code="turn_running",
                ) from None
            return await self._insert_turn(key, turn, asks_details=asks_details)

    async def _insert_turn(self, key: TurnKey, turn: dict[str, Any], *, asks_details: bool) -> OwnDetails | None:
        (inserted,), own = await self._open(key, (QUERIES["insert_turn"], turn), asks_details=asks_details)
        if not inserted:
            raise NotFound("There is no such session.")
        return own

    async def _open(
        self, key: TurnKey, *statements: Statement, asks_details: bool
    ) -> tuple[list[int], OwnDetails | None]:
        """How many rows each statement changed, and the customer's own details as they were then."""
        if not asks_details or key.scope.customer_id is None:
            return await self._database.run(*statements, scope=key.scope), None
        then = asking_for_details(key.scope)
        changed, rows = await self._database.run_and_ask(*statements, then=then, scope=key.scope)
        return changed, details_in(rows)

    async def finish(
        self,
        key: TurnKey,
        record: TurnRecord,
        placeholders: Placeholders,
        *,
        waiting: bool,
        outcome: str,
        now: datetime,
        kept: KeptTurn | None = None,
    ) -> None:
        """Messages, outcome and what a replay needs in one transaction; the session is free for its next turn. What
        ``placeholders`` stand for is kept under the customer's key alone.

        Raises:
            Conflict: the turn was taken from us meanwhile, and nothing is saved.
        """
        said = {
            "turn_id": key.turn_id,
            "route": record.route,
            "intent": record.intent,
            "confidence": record.confidence,
            "now": now,
        }
        citations = Jsonb([citation.model_dump() for citation in record.citations])
        statements: list[Statement] = []
        if record.message:
            asked = said | {"citations": Jsonb([]), "embedding": _vector(record.vector)}
            asked |= await self._kept(key, "user", record.message, placeholders, now)
            statements.append((QUERIES["insert_message"], asked))
        answered = said | {"citations": citations, "embedding": None}
        answered |= await self._kept(key, "assistant", record.answer, placeholders, now)
        statements.append((QUERIES["insert_message"], answered))
        if kept is not None:
            digests = {"model": kept.model, "digests": Jsonb(kept.digests), "sealed": kept.sealed}
            statements.append((QUERIES["insert_turn_record"], said | digests))
        if waiting and record.message:
            statements.append((QUERIES["link_operation"], {"turn_id": key.turn_id}))
        if record.operation is not None:
            decided = {"session_id": key.session_id, "operation_id": record.operation.operation_id}
            statements.append((QUERIES["resolve_turns"], decided))
        status = "waiting" if waiting else "done"
        ended = {"turn_id": key.turn_id, "status": status, "outcome": outcome, "now": now}
        *_, number = await self._database.run(*statements, (QUERIES["end_turn"], ended), scope=key.scope)
        if not number:
            raise Conflict("The answer took too long and was given up. Please ask again.", code="turn_lost")

    async def _kept(
        self, turn: TurnKey, role: str, content: str, placeholders: Placeholders, now: datetime
    ) -> dict[str, Any]:
        """Of a message: its masked text, and what was masked."""
        personal, customer_id = personal_in(content, placeholders), turn.scope.customer_id
        kept: dict[str, Any] = {"role": role, "content": content, "key_id": None, "original": None}
        kept |= {"has_pii": bool(personal.kinds), "pii_fields": personal.kinds}
        if personal.original is not None and (data_key := await find_key(self._keys, customer_id, now)):
            sealed = sealed_original(data_key, turn.turn_id, role, customer_id, personal.original)
            kept |= {"key_id": data_key.id, "original": sealed}
        return kept

    async def fail(self, key: TurnKey, *, outcome: str, now: datetime) -> None:
        ended = {"turn_id": key.turn_id, "status": "failed", "outcome": outcome, "now": now}
        await self._database.run((QUERIES["end_turn"], ended), scope=key.scope)

    async def get_turn(self, turn_id: UUID, scope: Scope) -> StoredTurn:
        """Raises NotFound, also for somebody else's."""
        turns = await self._database.fetch(StoredTurn, QUERIES["find_turn"], {"turn_id": turn_id}, scope=scope)
        if not turns:
            raise NotFound("There is no such turn.")
        return turns[0]

    async def list_sessions(self, scope: Scope) -> list[Session]:
        values = {"owner": scope.subject, "limit": _MOST_SESSIONS}
        return await self._database.fetch(Session, QUERIES["list_sessions"], values, scope=scope)

    async def get_history(self, session_id: UUID, scope: Scope) -> tuple[Session, list[StoredMessage]]:
        """As its owner wrote and read it, but for secrets; masked where their key cannot be had.

        Raises:
            NotFound: also for somebody else's.
        """
        async with self._database.reading(scope) as db:
            session = await db.find(Session, QUERIES["find_session"], {"session_id": session_id})
            if session is None:
                raise NotFound("There is no such session.")
            messages = await db.all(StoredMessage, QUERIES["list_messages"], {"session_id": session_id})
            originals = await self._open_originals(db, session_id, scope.customer_id)
        shown = ((message, originals.get((message.turn_id, message.role))) for message in messages)
        return session, [message if text is None else replace(message, content=text) for message, text in shown]

    async def _open_originals(
        self, db: ReadHandle, session_id: UUID, customer_id: UUID | None
    ) -> dict[tuple[UUID, str], str]:
        """By turn and role."""
        sealed = await db.all(_Original, QUERIES["list_originals"], {"session_id": session_id}) if customer_id else []
        key = await find_reading_key(self._keys, db, customer_id) if sealed else None
        if key is None or customer_id is None:
            return {}
        return {
            (each.turn_id, each.role): opened_original(key, each.turn_id, each.role, customer_id, each.original)
            for each in sealed
        }

    async def delete(
        self, session_id: UUID, scope: Scope, now: datetime, *, forget: Callable[[], Awaitable[None]]
    ) -> list[UUID]:
        """Returns the ids of the turns that went with it. ``forget`` deletes what is kept elsewhere, before the commit:
        when it fails, everything is still there.

        Raises:
            NotFound: it is not there or not the caller's.
            Conflict: a turn of it is running.
        """
        async with self._database.writing(scope) as db:
            if not await db.all(Session, QUERIES["lock_session"], {"session_id": session_id}):
                raise NotFound("There is no such session.")
            turns = await db.all(_TurnId, QUERIES["list_turn_ids"], {"session_id": session_id, "now": now})
            if any(turn.is_running for turn in turns):
                raise Conflict(
                    "The assistant is still answering here. Please wait for it to finish.", code="turn_running"
                )
            await forget()
            await db.execute(QUERIES["delete_session"], {"session_id": session_id})
        return [turn.id for turn in turns]

    async def keep_leases(self, active: list[UUID], unended: list[UUID], now: datetime) -> None:
        """Renews the leases of the turns that run here and ends those that are over."""
        lease = {
            "worker_id": self._worker_id,
            "active": active,
            "unended": unended,
            "lease_expires_at": now + LEASE,
            "now": now,
        }
        await self._database.run(
            (QUERIES["renew_leases"], lease),
            (QUERIES["end_lost_turns"], lease),
            scope=Scope(worker_id=self._worker_id),
        )


def _titled(masked: str) -> str:
    """What a list of conversations shows: its owner reads it, and never saw a placeholder."""
    return blank_out(masked, "…")[:_TITLE_LENGTH]


def _vector(raw: bytes) -> HalfVector | None:
    return HalfVector(np.frombuffer(raw, dtype=np.float32)) if raw else None
