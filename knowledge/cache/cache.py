"""Finds an answer that is kept, or has it looked up: by one of those who ask for it at the same time, in whichever
process they are. The others wait for it, but not for long.
"""

import asyncio
import hmac
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from time import monotonic, perf_counter
from typing import Literal

from core.db.database import Database
from core.db.queries import Queries
from core.telemetry.observing import Kind, observe
from knowledge.cache import shelf
from knowledge.cache.counts import ERRORS, HITS, MISSES, RETRIEVALS, SECONDS
from knowledge.cache.entry import Found, StoredPassage, pack, restore, unpack
from knowledge.cache.key import Key, Question, make_key
from knowledge.cache.shelf import Line, Shelf

LookUp = Callable[[], Awaitable[Found]]

_QUERIES = Queries(Path(__file__).with_name("queries.sql"))
PATIENCE = 2.0
"""Seconds; several times what a search takes."""
_FIRST_PAUSE = 0.004
_LONGEST_PAUSE = 0.1
"""Seconds between two looks at what another process does; each pause doubles."""


@dataclass(frozen=True, slots=True)
class _Stamp:
    stamp: str


class PassageCache:
    """One for each process; see ``open_cache``."""

    def __init__(self, database: Database, shelf: Shelf, made_by: bytes, secret: bytes, patience: float) -> None:
        self._database = database
        self._shelf = shelf
        self._made_by = made_by
        self._secret = secret
        self._patience = patience
        self._stamps: dict[str, str] = {}
        """The last known of each base. A guess that spares a round trip: ``_open`` learns whether it still holds."""
        self._under_way: dict[Key, asyncio.Event] = {}

    async def find(self, question: Question, look_up: LookUp) -> Found:
        """The answer as ``look_up`` would give it now.

        Raises:
            Unavailable: the database cannot be reached; and whatever ``look_up`` raises.
        """
        is_kept = True

        async def look_up_anew() -> Found:
            nonlocal is_kept
            is_kept = False
            return await look_up()

        with observe(Kind.RETRIEVAL, question.kb, question_text=question.text) as observation:
            found = await self._find(question, look_up_anew)
            observation.note(
                cached=is_kept,
                passages=len(found.passages),
                documents=lambda: tuple(dict.fromkeys(passage.document_id for passage in found.passages)),
                is_complete=found.is_complete,
            )
        return found

    async def _find(self, question: Question, look_up: LookUp) -> Found:
        started = perf_counter()
        guess = self._stamps.get(question.kb)
        found = await self._open(question, guess) if guess else None
        if found is None:
            stamp = await self._read_stamp(question.kb)
            if stamp is None:
                return await look_up()
            found = await self._open(question, stamp) if stamp != guess else None
            if found is None:
                found = await self._look_up_once(question, stamp, look_up)
                return _counted(question, found, "search", started)
        HITS.add(question.kb)
        return _counted(question, found, "cache", started)

    async def _open(self, question: Question, stamp: str) -> Found | None:
        """The answer that is kept for this state of the base; None also if the base has another one by now."""
        key = make_key(question, stamp, self._made_by)
        value = await self._shelf.get(key)
        if value is None:
            return None
        entry = unpack(value, key.place, self._secret)
        if entry is not None:
            wanted = {"kb": question.kb, "audiences": question.audiences or "", "ids": ",".join(entry.ids)}
            rows = await self._database.ask(StoredPassage, _QUERIES["read_cached"], wanted)
            if not rows or rows[0].stamp != stamp:
                return None
            found = restore(entry, {row.id: row for row in rows})
            if found is not None:
                return found
        ERRORS.add(question.kb)
        await self._shelf.drop(key)
        return None

    async def _look_up_once(self, question: Question, stamp: str, look_up: LookUp) -> Found:
        key = make_key(question, stamp, self._made_by)
        if key in self._under_way:
            with suppress(TimeoutError):
                async with asyncio.timeout(self._patience):
                    await self._under_way[key].wait()
            return await self._open_or_look_up(question, stamp, look_up)
        done = self._under_way[key] = asyncio.Event()
        try:
            async with self._locked(key) as is_ours:
                if not is_ours:
                    await self._wait_for_other(key)
                    return await self._open_or_look_up(question, stamp, look_up)
                MISSES.add(question.kb)
                found = await look_up()
                # Nothing that was changed meanwhile may stand under the stamp from before.
                if found.is_complete and await self._read_stamp(question.kb) == stamp:
                    await self._shelf.put(key, pack(found, key.place, self._secret))
                return found
        finally:
            del self._under_way[key]
            done.set()

    async def _open_or_look_up(self, question: Question, stamp: str, look_up: LookUp) -> Found:
        found = await self._open(question, stamp)
        (HITS if found else MISSES).add(question.kb)
        return found or await look_up()

    async def _wait_for_other(self, key: Key) -> None:
        """Until the process that has the lock is done, or has taken too long."""
        deadline, pause = monotonic() + self._patience, _FIRST_PAUSE
        while await self._shelf.is_locked(key) and monotonic() < deadline:
            await asyncio.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)

    @asynccontextmanager
    async def _locked(self, key: Key) -> AsyncGenerator[bool]:
        """Whether it is ours to look up: the lock is, or there is no Redis to ask."""
        token = await self._shelf.lock(key)
        try:
            yield token is not None or not self._shelf.answers
        finally:
            if token is not None:
                await self._shelf.release(key, token)

    async def _read_stamp(self, kb: str) -> str | None:
        """None: there is no such base."""
        rows = await self._database.ask(_Stamp, _QUERIES["read_stamp"], {"kb": kb})
        if not rows:
            return None
        self._stamps[kb] = rows[0].stamp
        return rows[0].stamp


def _counted(question: Question, found: Found, source: Literal["cache", "search"], started: float) -> Found:
    SECONDS.add(question.kb, source, seconds=perf_counter() - started)
    RETRIEVALS.add(question.kb, "found" if found.passages else "nothing")
    return found


@asynccontextmanager
async def open_cache(
    redis_url: str,
    database: Database,
    ttl: timedelta,
    made_by: bytes,
    secret_key: bytes,
    *,
    patience: float = PATIENCE,
    redis_patience: timedelta = shelf.PATIENCE,
) -> AsyncGenerator[PassageCache]:
    """Args:
    ttl: how long an answer is kept; zero: not at all.
    made_by: the ``fingerprint`` of what answers.
    secret_key: the server's; what was kept with another one is not an answer.
    patience: seconds that somebody waits for an answer that another one looks up; then they look themselves.
    redis_patience: for one answer of Redis; then it is left alone for some seconds.
    """
    secret = hmac.digest(secret_key, b"kept answers", "sha256")
    line = Line(redis_url, redis_patience)
    try:
        kept = Shelf(line, ttl, redis_patience, ERRORS.add)
        yield PassageCache(database, kept, made_by, secret, patience)
    finally:
        await line.close()
