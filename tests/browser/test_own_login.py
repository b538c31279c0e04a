"""Becoming a customer, a confirmed address, a forgotten password, and what somebody does about their own login, from
the first form to the next login. Issue 8, Identity."""

import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import httpx2
import pytest
from playwright.async_api import BrowserContext, Locator, Page, expect
from pyotp.totp import TOTP

from core.services import Services
from core.settings import Settings
from tests.api.login_helpers import MovedClock, cheap_passwords
from tests.serving import serving

from .widget import ask, expect_ended, last_answer, log_in

pytestmark = pytest.mark.browser

Clone = Callable[[str], AbstractContextManager[Services]]

OLD, NEW = "four plain words here", "another four plain words"
SHOW = "Demo: show the message with the code"


@pytest.fixture(scope="module")
def clock() -> MovedClock:
    """Begins in the past: tokens are not taken from the future."""
    return MovedClock(datetime.now(UTC) - timedelta(hours=2))


@pytest.fixture(scope="module")
def bank_url(settings: Settings, clone: Clone, bank_template: str, clock: MovedClock) -> Iterator[str]:
    """The real server, without a help centre; its clock stands still until it is moved."""
    lasting = settings.model_copy(update={"access_token_ttl": timedelta(hours=24)})
    with clone(bank_template) as services, cheap_passwords(), serving(lasting, services, clock) as url:
        yield url


@pytest.fixture
async def bank_page(browser_page: Page, bank_url: str, clock: MovedClock) -> Page:
    # What an earlier test has made wait is over.
    clock.move(minutes=3)
    await browser_page.goto(bank_url)
    return browser_page


@pytest.fixture
def customer(bank_url: str) -> str:
    """The address of somebody who has just become a customer."""
    return _join(bank_url)


def _join(bank_url: str) -> str:
    email = f"{uuid4().hex}@new.example"
    body = {"name": "Nia New", "email": email, "password": OLD}
    assert httpx2.post(f"{bank_url}/api/v1/auth/register", json=body).status_code == 201
    return email


async def open_form(page: Page, link: str) -> None:
    """From the login."""
    await page.get_by_role("button", name="Log in", exact=True).click()
    await page.get_by_role("dialog", name="Log in").get_by_role("button", name=link).click()


async def read_code(form: Locator) -> str:
    """As the demo shows it, once it has arrived."""
    code = form.locator(".demo-code")
    for _ in range(20):
        async with form.page.expect_response("**/api/v1/demo/*"):
            await form.get_by_role("button", name=SHOW).click()
        await expect(form.locator(".outbox")).not_to_be_empty()
        if await code.count():
            break
    return await code.inner_text()


def other(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06d}"


async def test_a_new_customer_registers_confirms_the_address_logs_in_again_and_asks(bank_page: Page) -> None:
    email = f"{uuid4().hex}@new.example"
    await open_form(bank_page, "Become a customer")
    form = bank_page.get_by_role("dialog", name="Become a customer")
    await expect(form.get_by_label("Your full name")).to_be_focused()
    await form.get_by_label("Your full name").fill("Nia New")
    await form.get_by_label("Email").fill(email)
    await form.get_by_label("Choose a password").fill("password12")
    await form.get_by_label("Choose a password").press("Enter")
    await expect(form.get_by_role("alert")).not_to_be_empty()
    await expect(form.get_by_label("Choose a password")).to_be_focused()
    await form.get_by_label("Choose a password").fill(OLD)
    await form.get_by_label("Choose a password").press("Enter")

    verify = bank_page.get_by_role("dialog", name="Confirm your email")
    await expect(verify).to_contain_text(f"We have sent a code to {email}.")
    code = await read_code(verify)
    await verify.get_by_label("Code from the message").fill(other(code))
    await verify.get_by_label("Code from the message").press("Enter")
    await expect(verify.get_by_role("alert")).to_have_text("The code is wrong, or too old. Ask for a new one.")
    await expect(verify.get_by_label("Code from the message")).to_be_focused()
    await verify.get_by_label("Code from the message").fill(code)
    await verify.get_by_role("button", name="Confirm", exact=True).click()
    await expect(verify).to_be_hidden()
    await expect(bank_page.get_by_text("Your email is not confirmed yet")).to_be_hidden()

    await bank_page.get_by_role("button", name="Log out").click()
    await log_in(bank_page, email, OLD)
    await expect(bank_page.get_by_role("heading", name="Hello, Nia")).to_be_visible()
    await ask(bank_page, "what's my balance?")
    await expect_ended(bank_page)
    await expect(last_answer(bank_page).locator(".md")).to_contain_text("no account")


