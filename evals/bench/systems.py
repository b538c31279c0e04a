"""The servers that are compared: ours, the bare reference, the bare proxy. Each is a context that starts and ends one.

Ours and the reference each get a PostgreSQL of their own with the same programs and settings.
"""

import sys
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from core.services.directories import make_data_directory
from core.services.embedded_postgres import EmbeddedPostgres
from core.services.shared_servers import shared_servers
from evals.bench.client import Target
from evals.bench.processes import ROOT, Child, find_free_port, python, start, stop, wait_for
from evals.bench.questions import KNOWLEDGE
from evals.bench.usage import Footprint, find_footprint, list_postgres

_OUR_PATIENCE_S = 300.0
"""A cold start loads the demo bank and embeds the help centre."""


@dataclass(frozen=True)
class System:
    """A running server and how to ask it."""

    name: str
    child: Child
    target: Target
    questions: tuple[str, ...]
    footprint: Footprint
    data: Path
    """Where its databases live, if it has any."""

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.target.port}"

    def named(self, name: str) -> "System":
        return replace(self, name=name)

    def asked(self, name: str, questions: tuple[str, ...], token: str) -> "System":
        """The same server under another name, asked other questions by a customer with this access token."""
        headers = {**self.target.headers, "authorization": f"Bearer {token}"}
        return replace(self, name=name, questions=questions, target=replace(self.target, headers=headers))


@contextmanager
def run_fake_model(folder: Path) -> Generator[str]:
    """Yields its address without the ``/v1``."""
    port = find_free_port()
    child = start("fake_model", python("evals.bench.fake_model", str(port)), folder)
    try:
        wait_for(child, f"http://127.0.0.1:{port}/stats")
        yield f"http://127.0.0.1:{port}"
    finally:
        stop(child)


@contextmanager
def run_proxy(folder: Path, model: str) -> Generator[System]:
    port, data = find_free_port(), folder / "proxy"
    child = start("proxy", python("evals.bench.proxy", str(port), f"{model}/v1"), folder)
    try:
        wait_for(child, f"http://127.0.0.1:{port}/health")
        target = Target(port, "/chat", {}, begins=r'"content":"[^"]', ends=r"data: \[DONE\]\s*$")
        yield System("proxy", child, target, KNOWLEDGE, {"server": child.process.pid}, data)
    finally:
        stop(child)


@contextmanager
def run_reference(folder: Path, model: str) -> Generator[System]:
    port = find_free_port()
    data = folder / "reference"
    make_data_directory(data)
    postgres = EmbeddedPostgres(data)
    with shared_servers(data, [postgres]):
        command = python("evals.bench.reference", str(port), postgres.url(), f"{model}/v1")
        child = start("reference", command, folder)
        try:
            wait_for(child, f"http://127.0.0.1:{port}/health")
            target = Target(port, "/chat", {}, begins=r"event: token", ends=r"event: done\n")
            footprint = {"server": child.process.pid, "postgres": list_postgres(data)[0]}
            yield System("reference", child, target, KNOWLEDGE, footprint, data)
        finally:
            stop(child)


@dataclass(frozen=True)
class Ours:
    """How ``tellergraph serve`` is started: its folder (kept between starts) and what its environment adds."""

    folder: Path
    variables: dict[str, str]
    options: tuple[str, ...] = ()
    """Of ``serve``."""

    def launch(self, name: str, llm: str, model: str) -> System:
        """Start it and return at once; ``footprint`` is the server alone until ``settled``."""
        port = find_free_port()
        variables = {
            "TELLERGRAPH_HOST": "127.0.0.1",
            "TELLERGRAPH_PORT": str(port),
            "TELLERGRAPH_DATA_DIR": str(self.folder / "data"),
            "TELLERGRAPH_LLM": llm,
            # On fresh data it would be built beside what is measured.
            "TELLERGRAPH_GRAPH": "off",
            # All questions come from one address; what counting costs is told by evals.bench.door.
            "TELLERGRAPH_RATE_LIMITS": "off",
            "OPENAI_BASE_URL": f"{model}/v1",
            "OPENAI_API_KEY": "none",
            **self.variables,
        }
        child = start(name, [*executable(), "serve", *self.options], self.folder, variables)
        target = Target(port, "/api/v1/chat/stream", {}, begins=r"event: ?token", ends=r"event: ?done\r?\n")
        return System(name, child, target, KNOWLEDGE, {"server": child.process.pid}, self.folder)

    def settled(self, system: System) -> System:
        """Wait for health and find its databases."""
        wait_for(system.child, f"{system.address}/health", _OUR_PATIENCE_S)
        return replace(system, footprint=find_footprint(system.child.process.pid, self.folder))


@contextmanager
def run_ours(ours: Ours, name: str, llm: str, model: str) -> Generator[System]:
    system = ours.launch(name, llm, model)
    try:
        yield ours.settled(system)
    finally:
        stop(system.child)


def executable() -> list[str]:
    installed = Path(sys.executable).with_name("tellergraph")
    return [str(installed)] if installed.exists() else [sys.executable, str(ROOT / "cli.py")]
