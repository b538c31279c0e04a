"""Answers of the offline model about profile, support and branches, from results of the real tools."""

from datetime import UTC, datetime
from typing import Any

import pytest

from agent.models.offline.results import say
from agent.models.offline.results.permissions import BY_TOOL as PERMISSIONS
from agent.models.offline.results.service import BY_STATUS, BY_TOOL
from core.services import Services
from tests.tools.asking import MONDAY, at, done
from tests.tools.conftest import Desk, open_desk
from tools.catalogue import CATALOGUE, CUSTOMER_SCOPES
from tools.registry import Risk
from tools.service.care.cases import open_cases

SUNDAY = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)


@pytest.fixture
async def monday(bank: Services):
    async for desk in open_desk(bank, MONDAY):
        yield desk


async def said(desk: Desk, tool: str, **arguments: Any) -> str:
    result = await desk.ask(desk.alex, tool, **arguments)
    return BY_STATUS.get(result["status"], BY_TOOL.get(tool, str))(result)


def test_every_reading_tool_of_these_subjects_has_words():
    scopes = frozenset({"profile:read", "support:read", "bank:read"})
    reading = {tool.name for tool in CATALOGUE.offered(scopes) if tool.risk is Risk.READ}

    assert scopes <= CUSTOMER_SCOPES
    assert set(BY_TOOL) | set(PERMISSIONS) == reading


async def test_the_profile(monday: Desk):
    await done(monday, "set_consent", consent="research", give=True)

    answer = await said(monday, "get_profile")

    assert "- E-mail, also your login: alex@demo.example\n- Phone: +44 7700 900123\n" in answer
    assert "- Address: 14 Linden Way, Leeds, LS6 2QT\n- Identity: checked with your passport on " in answer
    assert answer.endswith("- You get statements online, letters in English, and no offers\n- You agreed to: research")


async def test_complaints_and_appointments(monday: Desk):
    assert await said(monday, "list_complaints") == "You have made no complaints."
    assert await said(monday, "list_appointments") == "You have no appointment ahead of you."

    await done(monday, "make_complaint", text="too slow", category="payment")
    await done(monday, "book_appointment", branch="York", topic="a loan", date="2026-11-24", time="10:30")

    assert "(payment), of 23 November 2026: we answer by 14 December 2026" in await said(monday, "list_complaints")
    monday.owner("update complaints set status = 'answered', answered_at = now()")
    assert "(payment), of 23 November 2026: answered" in await said(monday, "list_complaints")
    assert await said(monday, "list_appointments") == (
        "Your appointments:\n\n- **24 November 2026 at 10:30** in our branch York Hull Road, 5 Barbican Court, York "
        "YO10 5BZ: a loan"
    )


async def test_a_request_for_a_person_that_is_there_already(monday: Desk):
    await done(monday, "request_handoff")

    assert ", of 23 November 2026, 10:00." in await said(monday, "request_handoff")


async def test_branches_and_cash_machines(monday: Desk):
    assert await said(monday, "find_branches", place="York") == (
        "Our branches:\n\n- **York Hull Road**, 5 Barbican Court, York YO10 5BZ: open today from 09:30 to 16:30, with "
        "a quiet room"
    )
    assert "closed today" in await said(at(monday, SUNDAY), "find_branches", place="Norwich")
    assert (await said(monday, "find_atms", place="York")).startswith(
        "Cash machines in York:\n\n- High Street ATM, York 1"
    )


async def test_opening_hours(monday: Desk):
    assert await said(monday, "get_opening_hours") == (
        "**Phone line and chat with people** (open now, until 20:00):\n\n"
        "- Monday to Saturday: 08:00 to 20:00\n- Sunday: 09:00 to 17:00\n- Bank holidays: 09:00 to 17:00\n"
        "- Christmas Day: closed\n\n"
        "**Most of our branches** (open now, until 16:30):\n\n"
        "- Monday to Friday: 09:30 to 16:30\n- Saturday: 09:30 to 13:00\n- Sunday: closed\n- Bank holidays: closed\n"
        "- Christmas Day: closed\n\n"
        "Lost or stolen cards and fraud can be reported by phone day and night."
    )
    sunday = await said(at(monday, SUNDAY), "get_opening_hours", branch="York")
    assert sunday.startswith("**York Hull Road** (closed now, opens at 09:30 on Monday 23 November):")


async def test_fees_and_limits(monday: Desk):
    assert "**£20.00**" in await said(monday, "list_fees_and_limits", text="chaps")
    assert "There are " in await said(monday, "list_fees_and_limits")


async def test_a_case_is_told_with_its_clock_and_without_what_staff_wrote(monday: Desk):
    assert await said(monday, "list_support_cases") == "You have no cases with us."

    await open_cases(monday.context(monday.alex), ("hardship", "complaint", "coercion"), "too tight")
    monday.owner(
        """update care_cases set taken_by = s.id, taken_at = now() from staff s
            where s.role = 'agent' and kind = 'hardship'"""
    )
    told = await said(monday, "list_support_cases")

    assert (
        "payments that are hard to make, of 23 November 2026: A colleague has taken it up. By 26 November 2026: "
        in told
    )
    assert "your complaint, of 23 November 2026: It waits for a colleague." in told
    assert "By 18 January 2027: you have our final answer." in told
    assert told.count("**R-") == 2
    assert "we answer by 18 January 2027" in await said(monday, "list_complaints")


async def test_times_that_are_free_instead_are_told_as_people_write_them(monday: Desk):
    result = await monday.ask(
        monday.alex, "book_appointment", branch="York", topic="mortgage", date="2026-11-21", time="10:30"
    )
    told = say("book_appointment", result)

    assert told.startswith("That time has passed.\n\n- Monday 23 November 2026 ")
    assert "2026-11" not in told
