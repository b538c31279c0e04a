"""Runs conversations through the real graph, and keeps what a model would have been shown and what it should say."""

import random
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast
from uuid import UUID, uuid5

from langchain_core.messages import BaseMessage
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.constants import END, START
from langgraph.runtime import Runtime
from langgraph.types import Command

from agent.graph import RECURSION_LIMIT, Graph, build_graph
from agent.messages import ToolCall, ToolReturn
from agent.models.chain import ModelChain
from agent.models.offline.model import OfflineChat
from agent.models.reply import Reply, ReplyBuilder
from agent.nodes.context import tool_context
from agent.parts import Parts
from agent.prompts.messages import make_messages
from agent.state import TURN_DEFAULTS, State, Turn, TurnRecord, Update
from agent.understanding.heads import Heads
from agent.understanding.intents import INTENT_ROUTES
from core.db.database import NOBODY, Database, Scope
from core.errors import TellergraphError, Unavailable
from core.security.sealing import Seal
from core.services import Services
from core.settings import Settings
from finetune.data.chat.told import Articles, Meaning, ToldEncoder, ToldHeads
from knowledge.cache import CachedRetriever
from knowledge.embed import Encoder
from tools.bank import make_bank
from tools.catalogue import CATALOGUE, CUSTOMER_SCOPES
from tools.registry import Arguments, Registry, Result, Risk, Tool, ToolContext, ToolOutcome

CATALOGUE_TOOLS = {tool.name: tool for tool in CATALOGUE.offered(CUSTOMER_SCOPES)}
_OWN = frozenset({"list_accounts", "list_cards", "list_payees"})
NAMESPACE = UUID("5b0e6f0a-7c1d-4c55-9d0e-3f3f7a1c7e11")
"""Of the ids of turns and sessions, which follow from their places."""


@dataclass(frozen=True, slots=True)
class Shown:
    """One call of a model."""

    messages: list[BaseMessage]
    tools: list[dict[str, Any]]
    """Schemas of what it was offered."""
    reply: Reply


@dataclass(frozen=True, slots=True)
class Turned:
    """One turn of a conversation."""

    said: str
    record: TurnRecord
    shown: list[Shown]
    results: list[dict[str, Any]]
    """What tools returned in this turn: name, arguments, ok and content."""


class RecordingChain:
    """In place of `ModelChain`: the offline model, which is its own best teacher, with a note of every call."""

    is_offline = True

    def __init__(self) -> None:
        self.shown: list[Shown] = []

    async def stream(
        self,
        messages: list[BaseMessage],
        *,
        tools: list[dict[str, Any]],
        on_text: Callable[[str], Awaitable[None]],
        **_: Any,
    ) -> Reply:
        """`on_text` is told each piece. The chain's other options, such as a fence, mean nothing here."""
        builder, model = ReplyBuilder("offline"), OfflineChat()
        options: dict[str, Any] = {"tools": tools} if tools else {}
        async for chunk in model.astream(messages, **options):
            if text := builder.add(chunk):
                await on_text(text)
        reply = builder.build()
        self.shown.append(Shown(messages, tools, reply))
        return reply


class RememberingRegistry(Registry):
    """The catalogue. What every turn asks first, a customer's own accounts, cards and payees, is looked up once until
    something is done for them."""

    def __init__(self) -> None:
        super().__init__(CATALOGUE_TOOLS.values())
        self._known: dict[tuple[UUID, str], ToolOutcome] = {}

    async def call(
        self,
        name: str,
        arguments: dict[str, Any],
        *,
        context: ToolContext,
        scopes: frozenset[str],
        perform: Callable[[Tool, ToolContext, Arguments], Awaitable[Result]] = Tool.perform,
    ) -> ToolOutcome:
        if name not in _OWN or arguments:
            return await super().call(name, arguments, context=context, scopes=scopes, perform=perform)
        key = context.customer_id, name
        if key not in self._known:
            self._known[key] = await super().call(name, arguments, context=context, scopes=scopes, perform=perform)
        return self._known[key]

    def forget(self, customer: UUID | None) -> None:
        self._known = {key: outcome for key, outcome in self._known.items() if key[0] != customer}


@dataclass(slots=True)
class Studio:
    """The bank and the graph that dialogues are recorded on; one dialogue at a time."""

    parts: Parts
    steps: "Steps"
    chain: RecordingChain
    meaning: Meaning
    articles: Articles
    registry: RememberingRegistry
    seed: int

    def converse(self, number: int, customer: UUID | None, now: datetime, rng: random.Random) -> "Conversation":
        self.articles.rng, self.articles.finds_nothing = rng, False
        return Conversation(self, number, customer, now)


