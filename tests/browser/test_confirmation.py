"""The customer disposes: a prepared operation goes on only with a press, once. Design rule 2."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.async_api import Locator, Page, expect

from .scripted_bank import EMAIL, PASSWORD, Drop, Gate, Refusal, ScriptedBank, answer, turn
from .widget import ask, expect_ended, last_answer, log_in

pytestmark = pytest.mark.browser

CONFIRM = "/api/v1/chat/turns/turn-1/confirm"


def operation(**changes: Any) -> dict[str, Any]:
    facts = dict.fromkeys(("amount", "currency", "payee", "account", "to_account", "card", "date", "fee"))
    soon = (datetime.now(UTC) + timedelta(minutes=10)).isoformat(timespec="seconds")
    summary = "Freeze your debit card ending 4821."
    fixed = {"operation_id": "op-1", "type": "freeze_card", "summary": summary, "card": "4821"}
    return {**facts, **fixed, "step_up": False, "expires_at": soon, **changes}


def payment(**changes: Any) -> dict[str, Any]:
    today = datetime.now(UTC).date().isoformat()
    facts = {"amount": "1300.50", "currency": "GBP", "payee": "Maria Lopez", "account": "Everyday", "date": today}
    what = {"type": "transfer", "summary": "Pay Maria Lopez £1,300.50 from Everyday.", "fee": "0.00", "card": None}
    return operation(**what, **facts, **changes)


def decided(text: str, status: str) -> list[bytes]:
    """The turn that carries out a decision."""
    ended = {"operation": {"operation_id": "op-1", "status": status}}
    return turn(*answer(text, **ended), turn_id="turn-2")


async def asked_to_confirm(page: Page, scripted: ScriptedBank, what: dict[str, Any]) -> Locator:
    await log_in(page, EMAIL, PASSWORD)
    scripted.chats = [turn(("confirm", what), *answer("Please confirm."))]
    await ask(page, "do it")
    await expect_ended(page)
    return page.locator(".confirm")


async def test_a_card_shows_the_facts_and_approving_does_it_once(chat_page: Page, scripted: ScriptedBank) -> None:
    card = await asked_to_confirm(chat_page, scripted, payment())
    facts = [await row.inner_text() for row in await card.locator("dl > div").all()]
    assert facts[0].split("\n") == ["Amount", "£1,300.50"]
    assert facts[1].split("\n") == ["To", "Maria Lopez"]
    assert facts[2].split("\n") == ["From", "Everyday"]
    assert facts[3].split("\n")[1].startswith("Today, ")
    assert facts[4].split("\n") == ["Fee", "None"]
    gate = Gate()
    scripted.confirms = [[gate, *decided("Paid.", "completed")]]
    approve = card.get_by_role("button", name="Approve")
    await approve.dblclick()
    await expect(approve).to_be_disabled()
    await expect(card.get_by_role("button", name="Cancel")).to_be_disabled()
    gate.open()
    await expect(card).to_have_attribute("data-state", "approved")
    await expect(last_answer(chat_page).locator(".md")).to_have_text("Paid.")
    await expect(card.get_by_role("button")).to_have_count(0)
    [(method, _, headers, body)] = scripted.asked(CONFIRM)
    assert (method, headers["accept"], headers["authorization"]) == ("POST", "text/event-stream", "Bearer token-1")
    assert body == {"operation_id": "op-1", "decision": "approve"}


async def test_cancelling_denies(chat_page: Page, scripted: ScriptedBank) -> None:
    card = await asked_to_confirm(chat_page, scripted, operation())
    scripted.confirms = [decided("Nothing was changed.", "cancelled")]
    await card.get_by_role("button", name="Cancel").click()
    await expect(card).to_have_attribute("data-state", "denied")
    assert scripted.asked(CONFIRM)[0][3] == {"operation_id": "op-1", "decision": "deny"}


@pytest.mark.parametrize("status", ["failed", "expired"])
async def test_what_the_bank_could_not_do_is_not_shown_as_done(
    chat_page: Page, scripted: ScriptedBank, status: str
) -> None:
    card = await asked_to_confirm(chat_page, scripted, operation())
    scripted.confirms = [decided("It was not done.", status)]
    await card.get_by_role("button", name="Approve").click()
    await expect(card).to_have_attribute("data-state", status)
    await expect(card.get_by_role("button")).to_have_count(0)


async def test_a_step_up_code_is_asked_for_and_a_wrong_one_can_be_mended(
    chat_page: Page, scripted: ScriptedBank
) -> None:
    card = await asked_to_confirm(chat_page, scripted, payment(step_up=True))
    approve = card.get_by_role("button", name="Approve")
    await approve.click()
    await expect(card.get_by_role("alert")).to_have_text("Enter the security code first.")
    assert scripted.asked(CONFIRM) == []
    await card.get_by_role("button", name="Demo: show the message with the code").click()
    await expect(card.get_by_text("482913")).to_be_visible()
    scripted.confirms = [Refusal(422, "wrong_code", "That code is not right."), decided("Paid.", "completed")]
    await card.get_by_label("Security code").fill("111111")
    await approve.click()
    await expect(card.get_by_role("alert")).to_have_text("That code is not right.")
    await expect(card.get_by_label("Security code")).to_be_focused()
    await card.get_by_label("Security code").fill("482913")
    await card.get_by_label("Security code").press("Enter")
    await expect(card).to_have_attribute("data-state", "approved")
    assert [body["code"] for *_, body in scripted.asked(CONFIRM)] == ["111111", "482913"]


async def test_an_offer_that_ran_out_cannot_be_pressed(chat_page: Page, scripted: ScriptedBank) -> None:
    past = (datetime.now(UTC) - timedelta(seconds=5)).isoformat()
    card = await asked_to_confirm(chat_page, scripted, operation(expires_at=past))
    await expect(card).to_have_attribute("data-state", "expired")
    await expect(card.get_by_role("button")).to_have_count(0)


@pytest.mark.parametrize(
    ("refusal", "state"),
    [
        (Refusal(409, "operation_expired", "This has expired."), "expired"),
        (Refusal(409, "already_decided", "You have decided on this already."), "decided"),
        (Refusal(409, "conflict", "The card is not active."), "failed"),
        (Refusal(404, "not_found", "There is no such operation."), "failed"),
        (Refusal(503, "service_unavailable", "Back soon."), "pending"),
        (Refusal(429, "too_many_requests", "Too fast."), "pending"),
    ],
    ids=["expired", "decided", "conflict", "unknown", "unavailable", "too-fast"],
)
async def test_a_refused_decision_leaves_the_card_as_the_bank_says(
    chat_page: Page, scripted: ScriptedBank, refusal: Refusal, state: str
) -> None:
    card = await asked_to_confirm(chat_page, scripted, operation())
    scripted.confirms = [refusal]
    await card.get_by_role("button", name="Approve").click()
    await expect(card).to_have_attribute("data-state", state)
    await expect(card.get_by_role("button", name="Approve")).to_have_count(1 if state == "pending" else 0)


async def test_a_decision_whose_stream_drops_goes_on_where_it_broke(chat_page: Page, scripted: ScriptedBank) -> None:
    card = await asked_to_confirm(chat_page, scripted, operation())
    rest = decided("Your card is frozen.", "completed")
    gate = Gate()
    scripted.confirms = [[*rest[:2], gate, Drop()]]
    scripted.resumes = [rest[2:]]
    await card.get_by_role("button", name="Approve").click()
    await expect(last_answer(chat_page).locator(".md")).to_have_text("Your")
    gate.open()
    await expect(card).to_have_attribute("data-state", "approved")
    await expect(last_answer(chat_page).locator(".md")).to_have_text("Your card is frozen.")
    [(_, path, headers, _)] = scripted.asked("/events")
    assert (path, headers["last-event-id"]) == ("/api/v1/chat/turns/turn-2/events", "2")
    assert len(scripted.asked(CONFIRM)) == 1


async def test_a_decision_that_got_no_answer_can_be_checked_with_the_same_decision(
    chat_page: Page, scripted: ScriptedBank
) -> None:
    card = await asked_to_confirm(chat_page, scripted, operation())
    await chat_page.route("**/confirm", lambda route: route.abort(), times=1)
    await card.get_by_role("button", name="Approve").click()
    await expect(card).to_have_attribute("data-state", "unknown")
    await expect(card.get_by_role("button", name="Approve")).to_have_count(0)
    scripted.confirms = [decided("Your card is frozen.", "completed")]
    await card.get_by_role("button", name="Check again").click()
    await expect(card).to_have_attribute("data-state", "approved")
    assert scripted.asked(CONFIRM)[0][3] == {"operation_id": "op-1", "decision": "approve"}


async def test_a_typed_yes_settles_the_card(chat_page: Page, scripted: ScriptedBank) -> None:
    card = await asked_to_confirm(chat_page, scripted, operation())
    ended = {"operation": {"operation_id": "op-1", "status": "completed"}}
    scripted.chats = [turn(*answer("Your card is frozen.", **ended), turn_id="turn-2")]
    await ask(chat_page, "yes")
    await expect(card).to_have_attribute("data-state", "approved")


async def test_a_card_waits_while_another_turn_runs(chat_page: Page, scripted: ScriptedBank) -> None:
    card = await asked_to_confirm(chat_page, scripted, operation())
    gate = Gate()
    scripted.chats = [[gate, *turn(*answer("Hello."), turn_id="turn-2")]]
    await ask(chat_page, "hi")
    await expect(card.get_by_role("button", name="Approve")).to_be_disabled()
    gate.open()
    await expect(card.get_by_role("button", name="Approve")).to_be_enabled()


async def test_a_card_that_is_spoken_of_again_stands_as_it_did(chat_page: Page, scripted: ScriptedBank) -> None:
    what = operation(step_up=True)
    card = await asked_to_confirm(chat_page, scripted, what)
    await card.get_by_label("Security code").fill("48")
    scripted.chats = [turn(("confirm", what), *answer("This still waits."))]
    await ask(chat_page, "did you do it?")
    await expect_ended(chat_page)
    await expect(chat_page.locator(".confirm")).to_have_count(1)
    await expect(card.get_by_role("alert")).to_be_empty()
    await expect(card.get_by_label("Security code")).to_have_value("48")
    await expect(chat_page.get_by_label("Your message")).to_be_focused()


async def test_nothing_is_said_to_be_prepared_where_nothing_waits(chat_page: Page, scripted: ScriptedBank) -> None:
    called = {"id": "call-1", "name": "freeze_card", "title": "Prepare to freeze a card"}
    tool = [("tool_call", called), ("tool_result", {**called, "ok": True})]
    scripted.chats = [turn(*tool, *answer("Which card do you mean?"))]
    await ask(chat_page, "freeze my card")
    await expect_ended(chat_page)
    await expect(last_answer(chat_page).locator(".activity li")).to_have_count(0)
    scripted.chats = [turn(*tool, ("confirm", operation()), *answer("Please confirm."))]
    await ask(chat_page, "the debit card")
    await expect_ended(chat_page)
    await expect(last_answer(chat_page).locator(".activity li")).to_have_text("Prepared to freeze a card")
    await expect(chat_page.get_by_role("region", name="Please confirm Freeze your debit card")).to_be_visible()
