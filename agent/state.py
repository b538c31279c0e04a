"""The state that flows through the graph, and the context of one run.

The state is plain data, saved with the thread. Its first part is the memory of the conversation; the rest belongs to
one turn and is cleared when the turn is remembered, so that a checkpoint stays small. The context is never saved.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal, NotRequired, TypedDict
from uuid import UUID

from agent.events import Citation, DecidedOperation, Event
from agent.messages import Evidence, Message, ToolCall, ToolReturn
from agent.parts import Parts
from core.clock import BANK_TIME_ZONE
from core.db.database import Scope
from core.security.pii import Placeholders
from tools.operations import Slip
from tools.registry import InitiatedBy

HISTORY_LIMIT = 12
"""Messages of earlier turns that a model is shown."""


class Frame(TypedDict):
    """What the last operation was about, for follow-ups such as "and my savings?"."""

    intent: str
    tool: str | None
    slots: dict[str, Any]
    asks: str | None
    """The slot that the customer was asked for."""


class Resolution(TypedDict):
    """The customer's decision on a proposal, from the confirmation endpoint or a typed yes or no."""

    operation_id: str
    decision: Literal["approve", "deny"]


class State(TypedDict):
    # The conversation; missing in its first turn.
    history: NotRequired[list[Message]]
    frame: NotRequired[Frame | None]
    pending: NotRequired[dict[str, Any] | None]
    """The proposal that waits for the customer."""

    # This turn: what came in.
    message: str
    resolution: Resolution | None
    # This turn: what was understood.
    route: str
    intent: str
    confidence: float
    slots: dict[str, Any]
    tool: str | None
    """The tool that the customer's own words ask for."""
    vector: bytes
    """The encoder's vector of the message, float32."""
    # This turn: what was found and done.
    passages: list[Evidence]
    calls: list[ToolCall]
    returns: list[ToolReturn]
    rounds: int
    ended: dict[str, Any] | None
    """The operation that was decided in this turn."""
    # This turn: what is said.
    answer: str
    cited: list[int]
    model: str
    usage: dict[str, int]
    asks: str | None
    """The slot that the answer asks for."""
    asks_confirmation: bool


Update = dict[str, Any]
"""The part of the state that a node changes."""

TURN_DEFAULTS: State = {
    "message": "",
    "resolution": None,
    "route": "",
    "intent": "",
    "confidence": 0.0,
    "slots": {},
    "tool": None,
    "vector": b"",
    "passages": [],
    "calls": [],
    "returns": [],
    "rounds": 0,
    "ended": None,
    "answer": "",
    "cited": [],
    "model": "",
    "usage": {},
    "asks": None,
    "asks_confirmation": False,
}
"""A turn starts with these, whatever an earlier one left."""


@dataclass(frozen=True, slots=True)
class TurnRecord:
    """How a turn ended."""

    message: str
    answer: str
    route: str
    intent: str
    confidence: float
    citations: list[Citation]
    tool_calls: list[str]
    operation: DecidedOperation | None
    suggested_next_steps: list[str]
    task: str | None
    asks: str | None
    usage: dict[str, int]
    model: str


@dataclass(slots=True)
class Turn:
    """The context of one run: who asks, when, and where events go."""

    turn_id: UUID
    session_id: UUID
    scope: Scope
    now: datetime
    parts: Parts
    emit: Callable[[Event], Awaitable[None]]
    raw_message: str = ""
    """As typed. Masked by ``screen``; never saved."""
    placeholders: Placeholders = field(default_factory=Placeholders)
    slip: Slip | None = None
    """The customer's yes from the confirmation endpoint. A checkpoint must not hold it."""
    record: "TurnRecord | None" = None
    """What ``remember`` leaves for the service to save."""
    initiated_by: InitiatedBy = "chat"
    """The door that the message came through."""

    @property
    def takes_a_yes(self) -> bool:
        """Whether a typed yes approves what waits. Only in our own chat: elsewhere a program may write it."""
        return self.initiated_by == "chat"

    @property
    def customer_id(self) -> UUID | None:
        return self.scope.customer_id

    @property
    def today(self) -> date:
        return self.now.astimezone(BANK_TIME_ZONE).date()
