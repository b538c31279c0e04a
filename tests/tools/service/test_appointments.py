"""Appointments in branches, nobody booked twice. Issue 3: "appointments"."""

import asyncio
from datetime import date, time, timedelta

import pytest

from tests.tools.asking import MONDAY, approved, at, done, pending, prepared, refused_arguments
from tests.tools.conftest import Desk
from tools.service.appointment_slots import DAYS_AHEAD, free_slots, slots_of, why_not
from tools.service.opening_hours import Hours

BRANCH = Hours(
    {
        **dict.fromkeys(("monday", "tuesday", "wednesday", "thursday", "friday"), (time(9, 30), time(16, 30))),
        "saturday": (time(9, 30), time(13)),
    }
)


@pytest.fixture
def monday(desk: Desk) -> Desk:
    return at(desk, MONDAY)


AT_LEEDS = {"branch": "Leeds", "topic": "a mortgage", "date": "2026-11-24", "time": "10:30"}


async def test_an_appointment_is_booked_listed_and_cancelled(monday: Desk):
    proposed = await prepared(monday, "book_appointment", **AT_LEEDS)
    assert proposed["date"] == "2026-11-24"
    assert proposed["summary"] == (
        "Book an appointment in our branch Leeds Headingley, 41 Otley Road, Leeds LS6 3PX, on "
        "Tuesday 24 November 2026 at 10:30"
    )
    await approved(monday, proposed)

    [booked] = (await monday.ask(monday.alex, "list_appointments"))["appointments"]
    assert booked.pop("reference").startswith("A-")
    assert booked == {
        "branch": "Leeds Headingley",
        "address": "41 Otley Road, Leeds LS6 3PX",
        "topic": "a mortgage",
        "date": "2026-11-24",
        "time": "10:30",
    }
    assert (await monday.ask(monday.blair, "list_appointments"))["appointments"] == []

    ended = await done(monday, "cancel_appointment")
    assert (
        ended.summary == "Cancel your appointment in our branch Leeds Headingley on Tuesday 24 November 2026 at 10:30"
    )
    assert (await monday.ask(monday.alex, "list_appointments"))["appointments"] == []
    assert (await monday.ask(monday.alex, "cancel_appointment"))["status"] == "nothing_booked"
    # The time is free again.
    await done(monday, "book_appointment", monday.blair, **AT_LEEDS)


@pytest.mark.parametrize(
    ("change", "message", "first"),
    [
        ({"date": "2026-11-23", "time": "09:30"}, "has passed", "2026-11-23 12:00"),
        ({"date": "2026-11-23", "time": "11:30"}, "too soon", "2026-11-23 12:00"),
        ({"date": "2026-11-22"}, "has passed", "2026-11-23 12:00"),
        ({"date": "2026-11-29"}, "closed on that day", "2026-11-23 12:00"),
        ({"date": "2026-12-28"}, "up to 28 days ahead", "2026-11-23 12:00"),
        ({"time": "10:45"}, "the hour or the half hour", "2026-11-24 09:30"),
        ({"time": "16:15"}, "open from 09:30 to 16:30", "2026-11-24 09:30"),
        ({"date": "2026-11-28", "time": "13:00"}, "open from 09:30 to 13:00", "2026-11-28 09:30"),
        ({"time": None}, "When would you like to come?", "2026-11-24 09:30"),
        ({"date": None, "time": None}, "When would you like to come?", "2026-11-23 12:00"),
        ({"date": None}, "When would you like to come?", "2026-11-23 12:00"),
    ],
)
async def test_a_time_that_cannot_be_is_answered_with_those_that_can(
    monday: Desk, change: dict[str, str | None], message: str, first: str
):
    answer = await monday.ask(monday.alex, "book_appointment", **(AT_LEEDS | change))

    assert answer["status"] == "date_unclear"
    assert message in answer["message"]
    assert (answer["choices"][0], len(answer["choices"])) == (first, 6)
    assert pending(monday) == []


async def test_the_branch_is_asked_for(monday: Desk):
    without = await monday.ask(monday.alex, "book_appointment", topic="a mortgage")
    unknown = await monday.ask(monday.alex, "book_appointment", topic="a mortgage", branch="Paris")

    assert (without["status"], without["message"]) == ("branch_unclear", "In which branch?")
    assert (unknown["status"], "Leeds" in unknown["choices"]) == ("branch_unclear", True)


