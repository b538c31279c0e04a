"""Logins that take more than a password: a code of an app, another provider's account. Issue 8, Identity."""

import pytest
from playwright.async_api import Locator, Page, expect

from .scripted_bank import EMAIL, NAME, PASSWORD, Refusal, ScriptedBank

pytestmark = pytest.mark.browser

CODE_WANTED = Refusal(401, "totp_required", "Please enter the code of your app.", details={"challenge": "challenge-1"})
WRONG_CODE = Refusal(401, "wrong_code", "The code is wrong.")
UNKNOWN = Refusal(
    401,
    "identity_unknown",
    "This account is not linked yet.",
    details={"ticket": "ticket-1", "provider": "one", "email": EMAIL, "name": NAME},
)


@pytest.fixture
def one(scripted: ScriptedBank) -> ScriptedBank:
    scripted.providers = [{"name": "one", "label": "One", "login_url": "/api/v1/auth/oidc/one/login"}]
    return scripted


async def open_dialog(page: Page) -> Locator:
    await page.get_by_role("button", name="Log in", exact=True).click()
    return page.get_by_role("dialog", name="Log in")


async def give_password(dialog: Locator) -> None:
    await dialog.get_by_label("Email").fill(EMAIL)
    await dialog.get_by_label("Password").fill(PASSWORD)
    await dialog.get_by_label("Password").press("Enter")


async def expect_in(page: Page) -> None:
    await expect(page.get_by_role("dialog", name="Log in")).to_be_hidden()
    await expect(page.get_by_role("banner").get_by_text(NAME)).to_be_visible()


async def test_the_code_is_asked_for_where_it_is_needed(chat_page: Page, scripted: ScriptedBank) -> None:
    scripted.entries = [CODE_WANTED, WRONG_CODE]
    dialog = await open_dialog(chat_page)
    await expect(dialog.get_by_label("Code of")).to_be_hidden()
    await give_password(dialog)

    code = dialog.get_by_label("Code of")
    await expect(code).to_be_focused()
    await expect(dialog.get_by_label("Password")).to_be_hidden()
    await code.fill("123456")
    await code.press("Enter")
    await expect(dialog.get_by_role("alert")).to_have_text("The code is wrong.")
    await code.fill("654321")
    await code.press("Enter")

    await expect_in(chat_page)
    sent = [body for _, _, _, body in scripted.asked("/login/totp")]
    assert sent == [{"challenge": "challenge-1", "code": code} for code in ("123456", "654321")]


async def test_a_challenge_that_is_over_begins_with_the_password_again(chat_page: Page, scripted: ScriptedBank) -> None:
    scripted.entries = [CODE_WANTED, Refusal(401, "challenge_expired", "That took too long.")]
    dialog = await open_dialog(chat_page)
    await give_password(dialog)
    await dialog.get_by_label("Code of").fill("123456")
    await dialog.get_by_label("Code of").press("Enter")
    await expect(dialog.get_by_role("alert")).to_have_text("That took too long.")

    await give_password(dialog)

    await expect_in(chat_page)


async def test_an_account_elsewhere_lets_in_and_the_address_keeps_nothing(
    browser_page: Page, one: ScriptedBank
) -> None:
    await browser_page.goto(one.base_url)
    dialog = await open_dialog(browser_page)
    await dialog.get_by_role("link", name="Log in with One").click()

    await expect_in(browser_page)
    assert browser_page.url == f"{one.base_url}/"


async def test_an_unknown_account_is_linked_by_the_password(browser_page: Page, one: ScriptedBank) -> None:
    one.entries = [UNKNOWN]
    await browser_page.goto(f"{one.base_url}/?login=oidc")
    dialog = browser_page.get_by_role("dialog", name="Log in")
    await expect(dialog.get_by_role("alert")).to_have_text("This account is not linked yet.")
    await give_password(dialog)

    await expect_in(browser_page)
    [(_, _, _, linked)] = one.asked("/oidc/link")
    assert linked == {"ticket": "ticket-1", "email": EMAIL, "password": PASSWORD}


async def test_an_unknown_person_becomes_a_customer(browser_page: Page, one: ScriptedBank) -> None:
    one.entries = [UNKNOWN]
    await browser_page.goto(f"{one.base_url}/?login=oidc")
    await browser_page.get_by_role("button", name="I am new here").click()

    await expect_in(browser_page)
    [(_, _, _, joined)] = one.asked("/oidc/register")
    assert joined == {"ticket": "ticket-1", "name": NAME, "email": EMAIL}


async def test_without_providers_there_is_no_such_button(chat_page: Page) -> None:
    dialog = await open_dialog(chat_page)

    await expect(dialog.get_by_role("link")).to_have_count(0)
    await expect(dialog.get_by_role("button", name="I am new here")).to_be_hidden()
