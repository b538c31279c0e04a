"""Takes personal data and secrets out of the message, and sees a plain yes or no to a pending proposal."""

from datetime import datetime
from typing import Any

from langgraph.runtime import Runtime

from agent.dialogue.acts import find_answer
from agent.dialogue.fill import answer_in
from agent.dialogue.hearing import nouns_of
from agent.dialogue.outcomes import ended
from agent.dialogue.shapes import Dialogue, new_dialogue, top
from agent.nodes.kept import unseal
from agent.state import Resolution, State, Turn, Update
from agent.understanding.surface import on_one_line
from core.security.pii import mask, without_secrets
from core.telemetry.observing import Kind, observe


async def screen(state: State, runtime: Runtime[Turn]) -> Update:
    turn = runtime.context
    if state["resolution"]:
        # A decision by the button, on a proposal that no interrupt waits for any more: nothing was typed.
        return {}
    turn.tape.begin(state)
    # A placeholder of an earlier turn must not come to mean something else in this one.
    turn.placeholders.reserve(message["content"] for message in state.get("history", []))
    unseal(state, turn)
    dialogue, pending = state.get("dialogue") or new_dialogue(), state.get("pending")
    with observe(Kind.GUARD, "screen") as guard:
        _drop_secrets(turn, expects_code=bool(pending and pending["step_up"]))
        message = mask(turn.raw_message, turn.placeholders)
        guard.note(passed=not turn.typed_secret)
    just_asked = bool(pending and pending["just_asked"])
    task = top(dialogue)
    said, nouns = on_one_line(message), nouns_of(task)
    answer = None
    if _can_mean(pending, dialogue):
        answer = find_answer(said, just_asked=just_asked, verb=_verb(pending), nouns=nouns)
    if task and answer_in(task, said):
        # "No, that was not me" may be what is proposed.
        answer = None
    # A yes that begins a conversation answers nothing that we asked in it.
    if answer == "approve" and not turn.takes_a_yes and (pending or not state.get("history")):
        return {"message": message, "asks_confirmation": True}
    if pending is None:
        return {"message": message}
    if answer == "approve" and pending["step_up"]:
        return {"message": message, "asks_confirmation": True}
    if answer is not None:
        return {
            "message": message,
            "resolution": Resolution(operation_id=pending["operation_id"], decision=answer),
        }
    if datetime.fromisoformat(pending["expires_at"]) > turn.now:
        return {"message": message}
    return {
        "message": message,
        "pending": None,
        "dialogue": ended(dialogue, pending["operation_id"], completed=False),
    }


def _drop_secrets(turn: Turn, *, expects_code: bool) -> None:
    """Nothing after this has them. ``expects_code``: a bare code of six digits is one too."""
    kept = without_secrets(turn.raw_message, expects_code=expects_code)
    turn.typed_secret, turn.raw_message = turn.typed_secret or kept != turn.raw_message, kept


def _can_mean(pending: dict[str, Any] | None, dialogue: Dialogue) -> bool:
    """Whether a bare yes or no is about the proposal: not where another task has asked something since."""
    task = top(dialogue)
    return task is None or pending is None or task["operation_id"] == pending["operation_id"]


def _verb(pending: dict[str, Any] | None) -> str:
    return str(pending["type"]).partition("_")[0] if pending else ""
