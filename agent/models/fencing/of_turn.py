"""The fence of a turn: its customer's details, and what its conversation knows beside them."""

from collections.abc import Iterator

from agent.dialogue.shapes import new_dialogue
from agent.models.fencing.details import Detail, OwnDetails, read_own_details
from agent.models.fencing.fields import list_details
from agent.models.fencing.own_fence import OwnFence
from agent.state import State, Turn


async def own_details(turn: Turn) -> OwnDetails:
    """Of the turn's customer; read once in a turn."""
    if turn.own is None:
        turn.own = await read_own_details(turn.parts.bank.database, turn.scope)
    return turn.own


def fence_of(state: State, turn: Turn) -> OwnFence:
    """Reads nothing before something is hidden. The same for all rounds of a turn."""
    if turn.fence is None:

        async def read() -> OwnDetails:
            return await own_details(turn)

        turn.fence = OwnFence(read, turn.placeholders)
    turn.fence.add(_said(state))
    return turn.fence


def _said(state: State) -> Iterator[Detail]:
    """Names and numbers that open tasks were told, which the bank does not have yet."""
    for task in (state.get("dialogue") or new_dialogue())["stack"]:
        yield from list_details(task["slots"], task["tool"], frozenset())
    yield from list_details(state["slots"], state["tool"] or "", frozenset())
