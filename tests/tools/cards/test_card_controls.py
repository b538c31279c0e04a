"""Limits, switches and virtual cards."""

import asyncio
from uuid import UUID

import pytest

from core.errors import Refused
from tests.tools.cards.approving import approved, card, put
from tests.tools.conftest import Desk
from tools.operations import decide


async def limits(desk: Desk, last4: str) -> dict[str, tuple[str | None, str | None]]:
    found = await desk.ask(desk.alex, "get_card_limits", card=last4)
    return {each["limit"]: (each["amount"], each["maximum"]) for each in found["limits"]}


async def test_the_limits_are_the_published_ones_until_the_customer_sets_lower_ones(desk: Desk):
    assert await limits(desk, "4821") == {"payments": ("5000.00", "5000.00"), "cash": ("500.00", "500.00")}
    assert await limits(desk, "7733") == {"cash": ("500.00", "500.00")}
    assert await limits(desk, "9034") == {"payments": (None, None)}

    proposed = await desk.ask(desk.alex, "set_card_limit", card="4821", limit="payments", amount="200")
    assert (proposed["type"], proposed["step_up"], proposed["amount"], proposed["currency"]) == (
        "lower_card_limit",
        False,
        "200.00",
        "GBP",
    )
    assert proposed["summary"] == "Lower the limit for payments of the debit card ending 4821 to £200.00 a day"
    assert (await decide(desk.context(desk.alex), UUID(proposed["operation_id"]), "approve")).status == "completed"

    assert await limits(desk, "4821") == {"payments": ("200.00", "5000.00"), "cash": ("500.00", "500.00")}


async def test_raising_a_limit_needs_a_code(desk: Desk):
    await approved(desk, desk.alex, "set_card_limit", card="4821", limit="cash", amount="50")
    proposed = await desk.ask(desk.alex, "set_card_limit", card="4821", limit="cash", amount="300")
    assert (proposed["type"], proposed["step_up"]) == ("raise_card_limit", True)

    with pytest.raises(Refused, match="security code"):
        await decide(desk.context(desk.alex), UUID(proposed["operation_id"]), "approve")
    assert (await limits(desk, "4821"))["cash"] == ("50.00", "500.00")

    assert (
        await approved(desk, desk.alex, "set_card_limit", card="4821", limit="cash", amount="300")
    ).status == "completed"
    assert (await limits(desk, "4821"))["cash"] == ("300.00", "500.00")


async def test_what_was_to_lower_a_limit_never_raises_it(desk: Desk):
    """Two proposals at once: the first to be approved makes the second one a rise, which nobody gave a code for."""
    to_400 = await desk.ask(desk.alex, "set_card_limit", card="4821", limit="cash", amount="400")
    to_50 = await desk.ask(desk.alex, "set_card_limit", card="4821", limit="cash", amount="50")

    first = await decide(desk.context(desk.alex), UUID(to_50["operation_id"]), "approve")
    second = await decide(desk.context(desk.alex), UUID(to_400["operation_id"]), "approve")

    assert (first.status, second.status, second.error_code) == ("completed", "failed", "card_changed")
    assert (await limits(desk, "4821"))["cash"] == ("50.00", "500.00")


@pytest.mark.parametrize(
    ("arguments", "status", "says"),
    [
        ({"card": "4821", "limit": "payments", "amount": "5000.01"}, "over_card_maximum", "£5,000.00 a day at most"),
        ({"card": "4821", "limit": "payments", "amount": "5000"}, "nothing_to_do", "already"),
        ({"card": "7733", "limit": "payments", "amount": "10"}, "card_not_possible", "credit limit"),
        ({"card": "9034", "limit": "cash", "amount": "10"}, "card_not_possible", "does not take out cash"),
        ({"limit": "cash", "amount": "10"}, "card_unclear", "Which card"),
    ],
)
async def test_limits_that_cannot_be_set(desk: Desk, arguments: dict[str, str], status: str, says: str):
    answer = await desk.ask(desk.alex, "set_card_limit", **arguments)

    assert answer["status"] == status
    assert says in answer["message"]
    assert desk.owner("select * from banking_operations") == []


@pytest.mark.parametrize(
    ("amount", "currency", "says"),
    [
        ("0", None, "more than zero"),
        ("-5", None, "more than zero"),
        ("1.001", None, "at most 2 decimals"),
        ("many", None, "number with a point"),
        ("50", "EUR", "in GBP"),
        ("50", "XXX", "no currency that we know"),
    ],
)
async def test_amounts_that_are_none(desk: Desk, amount: str, currency: str | None, says: str):
    outcome = await desk.call(desk.alex, "set_card_limit", card="4821", limit="cash", amount=amount, currency=currency)

    assert says in str(outcome.error)
    assert desk.owner("select * from banking_operations") == []


