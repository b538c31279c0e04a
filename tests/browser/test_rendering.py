"""Text from a model, a document or a customer is data: it becomes text and a few harmless elements. Design rule 2."""

import pytest
from playwright.async_api import Page, expect

from .scripted_bank import ScriptedBank, answer, turn
from .widget import ask, expect_ended, last_answer

pytestmark = pytest.mark.browser

ATTACKS = [
    "<img src=x onerror=\"document.title='owned'\">",
    "<script>document.title='owned'</script>",
    "**<b onmouseover=alert(1)>bold</b>**",
    "`</code><svg/onload=alert(1)>`",
    "| <i>a</i> | b |\n|---|---|\n| <iframe src=//evil.example></iframe> | c |",
    "- <a href=javascript:alert(1)>x</a>",
]
ADDRESSES = [
    "[press](javascript:alert(1))",
    "[press](JaVaScRiPt:alert(1))",
    "[press](java\tscript:alert(1))",
    "[press](data:text/html,<script>alert(1)</script>)",
    "[press](vbscript:x)",
    "[press](file:///etc/passwd)",
    "[press](http://[)",
]


SLOW = ["*a **b " * 1500, "[" * 4000, "> " * 3000 + "x", "`a``b" * 1500, "_a" * 3000, "- " * 3000 + "x", "[](" * 2000]


async def answered(page: Page, scripted: ScriptedBank, text: str, **rest: object) -> None:
    scripted.chats = [turn(*answer(text, **rest))]
    await ask(page, "hello")
    await expect_ended(page)


@pytest.mark.parametrize("attack", ATTACKS)
async def test_html_in_an_answer_shows_as_text(chat_page: Page, scripted: ScriptedBank, attack: str) -> None:
    await answered(chat_page, scripted, attack)
    content = last_answer(chat_page).locator(".md")
    await expect(content).to_contain_text("<")
    assert await content.locator("img, script, svg, iframe, i, b, a, [onerror], [onmouseover], [onload]").count() == 0
    await expect(chat_page).to_have_title("Teller Bank assistant")


@pytest.mark.parametrize("address", ADDRESSES)
async def test_only_http_addresses_become_links(chat_page: Page, scripted: ScriptedBank, address: str) -> None:
    await answered(chat_page, scripted, address)
    await expect(last_answer(chat_page).locator(".md")).to_contain_text("press")
    await expect(last_answer(chat_page).locator("a")).to_have_count(0)


async def test_html_in_the_customers_own_message_shows_as_text(chat_page: Page, scripted: ScriptedBank) -> None:
    scripted.chats = [turn(*answer("ok"))]
    message = "<img src=x onerror=alert(1)> **not bold**"
    await ask(chat_page, message)
    await expect_ended(chat_page)
    await expect(chat_page.locator(".message.customer")).to_have_text(message)
    await expect(chat_page.locator(".message.customer img")).to_have_count(0)


async def test_hostile_citations_tools_and_cards_show_as_text(chat_page: Page, scripted: ScriptedBank) -> None:
    tag = "<img src=x onerror=alert(1)>"
    citation = {"document_id": "d", "title": tag, "quote": tag}
    tool = {"id": "1", "name": "x", "title": tag}
    operation = dict.fromkeys(("amount", "currency", "account", "to_account", "card", "date", "fee"))
    operation |= {"operation_id": "o", "type": tag, "summary": tag, "payee": tag, "step_up": False, "expires_at": None}
    scripted.chats = [
        turn(
            ("tool_call", {**tool, "arguments": {}}),
            ("citation", {**citation, "n": 1, "url": "javascript:alert(1)"}),
            ("citation", {**citation, "n": 2, "url": "/help/card"}),
            ("confirm", operation),
            *answer("See [1] and [2].", suggested_next_steps=[tag]),
        )
    ]
    await ask(chat_page, "hello")
    await expect_ended(chat_page)
    await expect(chat_page.get_by_text(tag)).to_have_count(6)
    await expect(last_answer(chat_page).locator(".sources a")).to_have_count(1)
    await expect(last_answer(chat_page).locator(".md")).to_have_text("See [1] and 2.")
    await expect(chat_page.locator("img")).to_have_count(0)


