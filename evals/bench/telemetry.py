"""What it costs to be watched: CPU of a turn with each part of the telemetry, beside the same turn with all of it off.

    python -m evals.bench.telemetry --json

Each form is a real server of one process, all on one PostgreSQL and one Redis; visitors ask them in turns over HTTP,
block by block, the offline model answers, and every block asks the same questions of each form. CPU is the server
process's. ``added_ms`` is the median of what a block took more than the block of ``off`` beside it, for each turn;
``ratio`` is of the sums. ``page_ms`` is what Prometheus costs when it reads the page, whatever the number of turns.

- ``off``: nobody may read the figures, so that nothing is counted
- ``metrics``: figures of a process by itself
- ``together``: figures in files, as the processes of ``tellergraph serve --workers`` count
- ``traces``: OpenTelemetry traces, sent to a collector that takes them and forgets them

A part that needs somebody to send to starts it in its form, and is stopped with it.
"""

import statistics
from collections.abc import Callable, Generator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread
from typing import Annotated, Any

import httpx2
import orjson
import psutil
import typer

from evals.bench.processes import BenchError, Child, find_free_port, python, start, stop, wait_for
from evals.bench.questions import KNOWLEDGE

Form = Callable[[Path], AbstractContextManager[dict[str, str]]]
"""Given a folder of its own, the variables that a server is started with, for as long as it runs."""

_PATIENCE_S = 600.0
_PAGES = 20
"""How often the page is read."""


@contextmanager
def _off(_folder: Path) -> Generator[dict[str, str]]:
    yield {"TELLERGRAPH_METRICS_FROM": ""}


@contextmanager
def _metrics(_folder: Path) -> Generator[dict[str, str]]:
    yield {}


@contextmanager
def _together(folder: Path) -> Generator[dict[str, str]]:
    yield {"PROMETHEUS_MULTIPROC_DIR": str(folder / "counts")}


@contextmanager
def _traces(_folder: Path) -> Generator[dict[str, str]]:
    with _collector() as url:
        yield {
            "TELLERGRAPH_METRICS_FROM": "",
            "TELLERGRAPH_TRACES": "otlp",
            "OTEL_EXPORTER_OTLP_ENDPOINT": url,
        }


class _Forgets(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        pass


@contextmanager
def _collector() -> Generator[str]:
    """In this process, whose CPU is not measured."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Forgets) as server:
        thread = Thread(target=server.serve_forever, name="collector")
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


FORMS: Mapping[str, Form] = {"off": _off, "metrics": _metrics, "together": _together, "traces": _traces}
"""The first is what the others are compared with."""

app = typer.Typer(add_completion=False)


@dataclass
class _Server:
    child: Child
    url: str
    cpu_ms: list[float] = field(default_factory=list[float])
    """Of a turn, by block."""
    page_ms: float | None = None

    def take_block(self, questions: list[str]) -> None:
        with httpx2.Client(base_url=self.url, timeout=120, trust_env=False) as http:
            before = self._cpu_ms()
            for question in questions:
                answer = http.post("/api/v1/chat", json={"message": question})
                if answer.status_code != 200:
                    raise BenchError(f"{self.child.name} answered {answer.status_code}: {answer.text[:300]}")
            self.cpu_ms.append((self._cpu_ms() - before) / len(questions))

    def read_pages(self) -> None:
        with httpx2.Client(base_url=self.url, timeout=120, trust_env=False) as http:
            if http.get("/metrics").status_code == 404:
                return
            before = self._cpu_ms()
            for _ in range(_PAGES):
                http.get("/metrics").raise_for_status()
            self.page_ms = (self._cpu_ms() - before) / _PAGES

    def _cpu_ms(self) -> float:
        times = psutil.Process(self.child.process.pid).cpu_times()
        return (times.user + times.system) * 1000


@app.command()
def telemetry(
    blocks: Annotated[int, typer.Option(min=2, max=1000, help="Of each form; one more warms it up.")] = 20,
    size: Annotated[int, typer.Option(min=1, max=1000, help="Turns of a block.")] = 20,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Compare turns with the telemetry on and off."""
    with TemporaryDirectory(prefix="tgb-", dir="/tmp", ignore_cleanup_errors=True) as folder, ExitStack() as stack:
        servers = {name: stack.enter_context(_running(name, form, Path(folder))) for name, form in FORMS.items()}
        _take_turns(list(servers.values()), blocks, size)
        result = _compare(servers, blocks, size)
    typer.echo(orjson.dumps(result, option=0 if as_json else orjson.OPT_INDENT_2).decode())


@contextmanager
def _running(name: str, form: Form, folder: Path) -> Generator[_Server]:
    own = folder / name
    own.mkdir()
    port = find_free_port()
    with form(own) as variables:
        common = {
            "TELLERGRAPH_DATA_DIR": str(folder / "data"),
            "TELLERGRAPH_DEMO_CUSTOMERS": "2",
            "TELLERGRAPH_GRAPH": "off",
            "TELLERGRAPH_LLM": "offline",
            "TELLERGRAPH_LOG_LEVEL": "WARNING",
            "TELLERGRAPH_PORT": str(port),
            "TELLERGRAPH_RATE_LIMITS": "off",
            "TELLERGRAPH_WORKER": "separate",
        }
        child = start(name, python("cli", "serve"), folder, common | variables)
        try:
            wait_for(child, f"http://127.0.0.1:{port}/health", _PATIENCE_S)
            yield _Server(child, f"http://127.0.0.1:{port}")
        finally:
            stop(child)


def _take_turns(servers: list[_Server], blocks: int, size: int) -> None:
    """The forms change places, so that none is always the first after a pause."""
    for number in range(blocks + 1):
        questions = [KNOWLEDGE[(number * size + place) % len(KNOWLEDGE)] for place in range(size)]
        for place in range(len(servers)):
            servers[(number + place) % len(servers)].take_block(questions)
    for server in servers:
        del server.cpu_ms[0]
        server.read_pages()


def _compare(servers: Mapping[str, _Server], blocks: int, size: int) -> dict[str, Any]:
    base_name, base = next(iter(servers.items()))
    result: dict[str, Any] = {"benchmark": "telemetry", "blocks": blocks, "size": size, "forms": {}}
    for name, server in servers.items():
        figures: dict[str, float | None] = {"median_ms": round(statistics.median(server.cpu_ms), 3)}
        if name != base_name:
            added = [own - other for own, other in zip(server.cpu_ms, base.cpu_ms, strict=True)]
            figures["added_ms"] = round(statistics.median(added), 3)
            figures["ratio"] = round(sum(server.cpu_ms) / sum(base.cpu_ms), 4)
            figures["page_ms"] = None if server.page_ms is None else round(server.page_ms, 2)
        result["forms"][name] = figures
    return result


if __name__ == "__main__":
    app()
