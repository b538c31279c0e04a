"""The whole graph with a scripted model: what goes out is kept as a list of events."""

import functools
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessageChunk, BaseMessage
from langchain_core.messages.tool import tool_call_chunk
from langchain_core.outputs import ChatGenerationChunk, ChatResult
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.types import Command

import agent.graph
from agent.events import Event, Token
from agent.graph import RECURSION_LIMIT, build_graph
from agent.models.chain import Link, ModelChain
from agent.models.offline.model import OfflineChat
from agent.parts import Parts
from agent.state import TURN_DEFAULTS, Resolution, State, Turn, TurnRecord
from agent.understanding.heads import Heads
from core.db.database import Database, Scope
from core.security.sealing import Seal
from core.services import Services
from knowledge.embed import Encoder
from knowledge.retrieve import Retriever
from tests.conftest import Clone
from tools.catalogue import CATALOGUE, CUSTOMER_SCOPES
from tools.registry import Bank, InitiatedBy
from tools.step_up.code_senders import LogSender
from tools.step_up.codes import StepUpCodes

NODES = (
    "screen",
    "understand",
    "retrieve",
    "answer",
    "tools",
    "go_on",
    "verify",
    "remember",
    "confirm",
    "act",
    "refer",
)


class ScriptedChat(BaseChatModel):
    """Answers each request with the next script: words, or (tool, arguments as JSON) to call."""

    scripts: list[str | tuple[str, str]]
    requests: list[list[BaseMessage]]
    offered: list[list[str]]

    @property
    def _llm_type(self) -> str:
        return "scripted"

    async def _astream(
        self, messages, stop=None, run_manager=None, **kwargs: Any
    ) -> AsyncIterator[ChatGenerationChunk]:
        self.requests.append(messages)
        self.offered.append([tool["function"]["name"] for tool in kwargs.get("tools") or []])
        script = self.scripts.pop(0)
        if isinstance(script, str):
            for word in script.replace(" ", " \0").split("\0"):
                yield _chunk(content=word)
            yield _chunk(response_metadata={"finish_reason": "stop"})
        else:
            part = tool_call_chunk(name=script[0], args=script[1], id=f"call_{len(self.requests)}", index=0)
            yield _chunk(tool_call_chunks=[part], response_metadata={"finish_reason": "tool_calls"})

    def _generate(self, messages, stop=None, run_manager=None, **kwargs: Any) -> ChatResult:
        raise NotImplementedError


def _chunk(content: str = "", **more: Any) -> ChatGenerationChunk:
    return ChatGenerationChunk(message=AIMessageChunk(content=content, **more))


def chain_of(*models: BaseChatModel) -> ModelChain:
    """Each as if it ran on this machine: what others are shown is a matter of tests/agent/test_fence.py."""
    names = ["offline" if isinstance(model, OfflineChat) else model._llm_type for model in models]
    links = [Link(name, model, data_class="own") for name, model in zip(names, models, strict=True)]
    return ModelChain(links, first_token_timeout=timedelta(seconds=20), idle_timeout=timedelta(seconds=20))


@dataclass
class Talk:
    """One conversation."""

    parts: Parts
    model: ScriptedChat
    checkpoints: BaseCheckpointSaver[Any]
    now: datetime
    customer_id: UUID | None
    session_id: UUID = field(default_factory=uuid4)
    door: InitiatedBy = "chat"
    record: TurnRecord | None = None
    state: dict[str, Any] = field(default_factory=dict)

    async def say(self, message: str, *scripts: str | tuple[str, str]) -> list[Event]:
        """The events of a turn. ``scripts`` are all that the model is asked for in it."""
        return await self._run({**TURN_DEFAULTS}, message, scripts)

    async def press(self, decision: str) -> list[Event]:
        """The button under the confirmation that waits."""
        snapshot = await self._graph().aget_state(self.config)
        [waiting] = snapshot.interrupts
        resolution = Resolution(operation_id=waiting.value["operation_id"], decision=decision)  # type: ignore[typeddict-item]
        return await self._run(Command(resume={waiting.id: resolution}), "", ())

    async def _run(self, given: State | Command[Any], message: str, scripts: tuple[Any, ...]) -> list[Event]:
        events: list[Event] = []

        async def emit(event: Event) -> None:
            last = events[-1] if events else None
            if isinstance(event, Token) and isinstance(last, Token):
                events[-1] = Token(text=last.text + event.text)
            else:
                events.append(event)

        self.model.scripts[:] = scripts
        scope = Scope(subject=f"visitor:{self.session_id}")
        if self.customer_id:
            scope = Scope(self.customer_id, f"customer:{self.customer_id}", "public,customer")
        turn = Turn(uuid4(), self.session_id, scope, self.now, self.parts, emit, raw_message=message)
        turn.initiated_by = self.door
        self.state = await self._graph().ainvoke(given, self.config, context=turn, durability="exit")
        assert self.model.scripts == [], "the model was asked less often than the test expected"
        self.record = turn.record
        return events

    @property
    def config(self) -> Any:
        return {"configurable": {"thread_id": str(self.session_id)}, "recursion_limit": RECURSION_LIMIT}

    def _graph(self) -> agent.graph.Graph:
        """Built anew for each turn, as after a restart."""
        return build_graph(self.checkpoints)


