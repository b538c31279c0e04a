"""Design rule 1 for step-up and payees: their statements without the owner filter, run for blair on alex's ids."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, LiteralString, cast
from uuid import UUID

import psycopg
import pytest
from psycopg import Connection
from psycopg.rows import dict_row

from core.db.queries import Queries
from tests.tools.conftest import Desk
from tools.queries import QUERIES
from tools.step_up.totp import Authenticators

SQL = Path(__file__).parents[2] / "tools" / "sql"
OWNER_FILTER = re.compile(r"(\w+\.)?customer_id = %\(customer_id\)s")
NAMES = [name for file in ("payees.sql", "step_up.sql") for name in Queries(SQL / file).names()]
FILTERED = [name for name in NAMES if OWNER_FILTER.search(QUERIES[name])]
SLIP = "blair's own yes"


@pytest.fixture
async def about_alex(desk: Desk) -> dict[str, Any]:
    """What a statement may ask for: alex's payees, operations and authenticator app, which all are there."""
    proposed = await desk.ask(desk.alex, "pay_payee", amount="300", payee="Sunrise Lettings")
    begun = await Authenticators(desk.services.secret_key).begin(desk.context(desk.alex))
    [row] = desk.owner(
        "select p.id as payee_id, p.sort_code, p.account_number, a.id as authenticator_id, s.iban"
        " from payees p, totp_authenticators a, accounts s"
        " where p.name = 'Sunrise Lettings' and p.customer_id = %(id)s"
        " and s.name = 'Everyday' and s.customer_id = %(id)s",
        id=desk.alex,
    )
    desk.owner("update totp_authenticators set last_step = 1")
    operation_id = UUID(proposed["operation_id"])
    old = {"old_name": "Sunrise Lettings", "old_iban": None, "old_currency": "GBP"}
    old |= {"old_sort_code": row["sort_code"], "old_account_number": row["account_number"]}
    new = {"name": "Taken over", "currency": "GBP", "method": "delivered"}
    assert begun.proposed.operation_id != proposed["operation_id"]
    return row | old | new | {"operation_id": operation_id, "now": desk.now, "text": "", "code": "", "step": 1}


@pytest.fixture
async def as_blair(desk: Desk) -> Iterator[Connection[dict[str, Any]]]:
    """The runtime role in a transaction of blair's in which one of blair's operations is being executed."""
    proposed = await desk.ask(desk.blair, "unfreeze_card")
    # Nothing but row-level security stands in the way.
    desk.owner(
        "insert into operation_effects values ('unfreeze_card', 'payees'), ('unfreeze_card', 'totp_authenticators')"
    )
    with psycopg.connect(desk.services.app_url, row_factory=dict_row) as connection:
        connection.execute("select set_config('app.customer_id', %s, true)", [str(desk.blair)])
        values = [proposed["operation_id"], SLIP, desk.now]
        connection.execute("select mint_slip(%s, sha256(convert_to(%s, 'UTF8')), %s, 'infinity')", values)
        connection.execute("select execute_operation(%s, %s, %s)", values)
        yield connection
        connection.rollback()


def without_filter(name: str) -> LiteralString:
    return cast(LiteralString, OWNER_FILTER.sub("true", QUERIES[name]))


def test_every_statement_is_filtered_but_those_of_functions_that_check_the_owner():
    assert len(FILTERED) > 10
    assert set(NAMES) - set(FILTERED) == {
        "insert_payee",
        "insert_outbox",
        "check_payee_name",
        "open_challenge",
        "take_try",
        "pass_try",
        "begin_authenticator",
        "use_totp_step",
        "remove_authenticator",
    }


@pytest.mark.parametrize("name", FILTERED)
async def test_without_its_filter_a_statement_reaches_nothing_of_alexs(
    desk: Desk, about_alex: dict[str, Any], as_blair: Connection[dict[str, Any]], name: str
):
    seen = as_blair.execute(without_filter(name), about_alex | {"customer_id": desk.blair})

    if seen.description is None:
        assert seen.rowcount == 0
        return
    rows = seen.fetchall()
    own = {
        "get_authenticator": [{"email": "blair@demo.example", "id": None, "confirmed_at": None}],
        "was_payee_paid": [{"was_paid": False}],
    }
    assert rows == own.get(name, [])


async def test_the_statements_would_reach_what_is_alexs(desk: Desk, about_alex: dict[str, Any]):
    """The test above would prove nothing if they found nothing for anybody: the tables' owner runs them."""
    reached: dict[str, int] = {}
    with psycopg.connect(desk.services.owner_url) as owner:
        for name in FILTERED:
            if name == "insert_challenge":
                owner.execute("delete from step_up_challenges")
            reached[name] = owner.execute(without_filter(name), about_alex | {"customer_id": desk.alex}).rowcount
            owner.rollback()

    assert [name for name, rows in reached.items() if rows == 0] == []


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("use_totp_step", "select last_step from totp_authenticators"),
        ("remove_authenticator", "select removed_at from totp_authenticators"),
        ("take_try", "select id from step_up_tries"),
        ("pass_try", "select verified_at from step_up_challenges"),
    ],
)
async def test_the_functions_do_nothing_to_alexs(
    desk: Desk, about_alex: dict[str, Any], name: str, kept: LiteralString
):
    tried = desk.owner(
        "insert into step_up_tries (customer_id, operation_id, tried_at) values (%(id)s, %(operation)s, %(now)s)"
        " returning id",
        id=desk.alex,
        operation=about_alex["operation_id"],
        now=desk.now,
    )
    before = desk.owner(kept)

    with psycopg.connect(desk.services.app_url) as connection:
        connection.execute("select set_config('app.customer_id', %s, true)", [str(desk.blair)])
        connection.execute(QUERIES[name], about_alex | {"try_id": tried[0]["id"]})

    assert desk.owner(kept) == before
    assert desk.owner("select was_right from step_up_tries") == [{"was_right": False}]


async def test_nobody_keeps_a_payee_for_somebody_else(desk: Desk, about_alex: dict[str, Any], as_blair):
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="row-level security"):
        as_blair.execute(QUERIES["insert_payee"], about_alex | {"customer_id": desk.alex})


async def test_nothing_is_put_in_somebody_elses_outbox(desk: Desk, about_alex: dict[str, Any], as_blair):
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="row-level security"):
        as_blair.execute(QUERIES["insert_outbox"], about_alex | {"customer_id": desk.alex})
