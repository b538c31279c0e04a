"""What reaches the customer whatever the network does to the stream. Issue 2, parts 9 and 11."""

from typing import Any

import pytest
from playwright.async_api import Page, expect

from .scripted_bank import Drop, Gate, Refusal, ScriptedBank, answer, event, turn
from .widget import ask, expect_ended, last_answer

pytestmark = pytest.mark.browser

TEXT = "Your Everyday account holds £2,480.15 today — naïve cut, 学校 😀."


async def test_an_answer_appears_while_it_is_written(chat_page: Page, scripted: ScriptedBank) -> None:
    gate = Gate()
    steps = turn(*answer("First half, second half."))
    scripted.chats = [[*steps[:3], gate, *steps[3:]]]
    await ask(chat_page, "hello")
    await expect(last_answer(chat_page)).to_contain_text("First half,")
    await expect(last_answer(chat_page)).to_have_attribute("aria-busy", "true")
    await expect(chat_page.get_by_label("Your message")).to_have_js_property("readOnly", True)
    gate.open()
    await expect(last_answer(chat_page)).to_contain_text("First half, second half.")
    await expect_ended(chat_page)
    await expect(chat_page.get_by_label("Your message")).to_have_js_property("readOnly", False)
    await expect(chat_page.get_by_label("Your message")).to_be_focused()
    [(_, _, headers, body)] = scripted.asked("/chat/stream")
    assert headers["accept"] == "text/event-stream"
    assert "authorization" not in headers
    assert body == {"message": "hello"}


@pytest.mark.parametrize("end", ["\r\n", "\n", "\r"])
@pytest.mark.parametrize("size", [1, 7, 100_000])
async def test_chunks_may_be_cut_anywhere_under_every_line_end(
    chat_page: Page, scripted: ScriptedBank, end: str, size: int
) -> None:
    names = [("turn", {"turn_id": "t", "session_id": "s"}), *answer(TEXT)]
    wire = b"\xef\xbb\xbf: ping" + end.encode() * 2
    wire += b"".join(event(name, content, number, end) for number, (name, content) in enumerate(names, 1))
    scripted.chats = [[wire[at : at + size] for at in range(0, len(wire), size)]]
    await ask(chat_page, "what's my balance?")
    await expect_ended(chat_page)
    await expect(last_answer(chat_page).locator(".md")).to_have_text(TEXT)


async def test_data_may_span_lines_and_comments_and_unknown_fields_are_ignored(
    chat_page: Page, scripted: ScriptedBank
) -> None:
    start = event("turn", {"turn_id": "t", "session_id": "s"}, 1)
    token = b': ping\nid: 2\nretry: 10\ncolour: red\nevent:token\ndata: {"text":\ndata:"two lines"}\n\n'
    unnamed = b'data: {"text": "of no event"}\n\n'
    done = event("done", {"answer": "two lines"}, 3)
    scripted.chats = [[start + token + unnamed + done]]
    await ask(chat_page, "hello")
    await expect_ended(chat_page)
    await expect(last_answer(chat_page).locator(".md")).to_have_text("two lines")


async def test_a_dropped_stream_goes_on_where_it_broke_and_applies_each_event_once(
    chat_page: Page, scripted: ScriptedBank
) -> None:
    steps = turn(*answer("one two three four"))
    half = steps[3][:11]  # an event that was cut is not an event yet
    gates = [Gate(), Gate()]
    scripted.chats = [[*steps[:3], half, gates[0], Drop()]]
    scripted.resumes = [Refusal(503, "service_unavailable", "Later."), [*steps[2:4], gates[1], Drop()], steps[3:]]
    await ask(chat_page, "count")
    await expect(last_answer(chat_page).locator(".md")).to_have_text("one two")
    gates[0].open()
    await expect(last_answer(chat_page).locator(".md")).to_have_text("one two three")
    gates[1].open()
    await expect_ended(chat_page)
    await expect(last_answer(chat_page).locator(".md")).to_have_text("one two three four")
    seen = [(path, headers["last-event-id"]) for _, path, headers, _ in scripted.asked("/events")]
    assert seen == [("/api/v1/chat/turns/turn-1/events", number) for number in ("3", "3", "4")]
    assert len(scripted.asked("/chat/stream")) == 1


async def test_a_stream_that_breaks_at_once_is_taken_up_by_the_id_in_its_headers(
    chat_page: Page, scripted: ScriptedBank
) -> None:
    scripted.chats = [[Drop()]]
    scripted.resumes = [turn(*answer("Here after all."))]
    await ask(chat_page, "hello")
    await expect_ended(chat_page)
    await expect(last_answer(chat_page).locator(".md")).to_have_text("Here after all.")
    [(_, path, headers, _)] = scripted.asked("/events")
    assert path == "/api/v1/chat/turns/turn-1/events"
    assert "last-event-id" not in headers


async def test_a_stream_that_never_comes_back_ends_in_an_error_with_a_way_to_try_again(
    browser_page: Page, scripted: ScriptedBank
) -> None:
    await browser_page.add_init_script(
        "const real = setTimeout; window.setTimeout = (f, ms, ...rest) => real(f, Math.min(ms, 5000) / 100, ...rest);"
    )
    await browser_page.goto(scripted.base_url)
    scripted.chats = [[*turn(("token", {"text": "Half an"})), Drop()], turn(*answer("A whole answer."))]
    scripted.resumes = [[Drop()] for _ in range(6)]
    await ask(browser_page, "hello")
    await expect(browser_page.get_by_role("alert").filter(has_text="connection to the bank was lost")).to_be_visible()
    assert scripted.resumes == []
    await browser_page.get_by_role("button", name="Try again").click()
    await expect_ended(browser_page)
    await expect(browser_page.locator(".message")).to_have_count(2)
    await expect(last_answer(browser_page).locator(".md")).to_have_text("A whole answer.")


