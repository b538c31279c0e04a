"""Does every address answer as /openapi.json says, whatever it is sent?

    python -m evals.bench.schema_cases --cases 10000 --identity customer --json

schemathesis makes requests from the document, right ones and wrong ones in turn, and sends them to the real server on a
demo bank of its own (or to ``--url``, whose data then change). A case fails where the answer is a 5xx, or has a status,
a content type, a header or a body that the document does not describe. 503 of a service that is away counts too.

Operations take turns until the number is reached, so that each gets its share however few forms its requests have.
Some of them end the caller's session: then the caller logs in again, and the request that was refused for it is sent
again and counted once.
"""

from collections import Counter
from collections.abc import Callable, Generator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict, dataclass, field
from functools import partial
from http import HTTPStatus
from typing import Annotated, Any, Literal, cast
from unittest import SkipTest

import httpx2
import orjson
import requests
import schemathesis.openapi
import typer
from hypothesis import HealthCheck, Phase, given, seed
from hypothesis import settings as hypothesis_settings
from hypothesis.errors import InvalidArgument, Unsatisfiable
from schemathesis import GenerationMode, checks
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.specs.openapi import checks as openapi_checks

from core.logging import configure_logging
from core.settings import Settings
from evals.dialogues.server import prepared_bank, running_bank

Who = Literal["none", "customer", "staff"]

LOGINS: dict[Who, tuple[str, str]] = {
    "customer": ("alex@demo.example", "demo-alex-1"),
    "staff": ("admin@demo.example", "demo-admin-1"),
}
_CHECKS: list[Any] = [
    cast(Any, checks).not_a_server_error,
    cast(Any, openapi_checks).status_code_conformance,
    cast(Any, openapi_checks).content_type_conformance,
    cast(Any, openapi_checks).response_headers_conformance,
    cast(Any, openapi_checks).response_schema_conformance,
]
_AT_ONCE = 20
"""Cases of an operation before the next has its turn, at most."""
_PATIENCE_S = 60
_SHOWN = 300
"""Characters of a failure."""

app = typer.Typer(add_completion=False)


@dataclass
class Tally:
    cases: int = 0
    server_errors: int = 0
    violations: int = 0
    """Failed checks, those of server errors counted as well."""
    operations: int = 0
    logins: int = 0
    """Further ones, where a case ended the session."""
    statuses: Counter[int] = field(default_factory=Counter[int])
    examples: dict[str, str] = field(default_factory=dict[str, str])
    """The first failure of each kind, by operation and check, with what reproduces it."""


