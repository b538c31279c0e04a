"""Appointments with an adviser in a branch. Nobody is booked twice: the database has one row for a branch and a time,
and one for a customer and a time (``appointments_adviser``, ``appointments_customer_slot``)."""

import datetime as dt
from dataclasses import dataclass
from itertools import islice
from typing import Any, Literal
from uuid import UUID

from pydantic import Field

from core.clock import BANK_TIME_ZONE
from core.db.database import ReadHandle, WriteHandle
from tools.accounts.accounts import NoArguments
from tools.calendar import GivenDay
from tools.customer_text import Line
from tools.operations import effect, propose
from tools.queries import QUERIES
from tools.reasons import reason_of
from tools.registry import Arguments, Proposed, Refusal, Result, Risk, ToolContext, Unclear, tool
from tools.service.appointment_slots import DAYS_AHEAD, free_slots, why_not
from tools.service.branches import BranchRow, BranchUnclear, list_branches
from tools.service.opening_hours import GivenTime, Hours, read_hours

MOST_APPOINTMENTS = 3
"""That one customer may have ahead of them."""
_CHOICES = 6


class BookArguments(Arguments):
    branch: Line | None = Field(default=None, max_length=60, description="Town, name or postcode of the branch.")
    topic: Line = Field(min_length=3, max_length=200, description="What it is about, in the customer's words.")
    date: GivenDay | None = Field(default=None, description="The day, YYYY-MM-DD.")
    time: GivenTime | None = Field(default=None, description="Local time, HH:MM.")


class CancelArguments(Arguments):
    appointment: Line | None = Field(
        default=None, max_length=60, description="Its reference, day (YYYY-MM-DD) or branch; the only one if left out."
    )


class Appointment(Result):
    reference: str = Field(description="Names this appointment in later calls.")
    branch: str
    address: str
    topic: str
    date: str = Field(description="ISO date.")
    time: str = Field(description="Local time, HH:MM; half an hour.")


class Appointments(Result):
    status: Literal["found"] = "found"
    appointments: list[Appointment] = Field(description="Those ahead, the next first.")


class SlotUnclear(Unclear):
    status: Literal["date_unclear"] = "date_unclear"
    message: str = "When would you like to come?"
    choices: list[str] = Field(description="The next free times, date and local time: ask which one.")


class TooManyAppointments(Refusal):
    status: Literal["too_many_appointments"] = "too_many_appointments"
    message: str = reason_of("too_many_appointments")


class NothingBooked(Refusal):
    status: Literal["nothing_booked"] = "nothing_booked"
    message: str = "You have no appointment ahead of you."


class AppointmentUnclear(Unclear):
    status: Literal["appointment_unclear"] = "appointment_unclear"
    message: str = "Which appointment do you mean?"


@dataclass(frozen=True, slots=True)
class _Row:
    id: UUID
    reference: str
    branch: str
    address: str
    topic: str
    starts_at: dt.datetime

    @property
    def local(self) -> dt.datetime:
        return self.starts_at.astimezone(BANK_TIME_ZONE)

    @property
    def label(self) -> str:
        return f"{self.branch}, {self.local:%Y-%m-%d %H:%M}"

    def answers_to(self, words: str) -> bool:
        said = words.casefold()
        names = {
            self.reference.casefold(),
            self.local.date().isoformat(),
            self.branch.casefold(),
            self.label.casefold(),
        }
        return said in names or (len(said) > 2 and said in self.branch.casefold())


@dataclass(frozen=True, slots=True)
class _Taken:
    starts_at: dt.datetime


@tool(
    title="Prepare to book an appointment",
    scope="support:write",
    risk=Risk.PREPARE,
    rest="POST /support/appointments",
    examples={
        "I'd like to talk to somebody in Leeds about a mortgage": {"branch": "Leeds", "topic": "a mortgage"},
        "Book me in at York on 24 November at half past ten, power of attorney": {
            "branch": "York",
            "topic": "power of attorney",
            "date": "2026-11-24",
            "time": "10:30",
        },
    },
)
async def book_appointment(
    context: ToolContext, arguments: BookArguments
) -> Proposed | BranchUnclear | SlotUnclear | TooManyAppointments:
    """Prepares half an hour with an adviser in a branch, up to four weeks ahead. Without a day and time it answers with
    the next free ones. The customer confirms in the app; this call books nothing."""
    async with context.database.writing(context.scope) as db:
        if len(await _list(db, context)) >= MOST_APPOINTMENTS:
            return TooManyAppointments()
        branch = await _pick_branch(db, arguments.branch)
        if isinstance(branch, BranchUnclear):
            return branch
        slot = await _pick_slot(db, context, branch, arguments)
        if isinstance(slot, SlotUnclear):
            return slot
        return await propose(
            db,
            context,
            "book_appointment",
            payload={"branch_id": branch.id, "topic": arguments.topic, "starts_at": slot.isoformat()},
            proposed=Proposed(
                summary=f"Book an appointment in our branch {branch.name}, {branch.address}, on {_said(slot)}",
                date=slot.date().isoformat(),
            ),
        )


