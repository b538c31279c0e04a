"""Places in a list that was offered: "the second one", "the first two", "option 3", "the one at the bottom"."""

import re
from collections.abc import Sequence

Indexes = frozenset[int]
"""Of what was offered, from 0."""

_ORDINALS = ["first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth"]
_NUMBERS = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"]
_ORDINAL = rf"{'|'.join(_ORDINALS)}|(?:10|[1-9])(?:st|nd|rd|th)"
_A_TIME = (
    r"(?!\s+(?:few\s+)?(?:times?|nights?|evening|morning|days?|week(?:end)?s?|months?|quarter|years?|"
    r"spring|summer|autumn|winter|christmas|easter)\b)"
)
"""Behind "last": "my mum died last week" chooses nothing."""
PLACES = re.compile(
    rf"\b(?:(?P<side>first|top|last|bottom|final)\s+(?P<several>two|three|four|2|3|4|couple)\b"
    rf"|(?P<down>{_ORDINAL})\s+(?:one\s+)?(?:from\s+(?:the\s+)?|to\s+)(?:top|start|beginning)\b"
    rf"|(?P<up>{_ORDINAL})\s+(?:one\s+)?(?:from\s+(?:the\s+)?|to\s+(?:the\s+)?)?(?:last|bottom|end)\b"
    r"|(?P<before_last>last\s+but\s+one|penultimate)\b"
    rf"|(?P<ordinal>{_ORDINAL})\b"
    r"|(?P<first>former|top(?:most)?|upper(?:most)?|at\s+the\s+(?:start|beginning|front))\b"
    rf"|(?P<last>latter|bottom|last{_A_TIME}|final|lower(?:most)?|at\s+the\s+(?:end|back))\b"
    r"|(?P<middle>middle|mid|central|centre|in[\s-]?between)\b"
    rf"|(?:number|no\.?(?=\s*\d)|option|choice|nr\.?|#)\s*(?P<number>10|[1-9]|{'|'.join(_NUMBERS)})(?!\w|\.\d))",
    re.IGNORECASE,
)


def find_place(match: re.Match[str], count: int) -> Indexes | None:
    """Places in the list; None where there is no such place."""
    if match["several"]:
        several = {"two": 2, "three": 3, "four": 4, "couple": 2}.get(match["several"].casefold()) or int(
            match["several"]
        )
        is_first = match["side"].casefold() in ("first", "top")
        return frozenset(range(several) if is_first else range(count - several, count)) if several < count else None
    if match["middle"]:
        return frozenset({count // 2}) if count % 2 else None
    if match["ordinal"] or match["down"]:
        place = _number(match["ordinal"] or match["down"], _ORDINALS)
    elif match["number"]:
        place = _number(match["number"], _NUMBERS)
    elif match["first"]:
        place = 1
    else:
        place = count + 1 - (_number(match["up"], _ORDINALS) if match["up"] else 2 if match["before_last"] else 1)
    return frozenset({place - 1}) if 1 <= place <= count else None


def _number(said: str, names: Sequence[str]) -> int:
    said = said.casefold()
    return names.index(said) + 1 if said in names else int(re.sub(r"\D", "", said))
