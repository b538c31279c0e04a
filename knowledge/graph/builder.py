"""Has a graph built, in a process that ends with it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from core.errors import TellergraphError
from core.pipes import Child, Message
from knowledge.graph.building import RULES
from knowledge.graph.postgres import postgres_environment

Complete = Callable[[str, str], Awaitable[str]]
"""System prompt and prompt in, a language model's answer out. Raises TellergraphError."""
Progress = Callable[[int, int], None]
"""Told documents done and documents in all."""
Pace = Callable[[], Awaitable[None]]
"""Waited for between two batches of documents, some seconds of work each."""

_BUILDING = "knowledge.graph.building"


@dataclass(frozen=True, slots=True)
class Extractor:
    """What finds entities and relations in a passage."""

    name: str = RULES
    complete: Complete | None = None
    """None: rules, which ask no model."""


@dataclass(frozen=True, slots=True)
class GraphReport:
    """In documents."""

    added: int
    removed: int
    unchanged: int
    failed: list[str]
    error: str | None
    """Why, of the first that failed."""


@dataclass(frozen=True, slots=True)
class GraphBuilder:
    owner_url: str
    graph_url: str
    extractor: Extractor = Extractor()
    pace: Pace | None = None

    async def build(self, kb: str, progress: Progress = lambda _done, _total: None) -> GraphReport | None:
        """Brings the graph in line with what is published of ``kb``; of a base that is gone, removes it. Broken off, it
        goes on the next time.

        Returns:
            What was done, None if somebody else is at it.

        Raises:
            Unavailable: the process ended early; its standard error says why.
        """
        child = await Child.start(_BUILDING, postgres_environment(self.graph_url))
        try:
            child.send(
                {"kb": kb, "owner_url": self.owner_url, "graph_url": self.graph_url, "extractor": self.extractor.name}
            )
            while True:
                message = await child.receive()
                if "ask" in message:
                    child.send(await self._answer(message))
                elif "done" in message:
                    progress(message["done"], message["total"])
                    if self.pace is not None:
                        await self.pace()
                    child.send({"go_on": True})
                else:
                    return None if "busy" in message else GraphReport(**message)
        finally:
            await child.stop()

    async def _answer(self, message: Message) -> Message:
        if self.extractor.complete is None:
            return {"asked": message["ask"], "error": "No model was given."}
        try:
            text = await self.extractor.complete(message["system"], message["prompt"])
        except TellergraphError as error:
            return {"asked": message["ask"], "error": error.message}
        return {"asked": message["ask"], "text": text}
