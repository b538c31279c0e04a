"""Makes spans, in Langfuse's attributes, of a turn that is over, and hides in them what is personal. It happens as they
leave, in the thread that sends them.

They are written as OTLP has them at once: on their way through the library they would be copied three times.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from random import getrandbits
from typing import Any, NamedTuple

import orjson

from agent.langfuse.masking import CleanTexts, Details, Veil, not_masked
from agent.models.link import OFFLINE
from agent.prompts.langfuse import PREFIX, VERSION_PREFIX
from core.telemetry.observing import Facts, Kind, Observation, Plain, told
from core.telemetry.wire import Scope, encode_pair, encode_request, encode_resource, encode_span
from core.version import VERSION

_TYPES = {
    Kind.TURN: "agent",
    Kind.NODE: "span",
    Kind.TOOL: "tool",
    Kind.MODEL: "generation",
    Kind.RETRIEVAL: "retriever",
    Kind.GUARD: "guardrail",
}
_INPUTS = ("question_text", "arguments_text", "input_text")
_OUTPUTS = ("answer_text", "result_text", "output_text")
_TEXTS = frozenset({*_INPUTS, *_OUTPUTS})
_STORED = ("question_text", "answer_text")
"""Of a turn."""
_APART = frozenset(
    {*_TEXTS, "details_text", "turn", "session", "customer", "input_tokens", "output_tokens",
     "cost_microdollars", "first_token_ms", "answered_by"}
)  # fmt: skip
"""Facts that become something else than metadata, or, as the customer's details, nothing."""
_CODED = frozenset(
    {"caller", "data_class", "documents", "door", "error_code", "intent", "notices", "operation", "outcome", "prompt",
     "risk", "route", "step", "tool", "tools"}
)  # fmt: skip
"""Facts whose values are names that this program, its help centre or its prompts have given."""
_CODE = re.compile(r"(?!.*\d{5})[a-z][\w.:-]*(?: (?:[a-z]+-)?\d+)?(?:, [a-z][\w.:-]*(?: (?:[a-z]+-)?\d+)?)*", re.ASCII)
"""As those are written. What looks otherwise goes through the engine like everything else."""
_TAGS = ("route", "intent", "door", "caller", "outcome")
_TAGGED = "langfuse.trace.tags"
_WITHHELD = "[WITHHELD]"
"""In place of texts of a turn whose customer's details could not be read: not all that is personal could be hidden."""
_WORD = re.compile(r"[A-Za-z0-9][\w.:/@+-]{0,79}")
_MICRODOLLARS = 1_000_000
_MOST_WORDS = 4_096
_REMEMBERED = 64
"""Combinations of versions."""


_SCOPE: Scope = ("tellergraph", VERSION)


class OverTurn(NamedTuple):
    """A turn that waits to be sent."""

    turn: Observation
    trace_id: str
    """32 hexadecimal digits."""
    details: Callable[[], Details]
    """Of its customer; asked for when it leaves."""


class TurnEncoder:
    def __init__(self, about: Mapping[str, str], clean: CleanTexts) -> None:
        self._about = encode_resource(about)
        self._clean = clean
        self._words = _Words()

    def encode(self, turns: Sequence[OverTurn]) -> bytes:
        return encode_request(self._about, [(_SCOPE, span) for turn in turns for span in self._spans(turn)])

    def _spans(self, over: OverTurn) -> Iterator[bytes]:
        try:
            turn = _Turn(over.details(), self._clean, told(over.turn.facts, texts=True), self._words)
        # Any error, of ours as well: what was not masked to its end does not leave.
        except Exception as error:
            not_masked.warn(exc_info=error)
            turn = None
        yield from _spans_of(turn, over.turn, over.turn, bytes.fromhex(over.trace_id), b"")


def _spans_of(
    turn: "_Turn | None", record: Observation, above: Observation, trace_id: bytes, parent_id: bytes
) -> Iterator[bytes]:
    """One that cannot be masked loses all that it says, and the others do not."""
    try:
        attributes = list(turn.attributes(record)) if turn else []
    # As above.
    except Exception as error:
        not_masked.warn(exc_info=error)
        attributes = []
    span_id = (getrandbits(64) or 1).to_bytes(8, "big")
    yield encode_span(
        record.name if _WORD.fullmatch(record.name) else record.kind.value,
        trace_id=trace_id,
        span_id=span_id,
        parent_id=parent_id,
        attributes=attributes,
        started=record.began,
        ended=record.ended or above.ended,
    )
    for inner in record.inner:
        yield from _spans_of(turn, inner, record, trace_id, span_id)


class _Words:
    """Metadata in the product's own words, such as a route or the name of a tool, as they were sent before. None of it
    had anything personal in it."""

    def __init__(self) -> None:
        self.keys: dict[str, str] = {}
        """Of attributes, by the names of facts."""
        self._written: dict[tuple[str, str | bool], bytes] = {}

    def find(self, name: str, value: Plain) -> bytes | None:
        return self._written.get((name, value)) if isinstance(value, str | bool) else None

    def keep(self, name: str, value: Plain, written: bytes) -> None:
        if len(self._written) >= _MOST_WORDS:
            self._written.clear()
        if isinstance(value, str | bool):
            self._written[name, value] = written


