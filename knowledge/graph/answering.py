"""The process that asks LightRAG: a question a line in, the ids of passages a line out.

    {"id": 1, "kb": "help", "text": "...", "high": [...], "low": [...], "mode": "mix", "limit": 20,
     "vectors": {"...": [...]}}
    {"id": 1, "passages": ["...", ...]}   or   {"id": 1, "error": "..."}

First of all it says ``{"ready": true}``. The vectors come with the question, and no model is there to be asked.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

import numpy as np
import numpy.typing as npt

from core.pipes import EmptyDirectory, Message, Parent, connected_parent
from knowledge.graph.shapes import Keywords

_REMEMBERED = 256
"""Vectors: more than there are in all questions at once."""

Find = Callable[[Message], Awaitable[list[str]]]


class Vectors:
    """Those of the questions under way, by text."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, npt.NDArray[np.float32]] = OrderedDict()

    def remember(self, vectors: dict[str, list[float]]) -> None:
        for text, vector in vectors.items():
            self._known[text] = np.asarray(vector, dtype=np.float32)
            self._known.move_to_end(text)
        while len(self._known) > _REMEMBERED:
            self._known.popitem(last=False)

    async def embed(self, texts: list[str]) -> npt.NDArray[np.float32]:
        return np.stack([self._known[text] for text in texts])


async def _no_model(_system: str, _prompt: str) -> str:
    raise AssertionError("A question must not ask a model: its keywords came with it.")


async def serve(parent: Parent, find: Find) -> None:
    """Answers all that comes, side by side, until the parent goes."""
    async with asyncio.TaskGroup() as tasks:
        while (asked := await parent.receive()) is not None:
            tasks.create_task(_answer(parent, find, asked))


async def _answer(parent: Parent, find: Find, asked: Message) -> None:
    try:
        parent.send({"id": asked["id"], "passages": await find(asked)})
    except Exception as error:
        # LightRAG fails in ways of its own, and the next question is another one. The parent says it in its log.
        parent.send({"id": asked["id"], "error": f"{type(error).__name__}: {error}"})


async def _main(directory: str) -> None:
    # Only here, where it reads nothing by accident.
    from knowledge.graph.engine import Engine, open_engine  # noqa: PLC0415

    vectors = Vectors()
    async with connected_parent() as parent, AsyncExitStack() as stack:
        opening = asyncio.Lock()
        engines: dict[str, Engine] = {}

        async def find(asked: Message) -> list[str]:
            kb: Any = asked["kb"]
            async with opening:
                if kb not in engines:
                    opened = open_engine(kb, vectors.embed, _no_model, work_dir=directory)
                    engines[kb] = await stack.enter_async_context(opened)
            vectors.remember(asked["vectors"])
            keywords = Keywords(asked["high"], asked["low"])
            return await engines[kb].find(asked["text"], keywords, asked["mode"], asked["limit"])

        parent.send({"ready": True})
        await serve(parent, find)


if __name__ == "__main__":
    with EmptyDirectory(prefix="tellergraph-") as empty:
        asyncio.run(_main(empty))
