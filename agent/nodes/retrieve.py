"""Looks the question up in the help centre."""

import numpy as np
from langgraph.runtime import Runtime

from agent.messages import Evidence
from agent.state import State, Turn, Update

_PASSAGES = 8
"""Of two or three articles for the answer, and as many that may be meant instead."""


async def retrieve(state: State, runtime: Runtime[Turn]) -> Update:
    turn = runtime.context
    passages = await turn.parts.retriever.retrieve(
        state["said"],
        np.frombuffer(state["vector"], dtype=np.float32),
        scope=turn.scope,
        intents=state["guesses"],
        ours=state["ours"],
        today=turn.today,
        limit=_PASSAGES,
    )
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
