"""``tellergraph chat``: the assistant in a terminal, over the same HTTP door as the widget.

Talks to the running server; where none runs, it serves on a free port for as long as the conversation lasts.
"""

import sys
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from threading import Thread
from time import monotonic, sleep
from typing import Annotated, Any, NoReturn

import httpx2
import orjson
import typer
import uvicorn
from rich.console import Console

from agent.models.factory import list_models
from api.app import create_app
from api.serve import prepared_services
from api.sse_client import read_events
from core.errors import ConfigurationError, InvalidInput, TellergraphError
from core.logging import configure_logging
from core.settings import Settings, load_settings

_START_PATIENCE = 60.0
_READ_PATIENCE = 120.0
_LOAD_PATIENCE = 600.0
"""For a local model, which loads while the server already answers."""


def chat(
    message: Annotated[str | None, typer.Argument(help="What to ask; without it, a conversation line by line.")] = None,
    email: Annotated[str | None, typer.Option(help="Log in as this customer; a visitor otherwise.")] = None,
    password: Annotated[
        str | None, typer.Option(envvar="TELLERGRAPH_CHAT_PASSWORD", help="Asked for if it is not given.")
    ] = None,
    session: Annotated[
        str | None, typer.Option(help="Go on with this session: its id, or 'last' for your latest one.")
    ] = None,
    url: Annotated[str | None, typer.Option(help="The server; default: the one on this machine, or a new one.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object; never asks anything.")] = False,
) -> None:
    """Talk with the assistant."""
    try:
        if as_json and message is None:
            raise InvalidInput("--json needs a message.")
        if email and password is None:
            password = _ask_password(as_json)
        settings = load_settings()
        configure_logging("ERROR")
        with ExitStack() as stack:
            address = url or _find_server(settings) or stack.enter_context(_own_server(settings))
            client = stack.enter_context(httpx2.Client(base_url=address, timeout=_READ_PATIENCE))
            terminal = _Terminal(client, as_json=as_json)
            if email:
                terminal.sign_in(email, password or "")
            if session:
                terminal.session_id = terminal.last_session() if session == "last" else session
            if message is None:
                terminal.converse()
            else:
                terminal.ask(message)
    except httpx2.HTTPError as error:
        _stop(f"The server cannot be reached: {error}", as_json)
    except TellergraphError as error:
        _stop(error.message, as_json, error.error_code)


