"""Makes OpenTelemetry spans, in Langfuse's attributes, of a turn that is over.

Spans are made with the plain API: an observation of the library costs ten times as much.
"""

import json
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import orjson
from opentelemetry.context import Context
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.trace import Span, Tracer, set_span_in_context

from agent.langfuse.observer import Record
from agent.models.link import OFFLINE
from agent.prompts.langfuse import PREFIX, VERSION_PREFIX
from core.telemetry.observing import Kind, Plain, told

Attributes = dict[str, Any]

_TYPES = {
    Kind.TURN: "agent",
    Kind.NODE: "span",
    Kind.TOOL: "tool",
    Kind.MODEL: "generation",
    Kind.RETRIEVAL: "retriever",
    Kind.GUARD: "guardrail",
}
SAID = frozenset({"langfuse.observation.input", "langfuse.observation.output"})
"""Attributes that hold somebody's words or what a tool gave; the others hold the product's vocabulary."""
_INPUTS = ("question_text", "arguments_text", "input_text")
_OUTPUTS = ("answer_text", "result_text", "output_text")
_APART = frozenset(
    {*_INPUTS, *_OUTPUTS, "details_text", "turn_id", "session", "customer", "input_tokens", "output_tokens",
     "cost_microdollars", "first_token_ms", "answered_by"}
)  # fmt: skip
"""Facts that become something else than metadata, or, as the turn's id and the customer's details, nothing: to a
visitor the id of a turn is the proof that it is theirs."""
_TAGS = ("route", "intent", "door", "caller", "outcome")
_WITHHELD = "[WITHHELD]"
"""In place of texts of a turn whose customer's details could not be read: not all that is personal could be hidden."""
_WORD = re.compile(r"[A-Za-z0-9][\w.:/@+-]{0,79}")
_MICRODOLLARS = 1_000_000


class TurnIds(RandomIdGenerator):
    """Gives the next trace the id that its turn is to have."""

    next_trace: int | None = None

    def generate_trace_id(self) -> int:
        wanted, self.next_trace = self.next_trace, None
        return super().generate_trace_id() if wanted is None else wanted


class SpanMaker:
    def __init__(self, tracer: Tracer, ids: TurnIds) -> None:
        self._tracer = tracer
        self._ids = ids

    def make(self, turn: Record, trace_id: str) -> None:
        """The root ends last: by it one can tell that a turn is whole."""
        facts = told(turn.facts, texts=True)
        common = _common(facts)
        has_texts = facts.get("caller") != "customer" or "details_text" in facts
        self._ids.next_trace = int(trace_id, 16)
        root = self._start(turn, facts, common, has_texts, Context())
        self._make_inner(turn, root, common, has_texts)
        root.end(turn.ended)

    def _make_inner(self, above: Record, span: Span, common: Attributes, has_texts: bool) -> None:
        context = set_span_in_context(span, Context())
        for record in above.inner:
            inner = self._start(record, told(record.facts, texts=True), common, has_texts, context)
            self._make_inner(record, inner, common, has_texts)
            inner.end(record.ended or above.ended)

    def _start(
        self, record: Record, facts: Mapping[str, Plain], common: Attributes, has_texts: bool, context: Context
    ) -> Span:
        attributes = common | dict(_attributes(record, facts, has_texts))
        name = record.name if _WORD.fullmatch(record.name) else record.kind.value
        return self._tracer.start_span(name, context, attributes=attributes, start_time=record.began)


def _common(facts: Mapping[str, Plain]) -> Attributes:
    """What every span of a turn carries, so that Langfuse can filter by it."""
    tags = [str(facts[name]) for name in _TAGS if name in facts]
    common: Attributes = {"langfuse.trace.name": "turn", "langfuse.trace.tags": tags}
    if "session" in facts:
        common["session.id"] = facts["session"]
    if "customer" in facts:
        common["user.id"] = facts["customer"]
    return common


def _attributes(record: Record, facts: Mapping[str, Plain], has_texts: bool) -> Iterator[tuple[str, Any]]:
    yield "langfuse.observation.type", _TYPES[record.kind]
    for kind, names in (("input", _INPUTS), ("output", _OUTPUTS)):
        for name in names:
            if name in facts and (text := _shown(record, name, str(facts[name]))):
                yield f"langfuse.observation.{kind}", text if has_texts else _WITHHELD
    for name, value in facts.items():
        if name not in _APART and (has_texts or not name.endswith("_text")):
            # As the library writes them; the server reads "12" and 12 apart.
            yield f"langfuse.observation.metadata.{name}", json.dumps(value, ensure_ascii=False)
    if record.error is not None:
        yield "langfuse.observation.level", "ERROR"
        yield "langfuse.observation.status_message", record.error
    if record.kind is Kind.MODEL:
        yield from _of_model(record, facts)


def _of_model(record: Record, facts: Mapping[str, Plain]) -> Iterator[tuple[str, Any]]:
    yield "langfuse.observation.model.name", str(facts.get("answered_by", record.name))
    usage = {kind: facts[f"{kind}_tokens"] for kind in ("input", "output") if f"{kind}_tokens" in facts}
    if usage:
        yield "langfuse.observation.usage_details", json.dumps(usage)
    if (cost := facts.get("cost_microdollars")) is not None:
        yield "langfuse.observation.cost_details", json.dumps({"total": float(cost) / _MICRODOLLARS})  # pyright: ignore[reportArgumentType]
    if (first := facts.get("first_token_ms")) is not None:
        moment = datetime.fromtimestamp(record.began / 1e9 + float(first) / 1e3, UTC)  # pyright: ignore[reportArgumentType]
        yield "langfuse.observation.completion_start_time", f'"{moment:%Y-%m-%dT%H:%M:%S.%fZ}"'
    if linked := find_linked_prompt(str(facts.get("prompt", ""))):
        yield "langfuse.observation.prompt.name", linked[0]
        yield "langfuse.observation.prompt.version", linked[1]


def _shown(record: Record, name: str, text: str) -> str:
    """Of what a model was sent, the conversation: the instructions are the prompts whose versions stand beside it. What
    the offline model is given and says stands in the other observations."""
    if record.kind is Kind.MODEL and record.name == OFFLINE:
        return ""
    if record.kind is not Kind.MODEL or name != "input_text":
        return text
    said = [message for message in orjson.loads(text) if message["role"] != "system"]
    return orjson.dumps(said).decode()


def find_linked_prompt(versions: str) -> tuple[str, int] | None:
    """The prompt of Langfuse's that an answer was made with, of those named as in ``operation 1, system langfuse-7``:
    the task's before the frame's, as it links one alone."""
    used = (part.split(" ") for part in versions.split(", ") if " " in part)
    linked = {name: version for name, version in used if version.startswith(VERSION_PREFIX)}
    if not linked:
        return None
    name = min(linked, key=lambda one: (one == "system", one == "policy", one.startswith("permissions"), one))
    return f"{PREFIX}{name}", int(linked[name].removeprefix(VERSION_PREFIX))
