"""Asks the shadow adapter what customers have asked, after they have been answered and while nobody waits."""

import asyncio
from collections.abc import Iterable
from contextlib import aclosing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic

import orjson

from agent.models.local.host import Host
from agent.models.local.shadow_log import Said, append_comparison, compare
from core.errors import ProviderFailed
from core.logging import get_logger
from core.pipes import Message

_log = get_logger(__name__)

_MOST = 32
"""Answers that wait to be compared. More are left out."""
_TRIES = 3
"""Times that a customer may come between before a comparison is given up."""


@dataclass(frozen=True, slots=True)
class Job:
    request: Message
    """As the customer's, for the shadow."""
    served: Said


class Shadow:
    def __init__(self, host: Host, folder: Path) -> None:
        """Args: folder: the registry's."""
        self._host = host
        self._folder = folder
        self._jobs = asyncio.Queue[Job](_MOST)
        self.is_asking = False

    def add(self, job: Job) -> None:
        if not self._jobs.full():
            self._jobs.put_nowait(job)

    async def run(self) -> None:
        """Until it is cancelled."""
        while True:
            job = await self._jobs.get()
            for _ in range(_TRIES):
                await self._host.idle.wait()
                if await self._was_answered(job):
                    break

    async def _was_answered(self, job: Job) -> bool:
        """False when a customer came between."""
        asking, coming = asyncio.create_task(self._ask(job)), asyncio.create_task(self._host.busy.wait())
        try:
            await asyncio.wait({asking, coming}, return_when=asyncio.FIRST_COMPLETED)
            was_answered = asking.done()
        finally:
            asking.cancel()
            coming.cancel()
            await asyncio.wait({asking, coming})
        if was_answered:
            await self._record(job, asking.result())
        return was_answered

    async def _ask(self, job: Job) -> Said:
        began, messages = monotonic(), list[Message]()
        try:
            async with aclosing(self._host.ask(job.request)) as answers:
                async for message in answers:
                    self.is_asking = True
                    messages.append(message)
        except ProviderFailed:
            pass
        finally:
            self.is_asking = False
        return gather(job.request["key"] or "", messages, monotonic() - began)

    async def _record(self, job: Job, said: Said) -> None:
        try:
            await asyncio.to_thread(append_comparison, self._folder, compare(job.served, said, datetime.now(UTC)))
        except OSError as error:
            _log.warning("shadow_not_recorded", reason=error.strerror)


def gather(adapter: str, messages: Iterable[Message], seconds: float) -> Said:
    """What the process said in answer to one ``generate``."""
    messages = list(messages)
    text = "".join(message["text"] for message in messages if message["kind"] == "text")
    calls = [(m["name"], orjson.loads(m["arguments"])) for m in messages if m["kind"] == "call"]
    end = next((message for message in messages if message["kind"] == "end"), None)
    failed = end is None or end["reason"] not in {"stop", "tool_calls"} or not (calls or text.strip())
    return Said(adapter, text, calls, failed, seconds, end["output"] if end else 0)