class _Turn:
    """What the spans of a turn have in common."""

    def __init__(self, details: Details, clean: CleanTexts, facts: Mapping[str, Plain], words: _Words) -> None:
        stored = {str(facts[name]) for name in _STORED if name in facts} if details.are_stored else ()
        self._veil = veil = Veil(details, clean, stored)
        self._words = words
        self._has_texts = facts.get("caller") != "customer" or "details_text" in facts
        self._common = b"".join(
            encode_pair(
                name,
                value if name == _TAGGED and all(map(_CODE.fullmatch, value)) else veil.attribute(value, is_said=False),
            )
            for name, value in _common(facts)
        )

    def attributes(self, record: Observation) -> Iterator[bytes]:
        facts = told(_shown_facts(record), texts=True)
        yield self._common
        yield encode_pair("langfuse.observation.type", _TYPES[record.kind])
        for name, value in self._texts(record, facts):
            yield encode_pair(name, value)
        for name, value in facts.items():
            if name not in _APART and (self._has_texts or not name.endswith("_text")):
                yield self._words.find(name, value) or self._metadata(name, value)
        if record.error is not None:
            yield encode_pair("langfuse.observation.level", "ERROR")
            yield encode_pair("langfuse.observation.status_message", self._veil.text(record.error, is_said=False))
        if record.kind is Kind.MODEL:
            for name, value in _of_model(record, facts):
                yield encode_pair(name, self._veil.attribute(value, is_said=False))

    def _metadata(self, name: str, value: Plain) -> bytes:
        is_said = name.endswith("_text")
        masked = value if _is_coded(name, value) else self._veil.value(value, is_said=is_said)
        # As the library writes them; the server reads "12" and 12 apart.
        written = encode_pair(self._key(name), orjson.dumps(masked).decode())
        if not is_said and masked == value:
            self._words.keep(name, value, written)
        return written

    def _key(self, name: str) -> str:
        if key := self._words.keys.get(name):
            return key
        masked = self._veil.text(name, is_said=False)
        key = f"langfuse.observation.metadata.{masked}"
        if masked == name and len(self._words.keys) < _MOST_WORDS:
            self._words.keys[name] = key
        return key

    def _texts(self, record: Observation, facts: Mapping[str, Plain]) -> Iterator[tuple[str, str]]:
        for kind, names in (("input", _INPUTS), ("output", _OUTPUTS)):
            for name in names:
                if name in facts and (text := _shown(record, name, str(facts[name]))):
                    yield f"langfuse.observation.{kind}", self._veil.attribute(text) if self._has_texts else _WITHHELD


def _is_coded(name: str, value: Plain) -> bool:
    codes = value if isinstance(value, tuple) else (value,)
    return name in _CODED and all(isinstance(code, str) and _CODE.fullmatch(code) for code in codes)


def _common(facts: Mapping[str, Plain]) -> Iterator[tuple[str, Any]]:
    """What every span of a turn carries, so that Langfuse can filter by it."""
    yield "langfuse.trace.name", "turn"
    yield _TAGGED, [str(facts[name]) for name in _TAGS if name in facts]
    if "session" in facts:
        yield "session.id", facts["session"]
    if "customer" in facts:
        yield "user.id", facts["customer"]


def _of_model(record: Observation, facts: Mapping[str, Plain]) -> Iterator[tuple[str, Any]]:
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


def _shown_facts(record: Observation) -> Facts:
    """What the offline model is given and says stands in the other observations, and is not even put together."""
    if record.kind is Kind.MODEL and record.name == OFFLINE:
        return {name: fact for name, fact in record.facts.items() if name not in _TEXTS}
    return record.facts


def _shown(record: Observation, name: str, text: str) -> str:
    """Of what a model was sent, the conversation: the instructions are the prompts whose versions stand beside it."""
    if record.kind is not Kind.MODEL or name != "input_text":
        return text
    said = [message for message in orjson.loads(text) if message["role"] != "system"]
    return orjson.dumps(said).decode()


@lru_cache(_REMEMBERED)
def find_linked_prompt(versions: str) -> tuple[str, int] | None:
    """The prompt of Langfuse's that an answer was made with, of those named as in ``operation 1, system langfuse-7``:
    the task's before the frame's, as it links one alone."""
    used = (part.split(" ") for part in versions.split(", ") if " " in part)
    linked = {name: version for name, version in used if version.startswith(VERSION_PREFIX)}
    if not linked:
        return None
    name = min(linked, key=lambda one: (one == "system", one == "policy", one.startswith("permissions"), one))
    return f"{PREFIX}{name}", int(linked[name].removeprefix(VERSION_PREFIX))
