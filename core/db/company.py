"""Queries that several tasks ask for at the same time, in one flight."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, LiteralString

from core.db.handles import Params, Row
from core.errors import Unavailable

if TYPE_CHECKING:
    from core.db.database import Scope


@dataclass(frozen=True, slots=True)
class Asked:
    row: type[Any]
    query: LiteralString
    params: Params | None
    scope: "Scope"
    answer: asyncio.Future[list[Any]]


class Company:
    """Gathers what is asked until those who began together have all asked, and asks it in one flight."""

    def __init__(self, fetch_all: Callable[[Sequence[Asked]], Awaitable[list[list[Any]]]]) -> None:
        self._fetch_all = fetch_all
        self._waiting: list[Asked] = []
        self._flight: asyncio.Task[None] | None = None

    async def fetch(self, row: type[Row], query: LiteralString, params: Params | None, scope: "Scope") -> list[Row]:
        asked = Asked(row, query, params, scope, asyncio.get_running_loop().create_future())
        self._waiting.append(asked)
        if len(self._waiting) == 1:
            # It runs after the tasks that were ready before it.
            self._flight = asyncio.create_task(self._depart(), name="fetch in company")
        return await asked.answer

    async def _depart(self) -> None:
        waiting, self._waiting = self._waiting, []
        try:
            answers = await self._fetch_all(waiting)
        except Exception as error:  # whoever asked gets it
            if len(waiting) == 1 or isinstance(error, Unavailable):
                _refuse(waiting, error)
                return
            # What one of them was refused is no answer to the others.
            for each in waiting:
                self._waiting.append(each)
                await self._depart()
        else:
            for each, rows in zip(waiting, answers, strict=True):
                _answer(each, rows)


COMPANY: ContextVar[Company | None] = ContextVar("company", default=None)


def _answer(asked: Asked, rows: list[Any]) -> None:
    if not asked.answer.done():
        asked.answer.set_result(rows)


def _refuse(asked: list[Asked], error: Exception) -> None:
    for each in asked:
        if not each.answer.done():
            each.answer.set_exception(error)
