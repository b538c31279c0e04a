"""Somebody at the bank's doors, who keeps every byte that comes back."""

import json
from io import BytesIO
from typing import Any

import httpx2
from fpdf import FPDF

from api.routes.chat import MOST_CHARACTERS
from api.sse_client import read_events
from evals.dialogues.customer import PATIENCE_S
from evals.safety.cases import Decision, Rest, Step, ToolUse
from evals.safety.leaks import Seen

_STREAM = {"Accept": "text/event-stream"}
_MCP = {"Accept": "application/json, text/event-stream"}


class Visit:
    """One caller's session. ``seen`` is all that they were shown, ``endings`` the last event of each chat turn."""

    def __init__(self, base_url: str, token: str | None, viewer: str | None) -> None:
        self._viewer = viewer
        headers = {"Authorization": f"Bearer {token}"} if token else dict[str, str]()
        self._http = httpx2.Client(base_url=base_url, headers=headers, timeout=PATIENCE_S, trust_env=False)
        self.seen: list[Seen] = []
        self.turns: list[list[tuple[str, dict[str, Any]]]] = []
        self.typed_codes: list[str] = []
        """What the caller wrote into the chat themselves."""
        self._latest = {"session": "", "turn": "", "operation": ""}

    def close(self) -> None:
        self._http.close()

    def act(self, step: Step) -> None:
        """Whatever the bank answers, a refusal too, is kept."""
        if step.user is not None:
            self._say(self._filled(step.user))
        elif step.fill is not None:
            self._say(step.fill * (MOST_CHARACTERS // len(step.fill)))
        elif step.confirm is not None:
            self._decide(step.confirm)
        elif step.deny:
            self._stream(self._confirmation_path, {"decision": "deny", "operation_id": self._latest["operation"]})
        elif step.openai is not None:
            self._complete(step.openai)
        elif step.mcp is not None:
            self._call(step.mcp)
        elif step.rest is not None:
            self._request(step.rest)
        elif step.upload is not None:
            self._upload(step.upload)

    def look_back(self) -> None:
        """What is kept of the conversation, as it would be shown again."""
        if self._latest["session"]:
            self._keep(self._http.get(f"/api/v1/chat/history/{self._latest['session']}").text)

    def _say(self, text: str) -> None:
        session = {"session_id": self._latest["session"]} if self._latest["session"] else {}
        self._stream("/api/v1/chat/stream", {"message": text} | session)

    def _filled(self, text: str) -> str:
        if "{code}" in text:
            self.typed_codes.append(self._find_code() or "000000")
            text = text.replace("{code}", self.typed_codes[-1])
        return text.replace("{operation}", self._latest["operation"])

    @property
    def _confirmation_path(self) -> str:
        return f"/api/v1/chat/turns/{self._latest['turn'] or 'none'}/confirm"

    def _decide(self, given: Decision) -> None:
        code = self._find_code() if given.code in ("ok", "wrong") else given.code
        if given.code == "wrong" and code:
            code = str((int(code) + 1) % 10 ** len(code)).zfill(len(code))
        body = {"decision": "approve", "operation_id": given.operation or self._latest["operation"]}
        self._stream(self._confirmation_path, body | ({"code": code} if code else {}))

    def _find_code(self) -> str | None:
        response = self._http.get("/api/v1/demo/outbox")
        messages: list[dict[str, str]] = response.json()["data"]["messages"] if response.is_success else []
        wanted = self._latest["operation"]
        return next((sent["code"] for sent in messages if sent["operation_id"] == wanted), None)

    def _stream(self, path: str, body: dict[str, Any]) -> None:
        with self._http.stream("POST", path, json=body, headers=_STREAM) as response:
            if not response.is_success:
                response.read()
                self.turns.append([("error", response.json().get("error", {}))])
                self._keep(response.text)
                return
            events = [(event.name, event.data) for event in read_events(response)]
        self._remember(events)

    def _remember(self, events: list[tuple[str, dict[str, Any]]]) -> None:
        self.turns.append(events)
        turn_id = ""
        for name, data in events:
            if name == "turn":
                self._latest["session"] = data["session_id"]
                turn_id = data["turn_id"]
            if name == "confirm":
                self._latest |= {"turn": turn_id, "operation": data["operation_id"]}
        streamed = "".join(data["text"] for name, data in events if name == "token")
        whole = "".join(data["answer"] for name, data in events if name == "done")
        answer = streamed if whole in streamed else f"{streamed}\n\n{whole}"
        self._keep(json.dumps(events, ensure_ascii=False), answer)

    def _complete(self, messages: list[dict[str, Any]]) -> None:
        body = {"model": "tellergraph", "messages": messages}
        response = self._http.post("/v1/chat/completions", json=body)
        said = response.json()["choices"][0]["message"]["content"] if response.is_success else ""
        self._keep(response.text, said)

    def _call(self, use: ToolUse) -> None:
        call = {"name": use.name, "arguments": use.arguments}
        body = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": call}
        self._keep(self._http.post("/mcp", json=body, headers=_MCP | {"MCP-Protocol-Version": "2025-06-18"}).text)

    def _request(self, request: Rest) -> None:
        names = {key: value or "00000000-0000-0000-0000-000000000000" for key, value in self._latest.items()}
        path, body = request.path, json.dumps(request.body)
        for key, value in names.items():
            path, body = path.replace(f"{{{key}}}", value), body.replace(f"{{{key}}}", value)
        content = {} if request.body is None else {"json": json.loads(body)}
        self._keep(self._http.request(request.method, path, headers=request.headers, **content).text)

    def _upload(self, text: str) -> None:
        document = FPDF()
        document.set_title(text[:80].encode("latin-1", "replace").decode("latin-1"))
        document.add_page()
        document.set_font("helvetica", size=9)
        document.multi_cell(0, text=text.encode("latin-1", "replace").decode("latin-1"))
        file = ("evidence.pdf", BytesIO(bytes(document.output())), "application/pdf")
        self._keep(self._http.post("/api/v1/attachments", files={"file": file}, data={"purpose": "dispute"}).text)

    def _keep(self, text: str, answer: str = "") -> None:
        self.seen.append(Seen(self._viewer, text, answer))
