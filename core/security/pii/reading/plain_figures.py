"""Figures that are plainly nobody's: sums, days of these years, times, rates, counts, and the last ones of a card, as
the assistant writes them. A text that has no others wakes no recognizer of numbers."""

import re

_MONTH = "January|February|March|April|May|June|July|August|September|October|November|December"
_OF_NOBODY = re.compile(
    r"[£$€](?:[0-9]{1,6}|[0-9]{1,3}(?:,[0-9]{3})+)(?:\.[0-9]{2})?(?!\w|[.,]\d)"
    r"|(?<![\w.,:/£$€-])(?:"
    rf"(?:[1-9]|[12][0-9]|3[01]) (?:{_MONTH})(?: 20[1-9][0-9])?(?!\w|[.,/-]\d| \d)"
    r"|20[1-9][0-9]-[01][0-9]-[0-3][0-9](?!\w|[.,/-]\d)"
    r"|[0-2][0-9]:[0-5][0-9](?!\w|[.,:]\d)"
    r"|[0-9]{1,6}(?:\.[0-9]{1,8})? (?:GBP|EUR|USD)\b"
    r"|[0-9]\.[0-9]{2,3}(?!\w|[.,/-]?\d| \d)"
    r"|[0-9]{1,2}(?:\.[0-9]{1,2})?%"
    r"|[0-9]{1,3} (?:(?:working|business) )?(?:(?:payment|line|time|minute|hour|day|week|month|year)s?)\b"
    r"|ending [0-9]{3,4}(?!\w|[.,/-]?\d| \d))"
)
_FIGURE = re.compile(r"\d")


def has_figures(cased: str) -> bool:
    """Whether there are others than these."""
    return _FIGURE.search(cased) is not None and _FIGURE.search(_OF_NOBODY.sub("", cased)) is not None