@dataclass
class _Terminal:
    client: httpx2.Client
    as_json: bool
    session_id: str | None = None
    _refresh_token: str | None = None

    def sign_in(self, email: str, password: str) -> None:
        try:
            answer = self._call("POST", "/api/v1/auth/login", {"email": email, "password": password})
        except TellergraphError as error:
            if error.error_code != "totp_required" or self.as_json or not sys.stdin.isatty():
                raise
            code = typer.prompt("Code of your authenticator app")
            challenge = {"challenge": error.details["challenge"], "code": code}
            answer = self._call("POST", "/api/v1/auth/login/totp", challenge)
        self._keep(answer)

    def _keep(self, tokens: dict[str, Any]) -> None:
        self.client.headers["Authorization"] = f"Bearer {tokens['access_token']}"
        self._refresh_token = tokens["refresh_token"]

    def _is_renewed(self, response: httpx2.Response) -> bool:
        """Whether the request is worth sending again: its token was over, and now there is another one."""
        if response.status_code != HTTPStatus.UNAUTHORIZED or self._refresh_token is None:
            return False
        body, self._refresh_token = {"refresh_token": self._refresh_token}, None
        self._keep(self._call("POST", "/api/v1/auth/refresh", body))
        return True

    def last_session(self) -> str:
        sessions = self._call("GET", "/api/v1/sessions")["sessions"]
        if not sessions:
            raise InvalidInput("You have no session yet: leave --session out.")
        return str(sessions[0]["session_id"])

    def converse(self) -> None:
        """Line by line until the end of input."""
        while True:
            try:
                line = input("> " if sys.stdin.isatty() else "").strip()
            except EOFError:
                return
            if line:
                self.ask(line)

    def ask(self, message: str) -> None:
        body: dict[str, Any] = {"message": message}
        if self.session_id:
            body["session_id"] = self.session_id
        if self.as_json:
            _print_json(self._call("POST", "/api/v1/chat", body))
            return
        confirmation = self._stream("/api/v1/chat/stream", body)
        if confirmation and sys.stdin.isatty():
            self._decide(*confirmation)

    def _decide(self, turn_id: str, confirmation: dict[str, Any]) -> None:
        approved = typer.confirm(confirmation["summary"], default=False)
        body = {"operation_id": confirmation["operation_id"], "decision": "approve" if approved else "deny"}
        self._stream(f"/api/v1/chat/turns/{turn_id}/confirm", body)

    def _stream(self, path: str, body: dict[str, Any]) -> tuple[str, dict[str, Any]] | None:
        """Prints the answer as it comes. Returns the turn and what it asks to be confirmed."""
        confirmation: tuple[str, dict[str, Any]] | None = None
        turn_id = ""
        with self.client.stream("POST", path, json=body, headers={"Accept": "text/event-stream"}) as response:
            if response.status_code != HTTPStatus.OK:
                response.read()
                if self._is_renewed(response):
                    return self._stream(path, body)
                raise _refusal(response)
            for event in read_events(response):
                match event.name:
                    case "turn":
                        turn_id, self.session_id = event.data["turn_id"], event.data["session_id"]
                    case "token":
                        typer.echo(event.data["text"], nl=False)
                    case "citation":
                        typer.echo(
                            f"\n[{event.data['n']}] {event.data['title']}: {self._link(event.data['url'])}", nl=False
                        )
                    case "confirm":
                        confirmation = turn_id, event.data
                    case "done":
                        typer.echo("")
                    case "error":
                        raise TellergraphError(event.data["message"], code=event.data["code"])
                    case _:
                        """What a terminal has no place for."""
        return confirmation

    def _link(self, path: str) -> str:
        return str(self.client.base_url.join(path))

    def _call(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        response = self.client.request(method, path, json=body)
        if self._is_renewed(response):
            return self._call(method, path, body)
        if response.status_code != HTTPStatus.OK:
            raise _refusal(response)
        return response.json()["data"]


def _refusal(response: httpx2.Response) -> TellergraphError:
    try:
        error = response.json()["error"]
        return TellergraphError(error["message"], code=error["code"], details=error.get("details"))
    except (ValueError, KeyError):
        return TellergraphError(f"The server answered {response.status_code}.")


def _ask_password(as_json: bool) -> str:
    if as_json or not sys.stdin.isatty():
        raise InvalidInput("Set TELLERGRAPH_CHAT_PASSWORD or give --password.")
    return str(typer.prompt("Password", hide_input=True))


def _find_server(settings: Settings) -> str | None:
    address = f"http://{settings.host}:{settings.port}"
    try:
        return address if httpx2.get(f"{address}/health", timeout=5).json().get("status") == "ok" else None
    except (httpx2.HTTPError, ValueError):
        return None


@contextmanager
def _own_server(settings: Settings) -> Generator[str]:
    list_models(settings)
    with prepared_services(settings, Console(stderr=True)) as services:
        config = uvicorn.Config(
            create_app(settings, services), host="127.0.0.1", port=0, log_config=None, access_log=False
        )
        server = uvicorn.Server(config)
        thread = Thread(target=server.run, name="server")
        thread.start()
        try:
            address = f"http://127.0.0.1:{_wait_for_port(server, thread)}"
            _wait_for_models(address)
            yield address
        finally:
            server.should_exit = True
            thread.join()


def _wait_for_port(server: uvicorn.Server, thread: Thread) -> int:
    deadline = monotonic() + _START_PATIENCE
    while not server.started:
        if not thread.is_alive() or monotonic() > deadline:
            raise ConfigurationError("The server did not start; 'tellergraph serve' says why.")
        sleep(0.02)
    return int(server.servers[0].sockets[0].getsockname()[1])


def _wait_for_models(address: str) -> None:
    """Until none is loading any more: who asks once would never hear a local model. Tells of one that is not ready."""
    deadline = monotonic() + _LOAD_PATIENCE
    while True:
        links = httpx2.get(f"{address}/health/detailed", timeout=_READ_PATIENCE).json()["data"]["providers"]
        conditions = {link["name"]: link["condition"] for link in links if link["chosen"] and link["condition"]}
        if monotonic() > deadline or not any(said.startswith("loading") for said in conditions.values()):
            break
        sleep(0.1)
    for name, said in conditions.items():
        if not said.startswith("ready"):
            typer.echo(f"{name} is not asked: {said}", err=True)


def _print_json(result: dict[str, Any]) -> None:
    typer.echo(orjson.dumps(result).decode())


def _stop(message: str, as_json: bool, code: str = "unavailable") -> NoReturn:
    if as_json:
        _print_json({"error": {"code": code, "message": message}})
    else:
        typer.echo(f"Error: {message}", err=True)
    raise typer.Exit(1)
