"""What is said of an amount or a day that was named before: "half of that", "ten more", "a week later"."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from agent.understanding.slots.calendar_words import COUNT, HOUR, MONTH, WEEKDAY, duration_of, shifted, weekday_of
from agent.understanding.slots.mention import Amount, Change, Duration, Mention, Shift
from agent.understanding.slots.nearby import just_before
from agent.understanding.slots.numbers import DIGITS, WORDS, parse_number

_THAT = r"(?:it|(?:that|this)(?!\s+(?:week|month|year|time))|the\s+(?:whole\s+)?(?:amount|sum|payment|figure|total))"
_ENDS = (
    r"(?=\W*$|\s*[,.;!?]|\s+(?:please|pls|thanks|instead|then|and|but|rather|actually|from|to|for|on|with|now|of)\b)"
)
_OF = (
    rf"\s+(?:of\s+)?(?:{_THAT}|as\s+much)\b"
    # "half of 80": of an amount that is named with it.
    r"|\s+(?:of\s+)?(?=[£€$]?\d)|\s+of\s+(?=an?\s+(?:hundred|thousand|grand|million|fiver|tenner)\b)"
)
_FACTORS: tuple[tuple[str, Decimal], ...] = (
    (
        rf"(?:half|halve)(?:{_OF})"
        rf"|(?:cut|split|divide)\s+{_THAT}\s+(?:in\s+(?:half|two)|by\s+(?:two|2))\b"
        # "half of what's in there" is a part of something else.
        rf"|(?:(?:make\s+{_THAT}|just|only|say|by)\s+|^\W*)half\b{_ENDS}(?!\s+of\b)",
        Decimal("0.5"),
    ),
    (
        rf"(?:double|twice)\s+(?:of\s+)?(?:{_THAT}|as\s+much)\b|(?:(?:make\s+{_THAT}|just)\s+|^\W*)double\b{_ENDS}(?!\s+of\b)",
        Decimal(2),
    ),
    (rf"(?:triple|treble|(?:three|3)\s+times)\s+(?:{_THAT}|as\s+much)\b", Decimal(3)),
    (rf"(?:quadruple|(?:four|4)\s+times)\s+(?:{_THAT}|as\s+much)\b", Decimal(4)),
    (rf"(?<!three\s)(?:a\s+|one\s+)?quarter(?:{_OF})", Decimal("0.25")),
    (rf"(?:three|3)[\s-]quarters(?:{_OF})", Decimal("0.75")),
    (rf"(?:a|one)[\s-]third(?:{_OF})", Decimal(1) / 3),
    (rf"(?:a|one)[\s-]fifth(?:{_OF})", Decimal("0.2")),
    (rf"(?:a|one)[\s-]tenth(?:{_OF})", Decimal("0.1")),
    (rf"(?:two|2)[\s-]thirds(?:{_OF})", Decimal(2) / 3),
)
_FACTOR = tuple((re.compile(rf"\b(?:{pattern})", re.IGNORECASE), factor) for pattern, factor in _FACTORS)
_PERCENT = re.compile(
    rf"(?<![\w.,])(?P<number>{DIGITS}|{WORDS})\s?(?:%|per\s?cent\b)"
    rf"(?:\s+(?:(?P<more>more|extra|higher|on\s+top)|(?P<less>less|lower|off)){_ENDS}|(?P<part>{_OF}))",
    re.IGNORECASE,
)
_LESS_BEFORE = r"knock|take|cut|minus|deduct|subtract|less|(?:reduce|lower|drop|decrease|cut|bring|take)\b.{0,30}\bby"
_MORE_BEFORE = r"add|plus|(?:increase|raise|bump|up|put|top)\b.{0,30}\bby"
_BEFORE = re.compile(
    rf"\b(?:(?P<less>{_LESS_BEFORE})|(?P<more>{_MORE_BEFORE}))\s+(?:another\s+|an?\s+extra\s+|only\s+|just\s+)?$", re.I
)
_BEHIND = re.compile(
    rf"\s*(?:(?P<less>(?:less|fewer|lower|cheaper|under|off(?:\s+(?:of\s+)?{_THAT})?))|(?P<more>more|extra|on\s+top|higher|to\s+{_THAT})){_ENDS}",
    re.I,
)
_ANOTHER = re.compile(r"\b(?:another|extra)\s+$", re.I)
_ONTO = re.compile(rf"\s+on(?:to)?(?:\s+{_THAT})?{_ENDS}(?P<less>(?!))?", re.I)
""" "stick another tenner on"."""
_NEW_PAYMENT = re.compile(r"\b(?:pay|send|give|transfer|lend|wire|show|list|see|get|borrow)\b[^,;.]*$", re.IGNORECASE)
""" "send her 20 more" is a payment of 20."""
_BARE_CHANGE = re.compile(
    r"\b(?:add|minus|plus|less|take|knock|cut|deduct|subtract)\s+(?:another\s+|an?\s+extra\s+)?$", re.I
)
""" "add 20" alone is no change: something may be added to a pot."""

_UNITS = r"days?|weeks?|fortnights?|months?|years?"
_LATER = r"later|after(?:wards)?"
_EARLIER = r"earlier|before(?:hand)?|sooner"
_FROM_THEN = r"(?:\s+(?:that|then|it|this))?"
_SHIFTS = tuple(
    re.compile(rf"\b(?:{pattern})", re.IGNORECASE)
    for pattern in (
        rf"the\s+(?:(?P<weekday>{WEEKDAY})|(?P<unit>day|week|fortnight|month|year))\s+"
        rf"(?:(?:{_LATER})|(?P<back>{_EARLIER})){_FROM_THEN}{_ENDS}",
        rf"(?P<count>{COUNT})\s*(?P<unit>{_UNITS})\s+(?:(?:{_LATER})|(?P<back>{_EARLIER})){_FROM_THEN}{_ENDS}",
        rf"(?:the\s+)?(?:following|next)\s+(?P<unit>day){_ENDS}",
        r"(?:the\s+)?same\s+(?:day|date)\s+(?:next|(?P<back>last))\s+(?P<unit>week|month|year)\b",
        rf"the\s+(?P<back>previous)\s+(?P<unit>day){_ENDS}",
        rf"(?:push|move|put|shift|set)\s+(?:{_THAT}\s+)?(?:back|out|on|along)\s+(?:by\s+)?(?P<count>{COUNT})\s*(?P<unit>{_UNITS})\b",
        rf"(?:delay|postpone|push|shift|move|defer)\s+(?:{_THAT}\s+|the\s+date\s+)?(?:by\s+)?(?P<count>{COUNT})\s*(?P<unit>{_UNITS})\b{_ENDS}",
        rf"(?:the\s+)?(?:(?P<weekday>{WEEKDAY})|(?:(?P<count>{COUNT})\s*)?(?P<unit>{_UNITS}))\s+"
        rf"(?:after\s+|(?P<back>before)\s+)(?:the\s+)?(?!(?:that|then|it|this|tomorrow|yesterday|(?:last|next)(?!\s+{WEEKDAY}))\b)"
        # An hour leads to no day: "on Friday after 3".
        rf"(?=\w)(?!{HOUR}\b(?!\s*(?:st|nd|rd|th|[/.-]\d|(?:of\s+)?{MONTH}))|noon\b|midday\b|lunch|work\b|school\b)",
        rf"(?P<back>bring|move|pull)\s+(?:{_THAT}\s+|the\s+date\s+)?(?:forwards?|up|ahead)\s+(?:by\s+)?(?P<count>{COUNT})\s*(?P<unit>{_UNITS})\b",
    )
)


def find_shifts(text: str, locale: str) -> Iterator[Mention]:
    """How far a day moves: "a week later", "the Monday after", "bring it forward two days"."""
    for pattern in _SHIFTS:
        for match in pattern.finditer(text):
            groups = match.groupdict()
            said = groups.get("weekday")
            length = duration_of(groups.get("count"), groups.get("unit") or "day", locale)
            if length.number is not None:
                length = Duration(-length.number if groups.get("back") else length.number, length.unit)
                shift = Shift(length, weekday_of(said) if said else None)
                yield Mention("shift", match[0], match.start(), match.end(), shift)


def move(day: date, shift: Shift) -> date | None:
    """None beyond the calendar."""
    is_back = shift.length.number is not None and shift.length.number < 0
    moved = shifted(day, shift.length, 1)
    if moved is None or shift.weekday is None:
        return moved
    days = (moved.weekday() - shift.weekday) % 7 if is_back else (shift.weekday - moved.weekday()) % 7
    return moved + timedelta(days=-days if is_back else days)


def join_shifts(text: str, mentions: Sequence[Mention]) -> Iterator[Mention]:
    """The mentions, with days that are told from another one: "three days before Christmas". What leads to no day is
    left out."""
    shift: Mention | None = None
    for mention in mentions:
        if mention.kind == "shift" and mention.text.endswith(" "):
            shift = mention
            continue
        if shift and shift.end == mention.start and isinstance(shift.value, Shift) and isinstance(mention.value, date):
            day = move(mention.value, shift.value)
            if day is not None:
                start = shift.start
                mention = replace(mention, text=text[start : mention.end], start=start, value=day)
        shift = None
        yield mention


def find_factors(text: str, locale: str) -> Iterator[Mention]:
    """How many times as much: "double it", "half of that", "10% more"."""
    for pattern, factor in _FACTOR:
        for match in pattern.finditer(text):
            yield Mention("change", match[0], match.start(), match.end(), Change(factor=factor))
    for match in _PERCENT.finditer(text):
        part = parse_number(match["number"], locale) / 100
        factor = 1 + part if match["more"] else 1 - part if match["less"] else part
        yield Mention("change", match[0], match.start(), match.end(), Change(factor=factor))


def as_changes(text: str, mentions: Sequence[Mention]) -> Iterator[Mention]:
    """The mentions, with amounts that are only a difference made changes: "ten more", "reduce it by 5"; and the part of
    an amount made that amount: "half of 80"."""
    half: Mention | None = None
    for mention in mentions:
        if mention.kind == "change" and mention.text.endswith(" "):
            half = mention
            continue
        if mention.kind in ("amount", "number"):
            yield _part(half, mention) if half and half.end == mention.start else _difference(text, mention)
        else:
            yield mention
        half = None


def _part(factor: Mention, amount: Mention) -> Mention:
    number, currency = _amount_of(amount)
    times = factor.value.factor if isinstance(factor.value, Change) else Decimal(1)
    return replace(
        amount,
        kind="amount",
        text=factor.text + amount.text,
        start=factor.start,
        value=Amount(number * times, currency),
    )


def _difference(text: str, mention: Mention) -> Mention:
    before, behind = just_before(_BEFORE, text, mention.start), _BEHIND.match(text, mention.end)
    if behind is None and just_before(_ANOTHER, text, mention.start):
        behind = _ONTO.match(text, mention.end)
    if (before is None and behind is None) or just_before(_NEW_PAYMENT, text, mention.start):
        return mention
    if behind is None and just_before(_BARE_CHANGE, text, mention.start) and text[mention.end :].strip(" .!?"):
        return mention
    is_less = any(match and match["less"] for match in (before, behind))
    number, currency = _amount_of(mention)
    start, end = before.start() if before else mention.start, behind.end() if behind else mention.end
    return replace(
        mention,
        kind="change",
        text=text[start:end],
        start=start,
        end=end,
        value=Change(more=-number if is_less else number, currency=currency),
    )


def _amount_of(mention: Mention) -> tuple[Decimal, str | None]:
    value = mention.value
    return value if isinstance(value, Amount) else (Decimal(str(value)), None)
