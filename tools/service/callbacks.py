"""Have the bank call. It calls within two hours of the time that was agreed, while the phone line is open. A number
that is not the customer's own in our records is called as well, and marked: who answers there has proved nothing."""

import datetime as dt
from typing import Any, Literal

from pydantic import Field, field_validator

from core.clock import BANK_TIME_ZONE
from core.db.database import ReadHandle, WriteHandle
from tools.calendar import GivenDay
from tools.customer_text import Line
from tools.operations import effect, propose
from tools.queries import QUERIES
from tools.registry import Arguments, Proposed, Risk, ToolContext, Unclear, tool
from tools.service.contact_forms import phone_number
from tools.service.opening_hours import GivenTime, Hours, Opening, read_hours
from tools.service.profile import read_profile

WINDOW = dt.timedelta(hours=2)
"""As published: support.callback."""
_SHORTEST = dt.timedelta(minutes=30)
_GRID = dt.timedelta(minutes=15)
_DAYS_AHEAD = 14


class CallbackArguments(Arguments):
    topic: Line = Field(default="", max_length=200, description="What it is about, in the customer's words.")
    phone: Line | None = Field(
        default=None, min_length=7, max_length=30, description="Number to call; the one in the profile if left out."
    )
    date: GivenDay | None = Field(default=None, description="The day, YYYY-MM-DD; as soon as possible if left out.")
    time: GivenTime | None = Field(default=None, description="From when on, local time, HH:MM.")

    @field_validator("phone")
    @classmethod
    def _as_numbers_are_kept(cls, phone: str | None) -> str | None:
        return phone and phone_number(phone)


class PhoneUnclear(Unclear):
    status: Literal["phone_unclear"] = "phone_unclear"
    message: str = "We have no phone number of yours. At which number may we call you?"


class CallTimeUnclear(Unclear):
    status: Literal["date_unclear"] = "date_unclear"
    message: str = "We do not call at that time. When may we call you?"
    choices: list[str] = Field(description="When the phone line is open next, local time.")


@tool(
    title="Prepare to have us call you",
    scope="support:write",
    risk=Risk.PREPARE,
    rest="POST /support/callbacks",
    examples={
        "Can you call me back?": {},
        "Call me on 24 November after 2pm about my loan": {"topic": "my loan", "date": "2026-11-24", "time": "14:00"},
    },
)
async def request_callback(
    context: ToolContext, arguments: CallbackArguments
) -> Proposed | PhoneUnclear | CallTimeUnclear:
    """Prepares a call from the bank to the customer's number or another one, within two hours from a time in our
    opening hours. The customer confirms in the app; this call arranges nothing."""
    async with context.database.writing(context.scope) as db:
        phone = arguments.phone or await _own_number(db, context)
        if phone is None:
            return PhoneUnclear(asked_for=None, choices=[])
        window = await _window(db, context, arguments)
        if isinstance(window, CallTimeUnclear):
            return window
        return await propose(
            db,
            context,
            "request_callback",
            payload={
                "phone": phone,
                "topic": arguments.topic,
                "starts_at": window.opens.isoformat(),
                "ends_at": window.closes.isoformat(),
            },
            proposed=Proposed(
                summary=f"Call you on the number ending {phone[-3:]} on {window.opens:%A %-d %B} between "
                f"{window.opens:%H:%M} and {window.closes:%H:%M}",
                date=window.opens.date().isoformat(),
            ),
        )


@effect("request_callback")
async def _arrange(db: WriteHandle, context: ToolContext, payload: dict[str, Any]) -> str | None:
    values = payload | {"customer_id": context.customer_id, "now": context.now}
    values["is_on_file"] = payload["phone"] == await _own_number(db, context)
    return None if await db.execute(QUERIES["insert_callback"], values) else "callback_booked"


async def _own_number(db: ReadHandle, context: ToolContext) -> str | None:
    """None for no number, or one that cannot be called."""
    profile = await read_profile(db, context)
    try:
        return profile.phone and phone_number(profile.phone)
    except ValueError:
        return None


async def _window(db: ReadHandle, context: ToolContext, arguments: CallbackArguments) -> Opening | CallTimeUnclear:
    hours = (await read_hours(db))[None]
    clock = dt.time.fromisoformat(arguments.time) if arguments.time else None
    window = call_window(hours, context.now, arguments.date, clock)
    if window is not None:
        return window
    asked = " ".join(filter(None, (arguments.date and arguments.date.isoformat(), arguments.time)))
    ahead = [opening for opening in hours.from_now(context.now) if _begins(opening, context.now, None)][:3]
    choices = [f"{opening.opens:%Y-%m-%d}, {opening.opens:%H:%M} to {opening.closes:%H:%M}" for opening in ahead]
    return CallTimeUnclear(asked_for=asked or None, choices=choices)


def call_window(hours: Hours, now: dt.datetime, day: dt.date | None, clock: dt.time | None) -> Opening | None:
    """Two hours from a time, or what the opening leaves of them: on the given day, or on the first that has that time
    ahead. None where the line is closed, the time has passed or is too far away."""
    today = now.astimezone(BANK_TIME_ZONE).date()
    for opening in hours.from_now(now):
        if opening.opens.date() > today + dt.timedelta(days=_DAYS_AHEAD) or (day and opening.opens.date() != day):
            continue
        start = _begins(opening, now, clock)
        if start is not None:
            return Opening(start, min(start + WINDOW, opening.closes))
    return None


def _begins(opening: Opening, now: dt.datetime, clock: dt.time | None) -> dt.datetime | None:
    """From when on somebody can call in an opening; None if it would be too late for that."""
    earliest = max(opening.opens, _on_grid(now))
    start = dt.datetime.combine(opening.opens.date(), clock, BANK_TIME_ZONE) if clock else earliest
    return start if earliest <= start <= opening.closes - _SHORTEST else None


def _on_grid(now: dt.datetime) -> dt.datetime:
    """The next quarter of an hour."""
    local = now.astimezone(BANK_TIME_ZONE)
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight + -(-(local - midnight) // _GRID) * _GRID
