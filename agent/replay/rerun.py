"""Runs a turn again from its record, with nothing outside the graph to ask."""

from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import Executor
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, TypeVar, cast
from uuid import UUID

import orjson
from langchain_core.messages import BaseMessage
from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.memory import InMemorySaver

from agent.events import Event
from agent.graph import build_graph
from agent.models.allowance import Allowance
from agent.models.chain import ModelChain
from agent.models.fence import Fence
from agent.models.link import OFFLINE
from agent.models.reply import Reply
from agent.parts import Parts
from agent.prompts.templates import Prompts
from agent.replay.record import made_with, outcome_of
from agent.replay.tape import MODEL, Codec, Exchange, OnCut, OnText, Streaming, prompt_of
from agent.state import TURN_DEFAULTS, Resolution, State, Turn
from agent.understanding.heads import Heads
from core import errors
from core.db.database import Scope
from core.errors import Conflict, TellergraphError
from core.security.pii import Placeholders
from core.security.sealing import Seal
from knowledge.cache import CachedRetriever
from knowledge.embed import Encoder
from tools.catalogue import CATALOGUE
from tools.operations import Slip
from tools.registry import Bank

T = TypeVar("T")
_RECURSION_LIMIT = 25
_CONFIDENCE = 0.005
"""Encoders on other processors differ in the last digits."""


@dataclass(frozen=True, slots=True)
class Difference:
    what: str
    recorded: Any
    replayed: Any


@dataclass(frozen=True, slots=True)
class Rerun:
    differences: tuple[Difference, ...]
    notes: tuple[str, ...]
    """What is not as it was then and made no difference by itself."""

    @property
    def is_same(self) -> bool:
        return not self.differences


@dataclass(frozen=True, slots=True)
class Tools:
    """Of the replaying process."""

    bank: Bank
    """Is asked for nothing: its database is not open."""
    encoder: Encoder
    heads: Heads
    fixed: ModelChain
    seal: Seal
    threads: Executor


async def rerun(stored: Mapping[str, Any], tools: Tools) -> Rerun:
    tape = _Reading([Exchange(**each) for each in stored["exchanges"]], tools.fixed, stored["settings"]["is_offline"])
    turn = _turn(stored, tape, tools)
    try:
        await build_graph(InMemorySaver()).ainvoke(_given(stored), _config(stored), context=turn, durability="exit")
    except TellergraphError as error:
        tape.differences.append(Difference("end", "an answer", f"{error.error_code}: {error.message}"))
    if turn.record is not None:
        tape.differences.extend(_compare(stored["outcome"], outcome_of(turn.record)))
    tape.differences.extend(Difference(f"{left.port} not asked", left.asked, None) for left in tape.left())
    return Rerun(tuple(tape.differences), tuple(_notes(stored["settings"])))


def _turn(stored: Mapping[str, Any], tape: "_Reading", tools: Tools) -> Turn:
    async def ignore(event: Event) -> None:
        """What was streamed is in the outcome."""

    settings = stored["settings"]
    parts = Parts(
        bank=tools.bank,
        encoder=tools.encoder,
        heads=tools.heads,
        retriever=cast(CachedRetriever, None),  # the tape answers in its place
        registry=CATALOGUE,
        scopes=frozenset(stored["scopes"]),
        models=tools.fixed,
        fixed=tools.fixed,
        seal=tools.seal,
        encoder_threads=tools.threads,
        prompts=Prompts(bank=settings["bank"], tokens=settings["tokens"]),
    )
    customer = UUID(stored["customer_id"]) if stored["customer_id"] else None
    return Turn(
        turn_id=UUID(stored["turn_id"]),
        session_id=UUID(stored["session_id"]),
        scope=Scope(customer_id=customer, subject=stored["subject"], audiences=stored["audiences"]),
        now=datetime.fromisoformat(stored["now"]),
        parts=parts,
        emit=ignore,
        raw_message=Placeholders(dict(stored["originals"])).restore(stored["message"]),
        # Which it was is not known any more, and was used for nothing.
        typed_secret="[SECRET]" in stored["message"],
        # Worth nothing: what it was spent on is read from the record.
        slip=Slip(UUID(stored["slip"]), "") if stored["slip"] else None,
        initiated_by=stored["door"],
        tape=tape,
    )


def _given(stored: Mapping[str, Any]) -> State:
    """A decision that resumed an interrupt goes in by the front door: from ``act`` on it is the same."""
    decided: Resolution | None = stored["memory"].get("resolution")
    memory = {name: value for name, value in stored["memory"].items() if name != "resolution"}
    return cast(State, {**TURN_DEFAULTS, **memory, "resolution": decided})


