"""What it costs to be watched: CPU of a turn with each part of the telemetry, beside the same turn with all of it off.

    python -m evals.bench.telemetry --json

Each form is a real server of one process, all on one PostgreSQL and one Redis. A visitor asks the help centre and talks
small, a customer who has signed in asks the bank, over HTTP, block by block; the offline model answers, and every block
asks the same of each form. CPU is the server process's, with all of its threads: what is sent after a block belongs to
it, and what ``off`` does between its own blocks is taken off. ``added_ms`` is the median of what a block took more than
the blocks of ``off`` beside it, for each turn; ``ratio`` is the median of what it took over them, ``ratio_of_sums``
that of all blocks together; ``later_ms`` is the part of it that came after the block. ``page_ms`` is what Prometheus
costs when it reads the page, whatever the number of turns.

Processes of the same form differ by some per cent for as long as they live. So ``off`` and ``everything`` are three
each, of which the mean counts; ``same_form`` says how far those of a form are apart: the dearest over the cheapest. All
have one hash seed, and PostgreSQL and Redis belong to a server that is no part of it. That one asks the help centre
everything once: the cache of passages is in Redis, and who asks first pays for the others.

- ``off``: nobody may read the figures, so that nothing is counted
- ``metrics``: figures of a process by itself
- ``together``: figures in files, as the processes of ``tellergraph serve --workers`` count (``--together``)
- ``traces``: OpenTelemetry traces, sent to a collector that takes them and forgets them
- ``langfuse``: traces and scores for a Langfuse that does the same
- ``everything``: ``metrics``, ``traces`` and ``langfuse``

A part that needs somebody to send to starts it in its form, and is stopped with it. They listen in this process.
"""

import os
import statistics
import time
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread
from typing import Annotated, Any

import httpx2
import orjson
import typer

from evals.bench.processes import BenchError, Child, find_free_port, python, start, stop, wait_for
from evals.bench.questions import BANKING, KNOWLEDGE, SMALL_TALK
from evals.bench.usage import read_clock_ms

Form = Callable[[Path], AbstractContextManager[dict[str, str]]]
"""Given a folder of its own, the variables that a server is started with, for as long as it runs."""

_PATIENCE_S = 600.0
_LOGIN = {"email": "alex@demo.example", "password": "demo-alex-1"}
_MIX = ((False, KNOWLEDGE), (False, SMALL_TALK), (True, BANKING))
_LONGEST_WAIT_S = 12.0
"""By then everything is sent that waits for company."""
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
    with _receiver() as url:
        yield {
            "TELLERGRAPH_METRICS_FROM": "",
            "TELLERGRAPH_TRACES": "otlp",
            "OTEL_EXPORTER_OTLP_ENDPOINT": url,
        }


@contextmanager
def _langfuse(_folder: Path) -> Generator[dict[str, str]]:
    with _receiver() as url:
        yield {
            "TELLERGRAPH_METRICS_FROM": "",
            "LANGFUSE_BASE_URL": url,
            "LANGFUSE_PUBLIC_KEY": "pk-lf-bench",
            "LANGFUSE_SECRET_KEY": "sk-lf-bench",
        }


@contextmanager
def _everything(folder: Path) -> Generator[dict[str, str]]:
    with _metrics(folder) as figures, _traces(folder) as traces, _langfuse(folder) as langfuse:
        both = traces | langfuse
        del both["TELLERGRAPH_METRICS_FROM"]
        yield figures | both


class _Forgets(BaseHTTPRequestHandler):
    """A collector, or a Langfuse, that takes everything and has nothing."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self._answer(200)

    def do_GET(self) -> None:
        self._answer(404)

    def _answer(self, status: int) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, format: str, *args: Any) -> None:
        pass


@contextmanager
def _receiver() -> Generator[str]:
    """In this process, whose CPU is not measured."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Forgets) as server:
        thread = Thread(target=server.serve_forever, name="receiver")
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


FORMS: Mapping[str, Form] = {
    "off": _off,
    "metrics": _metrics,
    "together": _together,
    "traces": _traces,
    "langfuse": _langfuse,
    "everything": _everything,
}
"""The first is what the others are compared with."""
_OFTEN = ("off", "everything")
_COPIES = 3
"""Servers of each of those."""

app = typer.Typer(add_completion=False)


Asked = tuple[bool, str]
"""Whether a customer who has signed in asks it, and what."""


@dataclass
class _Server:
    child: Child
    url: str
    token: str = ""
    """Of the customer, from the first block on."""
    busy_ms: list[float] = field(default_factory=list[float])
    """CPU of the server within a block, for each turn, by block."""
    after_ms: list[float] = field(default_factory=list[float])
    """CPU between the block and the next."""
    page_ms: float | None = None
    _stood_ms: float = 0.0
    """CPU when it was looked at last."""

    def wait(self) -> None:
        wait_for(self.child, f"{self.url}/health", _PATIENCE_S)

    def take_block(self, asked: Sequence[Asked]) -> None:
        with self._client() as visitor, self._client() as customer:
            if not self.token:
                self.token = _read(visitor.post("/api/v1/auth/login", json=_LOGIN))["access_token"]
            customer.headers["Authorization"] = f"Bearer {self.token}"
            self.close_block(len(asked))
            for is_customer, question in asked:
                _read((customer if is_customer else visitor).post("/api/v1/chat", json={"message": question}))
            now = self._cpu_ms()
            self.busy_ms.append((now - self._stood_ms) / len(asked))
            self._stood_ms = now

    def close_block(self, size: int) -> None:
        """What was done since the last block belongs to that one."""
        now = self._cpu_ms()
        if self.busy_ms:
            self.after_ms.append((now - self._stood_ms) / size)
        self._stood_ms = now

    def read_pages(self) -> None:
        with self._client() as http:
            if http.get("/metrics").status_code == 404:
                return
            before = self._cpu_ms()
            for _ in range(_PAGES):
                http.get("/metrics").raise_for_status()
            self.page_ms = (self._cpu_ms() - before) / _PAGES

    def _client(self) -> httpx2.Client:
        return httpx2.Client(base_url=self.url, timeout=120, trust_env=False)

    def _cpu_ms(self) -> float:
        return read_clock_ms(self.child.process.pid)


