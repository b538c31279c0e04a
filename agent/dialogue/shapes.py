"""The stack as it is saved, and the steps of a turn. All plain JSON."""

from dataclasses import dataclass, field
from typing import Any, Literal, NotRequired, TypedDict

DEEPEST = 6
"""Tasks that wait for each other. The oldest is given up beyond that."""
LONGEST_QUEUE = 4


class Offer(TypedDict):
    """Another task that would help: a yes begins it."""

    tool: str
    slots: dict[str, Any]


class Task(TypedDict):
    tool: str
    """Its name in the registry. A branch may change it."""
    intent: str
    """What the customer's words were taken for when it began."""
    slots: dict[str, Any]
    """Arguments of the tool, as far as the customer named them."""
    asks: str | None
    """The slot that the customer was asked for."""
    choices: list[str]
    """What was offered for it, in order, for "the second one"."""
    offered: NotRequired[tuple[str, list[str]]]
    """The slot that was last filled by choosing, and what there was to choose from, for "no, the other one"."""
    offer: Offer | None
    before: dict[str, Any] | None
    """The slots before the last correction, for "leave it as it was"."""
    refused: dict[str, Any]
    """Values that the bank refused as things stood; another account may make them possible."""
    later: bool
    """A payment that was said to be for a later day, whether or not the day is known."""
    own: bool
    """A payment that was said to go to another account of the customer's, whether or not it is known to which."""
    operation_id: str | None
    """Its proposal; None while there is none, or where it has to be prepared again."""


def new_task(tool: str, intent: str, slots: dict[str, Any]) -> Task:
    return Task(
        tool=tool,
        intent=intent,
        slots=slots,
        asks=None,
        choices=[],
        offer=None,
        before=None,
        refused={},
        later=False,
        own=False,
        operation_id=None,
    )


class Done(TypedDict):
    """A task that ended well, for "and my savings?"."""

    tool: str
    intent: str
    slots: dict[str, Any]


class Dialogue(TypedDict):
    stack: list[Task]
    """The last is open; the others wait for it to end."""
    queue: list[str]
    """Requests that the customer made beside the first, to be taken up one after the other."""
    last: Done | None
    about: dict[str, Any]
    """Cards, accounts and payees of the last task, for "freeze it" and "pay her"."""
    done: NotRequired[str | None]
    """The tool whose proposal was carried out last, until the customer says something else."""
    options: list[str]
    """Tools that were offered by name when a message could mean several."""
    unclear: int
    """Messages in a row that nobody could make sense of."""


def new_dialogue() -> Dialogue:
    return Dialogue(stack=[], queue=[], last=None, about={}, options=[], unclear=0)


StepKind = Literal["say", "ask", "call", "talk", "look_up", "approve", "deny", "refer"]


@dataclass(frozen=True, slots=True)
class Step:
    """What the turn does next.

    say      the words as they are
    ask      a question for a slot; a language model may put it, and may still find the value in what was said
    call     the tool of the open task, with what was named for it
    talk     an answer for the route, without tool or passages
    look_up  an answer from the help centre
    approve, deny   the customer's decision on the proposal of the open task
    refer    says how a proposal stands that a typed yes cannot confirm
    """

    kind: StepKind
    route: str
    intent: str
    words: str = ""
    tool: str | None = None
    arguments: dict[str, Any] = field(default_factory=dict[str, Any])
    withdraw: tuple[str, ...] = ()
    """Proposals that no longer stand, to be ended before anything else."""
    asks: bool = False
    """Whether the words put the open question, so that it need not be repeated."""
    rest: str = ""
    """What is left of the message, to be understood next."""


def top(dialogue: Dialogue) -> Task | None:
    return dialogue["stack"][-1] if dialogue["stack"] else None