async def test_who_does_not_confirm_yet_is_told_what_waits_and_too_many_wrong_codes_when_to_go_on(
    bank_page: Page, customer: str, clock: MovedClock
) -> None:
    await log_in(bank_page, customer, OLD)
    await bank_page.get_by_role("button", name="Confirm my email").click()
    verify = bank_page.get_by_role("dialog", name="Confirm your email")
    code = await read_code(verify)
    for _ in range(5):
        await verify.get_by_label("Code from the message").fill(other(code))
        async with bank_page.expect_response("**/verification/confirm"):
            await verify.get_by_role("button", name="Confirm", exact=True).click()
    await verify.get_by_role("button", name="Confirm", exact=True).click()
    told = "There were too many wrong tries. Please try again in 30 seconds."
    await expect(verify.get_by_role("alert")).to_have_text(told)

    await verify.get_by_role("button", name="Not now").click()
    await expect(bank_page.get_by_text("Until it is, no money goes out.")).to_be_visible()
    clock.move(minutes=2)
    await bank_page.get_by_role("button", name="Confirm my email").click()
    await verify.get_by_role("button", name="Send a new code").click()
    await expect(verify.get_by_role("status").first).to_have_text("We have sent you a code.")
    await verify.get_by_label("Code from the message").fill(await read_code(verify))
    await verify.get_by_role("button", name="Confirm", exact=True).click()
    await expect(verify).to_be_hidden()


async def test_a_forgotten_password_is_reset_and_the_old_one_no_longer_works(bank_page: Page, customer: str) -> None:
    await open_form(bank_page, "Forgotten your password?")
    asking = bank_page.get_by_role("dialog", name="Forgotten password")
    await asking.get_by_label("Email").fill(customer)
    await asking.get_by_label("Email").press("Enter")
    form = bank_page.get_by_role("dialog", name="Set a new password")
    await expect(form).to_contain_text("If there is a login with this address, a message is on its way to it.")
    code = form.get_by_label("Code from the message")
    await code.fill("no such code")
    await form.get_by_label("New password").fill(NEW)
    await form.get_by_role("button", name="Set the new password").click()
    await expect(form.get_by_role("alert")).to_have_text(
        "The code is wrong, was used, or is too old. Ask for a new one."
    )
    await expect(code).to_be_focused()
    await code.fill(await read_code(form))
    await form.get_by_role("button", name="Set the new password").click()

    login = bank_page.get_by_role("dialog", name="Log in")
    await expect(login.get_by_role("status")).to_contain_text("Your password is changed")
    await expect(login.get_by_label("Email")).to_have_value(customer)
    await login.get_by_label("Password").fill(OLD)
    await login.get_by_label("Password").press("Enter")
    await expect(login.get_by_role("alert")).to_have_text("The e-mail address or the password is wrong.")
    await login.get_by_label("Password").fill(NEW)
    await login.get_by_label("Password").press("Enter")
    await expect(bank_page.get_by_role("heading", name="Hello, Nia")).to_be_visible()
    await expect(bank_page.get_by_text("Your email is not confirmed yet")).to_be_hidden()


async def test_an_address_that_is_taken_leads_to_the_login(bank_page: Page, customer: str) -> None:
    await open_form(bank_page, "Become a customer")
    form = bank_page.get_by_role("dialog", name="Become a customer")
    await form.get_by_label("Your full name").fill("Nia Again")
    await form.get_by_label("Email").fill(customer)
    await form.get_by_label("Choose a password").fill(OLD)
    await form.get_by_role("button", name="Become a customer").click()
    await expect(form.get_by_role("alert")).to_contain_text("There is an account with this e-mail address.")
    await form.get_by_role("button", name="I am a customer already").click()
    login = bank_page.get_by_role("dialog", name="Log in")
    await expect(login.get_by_label("Email")).to_have_value(customer)
    await expect(login.get_by_label("Password")).to_be_focused()


async def test_the_forms_fit_a_narrow_phone_and_tell_a_password_manager_what_they_ask_for(
    bank_page: Page, customer: str
) -> None:
    await bank_page.set_viewport_size({"width": 320, "height": 640})
    await open_form(bank_page, "Become a customer")
    dialog = bank_page.locator("dialog[open]")
    await expect_to_fit(dialog, ["name", "email", "new-password"])
    await dialog.get_by_role("button", name="I am a customer already").click()
    await expect_to_fit(dialog, ["username", "current-password"])
    await dialog.get_by_role("button", name="Forgotten your password?").click()
    await dialog.get_by_label("Email").fill(customer)
    await expect_to_fit(dialog, ["email"])
    await dialog.get_by_role("button", name="I have a code").click()
    await expect_to_fit(dialog, ["username", "one-time-code", "new-password"])
    await bank_page.keyboard.press("Escape")
    await log_in(bank_page, customer, OLD)
    await bank_page.get_by_role("button", name="Confirm my email").click()
    await expect_to_fit(dialog, ["one-time-code"])
    await dialog.get_by_role("button", name="Not now").click()
    await bank_page.get_by_role("button", name="your login").click()
    await dialog.get_by_text("Change the password", exact=True).first.click()
    await expect_to_fit(dialog, ["username", "current-password", "new-password"])
    await dialog.get_by_role("button", name="Log out", exact=True).click()
    await expect(bank_page.get_by_role("button", name="Log in", exact=True)).to_be_visible()


