"""What one customer has asked is asked by another: in their own session, in the other's, over the OpenAI door with the
other's own conversation, and of streams. Whatever sessions, memories and caches hold of the first is not told."""

from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import httpx2

from evals.bench.swap_cases import Finding
from evals.bench.swap_ground import VICTIMS, Ground

TALKS = (
    "What is my balance?",
    "Show my last 5 transactions",
    "Who are my payees?",
    "Which cards do I have?",
    "Do I have standing orders?",
    "Do I have a fraud alert?",
    "What is my address?",
    "What is my IBAN?",
    "How do I activate my new card?",
    "Which appointments do I have?",
)

_Door = Callable[[httpx2.Client, str], httpx2.Response]


def examine_talk(ground: Ground, question: str) -> Iterator[Finding]:
    """Of both customers, each after the other."""
    for name in VICTIMS:
        owner, others = ground.callers[name], ground.callers[next(one for one in VICTIMS if one != name)]
        for door, ask in _DOORS.items():
            first = ask(owner, question)
            for caller, http in (("other customer", others), ("visitor", ground.callers["visitor"])):
                second = ask(http, question)
                if leaked := next((mark for mark in ground.marks[name] if mark in second.text), None):
                    yield Finding("leak", caller, door, question, "words", leaked)
                if _session(first) is not None and _session(first) == _session(second):
                    yield Finding("session shared", caller, door, question, "words", str(_session(first)))
        yield from _resumed(owner, others, ground.callers["visitor"], question)


def _chat(http: httpx2.Client, question: str) -> httpx2.Response:
    return http.post("/api/v1/chat", json={"message": question})


def _stream(http: httpx2.Client, question: str) -> httpx2.Response:
    return http.post("/api/v1/chat/stream", json={"message": question})


def _openai(http: httpx2.Client, question: str) -> httpx2.Response:
    """A client's copy of a conversation: it must lead nobody into somebody else's."""
    said = [{"role": "user", "content": "hello"}, {"role": "assistant", "content": "Hello! How can I help?"}]
    body: dict[str, Any] = {"model": "tellergraph", "messages": [*said, {"role": "user", "content": question}]}
    return http.post("/v1/chat/completions", json=body)


_DOORS: dict[str, _Door] = {"chat": _chat, "stream": _stream, "openai": _openai}


def _session(answer: httpx2.Response) -> str | None:
    return answer.headers.get("x-session-id")


def _resumed(owner: httpx2.Client, other: httpx2.Client, visitor: httpx2.Client, question: str) -> Iterator[Finding]:
    """The events of a turn, from its start and from its middle, by whoever has read its id somewhere."""
    turn = str(owner.post("/api/v1/chat", json={"message": question}).json()["data"]["turn_id"])
    for caller, http in (("other customer", other), ("visitor", visitor)):
        for after in (None, "1", "3", "999"):
            headers = {} if after is None else {"Last-Event-ID": after}
            told = [http.get(f"/api/v1/chat/turns/{one}/events", headers=headers) for one in (turn, str(uuid4()))]
            bodies = [(one.status_code, one.json()["error"] if one.status_code == 404 else one.text) for one in told]
            if bodies[0] != bodies[1]:
                yield Finding("told apart", caller, "resume", question, f"Last-Event-ID {after}", str(bodies[0])[:300])
