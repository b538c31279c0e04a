"""One encoder pass gives route, intent and the vector for retrieval; patterns give what is mentioned; the dialogue
manager decides what to do about it. One part of the message at a time."""

import asyncio
from dataclasses import dataclass, field, replace

from langgraph.runtime import Runtime

from agent.dialogue.desk import Heard
from agent.dialogue.free_text import takes_text
from agent.dialogue.manager import adds, answers, decide, later
from agent.dialogue.parts import parts_of
from agent.dialogue.person import in_own_words, is_own_yes
from agent.dialogue.pointing import in_full
from agent.dialogue.request_words import claims_to_be_another
from agent.dialogue.shapes import Dialogue, Step, new_dialogue, top
from agent.events import Routed
from agent.models.allowance import TOO_MANY_REQUESTS
from agent.nodes.days_ahead import mentions_in
from agent.nodes.desk import desk_of, find_own, list_names, withdraw
from agent.state import Resolution, State, Turn, Understood, Update
from agent.understanding.intents import OwnIntent, Route
from agent.understanding.reader import Reader, Understanding
from agent.understanding.slots import Known, Mention
from agent.understanding.surface import on_one_line

_CONFIDENT = 1.0
_CHAT = frozenset(
    {
        OwnIntent.GREETING,
        OwnIntent.THANKS,
        OwnIntent.ACKNOWLEDGEMENT,
        OwnIntent.AGREE,
        OwnIntent.DECLINE,
        OwnIntent.ABUSE,
    }
)
"""What needs no answer of its own beside something else."""
MOST_REQUESTS = 5
"""That one message may hold."""
MOST_PASSES = 2 * MOST_REQUESTS
"""Over one message: some of its parts say nothing, or what was done already."""


async def understand(state: State, runtime: Runtime[Turn]) -> Update:
    passes = state["passes"] + 1
    update = await _understood(state, runtime)
    if passes >= MOST_PASSES and update.get("agenda"):
        # Hundreds of questions in one message would go round until the graph breaks off.
        runtime.context.allowance.note(TOO_MANY_REQUESTS)
        update["agenda"] = list[str]()
    return {**update, "passes": passes}


async def _understood(state: State, runtime: Runtime[Turn]) -> Update:
    turn, own = runtime.context, await find_own(runtime.context)
    ears = _Ears(turn, own.known)
    dialogue, desk = state.get("dialogue") or new_dialogue(), desk_of(state, turn, own)
    next_up, *waiting = state["agenda"] or [on_one_line(state["message"])]
    # What had to wait may be several requests still.
    said, *agenda = _bounded([*await ears.parts(next_up, dialogue), *waiting], turn)
    understanding = await ears.read(said)
    heard = replace(await ears.pointed_at(said, dialogue) or ears.heard(said, understanding), has_more=bool(agenda))
    if state["has_asked"] and _can_wait(heard):
        return {"agenda": agenda, "dialogue": later(dialogue, said), "step": ""}
    before = dialogue
    dialogue, step = decide(before, heard, desk)
    if state["agenda"] and _asks_for_nothing(step):
        # "... that would be great": what follows a request or an answer.
        return {"agenda": agenda, "dialogue": before, "step": ""}
    while step.kind in ("ask", "call") and (left := [*filter(None, [step.rest]), *agenda]):
        # "I want to send money. To Maria, please.", "yes, add her. IBAN ..."
        following = ears.heard(left[0], await ears.read(left[0]))
        if not (answers if step.kind == "ask" else adds)(dialogue, following, desk):
            break
        withdrawn, agenda = step.withdraw, left[1:]
        if step.kind == "call":
            # Details by themselves sound like some request or other.
            following = replace(following, intent=OwnIntent.ACKNOWLEDGEMENT.value, route=Route.SMALL_TALK.value)
        dialogue, step = decide(dialogue, following, desk)
        step = replace(step, withdraw=(*withdrawn, *step.withdraw))
    if step.kind == "call" and _was_done(step, state):
        return {"agenda": agenda, "step": ""}
    is_agreed = turn.takes_a_yes and is_own_yes(step, said)
    update = as_update(in_own_words(step, said) if is_agreed else step, state) | {
        "is_agreed": is_agreed,
        "said": said,
        "agenda": [step.rest, *agenda] if step.rest else agenda,
        "dialogue": dialogue,
        "vector": understanding.vector.tobytes(),
    }
    if step.withdraw:
        await withdraw(step.withdraw, turn)
        update |= {"pending": None}
    is_own = (step.route, step.intent) == (heard.route, heard.intent)
    confidence = round(heard.confidence, 4) if is_own else _CONFIDENT
    update |= {
        "confidence": confidence,
        "guesses": [(topic, round(worth, 4)) for topic, worth in understanding.topics]
        if is_own
        else [(step.intent, confidence)],
        "ours": round(understanding.ours, 4) if is_own else None,
    }
    return update | await _first(step, confidence, state, turn)


