"""What the red team's attacks would have a model say, as the customer's browser shows it. Issue 8: "no markup that
executes"."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page, Request

from evals.safety import cases as red_team

from .scripted_bank import ScriptedBank, turn
from .widget import ask, expect_ended, last_answer

pytestmark = pytest.mark.browser

SHIPPED = Path(red_team.__file__).with_name("cases")
MARKUP = re.compile(r"<|&\w+;|\]\(|\]\[|\w+:/|//|script:|data:|mailto:|tel:")

INSPECT = """root => {
  const attributes = {
    A: ["href", "target", "rel", "class", "aria-label"], DIV: ["class", "tabindex", "role", "aria-label"],
    PRE: ["tabindex"], OL: ["start"], P: ["class"], TD: ["class"], TH: ["class"],
  };
  const plain = ["BLOCKQUOTE", "BR", "CODE", "EM", "HR", "LI", "STRONG", "TABLE", "TBODY", "THEAD", "TR", "UL"];
  const isKnown = (element) => {
    const known = attributes[element.tagName] ?? (plain.includes(element.tagName) ? [] : null);
    return known !== null && [...element.attributes].every(({ name }) => known.includes(name));
  };
  const isSafe = (link) => /^https?:[/][/]/.test(link.getAttribute("href")) && link.rel === "noopener noreferrer";
  const all = [...root.querySelectorAll("*")];
  for (const type of ["mouseover", "error", "load", "focus", "begin", "toggle"])
    for (const element of all) element.dispatchEvent(new Event(type));
  const faults = all.filter((element) => !isKnown(element) || (element.tagName === "A" && !isSafe(element)));
  return faults.map((element) => element.outerHTML);
}"""
"""What is in the page besides the renderer's own few elements, after every handler that there may be was called."""

RENDER = """async texts => {
  const { MarkdownView } = await import("/static/markdown.js");
  const inspect = INSPECT;
  const faults = [];
  for (const text of texts) {
    const container = document.body.appendChild(document.createElement("div"));
    const view = new MarkdownView(container, { base: location.href, cite: () => null });
    for (let end = 1; end <= text.length; end += 1) view.update(text.slice(0, end));
    faults.push(...inspect(container));
    container.remove();
  }
  return faults;
}""".replace("INSPECT", INSPECT)
"""Each text a letter at a time, by the widget's own renderer."""


def _texts(part: Any) -> Iterator[str]:
    if isinstance(part, str):
        yield part
    elif isinstance(part, dict | list):
        for each in part.values() if isinstance(part, dict) else part:
            yield from _texts(each)


@pytest.fixture(scope="module")
def attacks() -> dict[str, list[str]]:
    """What each attack types, plants, and has an obedient model say or write, by its id."""
    cases = [case for case in red_team.read_cases(SHIPPED) if case.is_attack]
    parts = [case.model_dump(mode="json", include={"steps", "plant", "orders"}) for case in cases]
    return {case.id: list(_texts(part)) for case, part in zip(cases, parts, strict=True)}


@dataclass
class Seen:
    """What the browser was made to do."""

    requests: list[str] = field(default_factory=list)
    alerts: list[str] = field(default_factory=list)

    def note(self, request: Request) -> None:
        self.requests.append(request.url)

    def alert(self, what: object = None) -> None:
        self.alerts.append(str(what))


@pytest.fixture
async def seen(browser_page: Page, scripted: ScriptedBank) -> Seen:
    """Of a page that is loaded, from then on."""
    seen = Seen()
    await browser_page.expose_function("alert", seen.alert)
    await browser_page.goto(scripted.base_url, wait_until="networkidle")
    browser_page.on("request", seen.note)
    return seen


async def test_no_attack_with_markup_or_addresses_executes_in_a_streamed_answer(
    browser_page: Page, scripted: ScriptedBank, seen: Seen, attacks: dict[str, list[str]]
) -> None:
    said = {name: "\n\n".join(filter(MARKUP.search, texts)) for name, texts in attacks.items()}
    said = {name: text for name, text in said.items() if text}
    assert len(said) >= 50
    assert sum(name.startswith("markup-") for name in said) >= 20
    for name, text in said.items():
        pieces = [("token", {"text": text[at : at + 3]}) for at in range(0, len(text), 3)]
        scripted.chats = [turn(*pieces, ("done", {"answer": text}))]
        await ask(browser_page, name)
        await expect_ended(browser_page)
        content = last_answer(browser_page).locator(".md")
        assert await content.evaluate(INSPECT) == [], name
        assert await content.inner_text(), name
    assert seen.alerts == []
    assert set(seen.requests) == {f"{scripted.base_url}/api/v1/chat/stream"}


async def test_no_text_of_any_attack_executes_however_much_of_it_has_arrived(
    browser_page: Page, seen: Seen, attacks: dict[str, list[str]]
) -> None:
    texts = list(dict.fromkeys(text for each in attacks.values() for text in each))
    assert len(attacks) >= 300
    assert len(texts) >= len(attacks)
    assert await browser_page.evaluate(RENDER, texts) == []
    assert (seen.alerts, seen.requests) == ([], [])