async def expect_to_fit(dialog: Locator, fields: list[str]) -> None:
    """No sideways scrolling, and these fields, by what they are for (HTML, autofill field names)."""
    asked = await dialog.locator("input:enabled").evaluate_all("all => all.map(input => input.autocomplete)")
    assert asked == fields
    assert await dialog.evaluate("element => element.scrollWidth - element.clientWidth") == 0
    assert await dialog.evaluate("() => document.documentElement.scrollWidth") == 320


async def test_a_changed_password_ends_the_other_logins_and_log_out_everywhere_this_one_too(
    bank_page: Page, browser_context: BrowserContext, bank_url: str, customer: str
) -> None:
    elsewhere = {"email": customer, "password": OLD}
    assert httpx2.post(f"{bank_url}/api/v1/auth/login", json=elsewhere).status_code == 200
    await log_in(bank_page, customer, OLD)
    await bank_page.get_by_role("button", name="Nia New").click()
    account = bank_page.get_by_role("dialog", name="Your login")
    await account.get_by_text("Where you are logged in").click()
    await expect(account.get_by_role("listitem")).to_have_count(3)
    await account.get_by_role("button", name=re.compile("Log out Another program")).first.click()
    await expect(account.get_by_role("listitem")).to_have_count(2)

    await account.get_by_text("Change the password", exact=True).first.click()
    await account.get_by_label("Current password").fill(NEW)
    await account.get_by_label("New password").fill(NEW)
    await account.get_by_role("button", name="Change the password").click()
    await expect(account.get_by_text("The e-mail address or the password is wrong.")).to_be_visible()
    await expect(account.get_by_label("Current password")).to_be_focused()
    await account.get_by_label("Current password").fill(OLD)
    await account.get_by_role("button", name="Change the password").click()
    await expect(account.get_by_text("Your password is changed, and all your other logins have ended.")).to_be_visible()

    await account.get_by_role("button", name="Log out everywhere").click()
    await expect(account).to_be_hidden()
    await expect(bank_page.get_by_role("button", name="Log in", exact=True)).to_be_visible()
    assert await browser_context.cookies() == []
    await log_in(bank_page, customer, NEW)


async def test_an_app_is_set_up_and_the_next_login_asks_for_its_code(bank_page: Page, clock: MovedClock) -> None:
    alex = ("alex@demo.example", "demo-alex-1")
    await log_in(bank_page, *alex)
    await bank_page.get_by_role("button", name="Alex").click()
    account = bank_page.get_by_role("dialog", name="Your login")
    await account.get_by_text("A code besides the password").click()
    await account.get_by_role("button", name="Set up an app").click()
    app = TOTP((await account.locator(".secret").inner_text()).replace(" ", ""))
    await account.get_by_label("Code that we have sent you").fill(await read_code(account))
    await account.get_by_label("Code that the app shows").fill(app.at(clock.now))
    await account.get_by_role("button", name="Use this app").click()

    clock.move(seconds=30)
    await account.get_by_label("Your password").fill(alex[1])
    await account.get_by_label("Code of your app").fill(app.at(clock.now))
    await account.get_by_role("button", name="Ask for a code at every login").click()
    codes = account.get_by_role("list").get_by_role("listitem")
    await expect(codes).to_have_count(10)
    recovery = await codes.first.inner_text()
    await account.get_by_role("button", name="I have kept them").click()
    await expect(account.get_by_text("Recovery codes left: 10.")).to_be_visible()
    await account.get_by_role("button", name="Log out", exact=True).click()

    await bank_page.get_by_role("button", name="Log in", exact=True).click()
    login = bank_page.get_by_role("dialog", name="Log in")
    await login.get_by_label("Email").fill(alex[0])
    await login.get_by_label("Password").fill(alex[1])
    await login.get_by_label("Password").press("Enter")
    await login.get_by_label("Code of your").fill(recovery)
    await login.get_by_label("Code of your").press("Enter")
    await expect(bank_page.get_by_role("heading", name="Hello, Alex")).to_be_visible()
