"""Design rule 1: a query that forgets whose data it is for still gives nothing of anybody else's."""

import re
from typing import Any, LiteralString, cast
from uuid import UUID, uuid4

import pytest

from core.errors import NotFound
from tests.tools.conftest import Desk
from tools.catalogue import CATALOGUE, CUSTOMER_SCOPES
from tools.operations import decide
from tools.queries import QUERIES
from tools.registry import Risk

OWNER_FILTER = re.compile(r"(\w+\.)?customer_id = %\(customer_id\)s")
FILTERED = [name for name in QUERIES.names() if OWNER_FILTER.search(QUERIES[name])]
READING = [tool.name for tool in CATALOGUE.offered(CUSTOMER_SCOPES) if tool.risk is Risk.READ]


@pytest.fixture
def forget(monkeypatch: pytest.MonkeyPatch):
    """Takes the owner filter out of a statement."""

    def without_filter(name: str) -> None:
        changed = OWNER_FILTER.sub("true", QUERIES[name])
        monkeypatch.setitem(QUERIES._statements, name, cast(LiteralString, changed))

    return without_filter


async def everything(desk: Desk, customer_id: UUID) -> dict[str, Any]:
    """All that the reading tools say."""
    wide = {"list_transactions": {"limit": 50}, "spending_summary": {"since": "2000-01-01", "category": "groceries"}}
    return {name: await desk.ask(customer_id, name, **wide.get(name, {})) for name in READING}


def test_every_query_is_filtered_but_those_that_only_insert():
    assert len(FILTERED) > 10
    assert set(QUERIES.names()) - set(FILTERED) == {"insert_operation", "insert_audit"}


@pytest.mark.parametrize("name", FILTERED)
async def test_without_its_filter_a_query_gives_the_same(reading_desk: Desk, forget, name: str):
    before = await everything(reading_desk, reading_desk.blair)

    forget(name)

    assert await everything(reading_desk, reading_desk.blair) == before
    nobody = await reading_desk.ask(uuid4(), "list_accounts")
    assert nobody["accounts"] == []


async def test_the_filter_is_really_gone(reading_desk: Desk, forget):
    """The test above would prove nothing if the tools kept using the statement as it was."""
    forget("list_accounts")

    assert "customer_id =" not in QUERIES["list_accounts"]
    rows = reading_desk.owner(QUERIES["list_accounts"])
    assert len(rows) > 12


async def test_without_filters_nobody_decides_for_somebody_else(desk: Desk, forget):
    proposed = await desk.ask(desk.alex, "freeze_card", card="4821")
    for name in FILTERED:
        forget(name)

    for decision in ("approve", "deny"):
        with pytest.raises(NotFound):
            await decide(desk.context(desk.blair), UUID(proposed["operation_id"]), decision)

    [operation] = desk.owner("select status from banking_operations")
    assert operation["status"] == "pending"


async def test_without_filters_somebody_elses_card_stays_as_it_is(desk: Desk, forget):
    forget("set_card_status")
    [card] = desk.owner("select id from cards where last4 = '4821' and customer_id = %(id)s", id=desk.alex)

    async with desk.database.writing(desk.context(desk.blair).scope) as db:
        values = {"card_id": card["id"], "from_status": "active", "to_status": "frozen"}
        changed = await db.execute(QUERIES["set_card_status"], values)

    assert changed == 0
    [after] = desk.owner("select status from cards where id = %(id)s", id=card["id"])
    assert after["status"] == "active"
