"""Calls from the bank, while the phone line is open. Issue 3: "callback"."""

from datetime import date, datetime, time, timedelta
from typing import Any

import pytest

from tests.tools.asking import MONDAY, approved, at, done, pending, prepared, refused_arguments
from tests.tools.conftest import Desk
from tools.service.callbacks import call_window
from tools.service.opening_hours import Hours

PHONE = Hours({**dict.fromkeys(("monday", "saturday"), (time(8), time(20))), "sunday": (time(9), time(17))})


@pytest.fixture
def monday(desk: Desk) -> Desk:
    return at(desk, MONDAY)


def callbacks(desk: Desk) -> list[dict[str, Any]]:
    return desk.owner("select phone, is_on_file, topic, starts_at, ends_at, status from callbacks order by starts_at")


async def test_the_bank_calls_the_number_that_it_has_within_two_hours(monday: Desk):
    proposed = await prepared(monday, "request_callback", topic="my loan")
    assert proposed["summary"] == "Call you on the number ending 123 on Monday 23 November between 10:00 and 12:00"
    assert callbacks(monday) == []

    await approved(monday, proposed)

    assert callbacks(monday) == [
        {
            "phone": "+447700900123",
            "is_on_file": True,
            "topic": "my loan",
            "starts_at": MONDAY,
            "ends_at": MONDAY + timedelta(hours=2),
            "status": "requested",
        }
    ]


async def test_another_number_is_called_and_marked(monday: Desk):
    await done(monday, "request_callback", phone="07700 900999")

    [callback] = callbacks(monday)
    assert (callback["phone"], callback["is_on_file"]) == ("+447700900999", False)
    [customer] = monday.owner("select phone from customers where id = %(id)s", id=monday.alex)
    assert customer["phone"] == "+44 7700 900123"


async def test_who_has_no_number_is_asked_for_one(monday: Desk):
    monday.owner("update customers set phone = null where id = %(id)s", id=monday.alex)

    answer = await monday.ask(monday.alex, "request_callback")

    assert answer["status"] == "phone_unclear"
    assert "country code" in await refused_arguments(monday, "request_callback", phone="not a number")


async def test_nobody_is_called_twice_at_one_time(monday: Desk):
    await done(monday, "request_callback")
    ended = await approved(monday, await prepared(monday, "request_callback", topic="again"))

    assert (ended.status, ended.error_code) == ("failed", "callback_booked")


@pytest.mark.parametrize(
    "asked",
    [
        {"date": "2026-11-23", "time": "09:00"},
        {"date": "2026-11-22"},
        {"date": "2026-12-25", "time": "12:00"},
        {"date": "2026-11-24", "time": "21:00"},
        {"date": "2027-11-24"},
    ],
)
async def test_a_time_at_which_nobody_calls_is_answered_with_those_at_which_somebody_does(
    monday: Desk, asked: dict[str, str]
):
    answer = await monday.ask(monday.alex, "request_callback", **asked)

    assert answer["status"] == "date_unclear"
    assert answer["choices"][0] == "2026-11-23, 08:00 to 20:00"
    assert pending(monday) == []


@pytest.mark.parametrize(
    ("now", "day", "clock", "window"),
    [
        (MONDAY, None, None, "23 10:00-12:00"),
        (MONDAY.replace(minute=1), None, None, "23 10:15-12:15"),
        (MONDAY.replace(hour=7), None, None, "23 08:00-10:00"),
        (MONDAY.replace(hour=19), None, None, "23 19:00-20:00"),
        # Less than half an hour is left: the next day on which the line is open.
        (MONDAY.replace(hour=19, minute=40), None, None, "28 08:00-10:00"),
        (MONDAY, None, time(18, 30), "23 18:30-20:00"),
        (MONDAY, None, time(9), "28 09:00-11:00"),
        (MONDAY, date(2026, 11, 29), None, "29 09:00-11:00"),
        (MONDAY, date(2026, 11, 24), None, None),
        (MONDAY, date(2026, 11, 28), time(19, 45), None),
    ],
)
def test_when_the_bank_calls(now: datetime, day: date | None, clock: time | None, window: str | None):
    found = call_window(PHONE, now, day, clock)

    assert (found and f"{found.opens:%d %H:%M}-{found.closes:%H:%M}") == window
