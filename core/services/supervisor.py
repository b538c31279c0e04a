"""A thread that brings back an embedded server that died. It sleeps until the kernel reports an end."""

import logging
import os
import select
import threading
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from core.errors import ConfigurationError
from core.services.embedded import EmbeddedServer, ensure_running
from core.services.processes import ServerProcess
from core.services.sharing import starting_or_stopping

_log = logging.getLogger(__name__)

_RETRY = 1.0
"""Seconds until a server that would not start is tried again."""


class Supervisor:
    """Watches inside ``with``. Every process that shares the servers has one; the lock lets one of them restart."""

    def __init__(self, data_dir: Path, watched: Sequence[tuple[EmbeddedServer, ServerProcess]]) -> None:
        self._data_dir = data_dir
        self._watched = list(watched)
        self._stop = os.eventfd(0)
        self._thread = threading.Thread(target=self._run, name="embedded-servers", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        os.eventfd_write(self._stop, 1)
        self._thread.join()
        os.close(self._stop)
        for _, process in self._watched:
            process.close()

    def _run(self) -> None:
        while True:
            ended = self._wait({process.fileno() for _, process in self._watched})
            if self._stop in ended:
                return
            self._watched = [
                (server, self._bring_back(server, process) if process.fileno() in ended else process)
                for server, process in self._watched
            ]

    def _wait(self, descriptors: set[int], timeout: float | None = None) -> set[int]:
        poll = select.poll()
        for descriptor in (self._stop, *descriptors):
            poll.register(descriptor, select.POLLIN)
        return {found for found, _ in poll.poll(None if timeout is None else timeout * 1000)}

    def _bring_back(self, server: EmbeddedServer, dead: ServerProcess) -> ServerProcess:
        """The new process, or the dead one when we are told to stop meanwhile."""
        _log.warning("embedded server ended: %s, pid %d", server.name, dead.pid)
        while True:
            try:
                with starting_or_stopping(self._data_dir):
                    process = ensure_running(server)
            except (ConfigurationError, OSError):
                _log.exception("embedded server does not start: %s", server.name)
                if self._wait(set(), _RETRY):
                    return dead
            else:
                _log.warning("embedded server is back: %s, pid %d", server.name, process.pid)
                dead.close()
                return process
