"""A login that lasts: over a reload, past the end of an access token, in two tabs, until somebody logs out. Issue 8."""

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass

import httpx2
import psycopg
import pytest
from playwright.async_api import BrowserContext, Page, expect

from core.services import Services
from core.settings import Settings
from tests.serving import serving
from tests.talking import ALEX
from tests.waiting import eventually

from .scripted_bank import EMAIL, PASSWORD, Drop, Gate, Refusal, ScriptedBank, answer, turn
from .widget import ask, expect_ended, last_answer, log_in

pytestmark = pytest.mark.browser

Clone = Callable[[str], AbstractContextManager[Services]]
STORED = "JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie])"


@dataclass(frozen=True)
class Bank:
    url: str
    services: Services

    def owner(self, statement: str) -> None:
        with psycopg.connect(self.services.owner_url) as owner:
            owner.execute(statement)  # pyright: ignore[reportArgumentType]


@pytest.fixture(scope="module")
def bank(settings: Settings, clone: Clone, bank_template: str) -> Iterator[Bank]:
    """The real server, without a help centre."""
    with clone(bank_template) as services, serving(settings, services) as url:
        yield Bank(url, services)


@pytest.fixture
async def alex_page(browser_page: Page, bank: Bank) -> Page:
    """Alex has logged in with the widget."""
    await browser_page.goto(bank.url)
    await log_in(browser_page, *ALEX)
    await expect(browser_page.get_by_role("banner").get_by_text("Alex")).to_be_visible()
    return browser_page


async def test_a_reload_keeps_me_logged_in_and_no_script_finds_a_token(alex_page: Page) -> None:
    await alex_page.reload()
    await expect(alex_page.get_by_role("heading", name="Hello, Alex")).to_be_visible()
    assert await alex_page.evaluate(STORED) == '[{},{},""]'
    await ask(alex_page, "what's my balance?")
    await expect_ended(alex_page)
    await expect(last_answer(alex_page).locator(".md")).to_contain_text("£")
    local, kept, cookies = json.loads(await alex_page.evaluate(STORED))
    assert (local, list(kept), cookies) == ({}, ["tellergraph-chat"], "")
    assert set(json.loads(kept["tellergraph-chat"])) == {"owner", "session", "turn"}
    [cookie] = await alex_page.context.cookies()
    assert (cookie.get("httpOnly"), cookie.get("sameSite")) == (True, "Strict")
    assert str(cookie.get("value")).startswith("tgr_")


async def test_logging_out_ends_the_login_on_the_server_too(alex_page: Page, bank: Bank) -> None:
    [cookie] = await alex_page.context.cookies()
    async with alex_page.expect_response("**/api/v1/auth/logout") as answered:
        await alex_page.get_by_role("button", name="Log out").click()
    assert (await (await answered.value).json())["data"]["sessions"] == 1
    assert await alex_page.context.cookies() == []
    await alex_page.reload()
    await expect(alex_page.get_by_role("button", name="Log in", exact=True)).to_be_visible()
    body = {"refresh_token": cookie.get("value")}
    assert httpx2.post(f"{bank.url}/api/v1/auth/refresh", json=body).status_code == 401


async def test_an_access_token_that_is_over_is_renewed_and_i_do_not_notice(alex_page: Page, bank: Bank) -> None:
    await _end_access_tokens(bank)
    async with alex_page.expect_response("**/api/v1/auth/refresh") as renewed:
        await ask(alex_page, "what's my balance?")
    assert (await renewed.value).status == 200
    await expect_ended(alex_page)
    await expect(last_answer(alex_page).locator(".md")).to_contain_text("£")
    await expect(alex_page.get_by_role("dialog", name="Log in")).to_be_hidden()
    await expect(alex_page.locator(".message")).to_have_count(2)


async def test_two_tabs_that_wake_at_once_both_stay_logged_in(
    alex_page: Page, browser_context: BrowserContext, bank: Bank
) -> None:
    other = await browser_context.new_page()
    await other.goto(bank.url)
    await expect(other.get_by_role("heading", name="Hello, Alex")).to_be_visible()
    await _end_access_tokens(bank)
    for page in (alex_page, other):
        await ask(page, "what's my balance?")
    for page in (alex_page, other):
        await expect_ended(page)
        await expect(last_answer(page).locator(".md")).to_contain_text("£")


async def test_an_answer_that_breaks_off_goes_on_with_a_new_token(chat_page: Page, scripted: ScriptedBank) -> None:
    """The stream drops, and by then the access token is over."""
    await log_in(chat_page, EMAIL, PASSWORD)
    scripted.renewals = 1
    whole = turn(*answer("You have £2,480.15."))
    gate = Gate()
    scripted.chats = [[*whole[:2], gate, Drop()]]
    scripted.resumes = [Refusal(401, "token_expired", "Your session has ended."), whole[2:]]
    await ask(chat_page, "what's my balance?")
    await expect(last_answer(chat_page).locator(".md")).to_have_text("You")
    gate.open()
    await expect_ended(chat_page)
    await expect(last_answer(chat_page).locator(".md")).to_have_text("You have £2,480.15.")
    sent = [headers["authorization"] for _, _, headers, _ in scripted.asked("/events")]
    assert sent == ["Bearer token-1", "Bearer token-2"]
    assert all("cookie" not in headers for _, _, headers, _ in scripted.asked("/chat/"))


async def test_a_login_that_was_ended_elsewhere_asks_for_another_one(alex_page: Page, bank: Bank) -> None:
    bank.owner("update auth_sessions set ended_at = now(), ended_reason = 'logout_everywhere' where ended_at is null")
    await alex_page.reload()
    await expect(alex_page.get_by_role("button", name="Log in", exact=True)).to_be_visible()


async def _end_access_tokens(bank: Bank) -> None:
    """All of customers that were issued until now, and no login."""
    body = {"email": ALEX[0], "password": ALEX[1]}
    token = httpx2.post(f"{bank.url}/api/v1/auth/login", json=body).json()["data"]["access_token"]
    bank.owner("select outdate_tokens(owner) from auth_sessions")
    headers = {"Authorization": f"Bearer {token}"}
    eventually(lambda: httpx2.get(f"{bank.url}/api/v1/auth/me", headers=headers).status_code == 401, within=5)
