"""Days in figures: "5/12", "25.12.2026", "2026-12-25"."""

import re
from datetime import date

from agent.understanding.slots.calendar_words import (
    Seen,
    real_day,
    year_of,
)
from agent.understanding.slots.rules import rules


def _numeric(match: re.Match[str], seen: Seen) -> date | str | None:
    """Day first unless the locale says month first; the other way round if only that is a day."""
    first, second = int(match["first"]), int(match["second"])
    orders = [(first, second), (second, first)]
    if seen.locale.replace("_", "-").endswith("-US"):
        orders.reverse()
    for day, month in orders:
        if match["year"]:
            found = real_day(year_of(match["year"]), month, day)
        else:
            found = seen.nearest(*(real_day(seen.today.year + number, month, day) for number in (-1, 0, 1)))
        if found:
            return found
    return match[0] if match["year"] and match["mark"] == "/" else None


def _iso(match: re.Match[str], seen: Seen) -> date | str:  # noqa: ARG001
    return real_day(int(match["year"]), int(match["month"]), int(match["day"])) or match[0]


RULES = rules(
    (
        r"(?<![\d/.,£€$-])(?P<first>\d{1,2})(?P<mark>[/.-])(?P<second>\d{1,2})(?P=mark)(?P<year>\d{4}|\d\d)(?![\d/-]|\.\d)",
        _numeric,
    ),
    (r"(?<![\d/.,£€$-])(?P<first>\d{1,2})/(?P<second>\d{1,2})(?P<year>)(?![\d/-]|\.\d)", _numeric),
    (r"(?<![\d/.,-])(?P<year>\d{4})(?P<mark>[/.-])(?P<month>\d{1,2})(?P=mark)(?P<day>\d{1,2})(?![\d/-])", _iso),
)
