"""What a process trusts, looked up every second: keys and denials that changed anywhere hold here within five.

A request asks memory alone. Where the database could not be asked for a while, tokens are neither issued nor believed:
somebody may have been logged out meanwhile.
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Any

from core.db.database import Database
from core.db.queries import Queries
from core.errors import ConfigurationError, TellergraphError, Unavailable
from core.logging import get_logger
from core.security.signing_keys import SigningKey, Trust, key_seal, read_public

_log = get_logger(__name__)
_QUERIES = Queries(Path(__file__).parent / "queries.sql")

_RHYTHM = 1.0
"""Seconds between two looks."""
_OLD_AFTER = 2.0
"""Seconds after which a request that comes looks for itself: this process was too busy to."""
_GOOD_FOR = 4.0
"""Seconds for which a look is believed: less than the five that are promised."""
_FROM_THE_START = 3600.0
"""Seconds after which all denials are read again, and those that have had their time are forgotten."""


@dataclass(frozen=True, slots=True)
class _Seen:
    cursor: str
    keys: list[dict[str, Any]]
    denials: list[tuple[str, int]]


class TrustWatch:
    """One for each process. ``look`` once before the first request."""

    def __init__(self, database: Database, secret_key: bytes) -> None:
        self._database = database
        self._seal = key_seal(secret_key)
        self._trust: Trust | None = None
        self._denials: dict[str, int] = {}
        self._keys: list[dict[str, Any]] = []
        self._cursor = "0"
        self._seen_at = self._began_at = -_FROM_THE_START
        self._looking = asyncio.Lock()

    def trust(self) -> Trust:
        """Raises Unavailable where the last look is too long ago."""
        if self._trust is None or monotonic() - self._seen_at > _GOOD_FOR:
            raise Unavailable("We cannot check your login just now. Please try again in a moment.")
        return self._trust

    async def keep_fresh(self) -> None:
        """Looks where the last look is old.

        Raises:
            Unavailable: the database does not answer.
        """
        if monotonic() - self._seen_at < _OLD_AFTER:
            return
        async with self._looking:
            if monotonic() - self._seen_at >= _OLD_AFTER:
                await self.look()

    async def look(self) -> None:
        """Raises Unavailable without the database, ConfigurationError without a key that signs."""
        asked_at = monotonic()
        if starts_anew := asked_at - self._began_at > _FROM_THE_START:
            self._began_at, self._cursor = asked_at, "0"
        (seen,) = await self._database.ask(_Seen, _QUERIES["get_trust"], {"cursor": self._cursor})
        if starts_anew:
            self._denials.clear()
        self._denials.update((key, before) for key, before in seen.denials)
        if seen.keys != self._keys or self._trust is None:
            self._trust = self._read(seen.keys)
            self._keys = seen.keys
        self._cursor, self._seen_at = seen.cursor, asked_at

    def _read(self, keys: list[dict[str, Any]]) -> Trust:
        """Denials are shared with what was trusted before: they are only added to."""
        verifying = {key["kid"]: read_public(key["public_key"]) for key in keys}
        for key in keys:
            if key["status"] == "current" and (found := SigningKey.find(key["kid"], key["sealed_private"], self._seal)):
                return Trust(found, verifying, self._denials)
        raise ConfigurationError(
            "There is no signing key that this process can open. Give every process the same TELLERGRAPH_SECRET_KEY; "
            "'tellergraph serve' makes the keys when it starts."
        )

    async def run(self) -> None:
        """Until it is cancelled."""
        while True:
            await asyncio.sleep(_RHYTHM)
            try:
                await self.look()
            except TellergraphError as error:
                _log.warning("trust_not_seen", code=error.error_code)


@asynccontextmanager
async def watching_trust(database: Database, secret_key: bytes) -> AsyncGenerator[TrustWatch]:
    """A watch that has looked, and goes on."""
    watch = TrustWatch(database, secret_key)
    await watch.look()
    looking = asyncio.create_task(watch.run(), name="trust watch")
    try:
        yield watch
    finally:
        looking.cancel()
        await asyncio.gather(looking, return_exceptions=True)
