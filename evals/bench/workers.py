"""The processes of one server (`tellergraph serve --workers N`), each asked over a connection of its own: whichever of
them accepts a connection answers everything that comes over it.
"""

from collections.abc import Generator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

import orjson
import psutil

from evals.bench.processes import BenchError

_MOST_TRIES = 400
"""Connections until each process has taken one; they take what comes as they have time."""
_PATIENCE_S = 60.0


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Worker:
    pid: int
    connection: HTTPConnection

    def ask(self, method: str, path: str, token: str | None = None, body: Mapping[str, Any] | None = None) -> Answer:
        """Keeps to the connection: one that was closed is an error and not opened anew, perhaps by another process."""
        headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
        self.connection.request(method, path, None if body is None else orjson.dumps(body), headers)
        response = self.connection.getresponse()
        return Answer(response.status, orjson.loads(response.read()))


def list_workers(parent: psutil.Process) -> list[psutil.Process]:
    """The processes that serve; the parent serves nothing."""
    return [child for child in parent.children() if "spawn_main" in " ".join(child.cmdline())]


@contextmanager
def each_worker(parent: psutil.Process, url: str) -> Generator[list[Worker]]:
    """One connection to each process that serves ``url``.

    Raises:
        BenchError: one of them takes no connection.
    """
    processes = list_workers(parent)
    found: dict[int, Worker] = {}
    with closing(_Connections(url)) as connections:
        for _ in range(_MOST_TRIES):
            connection = connections.open()
            port = connection.sock.getsockname()[1]
            pid = next((each.pid for each in processes if _has_taken(each, port)), None)
            if pid is not None:
                found.setdefault(pid, Worker(pid, connection))
            if len(found) == len(processes):
                break
        else:
            raise BenchError(f"of {len(processes)} processes only {sorted(found)} took a connection")
        yield list(found.values())


class _Connections:
    """All that were opened, as those that nobody needs would be the next to be taken again."""

    def __init__(self, url: str) -> None:
        self._where = urlsplit(url)
        self._open: list[HTTPConnection] = []

    def open(self) -> HTTPConnection:
        connection = HTTPConnection(str(self._where.hostname), self._where.port, timeout=_PATIENCE_S)
        self._open.append(connection)
        connection.connect()
        connection.auto_open = 0
        connection.request("GET", "/api/v1/auth/jwks")
        connection.getresponse().read()
        return connection

    def close(self) -> None:
        for connection in self._open:
            connection.close()


def _has_taken(process: psutil.Process, port: int) -> bool:
    return any(each.raddr and each.raddr.port == port for each in process.net_connections("tcp"))