def _read(response: httpx2.Response) -> dict[str, Any]:
    if response.status_code != 200:
        raise BenchError(f"{response.url} answered {response.status_code}: {response.text[:300]}")
    return response.json()["data"]


@app.command()
def telemetry(
    blocks: Annotated[int, typer.Option(min=2, max=1000, help="Of each form; one more warms it up.")] = 16,
    size: Annotated[int, typer.Option(min=3, max=999, help="Turns of a block.")] = 12,
    together: Annotated[bool, typer.Option("--together", help="Figures in files as well.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Compare turns with the telemetry on and off."""
    with TemporaryDirectory(prefix="tgb-", dir="/tmp", ignore_cleanup_errors=True) as folder, ExitStack() as stack:
        # Who makes the bank keeps more of it in memory than the others, and took 5 % more for each turn.
        maker = stack.enter_context(_running("maker", _off, Path(folder)))
        maker.wait()
        maker.take_block([(False, question) for question in (*KNOWLEDGE, *SMALL_TALK)])
        servers: dict[str, list[_Server]] = {}
        for name in (name for name in FORMS if together or name != "together"):
            for number in range(_COPIES if name in _OFTEN else 1):
                running = _running(f"{name}-{number}", FORMS[name], Path(folder))
                servers.setdefault(name, []).append(stack.enter_context(running))
        # Those of the same form are not neighbours.
        in_turn = [each for at in range(_COPIES) for those in servers.values() for each in those[at : at + 1]]
        for server in in_turn:
            server.wait()
        _take_turns(in_turn, blocks, size)
        result = _compare(servers, blocks, size)
    typer.echo(orjson.dumps(result, option=0 if as_json else orjson.OPT_INDENT_2).decode())


@contextmanager
def _running(name: str, form: Form, folder: Path) -> Generator[_Server]:
    """Started, and not yet ready."""
    own = folder / name
    own.mkdir()
    port = find_free_port()
    with form(own) as variables:
        common = {
            "PYTHONHASHSEED": "0",
            "TELLERGRAPH_ACCESS_TOKEN_TTL": "86400",
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
            yield _Server(child, f"http://127.0.0.1:{port}")
        finally:
            stop(child)


def _take_turns(servers: list[_Server], blocks: int, size: int) -> None:
    """The forms change places, so that none is always the first after a pause."""
    for number in range(blocks + 1):
        asked = [_asked(number * size + place) for place in range(size)]
        for place in range(len(servers)):
            servers[(number + place) % len(servers)].take_block(asked)
    time.sleep(_LONGEST_WAIT_S)
    for server in servers:
        server.close_block(size)
        del server.busy_ms[0], server.after_ms[0]
        server.read_pages()


def _asked(number: int) -> Asked:
    is_customer, questions = _MIX[number % len(_MIX)]
    return is_customer, questions[number // len(_MIX) % len(questions)]


def _compare(servers: Mapping[str, Sequence[_Server]], blocks: int, size: int) -> dict[str, Any]:
    base = next(iter(servers.values()))
    idle = _means(server.after_ms for server in base)
    base_ms = _means(server.busy_ms for server in base)
    result: dict[str, Any] = {
        "benchmark": "telemetry",
        "blocks": blocks,
        "size": size,
        "load": [round(each, 1) for each in os.getloadavg()],
        "forms": {"off": {"median_ms": round(statistics.median(base_ms), 3), "same_form": _apart(base, idle)}},
    }
    for name, those in servers.items():
        if those is base:
            continue
        cpu_ms = _means(_spent(server, idle) for server in those)
        pairs = list(zip(cpu_ms, base_ms, strict=True))
        pages = [server.page_ms for server in those if server.page_ms is not None]
        result["forms"][name] = {
            "median_ms": round(statistics.median(cpu_ms), 3),
            "added_ms": round(statistics.median(own - other for own, other in pairs), 3),
            "ratio": round(statistics.median(own / other for own, other in pairs), 4),
            "ratio_of_sums": round(sum(cpu_ms) / sum(base_ms), 4),
            "same_form": _apart(those, idle),
            "later_ms": round(statistics.fmean(cpu_ms) - statistics.fmean(_means(one.busy_ms for one in those)), 3),
            "page_ms": round(statistics.fmean(pages), 2) if pages else None,
        }
    return result


def _spent(server: _Server, idle: Sequence[float]) -> list[float]:
    """Each block, with what was sent after it; ``idle``: what a server does anyway."""
    return [busy + after - other for busy, after, other in zip(server.busy_ms, server.after_ms, idle, strict=True)]


def _means(rows: Iterable[Sequence[float]]) -> list[float]:
    return [statistics.fmean(column) for column in zip(*rows, strict=True)]


def _apart(those: Sequence[_Server], idle: Sequence[float]) -> float | None:
    """The dearest of a form over the cheapest."""
    if len(those) < 2:
        return None
    sums = [sum(_spent(server, idle)) for server in those]
    return round(max(sums) / min(sums), 4)


if __name__ == "__main__":
    app()
