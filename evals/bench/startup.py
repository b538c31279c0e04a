"""How long ``tellergraph serve`` takes from nothing, and with its data in place, to a first answer."""

import time
from dataclasses import dataclass

import httpx2
import orjson

from evals.bench.processes import HTTP, BenchError, stop
from evals.bench.questions import KNOWLEDGE
from evals.bench.systems import Ours, System


@dataclass(frozen=True)
class Startup:
    """Seconds from the start of the process to a healthy ``/health`` and to the end of the first answer; seconds from
    Ctrl-C to its end."""

    health_s: float
    first_answer_s: float
    stop_s: float


def time_startup(ours: Ours, name: str, model: str) -> Startup:
    """Start it with the offline model, ask once, stop it. The first call on a folder is a cold start."""
    start = time.perf_counter()
    system = ours.launch(name, "offline", model)
    try:
        system = ours.settled(system)
        health_s = time.perf_counter() - start
        ask(system, KNOWLEDGE[0])
        first_answer_s = time.perf_counter() - start
    finally:
        stop_s = stop(system.child)
    return Startup(round(health_s, 2), round(first_answer_s, 2), round(stop_s, 2))


def ask(system: System, question: str) -> str:
    """The whole event stream of one visitor's turn.

    Raises:
        BenchError: it is not answered, with what came instead.
    """
    return post(f"{system.address}{system.target.path}", {"message": question})


def sign_in(system: System) -> str:
    """An access token of the demo customer alex.

    Raises:
        BenchError: the login is refused.
    """
    login = {"email": "alex@demo.example", "password": "demo-alex-1"}
    answer = orjson.loads(post(f"{system.address}/api/v1/auth/login", login))
    token = answer.get("data", answer).get("access_token")
    if not isinstance(token, str):
        raise BenchError(f"No access_token in the answer to the login, only {sorted(answer)}")
    return token


def post(url: str, body: dict[str, str]) -> str:
    try:
        response = HTTP.post(url, json=body)
    except httpx2.TransportError as error:
        raise BenchError(f"{url}: {error!r}") from error
    if response.status_code != 200:
        raise BenchError(f"{url}: {response.status_code} {response.text[:500]}")
    return response.text
