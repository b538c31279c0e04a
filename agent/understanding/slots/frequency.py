"""How often: "every month", "weekly", "each Friday", "every other week"."""

import re
from collections.abc import Iterator

from agent.understanding.slots.calendar_words import WEEKDAY
from agent.understanding.slots.mention import Mention
from agent.understanding.slots.nearby import just_before
from agent.understanding.slots.numbers import ORDINAL

_EVERY = r"(?:every|each|per|(?:once|twice)\s+(?:a|every|per)|(?P<a>an?))(?:\s+single)?"
_RATE = re.compile(
    r"(?:\d[\d.,]{0,12}k?|[£€$]|pounds?|quid|euros?|dollars?|bucks|gbp|eur|usd|once|times|payments?|much|fiver|tenner)\s+$",
    re.I,
)
""" "50 a month", not "a month ago"."""
_MEASURE = re.compile(
    r"\s+(?:\w+\s+)?(?:limits?|allowances?|caps?|maximum|interests?|rates?|spending|spend)\b",
    re.I,
)
""" "my daily limit" is nothing that is done every day."""
_RULES: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), name)
    for pattern, name in (
        (r"\bfour[\s-]?weekly\b|\bevery\s+(?:four|4)\s+weeks\b|\b4[\s-]weekly\b", "four_weekly"),
        (
            r"\bfortnightly\b|\bbi-?weekly\b|\b(?:every|each|per|once\s+a)\s+fortnight\b|\bevery\s+(?:two|2|second|2nd|other|couple\s+of)\s+weeks?\b",
            "fortnightly",
        ),
        (rf"\bevery\s+(?:other|second|2nd)(?=\s+{WEEKDAY})", "fortnightly"),
        (rf"\bweekly\b|\b{_EVERY}\s+week\b|\b(?:every|each)(?=\s+{WEEKDAY})", "weekly"),
        (rf"\bquarterly\b|\b(?:{_EVERY})\s+quarter\b|\bevery\s+(?:three|3)\s+months\b", "quarterly"),
        (
            rf"\bmonthly\b|\b{_EVERY}\s+month\b|\bevery\s+(?:four\s+weeks\s+or\s+so)\b|\b(?:every|each)(?=\s+(?:{ORDINAL})\b(?!\s*(?:week|month|day|{WEEKDAY})))",
            "monthly",
        ),
        (
            rf"\b(?:yearly|annually|annual(?=\s+(?:payment|standing|transfer)))\b|\b{_EVERY}\s+year\b|\bevery\s+(?:twelve|12)\s+months\b",
            "yearly",
        ),
        (rf"\bdaily\b|\b{_EVERY}\s+day\b", "daily"),
        (
            r"\bevery\s+(?:\d+|two|three|five|six|seven|eight|nine|ten)\s+(?:days|weeks|months|years)\b|\bevery\s+(?:other|second)\s+(?:day|month|year)\b",
            "",
        ),
    )
)


def find_frequencies(text: str) -> Iterator[Mention]:
    """One of tools.calendar.Frequency, or as it was said where the bank has no such rhythm."""
    for pattern, name in _RULES:
        for match in pattern.finditer(text):
            if _MEASURE.match(text, match.end()):
                continue
            if match.groupdict().get("a") and not just_before(_RATE, text, match.start()):
                continue
            yield Mention("frequency", match[0], match.start(), match.end(), name or match[0].lower())
