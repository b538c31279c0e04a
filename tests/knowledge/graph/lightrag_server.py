"""LightRAG's own query routes on loopback, over the workspace in ``KB`` and with the key in ``KEY``: what a remote
server is.

Run as a child (``core.pipes``): says ``{"port": ...}`` and ends with its standard input.
"""

import asyncio
import os
import socket

import uvicorn
from fastapi import FastAPI
from lightrag.api.routers.query_routes import create_query_routes

from core.pipes import EmptyDirectory, connected_parent
from knowledge.embed import Encoder
from knowledge.graph.engine import open_engine


async def main(directory: str) -> None:
    encoder = Encoder.load()

    async def embed(texts):
        return await asyncio.to_thread(encoder.encode, texts)

    async def no_model(_system, _prompt):
        raise AssertionError("a model was asked")

    async with (
        connected_parent() as parent,
        open_engine(os.environ["KB"], embed, no_model, work_dir=directory) as engine,
    ):
        app = FastAPI()
        app.include_router(create_query_routes(engine._rag, api_key=os.environ["KEY"]))
        with socket.create_server(("127.0.0.1", 0)) as listener:
            server = uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="off"))
            serving = asyncio.create_task(server.serve([listener]))
            parent.send({"port": listener.getsockname()[1]})
            while await parent.receive() is not None:
                pass
            server.should_exit = True
            await serving


if __name__ == "__main__":
    with EmptyDirectory(prefix="tellergraph-") as empty:
        asyncio.run(main(empty))