@dataclass(slots=True)
class Conversation:
    studio: Studio
    number: int
    """Of the dialogue; ids follow from it."""
    customer: UUID | None
    now: datetime
    turns: list[Turned] = field(default_factory=list[Turned])
    state: State = field(default_factory=lambda: cast(State, {}))
    """What the conversation remembers."""

    async def say(self, text: str, intent: str) -> Turned | None:
        """The turn that answers a message, which means `intent`; None where the turn ends with an error."""
        studio = self.studio
        studio.meaning.intent, studio.chain.shown = intent, []
        results: list[dict[str, Any]] = []
        turn = self._turn(text)
        try:
            self.state = await walk(studio.steps, self.state | TURN_DEFAULTS, turn, results)
        except TellergraphError:
            return None
        if turn.record is None:
            return None
        if turn.record.operation:
            studio.registry.forget(self.customer)
        turned = Turned(turn.record.message, turn.record, studio.chain.shown, results)
        self.turns.append(turned)
        return turned

    async def call(self, tool: str, arguments: dict[str, Any], said: str, intent: str) -> Turned:
        """The turn in which a model calls a tool by itself, as one does whose task takes what our own slots do not: one
        call, and the answer from its result."""
        studio = self.studio
        turn = self._turn(said)
        state: State = {
            **TURN_DEFAULTS,
            "message": said,
            "said": said,
            "route": INTENT_ROUTES[intent].value,
            "intent": intent,
            "step": "call",
            "tool": tool,
            "slots": arguments,
        }
        shown: list[Shown] = []
        offered = [CATALOGUE_TOOLS[name].schema for name in CATALOGUE_TOOLS if _may_be_offered(name, tool)]
        call = ToolCall(id=f"call_{tool}", name=tool, arguments=arguments)
        shown.append(Shown(make_messages(state, turn), offered, Reply("", [call], {}, "offline")))
        outcome = await CATALOGUE.call(tool, arguments, context=tool_context(turn), scopes=CUSTOMER_SCOPES)
        content = outcome.result.model_dump_json() if outcome.result else str(outcome.error)
        returned = ToolReturn(
            round=1, id=call["id"], name=tool, arguments=arguments, content=content, ok=outcome.result is not None
        )
        state["returns"] = [returned]
        messages, said_back = make_messages(state, turn), list[str]()
        studio.chain.shown = []

        async def on_text(text: str) -> None:
            said_back.append(text)

        await studio.chain.stream(messages, tools=offered, on_text=on_text)
        record = _record_of(said, "".join(said_back), state)
        turned = Turned(said, record, [*shown, Shown(messages, offered, studio.chain.shown[-1].reply)], [{**returned}])
        self.turns.append(turned)
        return turned

    def _turn(self, text: str) -> Turn:
        place = f"{self.studio.seed}/{self.number}"
        session = uuid5(NAMESPACE, place)
        return Turn(
            turn_id=uuid5(NAMESPACE, f"{place}/{len(self.turns)}"),
            session_id=session,
            scope=self._scope(session),
            now=self.now,
            parts=self.studio.parts,
            emit=_ignore,
            raw_message=text,
        )

    def _scope(self, session: UUID) -> Scope:
        if self.customer is None:
            return Scope(subject=f"visitor:{session}")
        return Scope(
            customer_id=self.customer, subject=f"customer:{self.customer}", audiences="public,customer"
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Seeded:
    done: bool


@asynccontextmanager
async def open_studio(settings: Settings, services: Services, seed: int) -> AsyncGenerator[Studio]:
    """The graph as the server builds it, with the encoder told, passages by intent, and the offline model recorded."""
    database = Database(services.app_url, pool_size=1)
    await database.open()
    # The numbers of new cards are drawn by the database, in its one session here.
    await database.fetch(
        _Seeded, "select setseed(%(seed)s) is null as done", {"seed": 1 / (1 + seed % 1_000)}, scope=NOBODY
    )
    chain, meaning, articles, registry = RecordingChain(), Meaning(), Articles.load(), RememberingRegistry()
    with ThreadPoolExecutor(1) as threads:
        parts = Parts(
            bank=make_bank(settings, services, database),
            encoder=cast(Encoder, ToldEncoder()),
            heads=cast(Heads, ToldHeads(meaning)),
            retriever=cast(CachedRetriever, articles),
            registry=registry,
            scopes=CUSTOMER_SCOPES,
            models=cast(ModelChain, chain),
            fixed=cast(ModelChain, chain),
            seal=Seal(services.secret_key),
            encoder_threads=threads,
        )
        try:
            yield Studio(parts, steps_of(build_graph(InMemorySaver())), chain, meaning, articles, registry, seed)
        finally:
            await database.close()


@dataclass(frozen=True, slots=True)
class Steps:
    """The graph's nodes, each of which names the next one, and the first."""

    nodes: Mapping[str, Callable[[State, Runtime[Turn]], Awaitable[Command[str]]]]
    first: str


def steps_of(graph: Graph) -> Steps:
    """Read off the graph that the server runs, so that nothing is said twice about its edges."""
    builder = graph.builder
    [first] = [end for start, end in builder.edges if start == START]
    return Steps({name: cast(Any, node.runnable).afunc for name, node in builder.nodes.items()}, first)


async def walk(steps: Steps, state: State, turn: Turn, results: list[dict[str, Any]]) -> State:
    """One turn, from the message to what is remembered; what tools returned goes into `results`. LangGraph's own loop
    saves a checkpoint and schedules tasks for every node, which is most of the time where no model is waited for."""
    state = {**state, "message": turn.raw_message}
    runtime = Runtime(context=turn)
    name = steps.first
    for _ in range(RECURSION_LIMIT):
        command = await steps.nodes[name](state, runtime)
        state = cast(State, {**state, **cast(Update, command.update)})
        if name == "tools":
            results[:] = [{**returned} for returned in state["returns"]]
        name = cast(str, command.goto)
        if name in (END, "confirm"):
            # The customer's decision comes with the next message.
            return state
    raise Unavailable("The conversation does not come to an end.")


def _may_be_offered(name: str, task: str) -> bool:
    """As `agent.offer` has it: all that read, and the tool of the task."""
    return name == task or CATALOGUE_TOOLS[name].risk is Risk.READ


def _record_of(said: str, answer: str, state: State) -> TurnRecord:
    return TurnRecord(
        message=said,
        answer=answer,
        route=state["route"],
        intent=state["intent"],
        confidence=1.0,
        citations=[],
        tool_calls=[done["name"] for done in state["returns"]],
        operation=None,
        suggested_next_steps=[],
        task=None,
        asks=None,
        usage={},
        model="offline",
        notices=[],
    )


async def _ignore(_event: object) -> None:
    """Nobody follows the events."""