class Caller:
    """Whose requests they are, for as long as that takes."""

    def __init__(self, base_url: str, login: tuple[str, str] | None) -> None:
        self._base_url = base_url
        self._login = login
        self.headers = self._log_in() if login else dict[str, str]()

    def is_out(self) -> bool:
        """Whether the session has ended."""
        return self._login is not None and self._ask("me", self.headers) == HTTPStatus.UNAUTHORIZED

    def log_in_again(self) -> None:
        self.headers = self._log_in()

    def _ask(self, what: str, headers: dict[str, str]) -> int:
        url = f"{self._base_url}/api/v1/auth/{what}"
        return httpx2.get(url, headers=headers, timeout=_PATIENCE_S, trust_env=False).status_code

    def _log_in(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {_log_in(self._base_url, *cast(tuple[str, str], self._login))}"}


def run_cases(base_url: str, login: tuple[str, str] | None, cases: int, seed_: int = 1) -> Tally:
    """Sends ``cases`` requests.

    Args:
        login: e-mail address and password of whose requests they are; None: a visitor's.
    """
    document = httpx2.get(f"{base_url}/openapi.json", timeout=_PATIENCE_S, trust_env=False).json()
    schema = schemathesis.openapi.from_dict(document)
    operations: list[Any] = [found.ok() for found in cast(Any, schema).get_all_operations()]
    share = max(1, min(_AT_ONCE, cases // len(operations)))
    tally = Tally(operations=len(operations))
    caller = Caller(base_url, login)
    turn = 0
    with requests.Session() as session:
        while tally.cases < cases:
            for operation in operations:
                mode = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)[turn % 2]
                turn += 1
                wanted = min(share, cases - tally.cases)
                if wanted > 0:
                    send = partial(_send, base_url=base_url, session=session, caller=caller, tally=tally)
                    _send_some(operation, mode, wanted, seed_ + turn, send)
            turn += 1 - len(operations) % 2  # so that each operation gets the other mode next time
    return tally


def _send_some(operation: Any, mode: GenerationMode, number: int, seed_: int, send_one: Callable[[Any], None]) -> None:
    strategy: Any = operation.as_strategy(generation_mode=mode)
    sent = 0

    @seed(seed_)
    @hypothesis_settings(
        max_examples=number,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=cast(list[HealthCheck], list(HealthCheck)),
        derandomize=False,
    )
    @given(case=strategy)
    def send(case: Any) -> None:
        nonlocal sent
        if sent < number:
            sent += 1
            send_one(case)

    # What cannot be generated, such as a wrong request where every one is right, is nothing that was sent.
    with suppress(Unsatisfiable, InvalidArgument, SkipTest):
        send()


def _send(case: Any, *, base_url: str, session: requests.Session, caller: Caller, tally: Tally) -> None:
    # schemathesis makes up a token of its own for what is protected.
    made = cast(dict[str, Any], case.headers or {})
    kept = {name: value for name, value in made.items() if name.lower() != "authorization"}
    case.headers = kept | caller.headers
    response = case.call(base_url=base_url, session=session, timeout=_PATIENCE_S)
    if response.status_code == HTTPStatus.UNAUTHORIZED and caller.is_out():
        caller.log_in_again()
        tally.logins += 1
        case.headers = kept | caller.headers
        response = case.call(base_url=base_url, session=session, timeout=_PATIENCE_S)
    tally.cases += 1
    tally.statuses[response.status_code] += 1
    tally.server_errors += response.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR
    try:
        case.validate_response(response, checks=_CHECKS)
    except FailureGroup as group:
        for failure in cast(list[Failure], group.exceptions):
            tally.violations += 1
            kind = f"{case.operation.label} {response.status_code} {type(failure).__name__}"
            said = f"{failure.message[:_SHOWN]} | {case.as_curl_command()[:_SHOWN]} | {response.text[:_SHOWN]}"
            tally.examples.setdefault(kind, said)


@app.command()
def schema_cases(
    cases: Annotated[int, typer.Option(min=1, help="How many requests.")] = 10_000,
    identity: Annotated[Who, typer.Option(help="Whose they are.")] = "none",
    url: Annotated[str | None, typer.Option(help="A server that runs, whose data will change.")] = None,
    seed_: Annotated[int, typer.Option("--seed", help="Another one sends others.")] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Send requests made from /openapi.json and compare the answers with it. Exits 1 where one is not as described."""
    configure_logging("ERROR")
    with ExitStack() as stack:
        base_url = url or stack.enter_context(_own_bank())
        tally = run_cases(base_url, LOGINS.get(identity), cases, seed_)
    result = {"identity": identity} | asdict(tally) | {"statuses": {str(k): v for k, v in tally.statuses.items()}}
    if as_json:
        typer.echo(orjson.dumps(result).decode())
    else:
        typer.echo(f"{tally.cases} cases, {tally.server_errors} server errors, {tally.violations} violations")
        for kind, said in tally.examples.items():
            typer.echo(f"- {kind}\n  {said}")
    raise typer.Exit(1 if tally.violations else 0)


@contextmanager
def _own_bank() -> Generator[str]:
    settings = Settings(_env_file=None, llm="offline")  # pyright: ignore[reportCallIssue]
    with prepared_bank(settings) as (own, services), running_bank(own, services, "schema_cases") as bank:
        yield bank.url


def _log_in(base_url: str, email: str, password: str) -> str:
    body = {"email": email, "password": password}
    answer = httpx2.post(f"{base_url}/api/v1/auth/login", json=body, timeout=_PATIENCE_S, trust_env=False)
    return str(answer.raise_for_status().json()["data"]["access_token"])


if __name__ == "__main__":
    app()
