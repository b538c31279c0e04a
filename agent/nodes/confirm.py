"""Stops for the customer. An interrupt runs its node again from the top on resume: nothing else may stand here."""

from langgraph.types import interrupt

from agent.state import State, Update


async def confirm(state: State) -> Update:
    return {"resolution": interrupt(state.get("pending"))}
