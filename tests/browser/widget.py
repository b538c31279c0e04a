"""What a customer does with the widget, in the words of the tests."""

from playwright.async_api import Locator, Page, expect


async def ask(page: Page, text: str) -> None:
    """Types a message and sends it with Enter."""
    composer = page.get_by_label("Your message")
    await composer.fill(text)
    await composer.press("Enter")


async def log_in(page: Page, email: str, password: str) -> None:
    await page.get_by_role("button", name="Log in", exact=True).first.click()
    dialog = page.get_by_role("dialog", name="Log in")
    await dialog.get_by_label("Email").fill(email)
    await dialog.get_by_label("Password").fill(password)
    await dialog.get_by_role("button", name="Log in", exact=True).click()
    await expect(dialog).to_be_hidden()


def last_answer(page: Page) -> Locator:
    """The newest message of the assistant."""
    return page.locator(".message.assistant").last


async def expect_ended(page: Page) -> None:
    """Waits until the newest answer is complete."""
    await expect(last_answer(page)).to_have_attribute("aria-busy", "false", timeout=30_000)
