"""Thumbs under an answer: pressed, turned, explained, and still there when the chat is opened again."""

import pytest
from playwright.async_api import Page, expect

from tests.talking import ALEX

from .widget import ask, expect_ended, last_answer, log_in

pytestmark = pytest.mark.browser


async def test_a_customer_says_what_they_think_of_an_answer(browser_page: Page, shared_server: str) -> None:
    page = browser_page
    await page.goto(shared_server)
    await log_in(page, *ALEX)
    await ask(page, "what are my payees?")
    await expect_ended(page)
    thumbs = last_answer(page).get_by_role("group", name="Was this answer good?")
    up, down = thumbs.get_by_role("button", name="Good answer"), thumbs.get_by_role("button", name="Bad answer")
    await expect(up).to_have_attribute("aria-pressed", "false")

    await up.press("Enter")
    await expect(up).to_have_attribute("aria-pressed", "true")
    await expect(last_answer(page).get_by_text("Thank you.")).to_be_visible()

    await down.click()
    await expect(down).to_have_attribute("aria-pressed", "true")
    await expect(up).to_have_attribute("aria-pressed", "false")
    await last_answer(page).get_by_label("What was wrong?").fill("It is too long.")
    await last_answer(page).get_by_role("button", name="Send").click()
    await expect(last_answer(page).get_by_text("Thank you for telling us.")).to_be_visible()
    await expect(last_answer(page).get_by_label("What was wrong?")).to_have_count(0)

    await page.get_by_role("button", name="New chat").click()
    await page.get_by_role("navigation", name="Past chats").locator(".session-open").first.click()
    await expect(last_answer(page).get_by_role("button", name="Bad answer")).to_have_attribute("aria-pressed", "true")
