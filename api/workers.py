"""Several processes that serve one address. The parent holds the embedded servers and serves nothing; a process that
dies is started again, and a parent that is killed takes its processes with it, or they would keep the address.
"""

import os
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context, parent_process
from multiprocessing.connection import Pipe, wait
from multiprocessing.context import SpawnProcess
from pathlib import Path
from signal import SIG_IGN, SIGINT, SIGTERM, signal
from socket import socket
from time import sleep
from typing import Any

from prometheus_client.multiprocess import mark_process_dead  # pyright: ignore[reportUnknownVariableType]

from api.app import create_app
from api.process import AnnouncingServer, prepare_process
from api.protocol import server_config
from core.errors import ConfigurationError
from core.logging import get_logger
from core.services import Services
from core.settings import Settings

SHUTDOWN_PATIENCE = 10
"""Seconds for open requests when a server stops."""
_END_PATIENCE = 30.0
"""Seconds for a process to end: open requests, then turns."""
_PAUSE = 1.0
"""Seconds before one that ended is replaced: where none can start, nobody is kept busy with that."""

_log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Worker:
    process: SpawnProcess
    ready: Any
    """The end of a pipe: told once it serves; closed where it ended before."""


@dataclass(frozen=True, slots=True)
class Workers:
    settings: Settings
    services: Services
    listener: socket
    counts: Path | None
    """The folder in which the processes count, if they do."""

    def run(self, number: int, greet: Callable[[], None]) -> None:
        """Serves until KeyboardInterrupt. ``greet`` is called once all of them serve.

        Raises:
            ConfigurationError: one could not start; its own error is in the log.
        """
        workers: list[_Worker] = []
        try:
            workers.extend(self._start() for _ in range(number))
            for worker in workers:
                _await_ready(worker)
            greet()
            while True:
                wait([worker.process.sentinel for worker in workers])
                for place, worker in enumerate(workers):
                    workers[place] = self._replaced(worker)
        finally:
            with _undisturbed():
                _end(workers)

    def _start(self) -> _Worker:
        ready, theirs = Pipe(duplex=False)
        with theirs:
            arguments = (self.settings, self.services, self.listener, theirs)
            process = get_context("spawn").Process(target=_serve_one, args=arguments)
            process.start()
        return _Worker(process, ready)

    def _replaced(self, worker: _Worker) -> _Worker:
        """The same, if it lives."""
        if worker.process.is_alive():
            return worker
        _log.error("worker_died", pid=worker.process.pid, exit_code=worker.process.exitcode)
        if self.counts is not None:
            mark_process_dead(worker.process.pid, str(self.counts))
        sleep(_PAUSE)
        return self._start()


def _serve_one(settings: Settings, services: Services, listener: socket, ready: Any) -> None:
    prepare_process(settings)
    threading.Thread(target=_end_with_parent, name="parent", daemon=True).start()
    config = server_config(create_app(settings, services), settings, shutdown_patience=SHUTDOWN_PATIENCE)
    AnnouncingServer(config, lambda: ready.send(None)).run(sockets=[listener])


def _end_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        parent.join()
        os.kill(os.getpid(), SIGTERM)


def _await_ready(worker: _Worker) -> None:
    try:
        worker.ready.recv()
    except EOFError as error:
        raise ConfigurationError("A worker could not start: the log above says why.") from error


def _end(workers: list[_Worker]) -> None:
    for worker in workers:
        worker.process.terminate()
    for worker in workers:
        worker.process.join(_END_PATIENCE)
        if worker.process.is_alive():
            worker.process.kill()
            worker.process.join()


@contextmanager
def _undisturbed() -> Generator[None]:
    """A second Ctrl-C does not leave some of them running."""
    before = {number: signal(number, SIG_IGN) for number in (SIGINT, SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal(number, handler)
