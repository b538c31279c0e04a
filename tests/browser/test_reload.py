"""A page that is loaded again goes on where it was: with the chat, the answer that was being written, the decision that
waits. What it keeps for that opens nothing without the login. Issue 8."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime

import pytest
from playwright.async_api import Page, expect

from core.services import Services
from core.settings import Settings
from tests.serving import serving
from tests.talking import ALEX

from .scripted_bank import EMAIL, PASSWORD, Gate, Refusal, ScriptedBank, answer, turn
from .widget import ask, expect_ended, last_answer, log_in

pytestmark = pytest.mark.browser

Clone = Callable[[str], AbstractContextManager[Services]]


@pytest.fixture(scope="module")
def bank_url(settings: Settings, clone: Clone, bank_template: str) -> Iterator[str]:
    """The real server, without a help centre."""
    with clone(bank_template) as services, serving(settings, services) as url:
        yield url


async def test_a_decision_that_waits_is_still_there_after_a_reload_and_can_be_made(
    browser_page: Page, bank_url: str
) -> None:
    await browser_page.goto(bank_url)
    await log_in(browser_page, *ALEX)
    await ask(browser_page, "freeze my card ending 4821")
    await expect_ended(browser_page)
    await browser_page.reload()
    await expect(browser_page.locator(".message.customer")).to_have_text("freeze my card ending 4821")
    card = browser_page.locator(".confirm")
    await expect(card).to_contain_text("4821")
    await card.get_by_role("button", name="Approve").click()
    await expect(card).to_have_attribute("data-state", "approved")
    await expect_ended(browser_page)
    await expect(last_answer(browser_page).locator(".md")).to_contain_text("frozen")
    await browser_page.reload()
    await expect(browser_page.locator(".message")).to_have_count(3)
    await expect(browser_page.locator(".confirm")).to_have_count(0)


async def test_after_a_reload_in_mid_answer_the_rest_comes_under_its_question(
    chat_page: Page, scripted: ScriptedBank
) -> None:
    await log_in(chat_page, EMAIL, PASSWORD)
    scripted.renewals = 1
    whole, begun, rest = turn(*answer("You have £2,480.15.")), Gate(), Gate()
    scripted.chats = [[*whole[:2], begun, *whole[2:]]]
    scripted.resumes = [[*whole[:2], rest, *whole[2:]]]
    scripted.histories["session-1"] = []
    await ask(chat_page, "what's my balance?")
    await expect(last_answer(chat_page).locator(".md")).to_have_text("You")
    await chat_page.reload()
    begun.open()
    await expect(last_answer(chat_page).locator(".md")).to_have_text("You")
    scripted.histories["session-1"] = [
        {"role": role, "content": text, "turn_id": "turn-1", "created_at": datetime.now(UTC).isoformat()}
        for role, text in (("user", "what's my balance?"), ("assistant", "You have £2,480.15."))
    ]
    rest.open()
    await expect_ended(chat_page)
    await expect(chat_page.locator(".message")).to_have_text(["what's my balance?", "You have £2,480.15."])
    scripted.chats = [turn(*answer("Thanks."))]
    await ask(chat_page, "thanks")
    await expect(last_answer(chat_page).locator(".md")).to_have_text("Thanks.")
    assert scripted.asked("/chat/stream")[-1][3] == {"message": "thanks", "session_id": "session-1"}


async def test_a_chat_that_is_gone_is_a_new_one_after_a_reload(chat_page: Page, scripted: ScriptedBank) -> None:
    await log_in(chat_page, EMAIL, PASSWORD)
    scripted.renewals = 1
    scripted.chats = [turn(*answer("Hello."))]
    scripted.resumes = [Refusal(404, "not_found", "There is no such turn.")]
    scripted.histories["session-1"] = []
    await ask(chat_page, "hi")
    await expect_ended(chat_page)
    await chat_page.reload()
    await expect(chat_page.get_by_role("button", name="Log out")).to_be_visible()
    await expect(chat_page.locator(".message")).to_have_count(0)
    await expect(chat_page.get_by_label("Your message")).to_be_editable()


async def test_a_visitors_chat_leaves_nothing_in_the_browser(chat_page: Page, scripted: ScriptedBank) -> None:
    scripted.chats = [turn(*answer("Hello."))]
    await ask(chat_page, "hi")
    await expect_ended(chat_page)
    assert await chat_page.evaluate("[document.cookie, localStorage.length, sessionStorage.length]") == ["", 0, 0]
