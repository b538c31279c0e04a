"""Chromium, a page in it, and the scripted bank.

A page fails its test on a script error, a breach of the content security policy or a request to anywhere but the bank.
"""

import os
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import pytest
from playwright.async_api import Browser, BrowserContext, Page, async_playwright

from .scripted_bank import ScriptedBank, serve_scripted_bank

CHROMIUM = os.environ.get("TELLERGRAPH_TEST_CHROMIUM", "/usr/bin/chromium")


@dataclass
class PageFaults:
    """What no page may do, collected while a test runs."""

    errors: list[str] = field(default_factory=list)
    hosts: set[str] = field(default_factory=set)

    def watch(self, page: Page) -> None:
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", lambda message: self._console(message.text))
        page.on("request", lambda request: self.hosts.add(urlsplit(request.url).netloc))

    def _console(self, text: str) -> None:
        if "Content Security Policy" in text:
            self.errors.append(text)


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        # A container's root user has no user namespace for Chromium's sandbox.
        arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
        chromium = await playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        yield chromium
        await chromium.close()


@pytest.fixture
async def browser_context(browser: Browser) -> AsyncIterator[BrowserContext]:
    context = await browser.new_context(
        locale="en-GB", timezone_id="Europe/London", viewport={"width": 1200, "height": 860}
    )
    context.set_default_timeout(10_000)
    yield context
    await context.close()


@pytest.fixture
async def browser_page(browser_context: BrowserContext) -> AsyncIterator[Page]:
    """An empty page that is watched for faults."""
    faults = PageFaults()
    browser_context.on("page", faults.watch)
    page = await browser_context.new_page()
    yield page
    assert faults.errors == []
    assert len(faults.hosts) <= 1, f"requests left the bank: {faults.hosts}"


@pytest.fixture(scope="session")
def _scripted_server() -> Iterator[ScriptedBank]:
    with serve_scripted_bank() as bank:
        yield bank


@pytest.fixture
def scripted(_scripted_server: ScriptedBank) -> ScriptedBank:
    _scripted_server.reset()
    return _scripted_server


@pytest.fixture
async def chat_page(browser_page: Page, scripted: ScriptedBank) -> Page:
    """The assistant's page, served by the scripted bank."""
    await browser_page.goto(scripted.base_url)
    return browser_page