def _bounded(parts: list[str], turn: Turn) -> list[str]:
    """The requests of a message that are taken up, each once: every one may ask a model."""
    distinct = list(dict.fromkeys(parts))
    if len(distinct) > MOST_REQUESTS:
        turn.allowance.note(TOO_MANY_REQUESTS)
    return distinct[:MOST_REQUESTS]


def as_update(step: Step, state: State) -> Update:
    """The state of a step that begins."""
    decision = {"approve": "approve", "deny": "deny"}.get(step.kind)
    pending = state.get("pending")
    return {
        "route": step.route,
        "intent": step.intent,
        "step": step.kind,
        "tool": step.tool,
        "slots": step.arguments,
        "words": step.words,
        "question": "",
        "is_agreed": False,
        "is_fixed": False,
        "rounds": 0,
        "told": (len(state["returns"]), len(state["passages"])),
        "has_asked": step.asks,
        "resolution": Resolution(operation_id=pending["operation_id"], decision=decision)  # pyright: ignore[reportArgumentType]
        if decision and pending
        else None,
    }


async def _first(step: Step, confidence: float, state: State, turn: Turn) -> Update:
    """Says what the message was taken for, once. What is only left behind, or decided, is told elsewhere."""
    if state["first"] is not None or step.kind in ("approve", "deny", "refer") or (step.rest and step.kind == "say"):
        return {}
    first = Understood(route=step.route, intent=step.intent, confidence=confidence)
    await turn.emit(Routed.model_validate(first))
    return {"first": first}


def _asks_for_nothing(step: Step) -> bool:
    is_chat = step.kind == "talk" and step.intent in _CHAT
    return is_chat or (step.kind == "say" and step.intent == OwnIntent.UNCLEAR)


def _was_done(step: Step, state: State) -> bool:
    """ "who can I pay? show me my payees": the same twice."""
    return any((done["name"], done["arguments"]) == (step.tool, step.arguments) for done in state["returns"])


def _can_wait(heard: Heard) -> bool:
    """What is done for the customer is done after what is open; what is only asked is answered at once."""
    return heard.route in (Route.OPERATION, Route.FRAUD, Route.HANDOFF)


@dataclass(frozen=True, slots=True)
class _Ears:
    """How a turn's words are understood."""

    turn: Turn
    known: Known
    _read: dict[str, Understanding] = field(default_factory=dict[str, Understanding])
    """A message that is one request is asked about twice, and read once."""
    _mentioned: dict[str, tuple[Mention, ...]] = field(default_factory=dict[str, tuple[Mention, ...]])

    async def read(self, said: str) -> Understanding:
        if said not in self._read:
            parts = self.turn.parts
            reader = Reader(parts.encoder, parts.heads)
            loop = asyncio.get_running_loop()
            self._read[said] = await loop.run_in_executor(parts.encoder_threads, reader.understand, said)
        return self._read[said]

    def mentioned(self, said: str) -> tuple[Mention, ...]:
        if said not in self._mentioned:
            self._mentioned[said] = mentions_in(said, self.turn.placeholders, self.turn.now, self.known)
        return self._mentioned[said]

    def heard(self, said: str, understanding: Understanding) -> Heard:
        return Heard(
            text=said,
            route=understanding.route.value,
            # Plain text: it is saved with the conversation.
            intent=str(understanding.intent),
            confidence=understanding.confidence,
            mentions=self.mentioned(said),
            is_clear=understanding.is_clear,
            language=understanding.language,
        )

    async def pointed_at(self, said: str, dialogue: Dialogue) -> Heard | None:
        """What a message that only points at something asks for; None where it points at nothing that it could mean."""
        if (meant := in_full(dialogue, said)) is None:
            return None
        text, intents = meant
        heard = self.heard(text, await self.read(text))
        return heard if heard.intent in intents and heard.is_clear else None

    async def parts(self, message: str, dialogue: Dialogue) -> list[str]:
        """The requests of a message; one where the customer was asked to tell something in their own words."""
        task = top(dialogue)
        if (task and task["asks"] and takes_text(task["asks"])) or claims_to_be_another(message):
            return [message]
        requests = [clause.start for clause in (await self.read(message)).clauses]
        return parts_of(
            message, requests, self.mentioned(message), list_names(self.turn.parts.registry, self.turn.parts.scopes)
        )
