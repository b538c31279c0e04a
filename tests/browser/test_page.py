"""The page itself: composer, keyboard, small screens, other people's pages. Issue 2, part 11."""

import pytest
from playwright.async_api import Page, expect

from .scripted_bank import EMAIL, PASSWORD, Gate, ScriptedBank, answer, turn
from .widget import ask, expect_ended, last_answer, log_in

pytestmark = pytest.mark.browser


async def test_enter_sends_and_shift_enter_starts_a_line(chat_page: Page, scripted: ScriptedBank) -> None:
    scripted.chats = [turn(*answer("ok"))]
    composer = chat_page.get_by_label("Your message")
    await composer.press("Enter")
    await composer.fill("   ")
    await composer.press("Enter")
    await expect(chat_page.get_by_role("button", name="Send")).to_be_disabled()
    await composer.fill("one")
    await composer.press("Shift+Enter")
    await composer.press_sequentially("two")
    await composer.press("Enter")
    await expect_ended(chat_page)
    assert [body["message"] for *_, body in scripted.asked("/chat/stream")] == ["one\ntwo"]


async def test_a_message_has_four_thousand_characters_at_most(chat_page: Page, scripted: ScriptedBank) -> None:
    scripted.chats = [turn(*answer("ok"))]
    composer = chat_page.get_by_label("Your message")
    counter = chat_page.locator(".counter")
    await composer.fill("a" * 3000)
    await expect(counter).to_be_hidden()
    await composer.fill("😀" * 3990)
    await expect(counter).to_have_text("10 characters left")
    await composer.fill("a" * 4012)
    await expect(counter).to_have_text("12 characters too many")
    await expect(chat_page.get_by_role("button", name="Send")).to_be_disabled()
    await composer.press("Enter")
    await expect(composer).to_have_value("a" * 4012)
    await ask(chat_page, "a" * 4000)
    await expect_ended(chat_page)
    assert [len(body["message"]) for *_, body in scripted.asked("/chat/stream")] == [4000]


async def test_the_page_can_be_used_from_the_keyboard(chat_page: Page, scripted: ScriptedBank) -> None:
    scripted.chats = [turn(*answer("ok"))]
    names = ("New chat", "Log in", "How do I activate my new card?")
    for name in names:
        await chat_page.keyboard.press("Tab")
        await expect(chat_page.get_by_role("button", name=name, exact=True)).to_be_focused()
    await chat_page.keyboard.press("Enter")
    await expect_ended(chat_page)
    await expect(chat_page.locator(".message.customer")).to_have_text("How do I activate my new card?")
    await expect(chat_page.get_by_label("Your message")).to_be_focused()


async def test_the_stream_is_told_to_assistive_technology(chat_page: Page, scripted: ScriptedBank) -> None:
    gate = Gate()
    scripted.chats = [[gate, *turn(*answer("ok"))]]
    log = chat_page.get_by_role("log", name="Conversation")
    await expect(log).to_have_attribute("aria-live", "polite")
    await ask(chat_page, "hi")
    status = chat_page.locator("main > [role=status]")
    await expect(status).to_have_text("Writing an answer")
    gate.open()
    await expect(status).to_have_text("Answer ready")
    await expect(log.get_by_role("article", name="Teller")).to_have_attribute("aria-busy", "false")


async def test_a_phone_shows_everything_without_sideways_scrolling(chat_page: Page, scripted: ScriptedBank) -> None:
    await chat_page.set_viewport_size({"width": 360, "height": 700})
    await log_in(chat_page, EMAIL, PASSWORD)
    table = "| a | b | c |\n|---|---|---|\n" + "| a long merchant's name | £1,000.00 | another long cell |\n" * 3
    scripted.chats = [turn(*answer(f"{table}\nhttps://teller.example/{'x' * 120}"))]
    await ask(chat_page, "x" * 200)
    await expect_ended(chat_page)
    assert await chat_page.evaluate("document.documentElement.scrollWidth") == 360
    scroll = chat_page.locator(".scroll")
    assert await scroll.evaluate("element => element.scrollWidth - element.clientWidth") == 0
    past = chat_page.get_by_role("navigation", name="Past chats")
    await expect(past).to_be_hidden()
    await chat_page.get_by_role("button", name="Past chats").click()
    await expect(past).to_be_visible()
    await chat_page.keyboard.press("Escape")
    await expect(past).to_be_hidden()


async def test_what_grows_before_the_browser_tells_of_a_scroll_is_still_followed(
    chat_page: Page, scripted: ScriptedBank
) -> None:
    """A confirmation below the answer has its buttons in view."""
    scripted.chats = [turn(*answer("\n\n".join(f"Paragraph {number}." for number in range(60))))]
    await ask(chat_page, "tell me everything")
    await expect_ended(chat_page)
    scroll = chat_page.locator(".scroll")
    await scroll.evaluate(
        """element => {
            const card = element.firstElementChild.appendChild(document.createElement("div"));
            card.style.flex = "none";
            card.style.height = "500px";
            element.dispatchEvent(new Event("scroll"));
        }"""
    )
    await expect(chat_page.get_by_role("button", name="To the newest message")).to_be_hidden()
    assert await scroll.evaluate("element => element.scrollHeight - element.scrollTop - element.clientHeight") < 2


async def test_a_reader_who_scrolled_up_is_left_there(chat_page: Page, scripted: ScriptedBank) -> None:
    gate = Gate()
    steps = turn(*answer("\n\n".join(f"Line {n}" for n in range(80))))
    scripted.chats = [[*steps[:100], gate, *steps[100:]]]
    await ask(chat_page, "tell me a lot")
    await expect(last_answer(chat_page)).to_contain_text("Line 45")
    scroll = chat_page.locator(".scroll")
    await expect(chat_page.get_by_role("button", name="To the newest message")).to_be_hidden()
    await scroll.evaluate("element => { element.scrollTop = 0; }")
    jump = chat_page.get_by_role("button", name="To the newest message")
    await expect(jump).to_be_visible()
    gate.open()
    await expect_ended(chat_page)
    assert await scroll.evaluate("element => element.scrollTop") == 0
    await jump.click()
    await expect(chat_page.get_by_text("Line 79", exact=True)).to_be_in_viewport()


async def test_another_page_gets_a_button_that_opens_the_assistant(browser_page: Page, scripted: ScriptedBank) -> None:
    scripted.chats = [turn(*answer("Hello there."))]
    await browser_page.goto(f"{scripted.base_url}/host-page")
    launcher = browser_page.get_by_role("button", name="Ask the bank")
    await expect(browser_page.get_by_label("Your message")).to_be_hidden()
    await launcher.click()
    await expect(browser_page.get_by_label("Your message")).to_be_focused()
    await ask(browser_page, "hi")
    await expect(last_answer(browser_page).locator(".md")).to_have_text("Hello there.")
    await browser_page.keyboard.press("Escape")
    await expect(browser_page.get_by_label("Your message")).to_be_hidden()
    await expect(launcher).to_be_focused()