@effect("book_appointment")
async def _book(db: WriteHandle, context: ToolContext, payload: dict[str, Any]) -> str | None:
    if len(await _list(db, context)) >= MOST_APPOINTMENTS:
        return "too_many_appointments"
    values = payload | {"customer_id": context.customer_id, "now": context.now}
    return None if await db.execute(QUERIES["insert_appointment"], values) else "slot_taken"


@tool(
    title="List your appointments",
    scope="support:read",
    rest="GET /support/appointments",
    examples={"When is my appointment?": {}},
)
async def list_appointments(context: ToolContext, arguments: NoArguments) -> Appointments:  # noqa: ARG001
    """The customer's appointments ahead, with branch, address, day and time."""
    async with context.database.reading(context.scope) as db:
        rows = await _list(db, context)
    return Appointments(
        appointments=[
            Appointment(
                reference=row.reference,
                branch=row.branch,
                address=row.address,
                topic=row.topic,
                date=row.local.date().isoformat(),
                time=f"{row.local:%H:%M}",
            )
            for row in rows
        ]
    )


@tool(
    title="Prepare to cancel an appointment",
    scope="support:write",
    risk=Risk.PREPARE,
    rest="DELETE /support/appointments/{appointment}",
    examples={"Cancel my appointment": {}, "I can't come to York": {"appointment": "York"}},
)
async def cancel_appointment(
    context: ToolContext, arguments: CancelArguments
) -> Proposed | NothingBooked | AppointmentUnclear:
    """Prepares to cancel one of the customer's appointments. The customer confirms in the app; this call cancels
    nothing."""
    async with context.database.writing(context.scope) as db:
        rows = await _list(db, context)
        if not rows:
            return NothingBooked()
        said = arguments.appointment
        matches = [row for row in rows if said is None or row.answers_to(said)]
        if len(matches) != 1:
            return AppointmentUnclear(asked_for=said, choices=[row.label for row in matches or rows])
        (row,) = matches
        return await propose(
            db,
            context,
            "cancel_appointment",
            payload={"appointment_id": str(row.id)},
            proposed=Proposed(
                summary=f"Cancel your appointment in our branch {row.branch} on {_said(row.local)}",
                date=row.local.date().isoformat(),
            ),
        )


@effect("cancel_appointment")
async def _cancel(db: WriteHandle, context: ToolContext, payload: dict[str, Any]) -> str | None:
    values = payload | {"customer_id": context.customer_id, "now": context.now}
    return None if await db.execute(QUERIES["cancel_appointment"], values) else "appointment_gone"


async def _list(db: ReadHandle, context: ToolContext) -> list[_Row]:
    values = {"customer_id": context.customer_id, "now": context.now}
    return await db.all(_Row, QUERIES["list_appointments"], values)


async def _pick_branch(db: ReadHandle, words: str | None) -> BranchRow | BranchUnclear:
    branches = await list_branches(db, words)
    if isinstance(branches, BranchUnclear) or len(branches) == 1:
        return branches if isinstance(branches, BranchUnclear) else branches[0]
    return BranchUnclear(message="In which branch?", asked_for=words, choices=[row.name for row in branches])


async def _pick_slot(
    db: ReadHandle, context: ToolContext, branch: BranchRow, arguments: BookArguments
) -> dt.datetime | SlotUnclear:
    hours = (await read_hours(db)).get(branch.id, Hours({}))
    until = context.now + dt.timedelta(days=DAYS_AHEAD + 1)
    values = {"branch_id": branch.id, "since": context.now, "until": until}
    taken = {row.starts_at for row in await db.all(_Taken, QUERIES["list_taken_slots"], values)}
    day, clock = arguments.date, arguments.time and dt.time.fromisoformat(arguments.time)
    asked = dt.datetime.combine(day, clock, BANK_TIME_ZONE) if day and clock else None
    if asked and asked in set(free_slots(hours, taken, context.now)):
        return asked
    problem = why_not(hours, context.now, day, clock) if day and clock else None
    choices = list(islice(free_slots(hours, taken, context.now, _bookable(day, context)), _CHOICES))
    choices = choices or list(islice(free_slots(hours, taken, context.now), _CHOICES))
    return SlotUnclear(
        message=problem or SlotUnclear.model_fields["message"].default,
        asked_for=" ".join(filter(None, (day and day.isoformat(), arguments.time))) or None,
        choices=[f"{slot:%Y-%m-%d %H:%M}" for slot in choices],
    )


def _bookable(day: dt.date | None, context: ToolContext) -> dt.date | None:
    """A day whose times are worth offering."""
    return day if day and day <= context.today + dt.timedelta(days=DAYS_AHEAD) else None


def _said(slot: dt.datetime) -> str:
    return f"{slot:%A %-d %B %Y at %H:%M}"
