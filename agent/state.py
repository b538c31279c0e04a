"""The state that flows through the graph, and the context of one run.

The state is plain data, saved with the thread. Its first part is the memory of the conversation; the rest belongs to
one turn and is cleared when the turn is remembered, so that a checkpoint stays small; what is left is JSON, which is
the cheapest to save (agent/checkpoints.py). The context is never saved.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal, NotRequired, TypedDict
from uuid import UUID

from agent.dialogue.shapes import Dialogue, StepKind
from agent.events import Citation, DecidedOperation, Event, Notice
from agent.messages import Evidence, Message, ToolCall, ToolReturn
from agent.models.allowance import Allowance
from agent.models.fencing.details import OwnDetails
from agent.models.fencing.own_fence import OwnFence
from agent.parts import Parts
from agent.replay.tape import LiveTape, Tape
from core.clock import BANK_TIME_ZONE
from core.db.database import Scope
from core.security.pii import Placeholders
from tools.operations import Slip
from tools.registry import InitiatedBy

HISTORY_LIMIT = 12
"""Messages of earlier turns that a model is shown."""


class Resolution(TypedDict):
    """The customer's decision on a proposal, from the confirmation endpoint or a typed yes or no."""

    operation_id: str
    decision: Literal["approve", "deny"]


class Understood(TypedDict):
    route: str
    intent: str
    confidence: float


class State(TypedDict):
    # The conversation; missing in its first turn.
    history: NotRequired[list[Message]]
    dialogue: NotRequired[Dialogue]
    """The stack of tasks, and what waits for it."""
    sealed: NotRequired[dict[str, str]]
    """Personal data that an open task needs, by placeholder (core/security/sealing.py)."""
    pending: NotRequired[dict[str, Any] | None]
    """The proposal that waits for the customer."""

    # This turn: what came in.
    message: str
    resolution: Resolution | None
    passes: int
    """How often this turn's message was looked at for a further request."""
    agenda: list[str]
    """Parts of the message that are still to be taken up."""
    # The present step: what was understood, and what is done about it.
    said: str
    """The part of the message that it answers."""
    route: str
    intent: str
    confidence: float
    guesses: list[tuple[str, float]]
    """What an article that answers may be about, with what each is worth (``heads.Understanding.topics``)."""
    ours: float | None
    """Probability that it is the bank's business; None where that is known."""
    step: StepKind | Literal["ended", ""]
    """"ended": tells what became of a decision. Empty: nothing is left to do."""
    tool: str | None
    slots: dict[str, Any]
    """What the tool is called with."""
    words: str
    """What is said: instead of anything else, or, of a question, where no model puts it better."""
    question: str
    """What is asked after a tool's result has been told."""
    is_agreed: bool
    """Whether the customer's message is itself the yes to what its tool prepares (decision 0014)."""
    is_fixed: bool
    """Whether these words are not left to a language model."""
    vector: bytes | None
    """The encoder's vector of what was said, float32; None where nothing was encoded."""
    rounds: int
    calls: list[ToolCall]
    told: tuple[int, int]
    """How many tool results and passages earlier steps have dealt with."""
    # This turn as a whole.
    first: Understood | None
    """What the message was taken for: its first part that is not only "forget that"."""
    has_asked: bool
    """Whether the answer so far ends with the open question."""
    passages: list[Evidence]
    returns: list[ToolReturn]
    ended: dict[str, Any] | None
    """The operation that was decided in this turn."""
    answer: str
    cited: list[int]
    model: str
    prompt: str
    """Versions of the templates that the model was given; empty where no language model was asked."""
    usage: dict[str, int]
    asks_confirmation: bool


Update = dict[str, Any]
"""The part of the state that a node changes."""

TURN_DEFAULTS: State = {
    "message": "",
    "resolution": None,
    "passes": 0,
    "agenda": [],
    "said": "",
    "route": "",
    "intent": "",
    "confidence": 0.0,
    "guesses": [],
    "ours": None,
    "step": "",
    "tool": None,
    "slots": {},
    "words": "",
    "question": "",
    "is_agreed": False,
    "is_fixed": False,
    "vector": None,
    "rounds": 0,
    "calls": [],
    "told": (0, 0),
    "first": None,
    "has_asked": False,
    "passages": [],
    "returns": [],
    "ended": None,
    "answer": "",
    "cited": [],
    "model": "",
    "prompt": "",
    "usage": {},
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
    notices: list[Notice]
    prompt: str = ""
    vector: bytes = b""
    """The encoder's vector of the customer's masked words, float32; empty where nothing was encoded."""


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
    """As typed, without secrets once ``screen`` has seen it. Never saved as it is."""
    typed_secret: bool = False
    """Whether ``screen`` took a PIN, password or code out of the message: the customer is told."""
    placeholders: Placeholders = field(default_factory=Placeholders)
    slip: Slip | None = None
    """The customer's yes from the confirmation endpoint. A checkpoint must not hold it."""
    record: "TurnRecord | None" = None
    """What ``remember`` leaves for the service to save."""
    own: OwnDetails | None = None
    """The customer's own details: of a question, as it began; else once something needed them
    (agent/models/fencing/of_turn.py)."""
    fence: OwnFence | None = None
    """What other parties' models are shown goes through it; made when a model is asked."""
    initiated_by: InitiatedBy = "chat"
    """The door that the message came through."""
    allowance: Allowance = field(default_factory=Allowance)
    """What it may take of the language models."""
    tape: Tape = field(default_factory=LiveTape)
    """Through it goes whatever is asked of the world outside the graph."""

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
