"""The real server over real HTTP on a free loopback port, in a thread of the test process."""

from collections.abc import Generator
from contextlib import contextmanager
from threading import Thread
from time import monotonic, sleep

import uvicorn

from api.app import create_app
from api.protocol import server_config
from core.clock import Clock, system_clock
from core.services import Services
from core.settings import Settings

_PATIENCE = 60.0


@contextmanager
def serving(settings: Settings, services: Services, clock: Clock = system_clock) -> Generator[str]:
    """Yields the base URL."""
    settings = settings.model_copy(update={"port": 0})
    with running(server_config(create_app(settings, services, clock), settings)) as base_url:
        yield base_url


@contextmanager
def running(config: uvicorn.Config) -> Generator[str]:
    """Any application. Yields the base URL."""
    server = uvicorn.Server(config)
    thread = Thread(target=server.run, name="test server")
    thread.start()
    deadline = monotonic() + _PATIENCE
    while not server.started:
        assert thread.is_alive(), "the server did not start"
        assert monotonic() < deadline, "the server takes too long to start"
        sleep(0.01)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()
