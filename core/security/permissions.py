"""What each role may do, as the tables ``roles``, ``permissions`` and ``role_permissions`` say (docs/permissions.md).

The routes ask here before they do anything; the functions that serve staff ask the same tables themselves, and they are
the authority: what a process still remembers opens nothing there.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from time import monotonic

from core.db.database import Database
from core.db.queries import Queries

QUERIES = Queries(Path(__file__).with_name("permissions.sql"))

VISITOR = "visitor"
"""The role of whoever has not signed in."""

MOST_AGE = timedelta(seconds=3)
"""For how long a process believes what it read: a change reaches every worker within five seconds."""


@dataclass(frozen=True, slots=True)
class _Given:
    role: str
    permission: str


@dataclass(frozen=True, slots=True)
class _Named:
    name: str


@dataclass(frozen=True, slots=True)
class _Read:
    by_role: Mapping[str, frozenset[str]]
    in_person: frozenset[str]
    until: float


class RolePermissions:
    """One for each process. What it knows is read again once it is ``MOST_AGE`` old, by the first who asks."""

    def __init__(self, database: Database, clock: Callable[[], float] = monotonic) -> None:
        self._database = database
        self._clock = clock
        self._reading = asyncio.Lock()
        self._read: _Read | None = None

    async def of(self, role: str) -> frozenset[str]:
        """Nothing for a role that is not there.

        Raises:
            Unavailable: the database cannot be asked; nobody is let in on what was true before.
        """
        return (await self._current()).by_role.get(role, frozenset())

    async def of_key(self, role: str, named: frozenset[str]) -> frozenset[str]:
        """What a key that names these permissions carries while its owner has the role: never what needs a person."""
        current = await self._current()
        return (current.by_role.get(role, frozenset()) & named) - current.in_person

    async def _current(self) -> _Read:
        if self._read is not None and self._clock() < self._read.until:
            return self._read
        async with self._reading:
            if self._read is None or self._clock() >= self._read.until:
                self._read = await self._ask()
            return self._read

    async def _ask(self) -> _Read:
        until = self._clock() + MOST_AGE.total_seconds()
        given = await self._database.ask(_Given, QUERIES["list_role_permissions"])
        in_person = await self._database.ask(_Named, QUERIES["list_person_permissions"])
        by_role = {role: frozenset(g.permission for g in given if g.role == role) for role in {g.role for g in given}}
        return _Read(by_role, frozenset(one.name for one in in_person), until)
