"""What Prometheus is given: the figures of this process, or of all that share ``PROMETHEUS_MULTIPROC_DIR``."""

import os
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import contextmanager
from http import HTTPStatus
from ipaddress import IPv4Network, IPv6Network, ip_address
from pathlib import Path
from socketserver import TCPServer
from threading import Thread
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from prometheus_client import REGISTRY, CollectorRegistry
from prometheus_client.exposition import choose_encoder
from prometheus_client.multiprocess import MultiProcessCollector

from core.errors import ConfigurationError

Networks = Sequence[IPv4Network | IPv6Network]

SHARED = "PROMETHEUS_MULTIPROC_DIR"
"""Read by the library as well, when it is imported."""


def make_shared_folder() -> None:
    """Where this process's counts go if others are to read them too; before anything is counted.

    Raises:
        ConfigurationError: it cannot be made.
    """
    if SHARED in os.environ:
        try:
            Path(os.environ[SHARED]).mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ConfigurationError(f"{SHARED}: this folder cannot be made ({error.strerror}).") from error


def render_page(accept: str) -> tuple[bytes, str]:
    """The page and its content type, in the format that an ``Accept`` header asks for."""
    encode, content_type = choose_encoder(accept)
    return encode(_registry()), content_type


def is_within(address: str | None, networks: Networks) -> bool:
    try:
        found = ip_address(address or "")
    except ValueError:
        # What a proxy says need not be an address.
        return False
    return any(found in network for network in networks)


@contextmanager
def serving_page(host: str, port: int, networks: Networks) -> Generator[int]:
    """The page at ``/metrics`` of a process that serves nothing else, for ``networks``; for others it is not there.
    Yields the port, which is a free one for 0.

    Raises:
        ConfigurationError: the port is taken.
    """

    def answer(environ: dict[str, Any], start: Callable[[str, list[tuple[str, str]]], Any]) -> Iterable[bytes]:
        if environ["PATH_INFO"] != "/metrics" or not is_within(environ["REMOTE_ADDR"], networks):
            start(f"{HTTPStatus.NOT_FOUND.value} Not Found", [("Content-Length", "0")])
            return []
        content, content_type = render_page(environ.get("HTTP_ACCEPT", ""))
        start(f"{HTTPStatus.OK.value} OK", [("Content-Type", content_type), ("Content-Length", str(len(content)))])
        return [content]

    try:
        server = make_server(host, port, answer, _Server, _Handler)
    except OSError as error:
        raise ConfigurationError(
            f"TELLERGRAPH_WORKER_METRICS_PORT: {port} of {host} is taken or not allowed. Set a free port."
        ) from error
    with server:
        thread = Thread(target=server.serve_forever, name="metrics", daemon=True)
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()


class _Server(WSGIServer):
    def server_bind(self) -> None:
        # Not HTTPServer's own, which asks the name service for this machine's name.
        TCPServer.server_bind(self)
        self.server_name, self.server_port = str(self.server_address[0]), int(self.server_address[1])
        self.setup_environ()


class _Handler(WSGIRequestHandler):
    timeout = 10
    """Seconds: one client at a time is answered."""

    def address_string(self) -> str:
        return str(self.client_address[0])

    def log_message(self, format: str, *args: Any) -> None:
        """What Prometheus reads every few seconds is no news."""


def _registry() -> CollectorRegistry:
    if SHARED not in os.environ:
        return REGISTRY
    registry = CollectorRegistry()
    MultiProcessCollector(registry)
    return registry
