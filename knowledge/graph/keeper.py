"""Keeps the graphs in line with the knowledge bases, beside the server: looks now and then whether one has changed, and
has it built then. Where several servers run, one of them builds."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta

import psycopg

from core.errors import Unavailable
from core.logging import get_logger
from knowledge.graph.builder import GraphBuilder
from knowledge.graph.building import name_state
from knowledge.graph.statements import STATEMENTS
from knowledge.graph.states import GraphState, read_states

_log = get_logger(__name__)

LARGEST = 10_000
"""Passages of a base that is built by itself: some ten minutes. A larger one is for ``tellergraph graph build``."""


@dataclass(frozen=True, slots=True)
class Base:
    state: str
    passages: int


@dataclass
class GraphKeeper:
    builder: GraphBuilder
    rhythm: timedelta = timedelta(seconds=30)
    """Between two looks. What has changed since the last one is left to the next: somebody is still at it."""
    _seen: dict[str, str] = field(default_factory=dict[str, str])
    """States of bases at the last look."""
    _tried: dict[str, str] = field(default_factory=dict[str, str])
    """States that were built, or could not be: a failure is tried again when the base changes, or at the next start."""

    async def look(self) -> list[str]:
        """Has those built that are behind and have not changed since the last look; returns their names.

        Raises:
            psycopg.Error: the database is away.
            Unavailable: building failed.
            OSError: no process could be started.
        """
        bases, graphs = await asyncio.to_thread(self._read)
        behind = self._list_behind(bases, graphs)
        self._seen = {kb: base.state for kb, base in bases.items()}
        for kb in behind:
            self._tried[kb] = self._wanted(bases.get(kb))
            await self._build(kb)
        return behind

    def _list_behind(self, bases: Mapping[str, Base], graphs: Mapping[str, GraphState]) -> list[str]:
        gone = [kb for kb in graphs if kb not in bases]
        settled = [kb for kb, base in bases.items() if self._seen.get(kb) == base.state and base.passages <= LARGEST]
        return [kb for kb in (*gone, *settled) if self._is_behind(kb, bases.get(kb), graphs.get(kb))]

    def _is_behind(self, kb: str, base: Base | None, graph: GraphState | None) -> bool:
        wanted = self._wanted(base)
        current = graph is not None and graph.state == wanted and not graph.failed
        return not current and self._tried.get(kb) != wanted

    def _wanted(self, base: Base | None) -> str:
        return "" if base is None else name_state(self.builder.extractor.name, base.state)

    async def _build(self, kb: str) -> None:
        report = await self.builder.build(kb)
        if report is None:
            # Whoever is at it may be broken off.
            self._tried.pop(kb, None)
            _log.info("graph_is_being_built", kb=kb)
        elif report.failed:
            _log.warning("graph_incomplete", kb=kb, failed=len(report.failed), reason=report.error)
        else:
            _log.info("graph_built", kb=kb, added=report.added, removed=report.removed, unchanged=report.unchanged)

    def _read(self) -> tuple[dict[str, Base], dict[str, GraphState]]:
        with (
            psycopg.connect(self.builder.owner_url, autocommit=True) as owner,
            psycopg.connect(self.builder.graph_url, autocommit=True) as own,
        ):
            rows = owner.execute(STATEMENTS["list_states"]).fetchall()
            return {kb: Base(state, passages) for kb, state, passages in rows}, read_states(own)


@asynccontextmanager
async def kept_graphs(keeper: GraphKeeper) -> AsyncGenerator[None]:
    """Looks at every ``rhythm``, the first time after one. Leaving breaks a build off."""
    task = asyncio.create_task(_keep(keeper), name="keep the graphs")
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait({task})


async def _keep(keeper: GraphKeeper) -> None:
    while True:
        await asyncio.sleep(keeper.rhythm.total_seconds())
        try:
            await keeper.look()
        except (Unavailable, psycopg.Error, OSError) as error:
            _log.warning("graph_not_kept", reason=type(error).__name__)
