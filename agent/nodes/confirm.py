"""Stops for the customer. An interrupt runs its node again from the top on resume: nothing else may stand here. What
comes after it is a turn of its own."""

from langgraph.types import interrupt

from agent.state import TURN_DEFAULTS, State, Update


async def confirm(state: State) -> Update:
    return {**TURN_DEFAULTS, "resolution": interrupt(state.get("pending"))}
