"""``tellergraph audit export --follow`` in a process of its own, as a SIEM runs it: while others write, ended by a
signal, and begun again where it was."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path

import psycopg
import pytest

from core.audit.export import Cursor
from core.services import Services

FOLLOWER = """
import json, sys
from contextlib import contextmanager
import core.cli
from core.services import Services

given = json.loads(sys.stdin.readline())

@contextmanager
def here(settings):
    yield Services(**given | {"secret_key": given["secret_key"].encode()})

core.cli.running_services = here
from core.audit.audit_cli import audit_app
audit_app(sys.argv[1:])
"""
WRITERS, EACH = 4, 15

Follow = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def follow(empty: Services, tmp_path: Path) -> Iterator[Follow]:
    started: list[subprocess.Popen[str]] = []

    def start(*options: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(  # noqa: S603
            [sys.executable, "-c", FOLLOWER, "export", "--follow", *options],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=os.environ | {"TELLERGRAPH_DATA_DIR": str(tmp_path)},
            cwd=Path(__file__).parents[2],
        )
        started.append(process)
        assert process.stdin is not None
        fields = asdict(empty) | {"secret_key": empty.secret_key.decode()}
        process.stdin.write(json.dumps(fields) + "\n")
        process.stdin.flush()
        return process

    yield start
    for process in started:
        with process:
            process.kill()


def write(services: Services, name: str, *, rolled_back: bool = False) -> None:
    """Two entries in a transaction, or none."""
    with psycopg.connect(services.owner_url) as connection:
        for part in "ab":
            connection.execute(
                "insert into audit_log (actor, action, resource, at) values ('x', 'card.frozen', %s, now())",
                [f"{name}{part}"],
            )
        if rolled_back:
            connection.rollback()


def write_many(services: Services, name: str) -> set[str]:
    """By several connections at once, in several chains."""

    def work(writer: int) -> None:
        for number in range(EACH):
            write(services, f"{name}-{writer}-{number}-", rolled_back=number % 5 == 4)

    with ThreadPoolExecutor(WRITERS) as pool:
        list(pool.map(work, range(WRITERS)))
    kept = [number for number in range(EACH) if number % 5 != 4]
    return {f"{name}-{writer}-{number}-{part}" for writer in range(WRITERS) for number in kept for part in "ab"}


def read(process: subprocess.Popen[str], count: int) -> list[dict[str, object]]:
    """So many lines of entries of ours. Waits for them: a test's own limit ends it."""
    assert process.stdout is not None
    found: list[dict[str, object]] = []
    while len(found) < count:
        line = process.stdout.readline()
        assert line, process.stderr.read() if process.stderr else ""
        entry = json.loads(line)
        if entry["action"] == "card.frozen":
            found.append(entry)
    return found


def end(process: subprocess.Popen[str], by: signal.Signals) -> tuple[list[dict[str, object]], str]:
    """What came meanwhile, and the cursor that it prints."""
    out, error = rest_of(process, by)
    assert process.returncode == 0, error
    return [json.loads(line) for line in out.splitlines()], error.strip()


def rest_of(process: subprocess.Popen[str], by: signal.Signals) -> tuple[str, str]:
    """With what was read ahead, which ``communicate`` would leave out."""
    assert process.stdout is not None
    assert process.stderr is not None
    process.send_signal(by)
    out = process.stdout.read()
    process.wait(timeout=60)
    return out, process.stderr.read()


def names(*entries: dict[str, object]) -> list[str]:
    return [str(entry["resource"]) for entry in entries if entry["action"] == "card.frozen"]


@pytest.mark.parametrize("by", [signal.SIGTERM, signal.SIGINT])
def test_nothing_is_lost_and_nothing_comes_twice_over_a_signal(
    empty: Services, follow: Follow, tmp_path: Path, by: signal.Signals
):
    kept = tmp_path / "siem.cursor"
    write(empty, "first-")
    first = follow("--cursor-file", str(kept))
    begun = read(first, 2)
    with ThreadPoolExecutor(1) as pool:
        writing = pool.submit(write_many, empty, "during")
        during = read(first, 20)
        tail, cursor = end(first, by)
        expected = {"first-a", "first-b"} | writing.result()
    assert (cursor, Cursor.parse(cursor)) == (kept.read_text(), Cursor.parse(kept.read_text()))
    expected |= write_many(empty, "between")

    second = follow("--cursor-file", str(kept))
    received = names(*begun, *during, *tail)
    received += names(*read(second, len(expected) - len(received)))
    write(empty, "last-")
    last = read(second, 2)
    rest, _ = end(second, by)

    assert sorted(received) == sorted(expected)
    assert names(*last, *rest) == ["last-a", "last-b"]


def test_killed_at_once_it_repeats_at_most_what_it_had_not_noted_and_loses_nothing(
    empty: Services, follow: Follow, tmp_path: Path
):
    """SIGKILL: lines of the last batch may come again, with the same chain and place."""
    kept = tmp_path / "siem.cursor"
    first = follow("--cursor-file", str(kept))
    with ThreadPoolExecutor(1) as pool:
        writing = pool.submit(write_many, empty, "during")
        got = read(first, 10)
        out, _ = rest_of(first, signal.SIGKILL)
        expected = writing.result()
    whole = [json.loads(line) for line in out.splitlines(keepends=True) if line.endswith("\n")]
    got += [entry for entry in whole if entry["action"] == "card.frozen"]

    # The second has something to say of its own, and takes signals by then, also where the first had come to the end.
    write(empty, "after-")
    expected |= {"after-a", "after-b"}
    second = follow("--cursor-file", str(kept))
    places = {(entry["chain"], entry["seq"]): str(entry["resource"]) for entry in got}
    while set(places.values()) != expected:
        for entry in read(second, 1):
            place = (entry["chain"], entry["seq"])
            assert places.setdefault((place[0], place[1]), str(entry["resource"])) == entry["resource"]
    end(second, signal.SIGTERM)

    assert len(places) == len(expected)
