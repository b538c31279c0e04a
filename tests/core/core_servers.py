"""Embedded servers as the tests of core see them: from outside, by their processes and by what they answer."""

import json
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import psutil
import psycopg

T = TypeVar("T")

ORDINARY_UID = 65534 if os.geteuid() == 0 else os.geteuid()
"""Somebody who is not root: ``nobody`` when the tests run as root, otherwise who runs them."""


@dataclass
class Holder:
    """Another process that uses the servers of a data directory until it is told to leave."""

    process: subprocess.Popen[str]
    urls: dict[str, str] = field(default_factory=dict)

    def wait_ready(self) -> None:
        line = self.process.stdout.readline()
        assert line, self.process.stderr.read()
        self.urls = json.loads(line)

    def leave(self) -> None:
        out, error = self.process.communicate(timeout=30)
        assert (out, self.process.returncode) == ("left\n", 0), error

    def end_with(self, number: signal.Signals) -> int:
        self.process.send_signal(number)
        self.process.communicate(timeout=30)
        return self.process.returncode


def copy_data_dir(source: Path, target: Path) -> Path:
    subprocess.run(["/bin/cp", "-a", str(source), str(target)], check=True)  # noqa: S603
    return target


def list_servers(data_dir: Path) -> list[psutil.Process]:
    """PostgreSQL's and Redis's main processes that work on this directory."""
    running = list(psutil.process_iter(["cmdline", "ppid"]))
    found = {process.pid: process for process in running if _is_server(process.info["cmdline"] or [], data_dir)}
    # A process that was forked a moment ago still has its parent's command line.
    return [process for process in found.values() if process.info["ppid"] not in found]


def _is_server(arguments: list[str], data_dir: Path) -> bool:
    is_server = bool(arguments) and arguments[0].split(" ")[0].endswith(("/postgres", "redis-server"))
    return is_server and str(data_dir) in " ".join(arguments)


def find_server(data_dir: Path, name: str) -> psutil.Process:
    [process] = [found for found in list_servers(data_dir) if name in found.info["cmdline"][0]]
    return process


def eventually(attempt: Callable[[], T], *errors: type[Exception], within: float = 20.0) -> T:
    """The first true result, trying again while it is false or one of these errors."""
    deadline = time.monotonic() + within
    pause = threading.Event()
    while True:
        try:
            if result := attempt():
                return result
        except errors:
            if time.monotonic() > deadline:
                raise
        assert time.monotonic() < deadline, "it did not come to be"
        pause.wait(0.01)


def query(url: str, statement: str) -> list[tuple[object, ...]]:
    """Rows of one statement in a connection of its own."""
    with psycopg.connect(url, autocommit=True) as connection:
        cursor = connection.execute(statement.encode())
        return cursor.fetchall() if cursor.description else []