async def test_markdown_becomes_elements(chat_page: Page, scripted: ScriptedBank) -> None:
    text = (
        "## Steps\nOpen **Cards**, then *Activate* or `PIN`.\nCall now.\n\n"
        "3. Third\n4. Fourth\n   - inner **one**\n\n5. Fifth\n\n- a\n- b\n\n"
        "| Account | Balance |\n|:--|--:|\n| Everyday | £2,480.15 |\n\n> Mind the gap\n\n"
        "[Help](/help/card), https://teller.example/a?b=1. Card ****4821, 5 * 3 * 2, snake_case_name, \\*kept\\*\n\n"
        "```\n<x> **y**\n```"
    )
    await answered(chat_page, scripted, text)
    content = last_answer(chat_page).locator(".md")
    await expect(content.locator(".md-heading")).to_have_text("Steps")
    await expect(content.locator("p strong")).to_have_text("Cards")
    await expect(content.locator("p em")).to_have_text("Activate")
    await expect(content.locator("p code")).to_have_text("PIN")
    await expect(content.locator("ol > li")).to_have_count(3)
    await expect(content.locator("ol")).to_have_attribute("start", "3")
    await expect(content.locator("ol > li > ul > li strong")).to_have_text("one")
    await expect(content.locator(":scope > ul > li")).to_have_text(["a", "b"])
    await expect(content.locator("td")).to_have_text(["Everyday", "£2,480.15"])
    await expect(content.locator("td").nth(1)).to_have_class("align-right")
    await expect(content.locator("blockquote")).to_have_text("Mind the gap")
    hrefs = [await link.get_attribute("href") for link in await content.locator("a").all()]
    assert hrefs == [f"{scripted.base_url}/help/card", "https://teller.example/a?b=1"]
    await expect(content).to_contain_text("Card ****4821, 5 * 3 * 2, snake_case_name, *kept*")
    await expect(content.locator("pre")).to_have_text("<x> **y**")


async def test_a_table_that_streams_in_letter_by_letter_ends_as_the_same_table(
    chat_page: Page, scripted: ScriptedBank
) -> None:
    text = "Here:\n\n| Date | Amount |\n|---|---:|\n| 20 Nov | **£5.00** |\n| 19 Nov | £7.50 |\n\nThat is all [1]."
    citation = {"n": 1, "document_id": "card", "title": "Cards", "url": "/help/card", "quote": "Q"}
    tokens = [("token", {"text": letter}) for letter in text]
    scripted.chats = [turn(*tokens, ("citation", citation), ("done", {"answer": text}))]
    await ask(chat_page, "hello")
    await expect_ended(chat_page)
    content = last_answer(chat_page).locator(".md")
    await expect(content.locator("table")).to_have_count(1)
    await expect(content.locator("tbody tr")).to_have_text(["20 Nov£5.00", "19 Nov£7.50"])
    await expect(content.locator(":scope > p")).to_have_text(["Here:", "That is all 1."])


@pytest.mark.parametrize("text", SLOW)
async def test_text_made_to_be_slow_is_shown(chat_page: Page, scripted: ScriptedBank, text: str) -> None:
    scripted.chats = [turn(("token", {"text": text}), ("done", {"answer": text}))]
    await ask(chat_page, "hello")
    await expect_ended(chat_page)
    await expect(last_answer(chat_page).locator(".md")).not_to_be_empty()


async def test_a_source_opens_its_article_in_a_new_tab(chat_page: Page, scripted: ScriptedBank) -> None:
    citation = {
        "n": 1,
        "document_id": "card",
        "title": "Activating your card",
        "url": "/help/card",
        "quote": "Open Cards",
    }
    scripted.chats = [turn(("citation", citation), *answer("Open the app [1]."))]
    await ask(chat_page, "How do I activate my new card?")
    await expect_ended(chat_page)
    source = last_answer(chat_page).get_by_role("list", name="Sources").get_by_role("link")
    await expect(source).to_contain_text("Activating your card")
    for link in (source, last_answer(chat_page).get_by_role("link", name="Source 1, opens in a new tab")):
        async with chat_page.context.expect_page() as opened:
            await link.click()
        article = await opened.value
        await expect(article.get_by_role("heading", name="Activating your card")).to_be_visible()
        assert await article.evaluate("window.opener") is None
