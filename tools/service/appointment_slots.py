"""The times that an adviser of a branch can give: half hours within the opening hours. Pure."""

from collections.abc import Collection, Iterator
from datetime import date, datetime, time, timedelta
from itertools import count

from core.clock import BANK_TIME_ZONE
from tools.service.opening_hours import Hours, Opening

LENGTH = timedelta(minutes=30)
NOTICE = timedelta(hours=2)
"""How long before it an appointment is booked at the latest."""
DAYS_AHEAD = 28


def slots_of(opening: Opening) -> Iterator[datetime]:
    """All half hours that end before it closes."""
    first = opening.opens.replace(minute=0)
    for start in (first + LENGTH * number for number in count()):
        if start + LENGTH > opening.closes:
            return
        if start >= opening.opens:
            yield start


def free_slots(hours: Hours, taken: Collection[datetime], now: datetime, day: date | None = None) -> Iterator[datetime]:
    """Those of a day, or of all days that can be booked, in order."""
    today = now.astimezone(BANK_TIME_ZONE).date()
    days = [day] if day else [today + timedelta(days=number) for number in range(DAYS_AHEAD + 1)]
    for each in days:
        opening = hours.on(each)
        for slot in slots_of(opening) if opening else ():
            if slot >= now + NOTICE and slot not in taken:
                yield slot


def why_not(hours: Hours, now: datetime, day: date, clock: time) -> str:
    """Why that time cannot be booked, given that it is not among the free ones."""
    today = now.astimezone(BANK_TIME_ZONE).date()
    start = datetime.combine(day, clock, BANK_TIME_ZONE)
    opening = hours.on(day)
    if start < now:
        return "That time has passed."
    if start < now + NOTICE:
        return "That is too soon: appointments are booked at least two hours ahead."
    if day > today + timedelta(days=DAYS_AHEAD):
        return f"Appointments are booked up to {DAYS_AHEAD} days ahead."
    if opening is None:
        return "The branch is closed on that day."
    if not opening.opens <= start <= opening.closes - LENGTH:
        return f"The branch is open from {opening.opens:%H:%M} to {opening.closes:%H:%M} on that day."
    if start not in slots_of(opening):
        return "Appointments begin on the hour or the half hour."
    return "Somebody else has that time."
