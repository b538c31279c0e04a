"""What a customer sees of the real server, from the first page to a frozen card. Issue 2, part 11."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

import pytest
from playwright.async_api import Page, expect

from core.services import Services
from core.settings import Settings
from tests.serving import serving

from .widget import ask, expect_ended, last_answer, log_in

pytestmark = pytest.mark.browser

Clone = Callable[[str], AbstractContextManager[Services]]

ALEX = ("alex@demo.example", "demo-alex-1")


@pytest.fixture(scope="module")
def teller_url(settings: Settings, clone: Clone, template_database: str) -> Iterator[str]:
    """The real server with the demo bank and the help centre."""
    with clone(template_database) as services, serving(settings, services) as url:
        yield url


@pytest.fixture
async def teller(browser_page: Page, teller_url: str) -> Page:
    """The assistant's page, served by the real server."""
    await browser_page.goto(teller_url)
    return browser_page


async def approve(page: Page) -> None:
    """Presses Approve on the newest card and waits for the end of the turn."""
    card = page.locator(".confirm").last
    await card.get_by_role("button", name="Approve").click()
    await expect(card).to_have_attribute("data-state", "approved", timeout=30_000)
    await expect_ended(page)


async def test_a_visitor_sees_an_answer_whose_source_opens_the_article(teller: Page) -> None:
    await ask(teller, "How do I activate my new card?")
    await expect_ended(teller)
    await expect(last_answer(teller).locator(".md")).to_contain_text("activat", ignore_case=True)
    source = last_answer(teller).get_by_role("list", name="Sources").get_by_role("link").first
    title = await source.locator("strong").inner_text()
    async with teller.context.expect_page() as opened:
        await source.click()
    article = await opened.value
    await expect(article.get_by_role("heading", level=1)).to_have_text(title)


async def test_a_customer_sees_in_plain_words_what_was_done_for_them(teller: Page) -> None:
    await log_in(teller, *ALEX)
    await ask(teller, "what are my payees?")
    await expect_ended(teller)
    await teller.get_by_role("button", name="What was done for me").click()
    ledger = teller.get_by_role("dialog", name="What was done for me")
    await expect(ledger.get_by_role("listitem").first).to_contain_text("Listed your payees.")
    await expect(ledger.get_by_role("listitem").first).to_contain_text("in a chat")
    await expect(ledger).not_to_contain_text("Lopez")
    await ledger.get_by_role("button", name="Close").click()
    await expect(ledger).to_be_hidden()


async def test_a_source_opens_the_article_at_the_passage(teller: Page) -> None:
    await ask(teller, "What does the fees overview say about cards?")
    await expect_ended(teller)
    sources = last_answer(teller).get_by_role("list", name="Sources").get_by_role("link")
    # A passage from the middle of an article names its section.
    source = sources.filter(has_text=" · ").first
    section = (await source.locator("strong").inner_text()).partition(" · ")[2]
    async with teller.context.expect_page() as opened:
        await source.click()
    article = await opened.value
    await expect(article.locator(":target")).to_have_text(section)
    await expect(article.locator(":target")).to_be_in_viewport()


async def test_a_visitor_is_asked_to_log_in_for_a_balance_and_then_sees_it(teller: Page) -> None:
    await ask(teller, "what's my balance?")
    await expect_ended(teller)
    await expect(last_answer(teller).locator(".md")).to_contain_text("log in", ignore_case=True)
    await expect(last_answer(teller)).not_to_contain_text("2,480.15")
    await log_in(teller, *ALEX)
    await ask(teller, "what's my balance?")
    await expect_ended(teller)
    await expect(last_answer(teller).locator(".md")).to_contain_text("£2,480.15")
    await ask(teller, "and my savings?")
    await expect_ended(teller)
    await expect(last_answer(teller).locator(".md")).to_contain_text("£10,250.00")


async def test_a_demo_login_is_one_press_away(teller: Page) -> None:
    await teller.get_by_role("button", name="Log in", exact=True).click()
    await teller.get_by_role("dialog").get_by_role("button", name=ALEX[0]).click()
    await expect(teller.get_by_role("button", name="Log out")).to_be_visible()


async def test_a_card_is_frozen_by_the_customers_press_and_once(teller: Page) -> None:
    await log_in(teller, *ALEX)
    await ask(teller, "freeze my card ending 4821")
    await expect_ended(teller)
    card = teller.locator(".confirm")
    await expect(card).to_contain_text("4821")
    await approve(teller)
    await expect(card.get_by_role("button")).to_have_count(0)
    await expect(last_answer(teller).locator(".md")).to_contain_text("frozen", ignore_case=True)
    # Back to how the demo bank was, and the way back works too.
    await ask(teller, "unfreeze my card ending 4821")
    await expect_ended(teller)
    await approve(teller)


async def test_a_cancelled_freeze_changes_nothing(teller: Page) -> None:
    await log_in(teller, *ALEX)
    await ask(teller, "freeze my card ending 9034")
    await expect_ended(teller)
    await teller.locator(".confirm").get_by_role("button", name="Cancel").click()
    await expect(teller.locator(".confirm")).to_have_attribute("data-state", "denied")


async def test_small_talk_uses_no_source_and_no_tool(teller: Page) -> None:
    await ask(teller, "hi")
    await expect_ended(teller)
    await expect(last_answer(teller).locator(".md")).not_to_be_empty()
    await expect(last_answer(teller).locator(".sources a, .activity li")).to_have_count(0)


async def test_an_off_topic_question_gets_a_polite_limit(teller: Page) -> None:
    await ask(teller, "What is the weather in Paris?")
    await expect_ended(teller)
    await expect(last_answer(teller).locator(".md")).not_to_be_empty()
    await expect(last_answer(teller).locator(".sources a, .activity li, .notice")).to_have_count(0)


async def test_html_in_a_message_shows_as_text(teller: Page) -> None:
    attack = "<img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script> hi"
    await ask(teller, attack)
    await expect_ended(teller)
    await expect(teller.locator(".message.customer")).to_have_text(attack)
    await expect(teller.locator(".message img, .message script")).to_have_count(0)
    await expect(teller).to_have_title("Teller Bank assistant")


async def test_a_past_chat_is_there_after_a_new_login_and_can_be_deleted(teller: Page) -> None:
    await log_in(teller, *ALEX)
    question = "show my last 5 transactions"
    await ask(teller, question)
    await expect_ended(teller)
    await expect(last_answer(teller).locator("tbody tr, li")).not_to_have_count(0)
    await teller.get_by_role("button", name="Log out").click()
    await expect(teller.locator(".message")).to_have_count(0)
    await log_in(teller, *ALEX)
    past = teller.get_by_role("navigation", name="Past chats")
    rows = past.locator("[data-session]")
    await rows.first.locator(".session-open").click()
    await expect(teller.locator(".message.customer").first).to_have_text(question)
    session = await rows.first.get_attribute("data-session")
    await rows.first.get_by_role("button", name="Delete").click()
    await past.get_by_role("button", name="Delete", exact=True).click()
    await expect(past.locator(f"[data-session='{session}']")).to_have_count(0)
    await expect(teller.locator(".message")).to_have_count(0)
