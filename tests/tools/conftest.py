"""The demo bank as tools see it: connected as the runtime role, on behalf of one customer."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, LiteralString
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg.rows import dict_row

from core.db.database import Database
from core.security.sealing import Seal
from core.services import Services
from tests.conftest import Clone
from tools.catalogue import CATALOGUE, CUSTOMER_SCOPES
from tools.registry import Bank, ToolContext, ToolOutcome
from tools.step_up.code_senders import LogSender
from tools.step_up.codes import StepUpCodes


@dataclass(frozen=True, slots=True)
class Desk:
    """A bank with somebody to ask its tools."""

    services: Services
    database: Database
    bank: Bank
    now: datetime
    alex: UUID
    blair: UUID

    def context(self, customer_id: UUID, turn_id: UUID | None = None, now: datetime | None = None) -> ToolContext:
        return ToolContext(self.bank, customer_id, now or self.now, turn_id or uuid4())

    async def call(self, customer_id: UUID, tool: str, /, **arguments: Any) -> ToolOutcome:
        return await CATALOGUE.call(tool, arguments, context=self.context(customer_id), scopes=CUSTOMER_SCOPES)

    async def ask(self, customer_id: UUID, tool: str, /, **arguments: Any) -> dict[str, Any]:
        """The result as a model gets it."""
        outcome = await self.call(customer_id, tool, **arguments)
        assert outcome.result is not None, outcome.error
        return outcome.result.model_dump(mode="json")

    def owner(self, query: LiteralString, **params: Any) -> list[dict[str, Any]]:
        """Rows as the tables' owner sees them: everybody's."""
        with psycopg.connect(self.services.owner_url, row_factory=dict_row) as connection:
            cursor = connection.execute(query, params)
            return cursor.fetchall() if cursor.description else []


async def open_desk(services: Services, now: datetime) -> AsyncIterator[Desk]:
    with psycopg.connect(services.owner_url) as connection:
        ids = dict(connection.execute("select split_part(email, '@', 1), customer_id from credentials").fetchall())
    database = Database(services.app_url)
    await database.open()
    bank = Bank(database, StepUpCodes(services.secret_key, LogSender()), Seal(services.secret_key))
    yield Desk(services, database, bank, now, ids["alex"], ids["blair"])
    await database.close()


@pytest.fixture(scope="module")
def shared_bank(clone: Clone, bank_template: str) -> Iterator[Services]:
    with clone(bank_template) as services:
        yield services


@pytest.fixture(scope="module")
async def reading_desk(shared_bank: Services, seeded_at: datetime) -> AsyncIterator[Desk]:
    """For tests that change nothing."""
    async for desk in open_desk(shared_bank, seeded_at):
        yield desk


@pytest.fixture
async def desk(bank: Services, seeded_at: datetime) -> AsyncIterator[Desk]:
    async for opened in open_desk(bank, seeded_at):
        yield opened
