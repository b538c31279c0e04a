"""LightRAG on our own PostgreSQL, in a process beside this one that is started when somebody asks."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from datetime import timedelta
from itertools import count

import numpy as np
import numpy.typing as npt

from core.errors import Unavailable
from core.logging import get_logger
from core.pipes import Child, Message
from knowledge.graph.breaker import CircuitBreaker
from knowledge.graph.postgres import postgres_environment
from knowledge.graph.source import Condition, GraphQuestion, Named, NotReady

_log = get_logger(__name__)

Encode = Callable[[Sequence[str]], Awaitable[npt.NDArray[np.float32]]]

MOST_AT_ONCE = 4
"""Questions under way: as many as have connections. More are left out rather than queued."""
_ASKING = "knowledge.graph.answering"


class LocalGraph:
    def __init__(self, graph_url: str, encode: Encode, *, module: str = _ASKING) -> None:
        """Args: encode: for keywords, beside the event loop."""
        self._environment = postgres_environment(graph_url)
        self._encode = encode
        self._module = module
        self._child: Child | None = None
        self._starting: asyncio.Task[None] | None = None
        self._listening: asyncio.Task[None] | None = None
        self._numbers = count(1)
        self._waiting: dict[int, asyncio.Future[Message]] = {}
        # A process that cannot start costs a second of a core each time.
        self._starts = CircuitBreaker(failures=1, pause=timedelta(minutes=1))

    @property
    def condition(self) -> Condition:
        if self._child is not None:
            return "running"
        if self._starting is not None:
            return "starting"
        return "failing" if self._starts.is_open else "idle"

    @property
    def pid(self) -> int | None:
        return self._child and self._child.pid

    async def find(self, question: GraphQuestion) -> Sequence[Named]:
        child = self._child
        if child is None:
            self.start()
            raise NotReady("The graph's process is starting.")
        if len(self._waiting) >= MOST_AT_ONCE:
            raise NotReady("The graph has enough to do.")
        message = await self._describe(question)
        number = message["id"]
        self._waiting[number] = asyncio.get_running_loop().create_future()
        try:
            child.send(message)
            answer = await self._waiting[number]
        finally:
            del self._waiting[number]
        if "error" in answer:
            raise Unavailable(f"LightRAG failed: {answer['error']}")
        return [Named(passage=passage) for passage in answer["passages"]]

    def start(self) -> None:
        """Begins to start the process, unless that is under way or has failed a moment ago."""
        if self._child is None and self._starting is None and self._starts.allows():
            self._starting = asyncio.create_task(self._start(), name="start the graph")

    async def started(self) -> None:
        """Waits until it runs. Raises Unavailable."""
        self.start()
        if self._starting is not None:
            await asyncio.wait({self._starting})
        if self._child is None:
            raise Unavailable("The graph's process does not start.")

    async def close(self) -> None:
        if self._starting is not None:
            self._starting.cancel()
            await asyncio.wait({self._starting})
        child = self._child
        if child is not None:
            await child.stop()
        if self._listening is not None:
            await asyncio.wait({self._listening})

    async def _start(self) -> None:
        try:
            child = await Child.start(self._module, self._environment)
            try:
                await child.receive()
            # Also where starting is cancelled: no process is left.
            except BaseException:
                await child.stop()
                raise
        except (Unavailable, OSError) as error:
            self._starts.note(succeeded=False)
            _log.warning("graph_does_not_start", reason=str(error))
        else:
            self._starts.note(succeeded=True)
            self._child = child
            self._listening = asyncio.create_task(self._listen(child), name="listen to the graph")
        finally:
            self._starting = None

    async def _listen(self, child: Child) -> None:
        """Until it ends; the next question starts another."""
        with suppress(Unavailable):
            while True:
                answer = await child.receive()
                waiting = self._waiting.get(answer["id"])
                if waiting is not None and not waiting.done():
                    waiting.set_result(answer)
        self._child = None
        for waiting in self._waiting.values():
            if not waiting.done():
                waiting.set_exception(Unavailable("The graph's process has ended."))
        await child.stop()

    async def _describe(self, question: GraphQuestion) -> Message:
        """With the vectors of all that LightRAG will want embedded: the text, and the keywords of each kind joined."""
        high, low = list(question.keywords.high), list(question.keywords.low)
        joined = {", ".join(high), ", ".join(low)} - {question.text, ""}
        vectors = {question.text: question.vector}
        if joined:
            vectors |= dict(zip(sorted(joined), await self._encode(sorted(joined)), strict=True))
        return {
            "id": next(self._numbers),
            "kb": question.kb,
            "text": question.text,
            "high": high,
            "low": low,
            "mode": question.mode,
            "limit": question.limit,
            "vectors": vectors,
        }