async def test_an_error_event_is_shown_with_a_way_to_try_again(chat_page: Page, scripted: ScriptedBank) -> None:
    failed = ("error", {"code": "service_unavailable", "message": "The bank's records cannot be reached."})
    scripted.chats = [turn(("token", {"text": "Let me see"}), failed), turn(*answer("Here it is."))]
    await ask(chat_page, "what's my balance?")
    notice = chat_page.get_by_role("alert").filter(has_text="The bank's records cannot be reached.")
    await notice.get_by_role("button", name="Try again").click()
    await expect(last_answer(chat_page).locator(".md")).to_have_text("Here it is.")
    await expect(notice).to_be_hidden()
    assert [body["message"] for *_, body in scripted.asked("/chat/stream")] == ["what's my balance?"] * 2


async def test_the_final_answer_replaces_what_was_streamed(chat_page: Page, scripted: ScriptedBank) -> None:
    scripted.chats = [turn(("token", {"text": "You have £1"}), ("done", {"answer": "I cannot say that for sure."}))]
    await ask(chat_page, "hello")
    await expect_ended(chat_page)
    await expect(last_answer(chat_page).locator(".md")).to_have_text("I cannot say that for sure.")


@pytest.mark.parametrize(
    ("refusal", "shown"),
    [
        (Refusal(409, "turn_running", "An answer is still being written."), "An answer is still being written."),
        (Refusal(429, "too_many_requests", "Too fast.", {"Retry-After": "7"}), "Too fast. Please wait 7 seconds."),
        (Refusal(503, "service_unavailable", "Back soon."), "Back soon."),
        (Refusal(404, "not_found", "There is no such chat."), "There is no such chat."),
    ],
    ids=lambda value: str(value.status) if isinstance(value, Refusal) else "",
)
async def test_a_refusal_says_why_and_can_be_tried_again(
    chat_page: Page, scripted: ScriptedBank, refusal: Refusal, shown: str
) -> None:
    scripted.chats = [refusal, turn(*answer("Now it works."))]
    await ask(chat_page, "hello")
    await expect(chat_page.get_by_role("alert").filter(has_text=shown)).to_be_visible()
    await chat_page.get_by_role("button", name="Try again").click()
    await expect(last_answer(chat_page).locator(".md")).to_have_text("Now it works.")


@pytest.mark.parametrize("status", [400, 413, 422])
async def test_a_message_that_the_bank_cannot_take_goes_back_to_be_mended(
    chat_page: Page, scripted: ScriptedBank, status: int
) -> None:
    scripted.chats = [Refusal(status, "invalid_input", "Please shorten it.")]
    await ask(chat_page, "a very odd message")
    await expect(chat_page.get_by_role("alert").filter(has_text="Please shorten it.")).to_be_visible()
    await expect(chat_page.get_by_label("Your message")).to_have_value("a very odd message")
    await expect(chat_page.get_by_role("button", name="Try again")).to_have_count(0)


async def test_a_proxy_that_answers_in_html_is_an_error_too(chat_page: Page, scripted: ScriptedBank) -> None:
    bad: dict[str, Any] = {"status": 502, "content_type": "text/html", "body": "<h1>Bad gateway</h1>"}
    await chat_page.route("**/chat/stream", lambda route: route.fulfill(**bad))
    await ask(chat_page, "hello")
    await expect(chat_page.get_by_role("alert").filter(has_text="Something went wrong on our side.")).to_be_visible()


async def test_tools_and_next_steps_are_shown(chat_page: Page, scripted: ScriptedBank) -> None:
    gate = Gate()
    tool = {"id": "call-1", "name": "get_balance", "title": "Check your balance"}
    other = {"id": "call-2", "name": "search_transactions", "title": "Look up your transactions"}
    steps = turn(
        ("tool_call", {**tool, "arguments": {}}),
        ("tool_result", {**tool, "ok": True}),
        ("tool_call", {**other, "arguments": {}}),
        ("tool_result", {**other, "ok": False}),
        *answer("You have £10.", suggested_next_steps=["And my savings?"]),
    )
    scripted.chats = [[*steps[:2], gate, *steps[2:]], turn(*answer("£20."), turn_id="turn-2")]
    await ask(chat_page, "what's my balance?")
    await expect(last_answer(chat_page)).to_contain_text("Check your balance")
    gate.open()
    await expect(last_answer(chat_page)).to_contain_text("Checked your balance")
    await expect(last_answer(chat_page)).to_contain_text("Look up your transactions: not possible")
    await chat_page.get_by_role("button", name="And my savings?").click()
    await expect(last_answer(chat_page).locator(".md")).to_have_text("£20.")
    await expect(chat_page.get_by_role("button", name="And my savings?")).to_have_count(0)
    assert scripted.asked("/chat/stream")[1][3] == {"message": "And my savings?", "session_id": "session-1"}


async def test_a_new_chat_puts_the_running_one_away(chat_page: Page, scripted: ScriptedBank) -> None:
    gate = Gate()
    steps = turn(*answer("An old answer"))
    scripted.chats = [[*steps[:3], gate, *steps[3:]], turn(*answer("A new answer"))]
    await ask(chat_page, "old")
    await expect(last_answer(chat_page)).to_contain_text("An")
    await chat_page.get_by_role("button", name="New chat").click()
    gate.open()
    await expect(chat_page.get_by_role("heading", name="How can we help?")).to_be_visible()
    await ask(chat_page, "new")
    await expect(last_answer(chat_page).locator(".md")).to_have_text("A new answer")
    await expect(chat_page.locator(".message")).to_have_count(2)
    assert scripted.asked("/chat/stream")[1][3] == {"message": "new"}
