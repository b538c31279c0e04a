"""What several tasks ask at the same time, asked together."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Generic, TypeVar

from core.errors import Unavailable

Question = TypeVar("Question")
Waiting = tuple[Question, "asyncio.Future[list[Any]]"]


class Company(Generic[Question]):
    """Gathers questions until those tasks that began together have all asked, and takes them in one journey."""

    def __init__(self, ask: Callable[[Sequence[Question]], Awaitable[list[list[Any]]]]) -> None:
        """``ask``: answers all, or none."""
        self._ask = ask
        self._waiting: list[Waiting[Question]] = []
        self._journey: asyncio.Task[None] | None = None

    async def fetch(self, question: Question) -> list[Any]:
        """The rows that answer it."""
        answer: asyncio.Future[list[Any]] = asyncio.get_running_loop().create_future()
        self._waiting.append((question, answer))
        if len(self._waiting) == 1:
            # It runs after the tasks that were ready before it.
            self._journey = asyncio.create_task(self._depart(), name="fetch in company")
        return await answer

    async def _depart(self) -> None:
        waiting, self._waiting = self._waiting, []
        if await self._take(waiting):
            return
        # What one of them was refused is no answer to the others.
        for each in waiting:
            await self._take([each])

    async def _take(self, waiting: list[Waiting[Question]]) -> bool:
        """Whether each has its rows or its error."""
        try:
            found = await self._ask([question for question, _ in waiting])
        except Exception as error:  # whoever asked gets it
            if len(waiting) > 1 and not isinstance(error, Unavailable):
                return False
            for _, answer in waiting:
                if not answer.done():
                    answer.set_exception(error)
            return True
        for (_, answer), rows in zip(waiting, found, strict=True):
            if not answer.done():
                answer.set_result(rows)
        return True
