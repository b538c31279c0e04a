"""The events of one turn: a closed union, the same for SSE, JSON and the command line.

Every turn ends with exactly one ``done`` or ``error``, also when a confirmation is pending.
"""

from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict


class _Event(BaseModel):
    model_config = ConfigDict(frozen=True)

    event: ClassVar[str]
    """The name that travels beside the data."""

    def data(self) -> str:
        return self.model_dump_json()


class TurnStarted(_Event):
    event = "turn"
    turn_id: str
    session_id: str


class Routed(_Event):
    event = "route"
    route: str
    intent: str
    confidence: float


class ToolCalled(_Event):
    event = "tool_call"
    id: str
    name: str
    title: str
    arguments: dict[str, Any]


class ToolReturned(_Event):
    event = "tool_result"
    id: str
    name: str
    title: str
    ok: bool


class Citation(_Event):
    event = "citation"
    n: int
    document_id: str
    title: str
    url: str
    quote: str


class Token(_Event):
    event = "token"
    text: str


class ConfirmationNeeded(_Event):
    event = "confirm"
    operation_id: str
    type: str
    summary: str
    amount: str | None
    currency: str | None
    payee: str | None
    account: str | None
    to_account: str | None
    card: str | None
    date: str | None
    fee: str | None
    step_up: bool
    expires_at: str


class DecidedOperation(BaseModel):
    """The operation that the customer decided on in this turn, and what became of it."""

    operation_id: str
    status: str


class Notice(BaseModel):
    """What was not as it should be, though there is an answer."""

    code: str
    message: str


class Done(_Event):
    event = "done"
    answer: str
    route: str
    intent: str
    confidence: float
    suggested_next_steps: list[str]
    citations: list[Citation]
    tool_calls: list[str]
    confirmation: ConfirmationNeeded | None
    operation: DecidedOperation | None
    task: str | None
    asks: str | None
    usage: dict[str, int]
    model: str
    timings: dict[str, float]
    """Milliseconds."""
    notices: list[Notice] = []


class Failed(_Event):
    event = "error"
    code: str
    message: str
    details: dict[str, Any] = {}


Event = TurnStarted | Routed | ToolCalled | ToolReturned | Citation | Token | ConfirmationNeeded | Done | Failed

ENDINGS = frozenset({Done.event, Failed.event})
"""The events that end a stream."""
