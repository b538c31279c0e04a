"""Load by Locust: people who visit, log in, talk over SSE, decide, and read their accounts over REST.

    locust -f evals/load/locustfile.py --headless --host http://127.0.0.1:8000 -u 20 -r 5 -t 1m

Locust's own time of a streamed answer ends with its headers. So each turn is also told as ``first token`` (until
there was something to read) and ``turn`` (until ``done``), of type SSE; one that ends in ``error`` or breaks off has
failed.
The limits of a person are meant to stop one person doing this: the server needs TELLERGRAPH_RATE_LIMITS=off, and as
many TELLERGRAPH_STREAMS_PER_USER as there are people.
"""

import random
from argparse import Namespace
from collections.abc import Mapping
from itertools import count, cycle
from time import monotonic, perf_counter
from typing import Any, cast

import gevent
from gevent.lock import BoundedSemaphore
from locust import HttpUser, constant, events, task
from locust.argument_parser import LocustArgumentParser
from locust.env import Environment

from evals.load.sessions import Decide, Read, Say, Visit, deal, read_visits
from evals.load.streamed import Streamed

_EARLY = 60.0
"""Seconds before its end at which a token is no longer used."""
_LOGINS = "alex@demo.example:demo-alex-1"
_STREAM = {"Accept": "text/event-stream"}

_visits = cycle(deal(read_visits()))
_finished = count(1)
_tokens: dict[str, tuple[str, float]] = {}
_logging_in = BoundedSemaphore()


@events.init_command_line_parser.add_listener
def _add_options(parser: LocustArgumentParser) -> None:
    parser.add_argument(
        "--logins",
        default=_LOGINS,
        help="Customers that share the load, with accounts and payees as Alex has them: EMAIL:PASSWORD,...",
    )
    parser.add_argument("--think", type=float, default=1.0, help="Mean seconds between two turns of a visit.")
    parser.add_argument("--visits", type=int, default=0, help="End after so many visits; 0: when the time is up.")


class Person(HttpUser):
    """Makes one visit after another."""

    wait_time = constant(0)

    def on_start(self) -> None:
        self.options = cast(Namespace, self.environment.parsed_options)
        self.logins = [each.split(":", 1) for each in self.options.logins.split(",")]

    @task
    def visit(self) -> None:
        """The next one, whoever makes it."""
        try:
            self._make(next(_visits))
        finally:
            if self.options.visits and next(_finished) == self.options.visits:
                _end(cast(Environment, self.environment))

    def _make(self, visit: Visit) -> None:
        headers = self._sign_in() if visit.who == "customer" else {}
        heard: Streamed | None = None
        for turn in visit.turns:
            match turn:
                case Say():
                    body = {"message": turn.say} | ({"session_id": heard.session_id} if heard else {})
                    heard = self._stream("/api/v1/chat/stream", "/api/v1/chat/stream", body, headers)
                case Decide():
                    heard = self._decide(turn, heard, headers)
                case Read():
                    self.client.get(turn.read, headers=headers)
            if heard and heard.fault:
                return  # What follows would speak of something that was not said.
            gevent.sleep(random.expovariate(1 / self.options.think) if self.options.think else 0)

    def _decide(self, turn: Decide, heard: Streamed | None, headers: Mapping[str, str]) -> Streamed | None:
        if heard is None or heard.proposal is None:
            self._tell("turn", 0.0, 0, f"nothing was proposed that could be decided: {turn.decide}")
            return Streamed(perf_counter(), fault="nothing was proposed")
        body = {"operation_id": heard.proposal["operation_id"], "decision": turn.decide}
        address = f"/api/v1/chat/turns/{heard.turn_id}/confirm"
        return self._stream(address, "/api/v1/chat/turns/[turn]/confirm", body, headers)

    def _stream(self, address: str, name: str, body: dict[str, Any], headers: Mapping[str, str]) -> Streamed:
        heard = Streamed(perf_counter())
        options: dict[str, Any] = {"stream": True, "catch_response": True}
        with self.client.post(
            address, json=body, headers={**headers, **_STREAM}, name=f"{name} (headers)", **options
        ) as response:
            if response.ok:
                heard.listen(response.iter_lines())
            else:
                heard.fault = f"status {response.status_code}"
        ended = heard.ended or perf_counter()
        if heard.first_token:
            self._tell("first token", heard.first_token - heard.started, heard.size, None)
        self._tell("turn", ended - heard.started, heard.size, heard.fault)
        return heard

    def _tell(self, name: str, seconds: float, size: int, fault: str | None) -> None:
        self.environment.events.request.fire(
            request_type="SSE",
            name=name,
            response_time=seconds * 1000,
            response_length=size,
            exception=RuntimeError(fault) if fault else None,
            context={},
        )

    def _sign_in(self) -> dict[str, str]:
        """One login of each customer serves everybody until it is nearly over."""
        email, password = random.choice(self.logins)
        with _logging_in:
            token, until = _tokens.get(email, ("", 0.0))
            if monotonic() > until:
                response = self.client.post("/api/v1/auth/login", json={"email": email, "password": password})
                response.raise_for_status()
                answer = response.json()["data"]
                token = answer["access_token"]
                _tokens[email] = (token, monotonic() + answer["expires_in"] - _EARLY)
        return {"Authorization": f"Bearer {token}"}


def _end(environment: Environment) -> None:
    """From a greenlet of its own: it ends the one that asks."""
    if environment.runner:
        gevent.spawn(environment.runner.quit)
