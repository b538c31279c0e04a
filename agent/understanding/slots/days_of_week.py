"""Weekdays: "next Friday", "Saturday last week", "Friday week"."""

import re
from datetime import date, timedelta

from agent.understanding.slots.calendar_words import (
    COUNT,
    SIDE,
    WEEKDAY,
    Seen,
    duration_of,
    monday_of,
    weekday_of,
)
from agent.understanding.slots.rules import rules


def coming(weekday: int, after: date) -> date:
    """The first such day after another."""
    return after + timedelta(days=(weekday - after.weekday() - 1) % 7 + 1)


def _weekday(match: re.Match[str], seen: Seen) -> date | None:
    """ "next Friday" is that of next week, "last Friday" the one before today."""
    weekday, side = weekday_of(match["weekday"]), (match["side"] or "").lower()
    next_one, monday = coming(weekday, seen.today), monday_of(seen.today)
    if side in ("last", "previous", "past"):
        return next_one - timedelta(days=7 if next_one - timedelta(days=7) < seen.today else 14)
    if side in ("next", "following"):
        return monday + timedelta(days=7 + weekday)
    if side == "this":
        day = monday + timedelta(days=weekday)
        return day if day >= seen.today or seen.tense == "past" else next_one
    if seen.tense == "past" and side != "coming":
        return next_one - timedelta(days=7 if next_one - timedelta(days=7) < seen.today else 14)
    return next_one


def _weekday_of_week(match: re.Match[str], seen: Seen) -> date | None:
    """ "Saturday last week", "next week on Monday", "Friday week"."""
    weekday, side = weekday_of(match["weekday"]), (match.groupdict().get("side") or "").lower()
    groups = match.groupdict()
    if back := groups.get("back"):
        weeks = duration_of(back, "weeks", seen.locale).number
        return None if weeks is None else monday_of(seen.today) + timedelta(days=int(weekday - 7 * min(weeks, 9999)))
    if not side:
        weeks = duration_of(groups.get("count"), "weeks", seen.locale).number
        return None if weeks is None else coming(weekday, seen.today + timedelta(days=int(7 * min(weeks, 9999)) - 1))
    weeks = {"last": -1, "previous": -1, "past": -1, "this": 0, "current": 0}.get(side, 1)
    return monday_of(seen.today) + timedelta(days=7 * weeks + weekday)


RULES = rules(
    (rf"(?:\b(?P<side>{SIDE})\s+)?(?P<weekday>{WEEKDAY})", _weekday),
    (
        rf"(?P<weekday>{WEEKDAY})\s+(?:(?:of\s+)?(?:the\s+)?(?P<side>{SIDE})\s+week\b|week\b|in\s+(?P<count>{COUNT})\s+weeks?\b(?:'?\s+time)?|after\s+next\b"
        rf"|(?P<back>{COUNT})\s+weeks?\s+ago\b)",
        _weekday_of_week,
    ),
    (rf"\b(?P<side>{SIDE})\s+week(?:'s|\s+on)?,?\s+(?P<weekday>{WEEKDAY})", _weekday_of_week),
)
