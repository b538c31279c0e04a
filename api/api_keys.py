"""Whom an API key signs in, and the keys of a customer.

A key comes as ``Authorization: Bearer tg_...`` or as ``X-API-Key: tg_...``. It is looked up for every request: one that
was revoked opens nothing from then on, on any worker. It carries what it names, of that what its owner's role has now,
and of that nothing that needs a person (``permissions.needs_person``): it may propose and never confirms.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import cast
from uuid import UUID

from fastapi import Request
from fastapi.security.utils import get_authorization_scheme_param
from psycopg.types.json import Jsonb

from agent.assembly import Running
from api.headers import find_header
from api.people import role_of_tier
from core.clock import Clock
from core.db.database import Database, Scope, WriteHandle
from core.db.queries import Queries
from core.errors import Conflict, InvalidInput, NotFound, Unauthorized
from core.security.api_keys import ApiKey, digest_of, is_well_formed, looks_like_key, new_api_key
from core.security.counts import ATTEMPTS
from core.security.tokens import AccountType, Identity

QUERIES = Queries(Path(__file__).with_name("api_keys.sql"))

HEADER = "X-API-Key"
_HEADER = HEADER.lower().encode()
LONGEST = timedelta(days=365)
"""For how long a key may be good."""
MOST_OVERLAP = timedelta(days=30)
"""For how long a key may go on beside the one that it was rotated to."""
_USE_NOTED = timedelta(minutes=1)
"""``last_used_at`` is written at most so often."""
_REMEMBERED = timedelta(days=90)
"""For how long a key that has ended stays in the list."""
_MOST_LISTED = 200

_WRONG = "This API key is not valid: it is unknown, was revoked, or has expired."


@dataclass(frozen=True, slots=True)
class KeyInUse:
    """The key of a request, as ``request.state.api_key``."""

    id: UUID
    customer_id: UUID


@dataclass(frozen=True, slots=True)
class StoredKey:
    """One of a customer's keys. The key itself is not stored."""

    id: UUID
    name: str
    prefix: str
    permissions: list[str]
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None
    replaces: UUID | None


@dataclass(frozen=True, slots=True)
class _Found:
    id: UUID
    customer_id: UUID
    permissions: list[str]
    expires_at: datetime
    revoked_at: datetime | None
    last_used_at: datetime | None
    tier: str


def find_key(request: Request) -> str | None:
    """The API key that a request presents, right or wrong; None where it presents none.

    Raises:
        Unauthorized: it presents a key and something else, and they may be two people's.
    """
    in_header = find_header(request.scope, _HEADER)
    authorization = find_header(request.scope, b"authorization")
    scheme, credential = get_authorization_scheme_param(authorization)
    bearer = credential if scheme.lower() == "bearer" and looks_like_key(credential) else None
    if in_header is not None and authorization is not None and in_header != bearer:
        raise Unauthorized(f"Send either {HEADER} or Authorization, not both.", code="invalid_api_key")
    return in_header if in_header is not None else bearer


async def find_key_identity(request: Request) -> Identity | None:
    """Whom the request's API key signs in; None where it presents none.

    Raises:
        Unauthorized: there is no such key, or it has ended.
    """
    secret = find_key(request)
    if secret is None:
        return None
    running, clock = cast(Running, request.app.state.running), cast(Clock, request.app.state.clock)
    found, identity = await _sign_in(running, secret, clock())
    request.state.api_key = KeyInUse(found.id, found.customer_id)
    return identity


async def _sign_in(running: Running, secret: str, now: datetime) -> tuple[_Found, Identity]:
    found = await _find(running.database, secret) if is_well_formed(secret) else None
    if found is None or found.revoked_at is not None or found.expires_at <= now:
        ATTEMPTS.add("api_key", "failed")
        raise Unauthorized(_WRONG, code="invalid_api_key")
    if found.last_used_at is None or found.last_used_at <= now - _USE_NOTED:
        used = {"id": found.id, "now": now, "before": now - _USE_NOTED}
        await running.database.run((QUERIES["note_use"], used), scope=Scope(customer_id=found.customer_id))
    role = role_of_tier(found.tier)
    carried = await running.roles.of_key(role, frozenset(found.permissions))
    ATTEMPTS.add("api_key", "passed")
    return found, Identity(found.customer_id, AccountType.CUSTOMER, role, carried)


