"""Child processes of the benchmark: started with a log file, waited for, and ended by their own id."""

import os
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import httpx2

ROOT = Path(__file__).resolve().parents[2]
HTTP = httpx2.Client(trust_env=False, timeout=60, limits=httpx2.Limits(max_keepalive_connections=0))
"""Made once, since making one costs more than a request does; no proxy stands between loopback and itself."""
_SCRUBBED = ("TELLERGRAPH_", "OPENAI_", "OLLAMA_", "LANGFUSE_", "LANGSMITH_", "LANGCHAIN_", "OTEL_")


class BenchError(Exception):
    """A process of the benchmark did not do what it is there for; the message ends with its log."""


@dataclass(frozen=True)
class Child:
    name: str
    process: subprocess.Popen[str]
    log: Path

    def tail(self) -> str:
        return self.log.read_text(errors="replace")[-3000:]


def unwind_when_ended() -> None:
    """On SIGTERM as on Ctrl-C, so that every child is ended."""
    signal.signal(signal.SIGTERM, lambda _number, _frame: sys.exit(143))


def find_free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def python(module: str, *arguments: str) -> list[str]:
    return [sys.executable, "-m", module, *arguments]


def start(name: str, command: list[str], folder: Path, variables: dict[str, str] | None = None) -> Child:
    """Start a command in the repository root, with a session of its own and a clean set of settings.

    Args:
        folder: its output goes to ``<name>.log`` here, and it finds this as its temporary directory.
        variables: added to the environment.
    """
    log = folder / f"{name}.log"
    inherited = {key: value for key, value in os.environ.items() if not key.startswith(_SCRUBBED)}
    environment = inherited | {"TMPDIR": str(folder), "PYTHONPATH": str(ROOT)} | (variables or {})
    with log.open("ab") as output:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            text=True,
            start_new_session=True,
        )
    return Child(name, process, log)


def stop(child: Child, patience_s: float = 90.0) -> float:
    """End a child as Ctrl-C would, by force when it does not listen. A server stops its PostgreSQL and Redis first,
    with 30 seconds for each: one that is ended by force leaves them behind.

    Returns:
        Seconds until it was gone.
    """
    start_s = time.perf_counter()
    if child.process.poll() is None:
        child.process.send_signal(signal.SIGINT)
        try:
            child.process.wait(patience_s)
        except subprocess.TimeoutExpired:
            child.process.kill()
            child.process.wait()
    return time.perf_counter() - start_s


def wait_for(child: Child, url: str, patience_s: float = 60.0) -> None:
    """Wait until ``url`` answers 200.

    Raises:
        BenchError: the child ended, or did not answer in time.
    """
    deadline = time.perf_counter() + patience_s
    while not _answers(url):
        if child.process.poll() is not None:
            raise BenchError(f"{child.name} ended with {child.process.returncode}:\n{child.tail()}")
        if time.perf_counter() > deadline:
            raise BenchError(f"{child.name} is not healthy after {patience_s:.0f} s:\n{child.tail()}")
        time.sleep(0.02)


def _answers(url: str) -> bool:
    try:
        return HTTP.get(url).status_code == 200
    except httpx2.TransportError:
        return False
