"""The bare reference: FastAPI, a MessagesState graph of one node, ChatOpenAI, AsyncPostgresSaver; tokens by SSE.

Nothing else: no understanding, no retrieval, no masking, no resumable stream. Everything is left at its default.

    python -m evals.bench.reference PORT POSTGRES_URI MODEL_BASE_URL
"""

import sys
import uuid
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import orjson
import uvicorn
from fastapi import FastAPI
from fastapi.responses import StreamingResponse
from langchain_core.messages import AIMessageChunk, HumanMessage
from langchain_core.runnables import RunnableConfig
from langchain_openai import ChatOpenAI
from langgraph.checkpoint.postgres.aio import AsyncPostgresSaver
from langgraph.graph import END, START, MessagesState, StateGraph
from langgraph.graph.state import CompiledStateGraph
from psycopg import AsyncConnection
from psycopg.rows import DictRow, dict_row
from psycopg_pool import AsyncConnectionPool
from pydantic import BaseModel, SecretStr

Graph = CompiledStateGraph[MessagesState, None, MessagesState, MessagesState]


class Question(BaseModel):
    """A turn of a new thread."""

    message: str


def compile_graph(model: ChatOpenAI, saver: AsyncPostgresSaver) -> Graph:
    async def answer(state: MessagesState) -> dict[str, Any]:
        return {"messages": [await model.ainvoke(state["messages"])]}

    graph = StateGraph(MessagesState)
    graph.add_node("answer", answer)
    graph.add_edge(START, "answer")
    graph.add_edge("answer", END)
    return graph.compile(checkpointer=saver)


async def stream_tokens(graph: Graph, message: str) -> AsyncIterator[str]:
    config: RunnableConfig = {"configurable": {"thread_id": str(uuid.uuid4())}}
    messages = MessagesState(messages=[HumanMessage(message)])
    async for chunk, _ in graph.astream(messages, config, stream_mode="messages"):
        if isinstance(chunk, AIMessageChunk) and chunk.text:
            yield f"event: token\ndata: {orjson.dumps({'text': chunk.text}).decode()}\n\n"
    yield "event: done\ndata: {}\n\n"


def create_app(postgres_uri: str, base_url: str) -> FastAPI:
    """The whole server.

    Args:
        postgres_uri: where the checkpoints go; its tables are made at start.
        base_url: an OpenAI-compatible server, with its ``/v1``.
    """
    model = ChatOpenAI(model="fake", base_url=base_url, api_key=SecretStr("none"))
    pool: AsyncConnectionPool[AsyncConnection[DictRow]] = AsyncConnectionPool(
        postgres_uri,
        max_size=20,
        open=False,
        kwargs={"autocommit": True, "row_factory": dict_row, "prepare_threshold": 0},
    )

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncGenerator[None]:
        async with pool:
            saver = AsyncPostgresSaver(pool)
            await saver.setup()
            app.state.graph = compile_graph(model, saver)
            yield

    app = FastAPI(lifespan=lifespan)

    @app.get("/health")
    async def health() -> dict[str, str]:  # pyright: ignore[reportUnusedFunction]
        return {"status": "ok"}

    @app.post("/chat")
    async def chat(question: Question) -> StreamingResponse:  # pyright: ignore[reportUnusedFunction]
        return StreamingResponse(stream_tokens(app.state.graph, question.message), media_type="text/event-stream")

    return app


if __name__ == "__main__":
    uvicorn.run(create_app(sys.argv[2], sys.argv[3]), port=int(sys.argv[1]), log_level="warning")