def _config(stored: Mapping[str, Any]) -> RunnableConfig:
    return {"configurable": {"thread_id": stored["session_id"]}, "recursion_limit": _RECURSION_LIMIT}


def _compare(recorded: dict[str, Any], replayed: dict[str, Any]) -> list[Difference]:
    return [
        Difference(name, recorded.get(name), replayed.get(name))
        for name in sorted(recorded.keys() | replayed.keys())
        if not _is_same(name, recorded.get(name), replayed.get(name))
    ]


def _is_same(name: str, recorded: Any, replayed: Any) -> bool:
    if name == "confidence" and recorded is not None and replayed is not None:
        return abs(recorded - replayed) <= _CONFIDENCE
    return recorded == replayed


def _notes(settings: Mapping[str, Any]) -> list[str]:
    then = {name: settings.get(name) for name in made_with()}
    return [
        f"the {name} was {was}, it is {made_with()[name]}" for name, was in then.items() if was != made_with()[name]
    ]


@dataclass(slots=True)
class _Reading:
    """The tape of a replay."""

    is_live = False
    exchanges: list[Exchange]
    fixed: ModelChain
    is_offline: bool
    """Whether no language model could be asked."""
    differences: list[Difference] = field(default_factory=list[Difference])
    _next: int = 0

    def begin(self, memory: Mapping[str, Any]) -> None:
        """It was given."""

    def left(self) -> list[Exchange]:
        return self.exchanges[self._next :]

    def take(self, port: str, asked: Mapping[str, Any]) -> Exchange:
        """Raises Conflict where the record has nothing, or something else."""
        wanted = orjson.loads(orjson.dumps(dict(asked), default=str))
        found = self.exchanges[self._next] if self._next < len(self.exchanges) else None
        if found is None or found.port != port:
            raise Conflict(f"The turn asks {port} where it asked {found.port if found else 'nothing'}.")
        self._next += 1
        if wanted != found.asked:
            self.differences.append(Difference(f"{port} {self._next}", found.asked, wanted))
        return found

    async def through(
        self,
        port: str,
        asked: Mapping[str, Any],
        call: Callable[[], Awaitable[T]],  # noqa: ARG002  Nothing is asked again.
        codec: Codec[T],
    ) -> T:
        found = self.take(port, asked)
        if found.error is not None:
            raise _error(found.error)
        return codec.decode(found.answer)

    def model(self, chain: ModelChain) -> Streaming:  # noqa: ARG002  Of a model there is only what it said.
        return _RecordedModel(self)


def _error(stored: dict[str, str]) -> TellergraphError:
    kind: type[TellergraphError] = getattr(errors, stored["class"], TellergraphError)
    return kind(stored["message"], code=stored["code"])


@dataclass(frozen=True, slots=True)
class _RecordedModel:
    tape: _Reading

    @property
    def is_offline(self) -> bool:
        return self.tape.is_offline

    async def stream(
        self,
        messages: list[BaseMessage],
        *,
        tools: list[dict[str, Any]],
        on_text: OnText,
        fence: Fence | None = None,  # noqa: ARG002  Nobody is shown anything.
        allowance: Allowance | None = None,  # noqa: ARG002
        on_cut: OnCut | None = None,
    ) -> Reply:
        found = self.tape.take(MODEL, prompt_of(messages, tools))
        said: list[str | None] = found.answer["said"]
        recorded = Reply(**{name: value for name, value in found.answer.items() if name != "said"})
        if recorded.model == OFFLINE and None not in said:
            return await self._asked_again(recorded, messages, tools, on_text)
        for text in said:
            if text is not None:
                await on_text(text)
            elif on_cut is not None:
                await on_cut()
        return recorded

    async def _asked_again(
        self, recorded: Reply, messages: list[BaseMessage], tools: list[dict[str, Any]], on_text: OnText
    ) -> Reply:
        """The offline model says the same each time, or the program is not what it was."""
        reply = await self.tape.fixed.stream(messages, tools=tools, on_text=on_text)
        then, now = _said(recorded), _said(reply)
        if then != now:
            self.tape.differences.append(Difference("offline model", then, now))
        return reply


def _said(reply: Reply) -> dict[str, Any]:
    """Ids of calls are made anew."""
    calls = [{"name": call["name"], "arguments": call["arguments"]} for call in reply.calls]
    return {"text": reply.text, "calls": calls}


def as_json(rerun_: Rerun) -> dict[str, Any]:
    return {
        "same": rerun_.is_same,
        "differences": [asdict(difference) for difference in rerun_.differences],
        "notes": list(rerun_.notes),
    }
