"""Keeps the process of a local model: starts it, starts it again when it has ended, and asks it for answers."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from pathlib import Path
from time import monotonic
from typing import Literal

from core.errors import ProviderBusy, ProviderFailed, Unavailable
from core.logging import get_logger
from core.pipes import Child, Message

_log = get_logger(__name__)

_WORKER = "agent.models.local.worker"
_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 60.0
"""Seconds before a process that has ended is started again; doubled each time until it answers."""
_USUAL_ANSWER = 5.0
"""Seconds of an answer while none has been timed."""


class AdapterRefused(Exception):
    """The process could not load it, and says why."""


@dataclass(frozen=True, slots=True)
class Machine:
    """What the process found."""

    has_tools: bool
    device: str
    four_bit: bool
    longest: int
    """Tokens of a prompt and its answer together."""


@dataclass(frozen=True, slots=True)
class Opening:
    """What the process is to load."""

    base: Path
    four_bit: Literal["auto", "on", "off"]
    environment: Mapping[str, str]


class Host:
    def __init__(self, opening: Opening, queue: int) -> None:
        """Args: queue: answers that may wait for their turn; one is given at a time."""
        self.opening = opening
        self._queue = queue
        self.machine: Machine | None = None
        """None while it loads."""
        self.refusal: str | None = None
        """Why it cannot be loaded at all."""
        self.loaded: set[str] = set()
        """Keys of the adapters that can be asked."""
        self.changed = asyncio.Event()
        """Set whenever the process has become ready or has ended."""
        self.busy, self.idle = asyncio.Event(), asyncio.Event()
        """Whether a customer waits."""
        self.idle.set()
        self._child: Child | None = None
        self._ends = 0
        """Of its process since the last whole answer."""
        self._numbers = count(1)
        self._answers: dict[int, asyncio.Queue[Message | None]] = {}
        self._loading: dict[str, asyncio.Future[None]] = {}
        self._customers = 0
        self._seconds = deque[float](maxlen=20)

    @property
    def pid(self) -> int | None:
        return self._child and self._child.pid

    @property
    def condition(self) -> str:
        if self.refusal:
            return f"refused: {self.refusal}"
        if self.machine is None:
            return f"ended {self._ends} times without an answer, starting again" if self._ends else "loading"
        bits = ", 4-bit" if self.machine.four_bit else ""
        tools = (
            ""
            if self.machine.has_tools
            else "; its chat template shows no tools, so it is not asked where there are any"
        )
        return f"ready on {self.machine.device}{bits}, {self._customers} under way or waiting{tools}"

    async def run(self) -> None:
        """Until it is cancelled, or the model turns out to be none that can be loaded."""
        try:
            while self.refusal is None:
                await self._live()
                if self.refusal is None:
                    pause = min(_FIRST_PAUSE * 2 ** (self._ends - 1), _LONGEST_PAUSE)
                    _log.warning("local_model_ended", again_in=pause)
                    await asyncio.sleep(pause)
        finally:
            self._forget()

    async def load(self, key: str, folder: Path) -> None:
        """Raises AdapterRefused, or Unavailable when the process ends meanwhile."""
        self._loading[key] = asyncio.get_running_loop().create_future()
        try:
            self._send({"kind": "load", "key": key, "folder": str(folder)})
            await self._loading[key]
        finally:
            self._loading.pop(key, None)

    def drop(self, key: str) -> None:
        self.loaded.discard(key)
        with suppress(Unavailable):
            self._send({"kind": "drop", "key": key})

    @property
    def busy_for(self) -> timedelta | None:
        """Until there is room in the queue; None: there is."""
        return self._wait() if self._customers > self._queue else None

    async def answer(self, request: Message) -> AsyncGenerator[Message]:
        """What the process says to a customer's ``generate``; leaving early has it stop at the next token.

        Raises:
            ProviderBusy: too many wait already.
            ProviderFailed: the process has ended, or cannot answer this.
        """
        if (wait := self.busy_for) is not None:
            raise ProviderBusy("The local model has as many questions as it can take.", wait)
        self._customers += 1
        self.idle.clear()
        self.busy.set()
        began = monotonic()
        try:
            async for message in self.ask(request):
                yield message
            self._seconds.append(monotonic() - began)
        finally:
            self._customers -= 1
            if not self._customers:
                self.busy.clear()
                self.idle.set()

    async def ask(self, request: Message) -> AsyncGenerator[Message]:
        """As ``answer``, however many wait."""
        number = next(self._numbers)
        answers = self._answers[number] = asyncio.Queue()
        has_ended = False
        try:
            self._send(request | {"kind": "generate", "id": number})
            while not has_ended:
                message = await answers.get()
                has_ended = message is None or message["kind"] in {"end", "failed"}
                if message is None:
                    raise ProviderFailed("The local model's process has ended.")
                if message["kind"] == "failed":
                    raise ProviderFailed(f"The local model cannot answer: {message['reason']}.")
                yield message
            self._ends = 0
        except Unavailable as error:
            raise error if isinstance(error, ProviderFailed) else ProviderFailed(self.condition) from error
        finally:
            del self._answers[number]
            if not has_ended:
                with suppress(Unavailable):
                    self._send({"kind": "cancel", "id": number})

    def _wait(self) -> timedelta:
        each = sum(self._seconds) / len(self._seconds) if self._seconds else _USUAL_ANSWER
        return timedelta(seconds=each)

    def _send(self, message: Message) -> None:
        if self._child is None or self.machine is None:
            raise Unavailable("The local model is not there.")
        self._child.send(message)

    async def _live(self) -> None:
        """One process, from its start to its end."""
        try:
            child = await Child.start(_WORKER, self.opening.environment)
        except OSError as error:
            self._ends += 1
            _log.warning("local_model_does_not_start", reason=str(error))
            return
        try:
            child.send({"kind": "open", "base": str(self.opening.base), "four_bit": self.opening.four_bit})
            self._child = child
            while True:
                self._note(await child.receive())
        except Unavailable:
            return
        finally:
            self._ends += 1
            self._forget()
            await asyncio.shield(child.stop())

    def _note(self, message: Message) -> None:
        match message["kind"]:
            case "ready":
                self.machine = Machine(**{name: message[name] for name in Machine.__slots__})
                _log.info("local_model_ready", condition=self.condition)
                self.changed.set()
            case "refused":
                self.refusal = f"{self.opening.base}: {message['reason']}"
                _log.error("local_model_refused", reason=self.refusal)
                raise Unavailable("It cannot be loaded.")
            case "loaded":
                self.loaded.add(message["key"])
                self._settle(message["key"], None)
            case "not_loaded":
                self._settle(message["key"], AdapterRefused(message["reason"]))
            case _:
                # Nobody waits any more for what was cancelled.
                if answers := self._answers.get(message["id"]):
                    answers.put_nowait(message)

    def _settle(self, key: str, error: Exception | None) -> None:
        loading = self._loading.get(key)
        if loading is None or loading.done():
            return
        if error is None:
            loading.set_result(None)
        else:
            loading.set_exception(error)

    def _forget(self) -> None:
        """Everything that the process held."""
        self._child, self.machine = None, None
        self.loaded.clear()
        for key in self._loading:
            self._settle(key, Unavailable("The local model's process has ended."))
        for answers in self._answers.values():
            answers.put_nowait(None)
        self.changed.set()