async def _find(database: Database, secret: str) -> _Found | None:
    rows = await database.ask(_Found, QUERIES["find_api_key"], {"hash": digest_of(secret).hex()})
    return rows[0] if rows else None


async def list_keys(database: Database, customer_id: UUID, now: datetime) -> list[StoredKey]:
    """The newest first, with those that have ended lately."""
    wanted = {"customer_id": customer_id, "since": now - _REMEMBERED, "limit": _MOST_LISTED}
    return await database.fetch(StoredKey, QUERIES["list_api_keys"], wanted, scope=Scope(customer_id=customer_id))


async def create_key(
    running: Running, owner: Identity, *, name: str, permissions: Collection[str], days: int, now: datetime
) -> tuple[StoredKey, ApiKey]:
    """A key that names ``permissions`` and is good for ``days``.

    Raises:
        InvalidInput: the owner does not have one of the permissions, or no key carries it.
        Refused: that many keys are enough.
    """
    named = frozenset(permissions)
    if missing := named - await running.roles.of_key(owner.role, named):
        raise InvalidInput(
            f"A key of yours cannot carry {', '.join(sorted(missing))}.",
            code="permission_not_grantable",
            details={"permissions": sorted(missing)},
        )
    key = new_api_key()
    async with running.database.writing(Scope(customer_id=owner.id)) as db:
        stored = await _insert(db, owner.id, key, name, named, now, now + timedelta(days=days), None)
        await _log(db, stored, owner.id, "api_key.created", now)
    return stored, key


async def rotate_key(
    database: Database, customer_id: UUID, key_id: UUID, *, overlap: timedelta, days: int, now: datetime
) -> tuple[StoredKey, ApiKey]:
    """Another key with the same name and permissions. The old one goes on for ``overlap``, at most until its own end.

    Raises:
        NotFound: there is none of theirs under that id that is good.
        Conflict: it was rotated before.
    """
    key = new_api_key()
    values = {"id": key_id, "customer_id": customer_id, "until": now + overlap, "now": now}
    try:
        async with database.writing(Scope(customer_id=customer_id)) as db:
            old = await db.find(StoredKey, QUERIES["end_api_key"], values)
            if old is None:
                raise _no_such_key()
            expires_at = now + timedelta(days=days)
            stored = await _insert(db, customer_id, key, old.name, old.permissions, now, expires_at, key_id)
            await _log(db, stored, customer_id, "api_key.rotated", now)
    except Conflict as error:
        raise Conflict("This key was rotated before: rotate the newer one.", code="already_rotated") from error
    return stored, key


async def revoke_key(database: Database, customer_id: UUID, key_id: UUID, now: datetime) -> None:
    """Ends a key at once, and does nothing to one that was revoked before.

    Raises:
        NotFound: there is none of theirs under that id.
    """
    values = {"id": key_id, "customer_id": customer_id, "now": now}
    async with database.writing(Scope(customer_id=customer_id)) as db:
        changed = await db.execute(QUERIES["revoke_api_key"], values)
        stored = await db.find(StoredKey, QUERIES["get_api_key"], values)
        if stored is None:
            raise _no_such_key()
        if changed:
            await _log(db, stored, customer_id, "api_key.revoked", now)


async def _insert(
    db: WriteHandle,
    customer_id: UUID,
    key: ApiKey,
    name: str,
    permissions: Collection[str],
    now: datetime,
    expires_at: datetime,
    replaces: UUID | None,
) -> StoredKey:
    values = {"customer_id": customer_id, "name": name, "prefix": key.prefix, "hash": key.digest, "now": now}
    values |= {"permissions": sorted(permissions), "expires_at": expires_at, "replaces": replaces}
    return await db.get(StoredKey, QUERIES["insert_api_key"], values)


async def _log(db: WriteHandle, stored: StoredKey, customer_id: UUID, action: str, now: datetime) -> None:
    detail = {"name": stored.name, "prefix": stored.prefix, "permissions": stored.permissions}
    detail |= {"expires_at": stored.expires_at.isoformat(), "replaces": stored.replaces and str(stored.replaces)}
    values = {"customer_id": str(customer_id), "id": str(stored.id), "action": action, "now": now}
    await db.execute(QUERIES["log_api_key"], values | {"detail": Jsonb(detail)})


def _no_such_key() -> NotFound:
    return NotFound("There is nothing here under that id.")
