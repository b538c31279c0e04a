"""Who is asking: login, expiry, logout, past chats. Issue 2, parts 10 and 11."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from playwright.async_api import Page, expect

from .scripted_bank import EMAIL, NAME, PASSWORD, Refusal, ScriptedBank, answer, turn
from .widget import ask, expect_ended, last_answer, log_in

pytestmark = pytest.mark.browser


async def test_a_wrong_password_is_told_and_a_right_one_lets_in(chat_page: Page, scripted: ScriptedBank) -> None:
    await chat_page.get_by_role("button", name="Log in", exact=True).click()
    dialog = chat_page.get_by_role("dialog", name="Log in")
    await expect(dialog.get_by_label("Email")).to_be_focused()
    await dialog.get_by_label("Email").fill(EMAIL)
    await dialog.get_by_label("Password").fill("wrong")
    await dialog.get_by_label("Password").press("Enter")
    await expect(dialog.get_by_role("alert")).to_have_text("The email or the password is not right.")
    await dialog.get_by_label("Password").fill(PASSWORD)
    await dialog.get_by_label("Password").press("Enter")
    await expect(dialog).to_be_hidden()
    await expect(chat_page.get_by_role("heading", name="Hello, Alex")).to_be_visible()
    await expect(chat_page.get_by_label("Your message")).to_be_focused()
    scripted.chats = [turn(*answer("Hi."))]
    await chat_page.get_by_role("button", name="What's my balance?").click()
    await expect_ended(chat_page)
    assert scripted.asked("/chat/stream")[0][2]["authorization"] == "Bearer token-1"


async def test_demo_logins_are_offered_by_a_demo_bank_only(browser_page: Page, scripted: ScriptedBank) -> None:
    scripted.demo = False
    async with browser_page.expect_event("requestfinished", lambda request: request.url.endswith("/api/v1/demo")):
        await browser_page.goto(scripted.base_url)
    await browser_page.get_by_role("button", name="Log in", exact=True).click()
    await expect(browser_page.get_by_text("This is a demo bank.")).to_have_count(0)
    scripted.demo = True
    await browser_page.reload()
    await browser_page.get_by_role("button", name="Log in", exact=True).click()
    await browser_page.get_by_role("button", name=re.compile(EMAIL)).click()
    await expect(browser_page.get_by_role("banner").get_by_text(NAME)).to_be_visible()


async def test_an_expired_login_is_asked_for_again_and_the_text_is_kept(
    chat_page: Page, scripted: ScriptedBank
) -> None:
    await log_in(chat_page, EMAIL, PASSWORD)
    scripted.chats = [
        turn(*answer("Hello.")),
        Refusal(401, "token_expired", "Your login has expired."),
        turn(*answer("£2,480.15"), turn_id="turn-2"),
    ]
    await ask(chat_page, "hi")
    await expect_ended(chat_page)
    await ask(chat_page, "what's my balance?")
    dialog = chat_page.get_by_role("dialog", name="Log in")
    await expect(dialog).to_contain_text("Your login has expired.")
    await expect(chat_page.get_by_label("Your message")).to_have_value("what's my balance?")
    await dialog.get_by_label("Password").fill(PASSWORD)
    await dialog.get_by_label("Password").press("Enter")
    await expect(chat_page.get_by_label("Your message")).to_be_focused()
    await chat_page.get_by_label("Your message").press("Enter")
    await expect(last_answer(chat_page).locator(".md")).to_have_text("£2,480.15")
    await expect(chat_page.locator(".message")).to_have_count(4)
    assert scripted.asked("/chat/stream")[2][3]["session_id"] == "session-1"


async def test_after_an_expiry_nothing_is_sent_without_a_login(chat_page: Page, scripted: ScriptedBank) -> None:
    await log_in(chat_page, EMAIL, PASSWORD)
    scripted.chats = [Refusal(401, "token_expired", "Your login has expired.")]
    await ask(chat_page, "what's my balance?")
    dialog = chat_page.get_by_role("dialog", name="Log in")
    await dialog.get_by_role("button", name="Close").click()
    await chat_page.get_by_label("Your message").press("Enter")
    await expect(dialog).to_be_visible()
    assert len(scripted.asked("/chat/stream")) == 1


async def test_logging_out_leaves_nothing_on_the_page(chat_page: Page, scripted: ScriptedBank) -> None:
    scripted.sessions = [{"session_id": "s-1", "title": "My secret", "updated_at": datetime.now(UTC).isoformat()}]
    await log_in(chat_page, EMAIL, PASSWORD)
    scripted.chats = [turn(*answer("You have £2,480.15.")), turn(*answer("Hello."))]
    await ask(chat_page, "what's my balance?")
    await expect_ended(chat_page)
    await expect(chat_page.get_by_text("My secret")).to_be_visible()
    await chat_page.get_by_role("button", name="Log out").click()
    await expect(chat_page.get_by_role("heading", name="How can we help?")).to_be_visible()
    await expect(chat_page.locator("body")).not_to_contain_text("2,480.15")
    await expect(chat_page.get_by_text("My secret")).to_have_count(0)
    await ask(chat_page, "hi")
    await expect_ended(chat_page)
    _, _, headers, body = scripted.asked("/chat/stream")[1]
    assert "authorization" not in headers
    assert body == {"message": "hi"}
    stored = await chat_page.evaluate("[document.cookie, localStorage.length, sessionStorage.length]")
    assert stored == ["", 0, 0]


async def test_past_chats_are_listed_opened_and_deleted(chat_page: Page, scripted: ScriptedBank) -> None:
    now = datetime.now(UTC)
    scripted.sessions = [
        {"session_id": "s-1", "title": "Card activation", "updated_at": (now - timedelta(days=1)).isoformat()},
        {"session_id": "s-2", "title": "Balance", "updated_at": (now - timedelta(days=40)).isoformat()},
    ]
    citation = {"n": 1, "document_id": "card", "title": "Activating your card", "url": "/help/card", "quote": "Q"}
    scripted.histories["s-1"] = [
        {"role": "user", "content": "How do I activate it?", "citations": [], "created_at": now.isoformat()},
        {"role": "assistant", "content": "In the app [1].", "citations": [citation], "created_at": now.isoformat()},
    ]
    await log_in(chat_page, EMAIL, PASSWORD)
    past = chat_page.get_by_role("navigation", name="Past chats")
    await past.get_by_role("button", name=re.compile("^Card activation")).click()
    await expect(chat_page.locator(".message.customer")).to_have_text("How do I activate it?")
    await expect(last_answer(chat_page).get_by_role("link", name="Source 1, opens in a new tab")).to_be_visible()
    scripted.chats = [turn(*answer("Yes."))]
    await ask(chat_page, "for a debit card too?")
    await expect_ended(chat_page)
    assert scripted.asked("/chat/stream")[0][3]["session_id"] == "s-1"
    await past.get_by_role("button", name="Delete Balance").click()
    await expect(past.get_by_role("button", name="Keep")).to_be_focused()
    async with chat_page.expect_response(lambda response: response.request.method == "DELETE"):
        await past.get_by_role("button", name="Delete", exact=True).click()
    await expect(past.get_by_text("Balance")).to_have_count(0)
    assert [path for method, path, *_ in scripted.requests if method == "DELETE"] == ["/api/v1/chat/history/s-2"]


async def test_a_question_in_the_list_of_past_chats_stays_while_the_list_comes_anew(
    chat_page: Page, scripted: ScriptedBank
) -> None:
    balance = {"session_id": "s-2", "title": "Balance", "updated_at": datetime.now(UTC).isoformat()}
    scripted.sessions = [balance]
    await log_in(chat_page, EMAIL, PASSWORD)
    past = chat_page.get_by_role("navigation", name="Past chats")
    await past.get_by_role("button", name="Delete Balance").click()
    scripted.sessions = [balance, balance | {"session_id": "s-3", "title": "Cards"}]
    scripted.chats = [turn(*answer("Yes."))]

    await ask(chat_page, "do I have a card?")
    await expect(past.get_by_role("button", name="Delete Cards")).to_be_visible()

    await past.get_by_role("button", name="Delete", exact=True).click()
    await expect(past.get_by_text("Balance")).to_have_count(0)


async def test_a_visitors_chat_stays_in_view_when_they_log_in(chat_page: Page, scripted: ScriptedBank) -> None:
    scripted.chats = [turn(("route", {"route": "operation"}), *answer("Log in first.")), turn(*answer("£10."))]
    await ask(chat_page, "what's my balance?")
    await expect_ended(chat_page)
    await last_answer(chat_page).get_by_role("button", name="Log in").click()
    dialog = chat_page.get_by_role("dialog", name="Log in")
    await dialog.get_by_role("button", name=re.compile(EMAIL)).click()
    await expect(chat_page.get_by_text(f"Logged in as {NAME}")).to_be_visible()
    await ask(chat_page, "what's my balance?")
    await expect(last_answer(chat_page).locator(".md")).to_have_text("£10.")
    assert scripted.asked("/chat/stream")[1][3] == {"message": "what's my balance?"}