async def test_a_blocked_card_has_no_limit_to_set(desk: Desk):
    put(desk, "4821", "blocked")

    refused = await desk.ask(desk.alex, "set_card_limit", card="4821", limit="cash", amount="10")

    assert (refused["status"], refused["card_status"]) == ("card_not_possible", "blocked")


async def test_a_virtual_card_has_a_limit_a_month_once_it_is_set(desk: Desk):
    proposed = await desk.ask(desk.alex, "set_card_limit", card="9034", limit="payments", amount="75")

    assert (proposed["type"], proposed["step_up"]) == ("lower_card_limit", False)
    assert proposed["summary"].endswith("to £75.00 a month")


@pytest.mark.parametrize(
    ("switch", "column"),
    [
        ("contactless", "contactless_enabled"),
        ("online", "online_enabled"),
        ("cash_machines", "cash_enabled"),
        ("abroad", "abroad_enabled"),
    ],
)
async def test_a_switch_goes_off_and_on_again(desk: Desk, switch: str, column: str):
    columns = ("contactless_enabled", "online_enabled", "cash_enabled", "abroad_enabled")

    await approved(desk, desk.alex, "set_card_switch", card="4821", switch=switch, on=False)
    assert {name for name in columns if not card(desk, "4821")[name]} == {column}
    assert all(card(desk, "7733")[name] for name in columns)
    again = await desk.ask(desk.alex, "set_card_switch", card="4821", switch=switch, on=False)
    assert (again["status"], "off already" in again["message"]) == ("nothing_to_do", True)
    listed = {each["last4"]: each["switches"] for each in (await desk.ask(desk.alex, "list_cards"))["cards"]}
    assert listed["4821"][switch] is False

    await approved(desk, desk.alex, "set_card_switch", card="4821", switch=switch, on=True)
    assert all(card(desk, "4821")[name] for name in columns)


@pytest.mark.parametrize(
    ("last4", "state", "switch", "says"),
    [
        ("4821", "blocked", "online", "blocked for good"),
        ("4821", "expired", "online", "expired"),
        ("9034", "active", "contactless", "no plastic"),
        ("9034", "active", "cash_machines", "no plastic"),
    ],
)
async def test_switches_that_cannot_be_used(desk: Desk, last4: str, state: str, switch: str, says: str):
    put(desk, last4, state)

    refused = await desk.ask(desk.alex, "set_card_switch", card=last4, switch=switch, on=False)

    assert refused["status"] == "card_not_possible"
    assert says in refused["message"]


async def test_a_virtual_card_is_ready_at_once(desk: Desk):
    proposed = await desk.ask(desk.alex, "create_virtual_card", name="Subscriptions")
    assert (proposed["summary"], proposed["account"]) == (
        'Create a virtual card called "Subscriptions" on Everyday',
        "Everyday",
    )
    assert (await decide(desk.context(desk.alex), UUID(proposed["operation_id"]), "approve")).status == "completed"

    [made] = desk.owner("select * from cards where nickname = 'Subscriptions'")
    assert (made["kind"], made["status"], made["customer_id"]) == ("virtual", "active", desk.alex)
    frozen = await desk.ask(desk.alex, "freeze_card", card="subscriptions")
    assert frozen["card"] == made["last4"]


async def test_a_virtual_card_draws_on_the_account_that_is_named(desk: Desk):
    await approved(desk, desk.alex, "create_virtual_card", account="Travel", name="Trips")

    listed = await desk.ask(desk.alex, "list_cards")
    assert [each["account"] for each in listed["cards"] if "Trips" in each["label"]] == ["Travel"]


@pytest.mark.parametrize(
    ("account", "status"), [("Rainy Day", "account_without_cards"), ("Holiday", "account_unclear")]
)
async def test_accounts_that_have_no_cards(desk: Desk, account: str, status: str):
    assert (await desk.ask(desk.alex, "create_virtual_card", account=account))["status"] == status


async def test_a_frozen_account_gets_no_card(desk: Desk):
    desk.owner("update accounts set status = 'frozen' where name = 'Travel' and customer_id = %(id)s", id=desk.alex)

    assert (await desk.ask(desk.alex, "create_virtual_card", account="Travel"))["status"] == "account_without_cards"


async def test_there_are_five_virtual_cards_at_most(desk: Desk):
    """Alex has one; of six approvals at once four make a card."""
    proposals = [await desk.ask(desk.alex, "create_virtual_card", name=f"Card {number}") for number in range(6)]

    ended = await asyncio.gather(
        *(decide(desk.context(desk.alex), UUID(each["operation_id"]), "approve") for each in proposals)
    )
    refused = await desk.ask(desk.alex, "create_virtual_card")

    assert sorted(each.status for each in ended) == ["completed"] * 4 + ["failed"] * 2
    assert {each.error_code for each in ended} == {None, "too_many_virtual_cards"}
    assert (refused["status"], refused["most"]) == ("too_many_virtual_cards", 5)
    put(desk, "9034", "blocked")
    assert (await desk.ask(desk.alex, "create_virtual_card"))["status"] == "confirmation_needed"
