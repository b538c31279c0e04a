"""Changes of the signing keys, as the owner of the tables; each in one transaction with its line in the audit log."""

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
from psycopg import Connection
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from core.db.queries import Queries
from core.errors import ConfigurationError, Conflict, NotFound
from core.security.signing_keys import KeyStatus, SigningKey, Trust, key_seal

QUERIES = Queries(Path(__file__).parent / "queries.sql")
KNOWN_AFTER = timedelta(seconds=5)
"""Every process has heard of a new key by then."""


@dataclass(frozen=True, slots=True)
class StoredKey:
    kid: str
    status: KeyStatus
    sealed_private: str | None
    made_at: datetime
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class Rotated:
    current: str
    next: str
    retired: str | None
    """Or withdrawn; None where there was none."""


def ensure_signing_keys(owner_url: str, secret_key: bytes, now: datetime) -> Rotated | None:
    """Makes what is missing; None where nothing was. Keys that were sealed with another secret key are withdrawn: who
    has lost or changed the secret has ended all sessions."""
    seal = key_seal(secret_key)
    with _changing(owner_url) as connection:
        keys = _list(connection)
        sealed = [(key, key.sealed_private) for key in keys if key.sealed_private]
        usable = {key.status for key, private in sealed if SigningKey.find(key.kid, private, seal)}
        if usable >= {"current", "next"}:
            return None
        for key in keys:
            if key.status in {"current", "next"}:
                _withdraw(connection, key.kid, now, "sealed with another secret key")
        current = _insert(connection, secret_key, "current", now)
        following = _insert(connection, secret_key, "next", now)
        _note(connection, "signing_key.made", current, {}, now)
        return Rotated(current, following, None)


def list_signing_keys(owner_url: str) -> list[StoredKey]:
    """Those in use first."""
    with psycopg.connect(owner_url) as connection:
        return _list(connection)


def read_trust(owner_url: str, secret_key: bytes) -> Trust:
    """For commands that issue tokens: the current key alone, and no denials.

    Raises:
        ConfigurationError: there is none, or it was sealed with another secret key.
    """
    for key in list_signing_keys(owner_url):
        sealed = key.sealed_private if key.status == "current" else None
        if sealed and (found := SigningKey.find(key.kid, sealed, key_seal(secret_key))):
            return Trust.of(found)
    raise ConfigurationError("There is no signing key that this secret key opens: 'tellergraph serve' makes one.")


def rotate_signing_keys(owner_url: str, secret_key: bytes, now: datetime) -> Rotated:
    """The next key signs from now on; the one before it verifies until its last token has expired. Nobody is logged
    out.

    Raises:
        Conflict: the next key was made a moment ago, and not every process knows it yet.
    """
    with _changing(owner_url) as connection:
        following = next((key for key in _list(connection) if key.status == "next"), None)
        if following is None or now - following.made_at < KNOWN_AFTER:
            raise Conflict(
                f"The next key is not known to every process yet. Try again in {KNOWN_AFTER.seconds} seconds.",
                code="key_too_young",
            )
        retired = connection.execute(QUERIES["retire_current"], {"now": now}).fetchone()
        rotated = _promote(connection, secret_key, retired and str(retired[0]), now)
        _note(connection, "signing_key.rotated", rotated.current, {"retired": rotated.retired}, now)
        connection.execute(QUERIES["delete_old_keys"], {"now": now})
        return rotated


def withdraw_signing_key(owner_url: str, secret_key: bytes, kid: str, now: datetime) -> Rotated | None:
    """For a key that somebody else may have: nothing that it signed is good any more. Sessions go on, as they are
    renewed with secrets that no key signs. A key that signs, or is to, is replaced; None where it was neither.

    Raises:
        NotFound: there is no such key, or it was withdrawn before.
    """
    with _changing(owner_url) as connection:
        key = next((key for key in _list(connection) if key.kid == kid and key.status != "withdrawn"), None)
        if key is None:
            raise NotFound("There is no such key. 'tellergraph auth keys' lists them.")
        _withdraw(connection, kid, now, "by the operator")
        if key.status == "retired":
            return None
        if key.status == "current":
            return _promote(connection, secret_key, kid, now)
        current = next(key.kid for key in _list(connection) if key.status == "current")
        return Rotated(current, _insert(connection, secret_key, "next", now), kid)


@contextmanager
def _changing(owner_url: str) -> Generator[Connection[Any]]:
    with psycopg.connect(owner_url) as connection:
        connection.execute(QUERIES["lock_keys"])
        yield connection


def _list(connection: Connection[Any]) -> list[StoredKey]:
    return connection.cursor(row_factory=class_row(StoredKey)).execute(QUERIES["list_keys"]).fetchall()


def _promote(connection: Connection[Any], secret_key: bytes, before: str | None, now: datetime) -> Rotated:
    promoted = connection.execute(QUERIES["promote_next"], {"now": now}).fetchone()
    current = str(promoted[0]) if promoted else _insert(connection, secret_key, "current", now)
    return Rotated(current, _insert(connection, secret_key, "next", now), before)


def _insert(connection: Connection[Any], secret_key: bytes, status: KeyStatus, now: datetime) -> str:
    key = SigningKey.make()
    values = {"kid": key.kid, "status": status, "public_key": key.public, "now": now}
    sealed = {"sealed_private": key.sealed(key_seal(secret_key))}
    connection.execute(QUERIES["insert_key"], values | sealed)
    return key.kid


def _withdraw(connection: Connection[Any], kid: str, now: datetime, reason: str) -> None:
    connection.execute(QUERIES["withdraw"], {"kid": kid, "now": now})
    _note(connection, "signing_key.withdrawn", kid, {"reason": reason}, now)


def _note(connection: Connection[Any], action: str, kid: str, detail: dict[str, Any], now: datetime) -> None:
    connection.execute(QUERIES["insert_key_audit"], {"action": action, "kid": kid, "detail": Jsonb(detail), "now": now})
