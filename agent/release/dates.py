"""Days as they are written: in figures, in words, and as they are seen from today.

A day is (year, month, day, weekday) with None for what was not said. Of a form that may mean two days both are given.
"""

from datetime import date, timedelta

from agent.release.tokens import Token

Day = tuple[int | None, int | None, int | None, int | None]

_NAMES = str.split("january february march april may june july august september october november december")
MONTHS = {
    **{name: n for n, name in enumerate(_NAMES, start=1)},
    **{name[:3]: n for n, name in enumerate(_NAMES, start=1)},
    "sept": 9,
}
_WEEK = str.split("monday tuesday wednesday thursday friday saturday sunday")
WEEKDAYS = (
    {name: n for n, name in enumerate(_WEEK)}
    | {f"{name}s": n for n, name in enumerate(_WEEK)}
    | {"mon": 0, "tue": 1, "tues": 1, "wed": 2, "thu": 3, "thur": 3, "thurs": 3, "fri": 4, "sat": 5, "sun": 6}
)
_ORDINALS = {
    name: n
    for n, name in enumerate(
        str.split(
            "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth"
            " fifteenth sixteenth seventeenth eighteenth nineteenth twentieth"
        ),
        start=1,
    )
} | {"thirtieth": 30}
_LATER_ORDINALS = frozenset(list(_ORDINALS)[3:])
RELATIVE = {"today": 0, "tonight": 0, "tomorrow": 1, "yesterday": -1}
_IS_A_WORD = frozenset({"may", "march", "mar", "sun", "sat", "mon", "wed", "jan", "dec"})
"""Also something else than a month or a weekday: only in capitals, or beside a number."""
_BEFORE_YEAR = frozenset(str.split("in since of until by from before after during year for"))
_BEFORE_MONTH = frozenset(
    str.split("in since of until till by from before after during this last next for and to |"),
)
_YEARS = range(1900, 2101)


def date_at(tokens: list[Token], place: int) -> tuple[list[Day], int]:
    """The days that may begin there and where they end; none and the same place if none does."""
    token = tokens[place]
    match token.kind:
        case "iso" | "stamp":
            parts = [int(part) for part in token.text[:10].split("-")]
            return [_day(*parts)], place + 1
        case "slash":
            day, month, year = (int(part) for part in token.text.replace(".", "/").split("/"))
            return [_day(_century(year), month, day)], place + 1
        case "expiry":
            first, last = (int(part) for part in token.text.split("/"))
            expiry = _day(_century(last), first)
            return [expiry, (None, last, first, None)] if last <= 12 else [expiry], place + 1
        case _:
            return _in_words(tokens, place)


def _day(year: int, month: int | None = None, day: int | None = None) -> Day:
    """With its weekday, where it is a day of the calendar."""
    try:
        return year, month, day, date(year, month or 0, day or 0).weekday()
    except ValueError:
        return year, month, day, None


def _century(year: int) -> int:
    return year if year > 99 else 2000 + year


def _in_words(tokens: list[Token], place: int) -> tuple[list[Day], int]:
    token = tokens[place]
    weekday = WEEKDAYS.get(token.text) if token.kind == "word" else None
    if weekday is not None and (token.text not in _IS_A_WORD or token.raw[0].isupper()):
        at = place + 1
        while at < len(tokens) and tokens[at].text in (",", "the", "(", "on"):
            at += 1
        days, after = date_at(tokens, at) if at < len(tokens) and _begins(tokens, at) else ([], at)
        if days and after > at:
            return [(*day[:3], weekday) for day in days], after
        return [], place
    if number := _day_number(tokens, place):
        return _day_first(tokens, place, number)
    month = _month_at(tokens, place)
    if month is None:
        return _year_alone(tokens, place)
    at = place + 1
    at += at < len(tokens) and tokens[at].text == "the"
    if at < len(tokens) and (number := _day_number(tokens, at)) and not _is_counted(tokens, at):
        year, after = _year_at(tokens, at + 1)
        return [_with(year, month, number)], after
    year, after = _year_at(tokens, place + 1)
    return [_with(year, month, None)], after


def _begins(tokens: list[Token], at: int) -> bool:
    """Whether a day and a month stand there, and not only a figure."""
    return tokens[at].kind in ("iso", "slash") or _month_at(tokens, at) is not None or bool(_day_number(tokens, at))


def _day_first(tokens: list[Token], place: int, number: int) -> tuple[list[Day], int]:
    """ "3 March", "the 3rd of March", "1 to 22 November", "on the 3rd"."""
    at = place + 1
    at += at < len(tokens) and tokens[at].text == "of"
    month = _month_at(tokens, at, beside_number=True) if at < len(tokens) else None
    if month is not None:
        year, after = _year_at(tokens, at + 1)
        return [_with(year, month, number)], after
    joins = place + 2 < len(tokens) and (
        tokens[place + 1].kind == "dash" or tokens[place + 1].text in ("to", "and", "or", "until")
    )
    if joins and (other := _day_number(tokens, place + 2)):
        at = place + 3 + (place + 3 < len(tokens) and tokens[place + 3].text == "of")
        month = _month_at(tokens, at, beside_number=True) if other else None
        if month is not None:
            return [_with(_year_at(tokens, at + 1)[0], month, number)], place + 1
    if tokens[place].kind == "ordinal" or (tokens[place].text in _LATER_ORDINALS and _is_on_the(tokens, place)):
        return [(None, None, number, None)], place + 1
    return [], place


