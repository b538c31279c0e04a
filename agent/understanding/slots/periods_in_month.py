"""Days from one to another of a month that is said once: "March 9-16", "Nov 2 to 10"."""

import re
from collections.abc import Iterator

from agent.understanding.slots.calendar_words import (
    MONTH,
    YEAR,
    Seen,
    month_of,
    real_day,
    year_of,
)
from agent.understanding.slots.mention import Mention, Period
from agent.understanding.slots.nearby import just_before

_DAYS_OF_MONTH = re.compile(
    rf"(?P<month>{MONTH})\s+(?:the\s+)?(?P<first>\d{{1,2}})(?:st|nd|rd|th)?\s*(?:-|–|to|till?|until|through|(?P<and>and))\s*(?:the\s+)?"
    rf"(?P<last>\d{{1,2}})(?:st|nd|rd|th)?\b(?!\s*[:/.\d]|\s*(?:of\s+)?{MONTH}|\s*[ap]\.?m)(?:,?\s+(?P<year>{YEAR}))?",
    re.IGNORECASE,
)

_BETWEEN = re.compile(r"\bbetween\s+$", re.IGNORECASE)


def find_days_of_month(text: str, seen: Seen) -> Iterator[Mention]:
    """ "March 9-16", "Nov 2 to 10": both ends in a month that is said once, before them."""
    for match in _DAYS_OF_MONTH.finditer(text):
        if match["and"] and not just_before(_BETWEEN, text, match.start()):
            # "on March 9 and 10 pounds": the second number is a day only where an end is due.
            continue
        month, year = month_of(match["month"]), match["year"]
        years = (year_of(year),) if year else tuple(seen.today.year + number for number in (-1, 0, 1))
        first, last = (
            seen.nearest(*(real_day(one, month, int(match[end])) for one in years)) for end in ("first", "last")
        )
        if first is None or last is None or first.replace(year=last.year) > last:
            continue
        first = first.replace(year=last.year)
        start = Mention(
            "date", text[match.start() : match.end("first")], match.start(), match.end("first"), first, role="from"
        )
        end = Mention("date", match["last"], *match.span("last"), last, role="to")
        yield Mention("period", match[0], match.start(), match.end(), Period(first, last), parts=(start, end))
