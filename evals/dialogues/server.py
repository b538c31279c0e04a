"""The bank that scripted conversations are held with: the real application over real HTTP on a loopback port, on a
database of its own that is a copy of a prepared one.
"""

import os
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from socket import create_server
from tempfile import TemporaryDirectory
from threading import Event, Thread
from typing import Any

import psycopg
import uvicorn
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict
from rich.console import Console

from api.app import create_app
from api.serve import prepared_services
from core.clock import system_clock
from core.db.urls import with_database
from core.errors import TellergraphError
from core.services import Services
from core.settings import Settings
from tools.demo_bank.named import Who
from tools.demo_bank.reset import reset_demo

_CUSTOMERS = 12
_MOST_BANKS = 4
_LOGINS = ("app_url", "owner_url", "checkpoint_url", "worker_url", "graph_url", "admin_url")


def usual_banks() -> int:
    """As many as there are processors, within reason."""
    return min(os.cpu_count() or 1, _MOST_BANKS)


@contextmanager
def prepared_bank(settings: Settings) -> Generator[tuple[Settings, Services]]:
    """A demo bank with its help centre on servers of its own, in a temporary directory that goes at the end. What
    answers is what `settings` say. Nothing is paid or built by itself meanwhile."""
    with TemporaryDirectory(prefix="tellergraph-") as directory:
        own = settings.model_copy(
            update={
                "data_dir": Path(directory) / "data",
                "database_url": None,
                "database_owner_url": None,
                "redis_url": None,
                "demo": True,
                "demo_customers": _CUSTOMERS,
                "code_sender": "demo",
                "worker": "separate",
                "graph": "off",
                "access_token_ttl": timedelta(hours=24),  # one login for a whole run
                "rate_limits": "off",
            }
        )
        with prepared_services(own, Console(quiet=True)) as services:
            yield own, services


class Bank:
    """One server and its database. For one thread."""

    def __init__(self, settings: Settings, services: Services) -> None:
        self._settings = settings
        self.services = services
        self._server = _start(settings, services)

    @property
    def url(self) -> str:
        """Another one after a restart."""
        return self._server.url

    def restart(self) -> None:
        """Everything that the server held in memory is gone."""
        self._server.stop()
        self._server = _start(self._settings, self.services)

    def reset(self, who: Who) -> None:
        """As `tellergraph db reset-demo`."""
        reset_demo(self.services.owner_url, who, system_clock())

    def stop(self) -> None:
        self._server.stop()


@contextmanager
def running_bank(settings: Settings, services: Services, name: str) -> Generator[Bank]:
    """On a copy of the prepared database, called `name`, for as long. Nobody may be connected to the prepared one."""
    own = _copy(services, name)
    bank = Bank(settings, own)
    try:
        yield bank
    finally:
        bank.stop()
        _drop(services, name)


def _copy(services: Services, name: str) -> Services:
    prepared = str(conninfo_to_dict(services.owner_url)["dbname"])
    statement = sql.SQL("create database {} template {} owner tellergraph_owner")
    with psycopg.connect(with_database(services.admin_url, "postgres"), autocommit=True) as connection:
        connection.execute(statement.format(sql.Identifier(name), sql.Identifier(prepared)))
    return replace(services, **{login: with_database(getattr(services, login), name) for login in _LOGINS})


def _drop(services: Services, name: str) -> None:
    with psycopg.connect(with_database(services.admin_url, "postgres"), autocommit=True) as connection:
        # Whatever the runner itself still has open there ends with it.
        connection.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))


class _Server(uvicorn.Server):
    """In a thread of this process."""

    def __init__(self, settings: Settings, services: Services) -> None:
        app = create_app(settings, services)
        super().__init__(uvicorn.Config(app, log_config=None, access_log=False, timeout_graceful_shutdown=10))
        self._listener = create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._settled = Event()
        self._thread = Thread(target=self._serve_until_told, name="dialogue server")

    def begin(self) -> None:
        """Returns when it answers.

        Raises:
            TellergraphError: it does not come up; its log says why.
        """
        self._thread.start()
        self._settled.wait()
        if not self.started:
            raise TellergraphError("The assistant did not start: see the log above.")

    def stop(self) -> None:
        self.should_exit = True
        self._thread.join()

    async def startup(self, sockets: list[Any] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._settled.set()

    def _serve_until_told(self) -> None:
        try:
            with self._listener:
                self.run(sockets=[self._listener])
        finally:
            self._settled.set()


def _start(settings: Settings, services: Services) -> _Server:
    server = _Server(settings, services)
    server.begin()
    return server