def _is_on_the(tokens: list[Token], place: int) -> bool:
    before = [token.text for token in tokens[max(0, place - 2) : place]]
    return before[-1:] == ["the"] and before[0] in ("on", "by", "until", "since", "from", "before", "after")


def _with(year: int | None, month: int | None, day: int | None) -> Day:
    return _day(year, month, day) if year else (None, month, day, None)


def _day_number(tokens: list[Token], at: int) -> int:
    """A day of a month in figures or as an ordinal; 0 if none stands there."""
    token = tokens[at]
    if token.kind == "ordinal":
        return int("".join(char for char in token.text if char.isdigit()))
    if token.kind == "number" and len(token.raw) <= 2 and not token.in_words and 0 < token.value <= 31:
        return int(token.value)
    return _ORDINALS.get(token.text, 0) if token.kind == "word" else 0


def _is_counted(tokens: list[Token], at: int) -> bool:
    """ "In March 3 payments ..." """
    follows = tokens[at + 1] if at + 1 < len(tokens) else None
    return tokens[at].kind == "number" and follows is not None and follows.kind == "word" and follows.text.endswith("s")


def _month_at(tokens: list[Token], at: int, beside_number: bool = False) -> int | None:
    if at >= len(tokens) or tokens[at].kind != "word":
        return None
    token = tokens[at]
    month = MONTHS.get(token.text)
    if month is None:
        return None
    if beside_number:
        return month if token.text != "may" or token.raw[0].isupper() else None
    if token.text in _IS_A_WORD or len(token.text) == 3:
        follows = tokens[at + 1] if at + 1 < len(tokens) else None
        is_beside = follows is not None and follows.kind in ("number", "ordinal")
        is_led = at > 0 and tokens[at - 1].text in _BEFORE_MONTH
        return month if token.raw[0].isupper() and (is_beside or is_led) else None
    return month


def _year_at(tokens: list[Token], at: int) -> tuple[int | None, int]:
    after = at
    after += after < len(tokens) and tokens[after].text == ","
    if after < len(tokens) and is_year(tokens[after]):
        return int(tokens[after].value), after + 1
    return None, at


def is_year(token: Token) -> bool:
    return token.kind == "number" and token.raw.isdigit() and len(token.raw) == 4 and int(token.value) in _YEARS


def _year_alone(tokens: list[Token], place: int) -> tuple[list[Day], int]:
    if place and is_year(tokens[place]) and tokens[place - 1].text in _BEFORE_YEAR:
        return [(int(tokens[place].value), None, None, None)], place + 1
    return [], place


def day_words_at(tokens: list[Token], place: int, today: date | None) -> tuple[list[Day], int]:
    """ "tomorrow", "on Friday", "last month". Without a ``today`` a weekday is only itself."""
    token = tokens[place]
    if token.kind != "word":
        return [], place
    weekday = WEEKDAYS.get(token.text)
    if weekday is not None and (token.text not in _IS_A_WORD or token.raw[0].isupper()):
        around = [today + timedelta(days=n) for n in range(-7, 8)] if today else []
        near = [_of(day) for day in around if day.weekday() == weekday]
        return [(None, None, None, weekday), *near], place + 1
    if today is None:
        return [], place
    if token.text in RELATIVE:
        if token.text in ("today", "tonight") and _only_says_when_it_was_asked(tokens):
            return [], place
        return [_of(today + timedelta(days=RELATIVE[token.text]))], place + 1
    follows = tokens[place + 1].text if place + 1 < len(tokens) else ""
    if token.text == "this" and _only_says_when_it_was_asked(tokens):
        return [], place
    if token.text in ("last", "next", "this") and place + 1 < len(tokens):
        if token.text == "this" and follows in ("morning", "afternoon", "evening"):
            return [_of(today)], place + 2
        return _whole_period(token.text, follows, today, place)
    return [], place


_HAPPENS_WORDS = (
    "paid spent sent arrive arrives arrived due leave leaves expire expires charged debited booked delivered "
    "bought took made transferred received"
)
_HAPPENS = frozenset(_HAPPENS_WORDS.split())


def _only_says_when_it_was_asked(tokens: list[Token]) -> bool:
    """ "As of today you have ...", "How can I help you today?": nothing happens on that day."""
    return tokens[-1].text == "?" or not any(token.text in _HAPPENS for token in tokens)


def _whole_period(which: str, unit: str, today: date, place: int) -> tuple[list[Day], int]:
    step = {"last": -1, "next": 1, "this": 0}[which]
    match unit:
        case "year":
            return [(today.year + step, None, None, None)], place + 2
        case "month":
            month = today.month - 1 + step
            return [(today.year + month // 12, month % 12 + 1, None, None)], place + 2
        case "week":
            monday = today - timedelta(days=today.weekday()) + timedelta(weeks=step)
            return [_of(monday + timedelta(days=n)) for n in range(7)], place + 2
        case _:
            return [], place


def _of(day: date) -> Day:
    return day.year, day.month, day.day, day.weekday()


def fits(claimed: Day, known: Day) -> bool:
    """Whether all that is claimed of a day is known of it."""
    return all(part is None or part == other for part, other in zip(claimed, known, strict=True))
