"""How soon a key that was rotated or withdrawn, and a session or an API key that was ended, hold on every worker.

    python -m evals.bench.revocation --json

Against `tellergraph serve` with processes of its own, as an operator runs it; keys are changed with the command, all
else over HTTP. Every process is asked over a connection of its own, one after the other and again and again, from
before the change until all of them have followed. The token that will be refused is known to each: it was answered.

``seconds`` are from the change until the last process has given its first answer by it, which none may take back in
the second after; for keys from the time that the database says, for the others from when the request was sent.
"""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from http.client import HTTPConnection
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

import jwt
import numpy as np
import orjson
import psutil
import typer

from core.security.key_store import KNOWN_AFTER
from evals.bench.processes import ROOT, BenchError
from evals.bench.systems import Ours, executable, run_ours
from evals.bench.workers import Answer, Worker, each_worker

_WITHIN_S = 5.0
_LOGIN = {"email": "alex@demo.example", "password": "demo-alex-1"}
_STAYS_S = 1.0
"""For how long nobody may go back to what was before."""
_PAUSE_S = 0.01
"""Between two rounds of questions, as the processes have to do with nothing else."""
_PATIENCE_S = 300.0
_NOBODY = "http://127.0.0.1:9"
"""No model is asked."""

app = typer.Typer(add_completion=False)
Agrees = Callable[[Worker], bool]
Make = Callable[[], float]
"""Makes the change; when it was made, in seconds since 1970."""


@dataclass(frozen=True, slots=True)
class Change:
    make: Make
    agrees: Agrees


@dataclass(frozen=True, slots=True)
class Command:
    """``tellergraph auth`` on the data of the server."""

    data: Path

    def __call__(self, *arguments: str) -> dict[str, Any]:
        environment = os.environ | {"TELLERGRAPH_DATA_DIR": str(self.data), "PYTHONPATH": str(ROOT)}
        command = [*executable(), "auth", *arguments, "--json"]
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
        if done.returncode:
            raise BenchError(f"{' '.join(command)}: {done.stderr}")
        return orjson.loads(done.stdout)

    def changed_at(self, kid: str) -> float:
        [key] = [key for key in self("keys")["keys"] if key["kid"] == kid]
        return datetime.fromisoformat(key["changed_at"]).timestamp()


