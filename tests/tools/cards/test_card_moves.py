"""Activating, freezing and blocking: what is possible from each state, and what is said where it is not."""

from datetime import timedelta

import psycopg
import pytest
from psycopg import Error

from tests.tools.cards.approving import approved, card, put, replacement_of
from tests.tools.conftest import Desk
from tools.operations import Slip, confirm, decide

STATES = ("active", "frozen", "blocked", "pending_activation", "expired", "closed")
POSSIBLE = {
    ("activate_card", "pending_activation"): "active",
    ("freeze_card", "active"): "frozen",
    ("unfreeze_card", "frozen"): "active",
    ("report_card_lost", "active"): "blocked",
    ("report_card_lost", "frozen"): "blocked",
    ("report_card_lost", "pending_activation"): "blocked",
}
ALREADY = {
    ("activate_card", "active"),
    ("freeze_card", "frozen"),
    ("unfreeze_card", "active"),
    ("report_card_lost", "blocked"),
}
WAY_ON = {
    "active": "you can use it",
    "frozen": "unfreeze it first",
    "blocked": "order a replacement",
    "pending_activation": "activate it first",
    "expired": "order a replacement",
    "closed": "order another card",
}


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("tool", ["activate_card", "freeze_card", "unfreeze_card", "report_card_lost"])
async def test_from_each_state_a_tool_moves_a_card_or_says_what_would_work(desk: Desk, tool: str, state: str):
    put(desk, "4821", state)

    if (tool, state) in POSSIBLE:
        assert (await approved(desk, desk.alex, tool, card="4821")).status == "completed"
        assert card(desk, "4821")["status"] == POSSIBLE[tool, state]
        return
    refused = await desk.ask(desk.alex, tool, card="4821")

    assert (refused["card"], refused["card_status"]) == ("debit card ending 4821", state)
    if (tool, state) in ALREADY:
        assert refused["status"] == "nothing_to_do"
    else:
        assert refused["status"] == "card_not_possible"
        assert WAY_ON[state] in refused["message"]
    assert desk.owner("select * from banking_operations") == []


async def test_a_card_whose_date_has_passed_is_expired(desk: Desk):
    desk.owner("update cards set expires_on = %(day)s where last4 = '4821'", day=desk.now.date() - timedelta(days=2))

    refused = await desk.ask(desk.alex, "freeze_card", card="4821")
    cards = await desk.ask(desk.alex, "list_cards")

    assert (refused["status"], refused["card_status"]) == ("card_not_possible", "expired")
    assert {each["last4"]: each["status"] for each in cards["cards"]}["4821"] == "expired"


async def test_a_virtual_card_is_not_replaced_but_made_anew(desk: Desk):
    put(desk, "9034", "blocked")

    refused = await desk.ask(desk.alex, "unfreeze_card", card="9034")

    assert "create a new virtual card" in refused["message"]


@pytest.mark.parametrize("reason", ["lost", "stolen"])
async def test_a_lost_card_is_blocked_for_good_and_a_replacement_is_offered(desk: Desk, reason: str):
    proposed = await desk.ask(desk.alex, "report_card_lost", card="4821", reason=reason)
    assert proposed["summary"] == (
        f"Block the debit card ending 4821 for good, as {reason}. Then you can order a replacement"
    )

    assert (await approved(desk, desk.alex, "report_card_lost", card="4821", reason=reason)).status == "completed"

    assert (card(desk, "4821")["status"], card(desk, "4821")["blocked_as"]) == ("blocked", reason)
    assert (await approved(desk, desk.alex, "replace_card")).status == "completed"


async def test_activating_a_new_card_closes_the_ones_before_it(desk: Desk):
    """A damaged card goes on working while its replacement is lost in the post and a second one comes."""
    await approved(desk, desk.alex, "replace_card", card="4821", reason="damaged")
    second = replacement_of(desk, "4821")["last4"]
    await approved(desk, desk.alex, "replace_card", card=second, reason="lost")
    third = replacement_of(desk, second)["last4"]
    assert [card(desk, each)["status"] for each in ("4821", second, third)] == [
        "active",
        "blocked",
        "pending_activation",
    ]

    await approved(desk, desk.alex, "activate_card")

    assert [card(desk, each)["status"] for each in ("4821", second, third)] == ["closed", "blocked", "active"]
    assert card(desk, "9034")["status"] == "active"


async def test_a_card_that_was_sent_too_long_ago_is_not_activated(desk: Desk):
    await approved(desk, desk.alex, "replace_card", card="4821", reason="damaged")
    desk.owner("update card_deliveries set dispatch_on = dispatch_on - 120, expected_on = expected_on - 120")

    refused = await desk.ask(desk.alex, "activate_card")

    assert (refused["status"], refused["card_status"]) == ("card_not_possible", "pending_activation")
    assert "order a replacement" in refused["message"]


async def test_a_card_blocked_between_proposal_and_approval_stays_blocked(desk: Desk):
    proposed = await desk.ask(desk.alex, "freeze_card", card="4821")
    put(desk, "4821", "blocked")

    ended = await decide(desk.context(desk.alex), proposed["operation_id"], "approve")

    assert (ended.status, ended.error_code, card(desk, "4821")["status"]) == ("failed", "card_changed", "blocked")


@pytest.mark.parametrize(
    "statement",
    [
        "update cards set status = 'active'",
        "update cards set last4 = '0000'",
        "update cards set account_id = account_id",
        "insert into cards select * from cards",
        "insert into cards (customer_id, account_id, kind, network, last4, status, expires_on)"
        " select customer_id, account_id, kind, network, '0001', 'active', expires_on from cards",
        "delete from card_limits",
        "update card_deliveries set expected_on = expected_on",
        "select charge_fee(now())",
        "select post_fee(o, null, 1, '', now()) from banking_operations o",
        "select authorise_card_payment(null, 1, 1, 'x', false, '{}', now())",
        "select capture_hold(1, 1, now())",
        "select release_hold(1, now())",
    ],
)
async def test_outside_an_operation_the_runtime_role_changes_nothing(desk: Desk, statement: str):
    put(desk, "4821", "blocked")
    with psycopg.connect(desk.services.app_url) as connection:
        connection.execute("select set_config('app.customer_id', %s, true)", [str(desk.alex)])
        with pytest.raises(Error) as refused:
            connection.execute(statement.encode())

    assert refused.value.sqlstate in ("42501", "TG012")


async def test_in_an_operation_a_blocked_card_stays_blocked_too(desk: Desk):
    """Also if the code of an effect were wrong."""
    put(desk, "4821", "blocked")
    slip = await _processing(desk)
    with psycopg.connect(desk.services.app_url) as connection:
        connection.execute("select set_config('app.customer_id', %s, true)", [str(desk.alex)])
        connection.execute("select execute_operation(%s, %s, %s)", [slip.operation_id, slip.secret, desk.now])
        with pytest.raises(Error) as refused:
            connection.execute("update cards set status = 'active' where last4 = '4821'")

    assert refused.value.sqlstate == "TG030"


async def _processing(desk: Desk) -> Slip:
    proposed = await desk.ask(desk.alex, "freeze_card", card="9034")
    return await confirm(desk.context(desk.alex), proposed["operation_id"])
