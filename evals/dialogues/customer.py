"""The customer of a scripted conversation: speaks, presses buttons, and notes what comes back."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx2

from api.sse_client import read_events
from core.errors import TellergraphError
from evals.dialogues.script import Confirm
from tools.demo_bank.logins import CUSTOMERS

PATIENCE_S = 180.0
"""For one answer: a language model of the customer's own machine may be slow."""
CODE = "{code}"
"""In a customer's words: the security code that was sent to them last."""
_STREAM = {"Accept": "text/event-stream"}


@dataclass(frozen=True, slots=True)
class Heard:
    """What came back in one turn."""

    done: Mapping[str, Any] | None = None
    """The `done` event, if the turn ended with one."""
    route: str | None = None
    tools: list[str] = field(default_factory=list[str])
    calls: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list[tuple[str, Mapping[str, Any]]])
    """The same tools, with the arguments."""
    citations: int = 0
    confirmations: list[Mapping[str, Any]] = field(default_factory=list[Mapping[str, Any]])
    error: str | None = None
    """The code of the `error` event, or of the response."""

    @property
    def answer(self) -> str:
        return self.done["answer"] if self.done else ""


class Customer:
    """One conversation of `who`, from a new session on."""

    def __init__(self, base_url: str, token: str | None) -> None:
        self._headers = {"Authorization": f"Bearer {token}"} if token else dict[str, str]()
        self.session_id: str | None = None
        self._asked: tuple[str, str, bool] | None = None
        """Turn and operation of the latest confirmation, and whether it needs a code."""
        self._http = self._connected(base_url)

    def reconnect(self, base_url: str) -> None:
        self._http.close()
        self._http = self._connected(base_url)

    def close(self) -> None:
        self._http.close()

    def say(self, text: str) -> Heard:
        body = {"message": text.replace(CODE, self._find_code()) if CODE in text else text}
        if self.session_id is not None:
            body["session_id"] = self.session_id
        return self._post("/api/v1/chat/stream", body)

    def confirm(self, given: Confirm) -> Heard:
        code = self._find_code() if self._asked and self._asked[2] else None
        if code and given.code == "wrong":
            code = f"{(int(code) + 1) % 10 ** len(code):0{len(code)}d}"
        return self._decide({"decision": "approve"} | ({"code": code} if code else {}))

    def deny(self) -> Heard:
        return self._decide({"decision": "deny"})

    def _decide(self, body: dict[str, str]) -> Heard:
        if self._asked is None:
            return Heard(error="nothing_to_confirm")
        turn_id, operation_id, _ = self._asked
        return self._post(f"/api/v1/chat/turns/{turn_id}/confirm", body | {"operation_id": operation_id})

    def _post(self, path: str, body: Mapping[str, str]) -> Heard:
        try:
            with self._http.stream("POST", path, json=body, headers=_STREAM) as response:
                if not response.is_success:
                    response.read()
                    return Heard(error=response.json()["error"]["code"])
                return self._listen(response)
        except httpx2.TimeoutException:
            return Heard(error="no_answer")

    def _listen(self, response: httpx2.Response) -> Heard:
        found: dict[str, list[Any]] = {}
        for event in read_events(response):
            found.setdefault(event.name, []).append(event.data)
        confirmations = found.get("confirm", [])
        for turn in found.get("turn", []):
            self.session_id = turn["session_id"]
            for asked in confirmations:
                self._asked = (turn["turn_id"], asked["operation_id"], asked["step_up"])
        failed, done = found.get("error"), found.get("done", [None])[0]
        if failed is None and done is None:
            return Heard(error="no_ending")
        route = found["route"][-1]["route"] if "route" in found else done and done["route"]
        return Heard(
            done=done,
            route=route,
            tools=[call["name"] for call in found.get("tool_call", [])],
            calls=[(call["name"], call["arguments"]) for call in found.get("tool_call", [])],
            citations=len(found.get("citation", [])),
            confirmations=confirmations,
            error=failed[0]["code"] if failed else None,
        )

    def _find_code(self) -> str:
        response = self._http.get("/api/v1/demo/outbox")
        messages: list[dict[str, str]] = response.json()["data"]["messages"] if response.is_success else []
        wanted = self._asked[1] if self._asked else None
        return next((sent["code"] for sent in messages if sent["operation_id"] == wanted), "000000")

    def _connected(self, base_url: str) -> httpx2.Client:
        return httpx2.Client(base_url=base_url, headers=self._headers, timeout=PATIENCE_S, trust_env=False)


def log_in(base_url: str, who: str) -> str:
    """An access token, from the real endpoint.

    Raises:
        TellergraphError: the login was refused.
    """
    login = CUSTOMERS[who]
    body = {"email": login.email, "password": login.password}
    response = httpx2.post(f"{base_url}/api/v1/auth/login", json=body, timeout=PATIENCE_S, trust_env=False)
    if not response.is_success:
        raise TellergraphError(f"{login.email} could not log in: {response.text}")
    return response.json()["data"]["access_token"]
