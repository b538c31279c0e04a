"""What an embedded server is to those who start, watch and stop it."""

import time
from pathlib import Path
from typing import Protocol

from core.errors import ConfigurationError
from core.services.processes import ServerProcess

START_TIMEOUT = 60.0
"""Seconds until a server must answer; recovery after a crash counts."""

_TRIES = 5
"""How often a server that ends while starting is started again."""

_PAUSE = 0.005
"""Seconds between two looks at a starting server."""


class EmbeddedServer(Protocol):
    """PostgreSQL or Redis in the data directory. Call its methods inside ``starting_or_stopping``."""

    name: str
    log: Path

    def find(self) -> ServerProcess | None:
        """The running server, whoever started it."""
        ...

    def launch(self) -> ServerProcess:
        """Clears what a dead server left behind and starts a new one, without waiting for it."""
        ...

    def answers(self, process: ServerProcess) -> bool:
        """Whether clients can work with it."""
        ...

    def stop(self, process: ServerProcess) -> None:
        """Ends it in order and waits for that."""
        ...


def find_or_launch(server: EmbeddedServer) -> ServerProcess:
    return server.find() or server.launch()


def await_ready(server: EmbeddedServer, process: ServerProcess) -> ServerProcess:
    """The process that answers: another one, when the first was just ending.

    Raises:
        ConfigurationError: it does not come up.
    """
    deadline = time.monotonic() + START_TIMEOUT
    tries = 1
    while not server.answers(process):
        if process.exited(_PAUSE):
            process.close()
            if tries == _TRIES:
                raise ConfigurationError(f"The embedded {server.name} ends while starting: see {server.log}.")
            tries += 1
            process = server.launch()
        elif time.monotonic() > deadline:
            process.close()
            raise ConfigurationError(
                f"The embedded {server.name} does not answer after {START_TIMEOUT:.0f} s: see {server.log}."
            )
    return process


def ensure_running(server: EmbeddedServer) -> ServerProcess:
    return await_ready(server, find_or_launch(server))