@pytest.fixture(autouse=True)
def only_known_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """LangGraph drops what a node returns under a name that the state does not have, without a word."""

    def checked(node: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(node)
        async def run(*args: Any, **kwargs: Any) -> Any:
            update = await node(*args, **kwargs)
            assert set(update) <= set(State.__annotations__), node.__name__
            return update

        return run

    for name in NODES:
        monkeypatch.setattr(agent.graph, name, checked(getattr(agent.graph, name)))


@pytest.fixture(scope="session")
def encoder_threads() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(1) as threads:
        yield threads


@pytest.fixture(scope="session")
def loaded() -> tuple[Encoder, Heads]:
    return Encoder.load(), Heads.load()


@pytest.fixture(scope="module")
def full_bank(clone: Clone, template_database: str) -> Iterator[Services]:
    """Bank and help centre, for all tests of a file: they take care of the cards that they freeze."""
    with clone(template_database) as services:
        yield services


@pytest.fixture(scope="module")
async def parts(full_bank: Services, loaded: tuple[Encoder, Heads], encoder_threads) -> AsyncIterator[Parts]:
    database = Database(full_bank.app_url, pool_size=4)
    await database.open()
    yield Parts(
        bank=Bank(database, StepUpCodes(full_bank.secret_key, LogSender()), Seal(full_bank.secret_key)),
        encoder=loaded[0],
        heads=loaded[1],
        retriever=Retriever(database),
        registry=CATALOGUE,
        scopes=CUSTOMER_SCOPES,
        models=chain_of(OfflineChat()),
        fixed=chain_of(OfflineChat()),
        seal=Seal(full_bank.secret_key),
        encoder_threads=encoder_threads,
    )
    await database.close()


@pytest.fixture(scope="module")
def customers(full_bank: Services) -> dict[str, UUID]:
    with psycopg.connect(full_bank.owner_url) as connection:
        rows = connection.execute("select split_part(email, '@', 1), customer_id from credentials").fetchall()
    return dict(rows)


@pytest.fixture
def active_cards(full_bank: Services, customers: dict[str, UUID]) -> Iterator[Callable[[], dict[str, str]]]:
    """The states of alex's cards. All are active again at the end."""
    with psycopg.connect(full_bank.owner_url, autocommit=True) as connection:

        def states() -> dict[str, str]:
            rows = connection.execute("select last4, status from cards where customer_id = %s", [customers["alex"]])
            return dict(rows.fetchall())

        yield states
        connection.execute("update cards set status = 'active' where customer_id = %s", [customers["alex"]])


Start = Callable[..., Talk]


@pytest.fixture
def start(parts: Parts, customers: dict[str, UUID], seeded_at: datetime) -> Start:
    """``start("alex")``, or ``start()`` for a visitor, with a scripted model; ``offline=True`` with ours."""

    def started(
        who: str | None = None, *, checkpoints: BaseCheckpointSaver[Any] | None = None, offline: bool = False
    ) -> Talk:
        model = ScriptedChat(scripts=[], requests=[], offered=[])
        own = parts if offline else replace(parts, models=chain_of(model))
        return Talk(own, model, checkpoints or InMemorySaver(), seeded_at, customers[who] if who else None)

    return started
