"""Two servers on one data directory, and what happens to them: kill -9, of one of them or of their PostgreSQL."""

import asyncio
import signal
import time
from collections.abc import Generator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import psutil

from core.services.embedded_postgres import EmbeddedPostgres
from core.services.processes import ServerProcess
from evals.bench.processes import BenchError, Child, find_free_port, python, start, stop, wait_for

Fault = Literal["server", "postgres"]
_RECOVERY_S = 60.0
_LOOK_S = 0.01
_POLICY = Path(__file__).with_name("bank_policy")


@dataclass
class Kill:
    fault: Fault
    after: int
    """Transfers that had ended."""
    back_s: float
    """Seconds until what was killed could be worked with again."""


@dataclass
class Workers:
    """``tellergraph serve``, twice. Both share the embedded PostgreSQL and Redis of ``folder / "data"``."""

    folder: Path
    ports: list[int]
    children: list[Child]
    postgres: EmbeddedPostgres
    postgres_cpu_s: float = 0.0
    """Of the PostgreSQL servers that were killed."""

    @property
    def addresses(self) -> list[str]:
        return [f"http://127.0.0.1:{port}" for port in self.ports]

    def kill_server(self, number: int) -> None:
        """Returns when it is up again."""
        child = self.children[number]
        child.process.kill()
        child.process.wait()
        self.children[number] = _launch(self.folder, number, self.ports[number])
        wait_for(self.children[number], f"{self.addresses[number]}/health")

    def kill_postgres(self) -> None:
        """Returns when the servers have brought it back.

        Raises:
            BenchError: they have not.
        """
        with self._postgres() as dead:
            self.postgres_cpu_s += _cpu_s(dead.pid)
            dead.send(signal.SIGKILL)
            dead.exited(_RECOVERY_S)
        deadline = time.perf_counter() + _RECOVERY_S
        while not self._answers():
            if time.perf_counter() > deadline:
                raise BenchError(f"PostgreSQL is not back after {_RECOVERY_S:.0f} s")
            time.sleep(_LOOK_S)

    def postgres_cpu(self) -> float:
        """Seconds of all PostgreSQL servers so far."""
        with self._postgres() as living:
            return self.postgres_cpu_s + _cpu_s(living.pid)

    def _postgres(self) -> ServerProcess:
        process = self.postgres.find()
        if process is None:
            raise BenchError("there is no PostgreSQL")
        return process

    def _answers(self) -> bool:
        process = self.postgres.find()
        if process is None:
            return False
        with process:
            return self.postgres.answers(process)


@contextmanager
def two_workers(folder: Path) -> Generator[Workers]:
    ports = [find_free_port(), find_free_port()]
    with ExitStack() as stack:
        children = [_launch(folder, number, port) for number, port in enumerate(ports)]
        workers = Workers(folder, ports, children, EmbeddedPostgres(folder / "data"))
        # What runs then: a server that was killed has another process by now.
        stack.callback(lambda: [stop(child) for child in workers.children])
        for child, address in zip(children, workers.addresses, strict=True):
            wait_for(child, f"{address}/health")
        yield workers


def settings_of(folder: Path) -> dict[str, str]:
    """The environment of a worker, without its port."""
    return {
        "TELLERGRAPH_DATA_DIR": str(folder / "data"),
        "TELLERGRAPH_RATE_LIMITS": "off",
        "TELLERGRAPH_DEMO": "false",
        "TELLERGRAPH_LLM": "offline",
        "TELLERGRAPH_LOG_LEVEL": "WARNING",
        "TELLERGRAPH_FRAUD_POLICY": str(_POLICY),
    }


def _launch(folder: Path, number: int, port: int) -> Child:
    return start(
        f"worker-{number}", python("cli", "serve"), folder, settings_of(folder) | {"TELLERGRAPH_PORT": str(port)}
    )


def _cpu_s(pid: int) -> float:
    """Of a server with its backends, those included that have ended and been waited for."""
    server = psutil.Process(pid)
    seconds = 0.0
    for process in (server, *server.children(recursive=True)):
        # A backend may end while we look: then it is in its parent's figure, which we have read, or lost.
        with suppress(psutil.NoSuchProcess):
            seconds += sum(process.cpu_times()[:4])
    return seconds


@dataclass
class Faults:
    """Kills at even distances of a load of ``transfers``, servers and PostgreSQL in turns."""

    workers: Workers
    transfers: int
    plan: Sequence[Fault]
    kills: list[Kill] = field(default_factory=list[Kill])
    _ended: int = 0
    _moved: asyncio.Event = field(default_factory=asyncio.Event)

    def is_over(self) -> bool:
        return len(self.kills) == len(self.plan)

    def on_end(self, ended: int) -> None:
        self._ended = ended
        self._moved.set()

    async def run(self) -> None:
        for number, fault in enumerate(self.plan):
            await self._reach(self.transfers * (number + 1) // (len(self.plan) + 1))
            after, began = self._ended, time.perf_counter()
            await asyncio.to_thread(self._kill, fault, number)
            self.kills.append(Kill(fault, after, time.perf_counter() - began))

    async def _reach(self, ended: int) -> None:
        while self._ended < ended:
            self._moved.clear()
            await self._moved.wait()

    def _kill(self, fault: Fault, number: int) -> None:
        if fault == "postgres":
            self.workers.kill_postgres()
        else:
            self.workers.kill_server(number // 2 % len(self.workers.ports))


def alternate(servers: int, postgres: int) -> list[Fault]:
    """Server, PostgreSQL, server, ... for as long as there are both, then the rest."""
    plan: list[Fault] = []
    for number in range(max(servers, postgres)):
        if number < servers:
            plan.append("server")
        if number < postgres:
            plan.append("postgres")
    return plan