@app.command()
def main(
    workers: Annotated[int, typer.Option(min=2, max=16)] = 2,
    rounds: Annotated[int, typer.Option(min=1, help="Each change is made so often.")] = 10,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Measure how soon every process follows."""
    taken: dict[str, list[float]] = {}
    with _bank(workers) as (parent, url, command):
        for number in range(rounds):
            for name, prepare in _CHANGES.items():
                with each_worker(parent, url) as doors:
                    taken.setdefault(name, []).append(_measure(prepare(doors, command), doors))
            sys.stderr.write(f"round {number + 1} of {rounds}\n")
    figures = {name: _figures(seconds) for name, seconds in taken.items()}
    met = all(max(seconds) <= _WITHIN_S for seconds in taken.values())
    result = {"workers": workers, "rounds": rounds, "within_s": _WITHIN_S, "met": met, "seconds": figures}
    typer.echo(orjson.dumps(result, option=0 if as_json else orjson.OPT_INDENT_2).decode())


@contextmanager
def _bank(workers: int) -> Generator[tuple[psutil.Process, str, Command]]:
    with TemporaryDirectory(prefix="tgb-", dir="/tmp", ignore_cleanup_errors=True) as directory:
        ours = Ours(Path(directory), {"TELLERGRAPH_WORKER": "separate"}, ("--workers", str(workers)))
        with run_ours(ours, "revocation", "offline", _NOBODY) as system:
            yield psutil.Process(system.child.process.pid), system.address, Command(Path(directory) / "data")


def _measure(change: Change, doors: list[Worker]) -> float:
    """Seconds from the change until every process has followed."""
    if any(change.agrees(door) for door in doors):
        raise BenchError("a process knew of the change before it was made")
    follows = dict[int, float]()
    with ThreadPoolExecutor(1) as pool:
        made = pool.submit(change.make)
        until = time.time() + _PATIENCE_S
        while time.time() < until:
            for door in doors:
                if not change.agrees(door):
                    follows.pop(door.pid, None)
                else:
                    follows.setdefault(door.pid, time.time())
            time.sleep(_PAUSE_S)
            if made.done() and made.result() and len(follows) == len(doors):
                last = max(follows.values())
                if time.time() > last + _STAYS_S:
                    return last - made.result()
    raise BenchError(f"after {_PATIENCE_S:.0f} s {sorted(follows)} of {len(doors)} processes have followed")


def _session_ended(doors: list[Worker], _: Command) -> Change:
    here, lost = _log_in(doors[0]), _log_in(doors[0])
    sid = jwt.decode(lost, options={"verify_signature": False})["sid"]
    return Change(_asking(doors[0], "DELETE", f"/api/v1/auth/sessions/{sid}", here), _refuses(lost))


def _logged_out_everywhere(doors: list[Worker], _: Command) -> Change:
    here, there = _log_in(doors[0]), _log_in(doors[0])
    return Change(_asking(doors[0], "POST", "/api/v1/auth/logout-everywhere", here), _refuses(there))


def _api_key_revoked(doors: list[Worker], _: Command) -> Change:
    token = _log_in(doors[0])
    wanted = {"name": "a bench", "permissions": ["accounts:read"], "expires_in_days": 1, "password": _LOGIN["password"]}
    made = _good(doors[0].ask("POST", "/api/v1/auth/api-keys", token, wanted))
    revoke = _asking(doors[0], "DELETE", f"/api/v1/auth/api-keys/{made['id']}", token)
    return Change(revoke, _refuses(made["key"], "/api/v1/accounts"))


def _signing_key_rotated(doors: list[Worker], command: Command) -> Change:
    before, current = _log_in(doors[0]), _key_of(_visit(doors[0]))

    def rotate() -> float:
        # A key is not replaced before every process knows the next one.
        time.sleep(KNOWN_AFTER.total_seconds())
        return command.changed_at(command("rotate-keys")["current"])

    def signs_with_the_next(door: Worker) -> bool:
        _good(door.ask("GET", "/api/v1/auth/me", before))  # nobody is logged out
        return _key_of(_visit(door)) != current

    return Change(rotate, signs_with_the_next)


def _signing_key_withdrawn(doors: list[Worker], command: Command) -> Change:
    stolen = _log_in(doors[0])
    kid = _key_of(stolen)

    def withdraw() -> float:
        command("withdraw-key", kid)
        return command.changed_at(kid)

    return Change(withdraw, _refuses(stolen))


_CHANGES: dict[str, Callable[[list[Worker], Command], Change]] = {
    "session_ended": _session_ended,
    "logged_out_everywhere": _logged_out_everywhere,
    "api_key_revoked": _api_key_revoked,
    "signing_key_rotated": _signing_key_rotated,
    "signing_key_withdrawn": _signing_key_withdrawn,
}


def _asking(door: Worker, method: str, path: str, token: str) -> Make:
    """Over a connection of its own, as the others go on asking."""
    connection = HTTPConnection(door.connection.host, door.connection.port, timeout=_PATIENCE_S)

    def ask() -> float:
        asked_at = time.time()
        _good(Worker(door.pid, connection).ask(method, path, token))
        connection.close()
        return asked_at

    return ask


def _refuses(token: str, path: str = "/api/v1/auth/me") -> Agrees:
    """A process that has believed it refuses it."""

    def refuses(door: Worker) -> bool:
        answer = door.ask("GET", path, token)
        if answer.status not in {200, 401}:
            raise BenchError(f"{path}: {answer.status} {answer.body}")
        return answer.status == 401

    return refuses


def _log_in(door: Worker) -> str:
    return _good(door.ask("POST", "/api/v1/auth/login", body=_LOGIN))["access_token"]


def _visit(door: Worker) -> str:
    return _good(door.ask("POST", "/api/v1/auth/visitor"))["access_token"]


def _key_of(token: str) -> str:
    return jwt.get_unverified_header(token)["kid"]


def _good(answer: Answer) -> dict[str, Any]:
    if answer.status >= 300:
        raise BenchError(f"{answer.status} {answer.body}")
    return answer.body["data"]


def _figures(seconds: list[float]) -> dict[str, float]:
    return {"median": round(float(np.median(seconds)), 2), "most": round(max(seconds), 2)}


if __name__ == "__main__":
    app()
