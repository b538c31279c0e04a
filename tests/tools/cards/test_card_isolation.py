"""Cards of somebody else stay out of reach, also for a query that forgot whose they are."""

import re
from datetime import timedelta
from pathlib import Path
from typing import Any, LiteralString, cast
from uuid import UUID

import psycopg
import pytest
from psycopg import Cursor
from psycopg.rows import dict_row

from core.db.queries import Queries
from tests.tools.cards.approving import approved, card
from tests.tools.conftest import Desk
from tools.operations import confirm
from tools.queries import QUERIES

OWNER_FILTER = re.compile(r"(\w+\.)?customer_id = %\(customer_id\)s")
CARD_QUERIES = Queries(Path(__file__).parents[3] / "tools" / "sql" / "cards.sql").names()
FILTERED = [name for name in CARD_QUERIES if OWNER_FILTER.search(QUERIES[name])]
ABOUT_ONE_CARD = [name for name in FILTERED if "%(card_id)s" in QUERIES[name] and name != "list_card_deliveries"]


def without_filter(name: str) -> LiteralString:
    return cast(LiteralString, OWNER_FILTER.sub("true", QUERIES[name]))


def values(desk: Desk, card_id: UUID) -> dict[str, Any]:
    """Parameters of every query about one card, as blair would send them for a card of alex."""
    return {
        "customer_id": desk.blair,
        "card_id": card_id,
        "new_card_id": card_id,
        "account_id": card_id,
        "today": desk.now.date(),
        "now": desk.now,
        "from_status": "active",
        "to_status": "frozen",
        "reason": "lost",
        "expires_on": desk.now.date() + timedelta(days=1000),
        "item": "pin",
        "method": "standard",
        "dispatch_on": desk.now.date(),
        "expected_on": desk.now.date() + timedelta(days=5),
        "kind": "payments",
        "amount_minor": 100,
        "from_minor": 5_000,
        "switch": "online",
        "on": False,
        "is_express": False,
        "nickname": None,
    }


@pytest.fixture
async def blairs_cursor(desk: Desk) -> Any:
    """In a transaction of the runtime role that executes an operation of blair."""
    proposed = await desk.ask(desk.blair, "unfreeze_card")
    # Nothing but row-level security stands in the way.
    desk.owner(
        "insert into operation_effects values ('unfreeze_card', 'card_limits'), ('unfreeze_card', 'card_deliveries')"
    )
    slip = await confirm(desk.context(desk.blair), UUID(proposed["operation_id"]))
    with psycopg.connect(desk.services.app_url, row_factory=dict_row) as connection:
        connection.execute("select set_config('app.customer_id', %s, true)", [str(desk.blair)])
        connection.execute("select execute_operation(%s, %s, %s)", [slip.operation_id, slip.secret, desk.now])
        yield connection.cursor()
        connection.rollback()


def test_only_what_names_its_customer_itself_has_no_filter():
    assert len(FILTERED) > 15
    assert set(CARD_QUERIES) - set(FILTERED) == {"charge_fee"}


@pytest.mark.parametrize("name", ABOUT_ONE_CARD)
async def test_without_its_filter_a_query_finds_and_changes_nothing_of_alex(
    desk: Desk, blairs_cursor: Cursor[dict[str, Any]], name: str
):
    await approved(desk, desk.alex, "replace_card", card="4821", reason="damaged")
    await approved(desk, desk.alex, "set_card_limit", card="4821", limit="payments", amount="50")

    blairs_cursor.execute(without_filter(name), values(desk, card(desk, "4821")["id"]))

    found = blairs_cursor.fetchall() if blairs_cursor.description else []
    if name == "find_pin_terms":
        assert [row["on_its_way"] for row in found] == [None]
    elif name == "find_replacement":
        assert found == []
    else:
        assert (blairs_cursor.rowcount, found) == (0, [])


@pytest.mark.parametrize("name", ["list_cards", "list_card_deliveries", "lock_cards", "count_virtual_cards"])
async def test_without_its_filter_a_list_is_blairs_own(desk: Desk, blairs_cursor: Cursor[dict[str, Any]], name: str):
    await approved(desk, desk.alex, "replace_card", card="4821", reason="damaged")
    given = values(desk, UUID(int=0)) | {"card_id": None}

    with_it = blairs_cursor.execute(QUERIES[name], given).fetchall()
    without = blairs_cursor.execute(without_filter(name), given).fetchall()

    assert with_it == without
    assert not [row for row in without if row.get("last4") in ("4821", "7733", "9034")]


async def test_the_filter_is_really_gone(desk: Desk):
    """The tests above would prove nothing if the statements stayed as they were."""
    for name in FILTERED:
        assert "customer_id = %(customer_id)s" not in without_filter(name)
    given = values(desk, UUID(int=0))
    assert len(desk.owner(without_filter("list_cards"), **given)) > len(desk.owner(QUERIES["list_cards"], **given))
