"""Replacements: what they cost, when they come, and what becomes of the card before."""

import asyncio
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from core.clock import BANK_TIME_ZONE
from tests.tools.cards.approving import card, put, replacement_of
from tests.tools.conftest import Desk
from tools.catalogue import CATALOGUE, CUSTOMER_SCOPES
from tools.operations import decide

MONDAY = datetime(2027, 3, 1, 10, 0, tzinfo=BANK_TIME_ZONE)


async def ask_at(desk: Desk, now: datetime, tool: str, **arguments: Any) -> dict[str, Any]:
    context = desk.context(desk.alex, now=now)
    outcome = await CATALOGUE.call(tool, arguments, context=context, scopes=CUSTOMER_SCOPES)
    assert outcome.result is not None, outcome.error
    return outcome.result.model_dump(mode="json")


async def replaced_at(desk: Desk, now: datetime, **arguments: Any) -> None:
    proposed = await ask_at(desk, now, "replace_card", **arguments)
    ended = await decide(desk.context(desk.alex, now=now), UUID(proposed["operation_id"]), "approve")
    assert ended.status == "completed"


def balance(desk: Desk, name: str) -> int:
    [account] = desk.owner("select balance_minor from accounts where name = %(name)s and customer_id = %(id)s",
                           name=name, id=desk.alex)  # fmt: skip
    return account["balance_minor"]


async def test_a_damaged_card_works_until_the_new_one_does(desk: Desk):
    proposed = await ask_at(desk, MONDAY, "replace_card", card="4821", reason="damaged")
    assert (proposed["summary"], proposed["card"], proposed["date"], proposed["fee"]) == (
        "Order a replacement for the debit card ending 4821, standard delivery by 2027-03-08",
        "4821",
        "2027-03-08",
        None,
    )
    before = balance(desk, "Everyday")

    await replaced_at(desk, MONDAY, card="4821", reason="damaged")

    old, new = card(desk, "4821"), replacement_of(desk, "4821")
    assert (old["status"], new["status"]) == ("active", "pending_activation")
    assert new["last4"] not in ("4821", "7733", "9034")
    assert {name: new[name] for name in ("kind", "account_id", "network", "customer_id")} == {
        name: old[name] for name in ("kind", "account_id", "network", "customer_id")
    }
    assert new["expires_on"].isoformat() == "2031-03-31"
    assert balance(desk, "Everyday") == before
    listed = {each["last4"]: each for each in (await desk.ask(desk.alex, "list_cards"))["cards"]}
    assert (listed["4821"]["replaced_by"], listed[new["last4"]]["replaced_by"]) == (new["last4"], None)


async def test_a_stolen_card_is_blocked_with_the_order(desk: Desk):
    proposed = await ask_at(desk, MONDAY, "replace_card", card="4821", reason="stolen")
    assert proposed["summary"].startswith(
        "Block the debit card ending 4821 for good, as stolen, and order a replacement"
    )

    await replaced_at(desk, MONDAY, card="4821", reason="stolen")

    assert (card(desk, "4821")["status"], card(desk, "4821")["blocked_as"]) == ("blocked", "stolen")
    assert replacement_of(desk, "4821")["status"] == "pending_activation"


async def test_express_delivery_is_paid_from_the_cards_account(desk: Desk):
    before = balance(desk, "Everyday")
    proposed = await ask_at(desk, MONDAY, "replace_card", card="4821", reason="damaged", delivery="express")
    assert (proposed["fee"], proposed["account"], proposed["date"]) == ("10.00", "Everyday", "2027-03-03")

    ended = await decide(desk.context(desk.alex, now=MONDAY), UUID(proposed["operation_id"]), "approve")

    assert ended.status == "completed"
    assert balance(desk, "Everyday") == before - 1000
    [line] = desk.owner(
        """select t.kind, t.amount_minor, t.category, t.description, o.type
             from transactions t join banking_operations o on o.entry_id = t.entry_id"""
    )
    assert line == {
        "kind": "fee",
        "amount_minor": -1000,
        "category": "fees",
        "description": "Card delivery, express",
        "type": "replace_card",
    }
    assert desk.owner("select * from ledger_faults") == []


async def test_a_fee_that_cannot_be_paid_is_refused_before_and_after_the_question(desk: Desk):
    proposed = await ask_at(desk, MONDAY, "replace_card", card="4821", reason="lost", delivery="express")
    everyday = balance(desk, "Everyday")
    desk.owner("update accounts set held_minor = held_minor + %(all)s where name = 'Everyday' and customer_id = %(id)s",
               all=everyday, id=desk.alex)  # fmt: skip

    refused = await ask_at(desk, MONDAY, "replace_card", card="4821", reason="lost", delivery="express")
    ended = await decide(desk.context(desk.alex, now=MONDAY), UUID(proposed["operation_id"]), "approve")

    assert (refused["status"], refused["fee"], refused["currency"]) == ("insufficient_funds", "10.00", "GBP")
    assert "Standard delivery is free" in refused["message"]
    assert (ended.status, ended.error_code) == ("failed", "insufficient_funds")
    assert card(desk, "4821")["status"] == "active"
    assert desk.owner("select * from card_deliveries") == []
    assert balance(desk, "Everyday") == everyday


async def test_a_card_goes_abroad_by_courier(desk: Desk):
    desk.owner("update customers set country = 'FR' where id = %(id)s", id=desk.alex)

    proposed = await ask_at(desk, MONDAY, "replace_card", card="7733", reason="damaged")

    assert (proposed["fee"], proposed["account"], proposed["date"]) == ("15.00", "Platinum", "2027-03-15")
    assert "courier delivery" in proposed["summary"]


