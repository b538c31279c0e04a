"""Times of day in a customer's words, seen from nine in the morning."""

from datetime import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.understanding.slots.finding import find, values


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("at 10:30", "10:30"),
        ("at 5pm", "17:00"),
        ("at 5 p.m. please", "17:00"),
        ("at 12 a.m.", "00:00"),
        ("12:30 p.m.", "12:30"),
        ("7.30pm", "19:30"),
        ("at 330 pm", "15:30"),
        ("at 9 05 in the morning", "09:05"),
        ("11 45 p.m.", "23:45"),
        ("half past 3", "03:30"),
        ("half past 3 in the afternoon", "15:30"),
        ("quarter to five", "04:45"),
        ("twenty past seven in the evening", "19:20"),
        ("5 to 8", "07:55"),
        ("25 to 11 at night", "22:35"),
        ("10 o'clock", "10:00"),
        ("at five fifteen", "05:15"),
        ("anytime after 10", "10:00"),
        ("at noon", "12:00"),
        ("in 2 hours", "11:00"),
        ("15 minutes ago", "08:45"),
    ],
)
def test_a_time(text, said):
    assert values(f"book an appointment {text}", "time") == [said]


@pytest.mark.parametrize(
    ("text", "period"),
    [
        ("tomorrow morning", "00:00, 12:00"),
        ("in the afternoon", "12:00, 19:00"),
        ("the last 3 hours", "06:00, 09:00"),
        ("the next hour and a half", "09:00, 10:30"),
        ("between 9:00 and 11:00", "09:00, 11:00"),
        ("between 2 and 4pm", "14:00, 16:00"),
        ("from 11 to 1pm", "11:00, 13:00"),
        ("call me between 10 and 12", "10:00, 12:00"),
        ("from half past 9 until noon", "09:30, 12:00"),
    ],
)
def test_a_period_of_the_day(text, period):
    assert values(text, "time_period") == [period]


@pytest.mark.parametrize(
    "text",
    [
        "between 20 and 40 pounds",
        "pay Maria 5.30",
        "£10.30",
        "on 10.12.2026",
        "5 to Maria",
        "from 5 to 10 June",
        "card 1030",
    ],
)
def test_what_is_no_time(text):
    assert find(text, "time", "time_period") == []


@given(st.times(), st.sampled_from(["%H:%M", "%I:%M %p", "%I:%M%p", "%I %M %p"]))
def test_a_time_that_is_written_in_any_usual_way_is_found_again(moment, form):
    moment = time(moment.hour, moment.minute)

    assert [mention.value for mention in find(f"call me at {moment.strftime(form)}", "time")] == [moment]
