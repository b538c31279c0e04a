"""Looks the question up in the help centre."""

import numpy as np
from langgraph.runtime import Runtime

from agent.messages import Evidence
from agent.state import State, Turn, Update


async def retrieve(state: State, runtime: Runtime[Turn]) -> Update:
    turn = runtime.context
    passages = await turn.parts.retriever.retrieve(
        state["said"],
        np.frombuffer(state["vector"], dtype=np.float32),
        scope=turn.scope,
        intent=state["intent"],
        intent_confidence=state["confidence"],
        today=turn.today,
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
            )
            for passage in passages
        ]
    }