async def test_without_an_address_nothing_is_sent(desk: Desk):
    desk.owner("update customers set address_line = null where id = %(id)s", id=desk.alex)

    assert (await desk.ask(desk.alex, "replace_card", card="4821", reason="lost"))["status"] == "no_address"
    assert (await desk.ask(desk.alex, "request_pin_change", card="4821"))["status"] == "no_address"


@pytest.mark.parametrize(
    ("state", "arguments", "status", "says"),
    [
        ("active", {"card": "4821"}, "reason_unclear", "Why"),
        ("active", {"card": "4821", "reason": "expired"}, "card_not_possible", "good until"),
        ("active", {"card": "9034", "reason": "damaged"}, "card_not_possible", "create a new virtual card"),
        ("active", {"reason": "damaged"}, "card_unclear", "Which card"),
        ("closed", {"card": "4821", "reason": "damaged"}, "card_not_possible", "closed for good"),
        ("expired", {"card": "4821"}, "confirmation_needed", None),
        ("blocked", {"card": "4821"}, "confirmation_needed", None),
        ("blocked", {}, "confirmation_needed", None),
        ("frozen", {"card": "4821", "reason": "damaged"}, "confirmation_needed", None),
        ("pending_activation", {"card": "4821", "reason": "lost"}, "confirmation_needed", None),
    ],
)
async def test_what_can_be_replaced(desk: Desk, state: str, arguments: dict[str, str], status: str, says: str | None):
    put(desk, "4821", state)

    answer = await desk.ask(desk.alex, "replace_card", **arguments)

    assert answer["status"] == status
    assert says is None or says in answer["message"]


async def test_a_card_that_is_about_to_expire_can_be_replaced(desk: Desk):
    desk.owner("update cards set expires_on = %(day)s where last4 = '4821'", day=desk.now.date() + timedelta(days=20))

    assert (await desk.ask(desk.alex, "replace_card", card="4821", reason="expired"))["status"] == "confirmation_needed"


async def test_a_card_is_replaced_once(desk: Desk):
    proposals = [await desk.ask(desk.alex, "replace_card", card="4821", reason="damaged") for _ in range(4)]

    ended = await asyncio.gather(
        *(decide(desk.context(desk.alex), UUID(each["operation_id"]), "approve") for each in proposals)
    )
    again = await desk.ask(desk.alex, "replace_card", card="4821", reason="damaged")

    assert sorted(each.status for each in ended) == ["completed", "failed", "failed", "failed"]
    assert {each.error_code for each in ended} == {None, "card_changed"}
    new = replacement_of(desk, "4821")["last4"]
    assert (again["status"], f"ending {new}" in again["message"]) == ("card_not_possible", True)


async def test_where_a_card_in_the_post_is(desk: Desk):
    await replaced_at(desk, MONDAY, card="4821", reason="damaged")
    new = replacement_of(desk, "4821")["last4"]

    async def delivery(days: int) -> dict[str, Any]:
        found = await ask_at(desk, MONDAY + timedelta(days=days), "get_card_delivery", card="4821")
        assert found["address"] == "14 Linden Way, Leeds LS6 2QT"
        [only] = found["deliveries"]
        return only

    assert await delivery(0) == {
        "card": f"debit card ending {new}",
        "item": "card",
        "method": "standard",
        "delivery_status": "ordered",
        "ordered": "2027-03-01",
        "sent": "2027-03-02",
        "expected": "2027-03-08",
        "advice": None,
    }
    assert [(await delivery(days))["delivery_status"] for days in (1, 7, 8)] == ["sent", "sent", "overdue"]
    assert "Report the card lost" in (await delivery(8))["advice"]
    put(desk, new, "active")
    assert (await delivery(8))["delivery_status"] == "received"
    put(desk, new, "blocked")
    assert (await delivery(8))["delivery_status"] == "stopped"
    assert (await desk.ask(desk.alex, "get_card_delivery", card="7733")) == {
        "status": "found",
        "deliveries": [],
        "address": None,
    }
    assert (await desk.ask(desk.blair, "get_card_delivery"))["deliveries"] == []


async def test_a_new_pin_comes_by_letter_and_is_never_told(desk: Desk):
    proposed = await ask_at(desk, MONDAY, "request_pin_change", card="4821")
    assert proposed["summary"] == "Send a new PIN for the debit card ending 4821 by letter, due by 2027-03-08"
    ended = await decide(desk.context(desk.alex, now=MONDAY), UUID(proposed["operation_id"]), "approve")
    assert ended.status == "completed"

    again = await ask_at(desk, MONDAY, "request_pin_change", card="4821")
    later = await ask_at(desk, MONDAY + timedelta(days=8), "request_pin_change", card="4821")
    found = await ask_at(desk, MONDAY, "get_card_delivery")

    assert (again["status"], "2027-03-08" in again["message"]) == ("nothing_to_do", True)
    assert later["status"] == "confirmation_needed"
    assert [(each["item"], each["delivery_status"]) for each in found["deliveries"]] == [("pin", "ordered")]


@pytest.mark.parametrize(("last4", "state"), [("9034", "active"), ("4821", "blocked"), ("4821", "expired")])
async def test_a_card_without_a_pin_gets_none(desk: Desk, last4: str, state: str):
    put(desk, last4, state)

    refused = await desk.ask(desk.alex, "request_pin_change", card=last4)

    assert (refused["status"], refused["card_status"]) == ("card_not_possible", state)


async def test_a_pin_is_no_argument(desk: Desk):
    outcome = await desk.call(desk.alex, "request_pin_change", card="4821", pin="1234")

    assert outcome.error == "The arguments are wrong. pin: Extra inputs are not permitted"
