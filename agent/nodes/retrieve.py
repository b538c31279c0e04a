"""Looks the question up in the help centre."""

import numpy as np
from langgraph.runtime import Runtime

from agent.messages import Evidence
from agent.replay.tape import codec_of
from agent.state import State, Turn, Update
from agent.understanding.intents import OwnIntent, Route
from knowledge.retrieve import Passage

_PASSAGES = 8
"""Of two or three articles for the answer, and as many that may be meant instead."""


async def retrieve(state: State, runtime: Runtime[Turn]) -> Update:
    turn = runtime.context
    passages: list[Passage] = await turn.tape.through(
        "retrieve", {"said": state["said"]}, lambda: _look_up(state, turn), codec_of(list[Passage])
    )
    if _is_only_a_task(state) and not any(state["intent"] in passage.intents for passage in passages):
        # "what's my balance?": what else is written about balances is no help.
        passages = []
    return {
        "passages": state["passages"]
        + [
            Evidence(
                document_id=passage.document_id,
                title=passage.title,
                heading=passage.heading,
                url=passage.url,
                text=passage.text,
                score=passage.score,
            )
            for passage in passages
        ]
    }


async def _look_up(state: State, turn: Turn) -> list[Passage]:
    return await turn.parts.retriever.retrieve(
        state["said"],
        np.frombuffer(state["vector"] or b"", dtype=np.float32),
        scope=turn.scope,
        intents=state["guesses"],
        ours=state["ours"],
        today=turn.today,
        limit=_PASSAGES,
    )


def _is_only_a_task(state: State) -> bool:
    """Whether nothing that an article may be about is likelier than that something is to be done."""
    is_task = state["route"] == Route.OPERATION.value and state["intent"] != OwnIntent.UNCLEAR
    return is_task and state["guesses"][0][0] == state["intent"]
