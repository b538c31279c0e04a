"""The graph as the retriever has it: asked beside the search in SQL, left out when it is late or away."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from core.errors import Unavailable
from core.logging import get_logger
from knowledge.graph.breaker import CircuitBreaker
from knowledge.graph.source import Condition, GraphQuestion, GraphSource, Named, NotReady

_log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Answer:
    named: Sequence[Named] = ()
    """Best first."""
    is_complete: bool = True
    """False: it could not be waited for."""


class Graph:
    def __init__(self, source: GraphSource, deadline: timedelta, breaker: CircuitBreaker | None = None) -> None:
        self._source = source
        self._deadline = deadline.total_seconds()
        self._breaker = breaker or CircuitBreaker()
        self._was_late = False

    @property
    def condition(self) -> Condition:
        if self._breaker.is_open:
            return "failing"
        return "late" if self._was_late else self._source.condition

    async def ask(self, question: GraphQuestion) -> Answer:
        """Never raises for what is wrong with the graph, and never takes longer than the deadline."""
        if not self._breaker.allows():
            # That may last, and an answer without the graph is worth keeping meanwhile.
            return Answer()
        try:
            async with asyncio.timeout(self._deadline):
                named = await self._source.find(question)
        except NotReady:
            return Answer(is_complete=False)
        except (TimeoutError, Unavailable) as error:
            self._was_late = isinstance(error, TimeoutError)
            self._breaker.note(succeeded=False)
            _log.warning("graph_left_out", kb=question.kb, reason="late" if self._was_late else str(error))
            return Answer(is_complete=False)
        self._was_late = False
        self._breaker.note(succeeded=True)
        return Answer(named)
