"""What comes after a step: the rest of the message, the question that is still open, a request that had to wait, or the
end of the turn."""

from langgraph.runtime import Runtime

from agent.dialogue.manager import resume
from agent.dialogue.shapes import Dialogue, new_dialogue, top
from agent.nodes.desk import desk_of
from agent.nodes.understand import as_update
from agent.state import State, Turn, Update


async def go_on(state: State, runtime: Runtime[Turn]) -> Update:
    if state["agenda"]:
        return {"step": ""}
    dialogue = _without_finished(state)
    if state["has_asked"]:
        return {"dialogue": dialogue, "step": ""}
    dialogue, step = resume(dialogue, desk_of(state, runtime.context))
    if step is not None:
        # What is repeated or prepared again is not put in a model's words.
        fixed = {"is_fixed": True, "has_asked": step.kind != "call"}
        return as_update(step, state) | fixed | {"dialogue": dialogue, "confidence": 1.0, "said": ""}
    if dialogue["queue"]:
        first, *rest = dialogue["queue"]
        return {"dialogue": {**dialogue, "queue": rest}, "agenda": [first], "step": ""}
    return {"dialogue": dialogue, "step": ""}


def _without_finished(state: State) -> Dialogue:
    """A model may have answered without the tool that the task is about: nothing is left to do then, unless something
    was asked."""
    dialogue = state.get("dialogue") or new_dialogue()
    task = top(dialogue)
    is_called = task is not None and task["tool"] == state["tool"]
    is_over = state["step"] == "call" and task and is_called and not task["asks"] and not task["operation_id"]
    return {**dialogue, "stack": dialogue["stack"][:-1]} if is_over else dialogue