@pytest.mark.parametrize("wrong", [{"date": "2027-02-29"}, {"date": "tomorrow"}, {"time": "25:00"}, {"topic": "x"}])
async def test_days_and_times_that_do_not_exist_are_refused(monday: Desk, wrong: dict[str, str]):
    assert next(iter(wrong)) in await refused_arguments(monday, "book_appointment", **(AT_LEEDS | wrong))


async def test_a_time_that_somebody_has_is_not_offered_and_does_not_say_who(monday: Desk):
    await done(monday, "book_appointment", monday.blair, **AT_LEEDS)

    answer = await monday.ask(monday.alex, "book_appointment", **AT_LEEDS)

    assert (answer["status"], answer["message"]) == ("date_unclear", "Somebody else has that time.")
    assert "2026-11-24 10:30" not in answer["choices"]


async def test_of_two_who_want_one_time_one_gets_it(monday: Desk):
    wanted = [(who, await prepared(monday, "book_appointment", who, **AT_LEEDS)) for who in (monday.alex, monday.blair)]

    ended = await asyncio.gather(*(approved(monday, proposed, who) for who, proposed in wanted))

    assert sorted((each.status, each.error_code) for each in ended) == [("completed", None), ("failed", "slot_taken")]
    assert len(monday.owner("select 1 from appointments")) == 1


async def test_nobody_is_in_two_branches_at_once(monday: Desk):
    at_york = await prepared(monday, "book_appointment", **(AT_LEEDS | {"branch": "York"}))
    await done(monday, "book_appointment", **AT_LEEDS)

    ended = await approved(monday, at_york)

    assert (ended.status, ended.error_code) == ("failed", "slot_taken")


async def test_one_customer_holds_three_appointments_at_most(monday: Desk):
    late = await prepared(monday, "book_appointment", **(AT_LEEDS | {"time": "15:00"}))
    for clock in ("10:00", "10:30", "11:00"):
        await done(monday, "book_appointment", **(AT_LEEDS | {"time": clock}))

    refused = await monday.ask(monday.alex, "book_appointment", **(AT_LEEDS | {"time": "14:00"}))
    ended = await approved(monday, late)

    assert refused["status"] == ended.error_code == "too_many_appointments"


async def test_which_appointment_is_cancelled(monday: Desk):
    await done(monday, "book_appointment", **AT_LEEDS)
    await done(monday, "book_appointment", **(AT_LEEDS | {"branch": "York", "date": "2026-11-25"}))

    unclear = await monday.ask(monday.alex, "cancel_appointment")
    assert unclear["status"] == "appointment_unclear"
    assert unclear["choices"] == ["Leeds Headingley, 2026-11-24 10:30", "York Hull Road, 2026-11-25 10:30"]
    [first, _] = (await monday.ask(monday.alex, "list_appointments"))["appointments"]
    for said in ("leeds", "2026-11-24", first["reference"].lower(), unclear["choices"][0]):
        assert (await prepared(monday, "cancel_appointment", appointment=said))["date"] == "2026-11-24"
    foreign = await monday.ask(monday.blair, "cancel_appointment", appointment=first["reference"])
    assert foreign["status"] == "nothing_booked"


async def test_an_appointment_that_is_gone_cannot_be_cancelled_twice(monday: Desk):
    await done(monday, "book_appointment", **AT_LEEDS)
    first, second = [await prepared(monday, "cancel_appointment") for _ in range(2)]

    assert (await approved(monday, first)).status == "completed"
    late = await approved(monday, second)
    assert (late.status, late.error_code) == ("failed", "appointment_gone")


def test_half_hours_within_the_opening_hours():
    opening = BRANCH.on(date(2026, 11, 28))
    assert opening is not None

    assert [f"{slot:%H:%M}" for slot in slots_of(opening)] == [
        "09:30", "10:00", "10:30", "11:00", "11:30", "12:00", "12:30",
    ]  # fmt: skip


def test_free_times_leave_out_holidays_what_is_taken_and_what_is_too_soon():
    slots = list(free_slots(BRANCH, {MONDAY.replace(hour=12)}, MONDAY))

    assert slots[0] == MONDAY.replace(hour=12, minute=30)
    assert slots[-1].date() == MONDAY.date() + timedelta(days=DAYS_AHEAD)
    christmas = MONDAY.replace(month=12, day=24)
    assert {slot.day for slot in free_slots(BRANCH, (), christmas)} & {25, 26, 27, 28} == set()
    assert why_not(BRANCH, christmas, date(2026, 12, 28), time(10)) == "The branch is closed on that day."
