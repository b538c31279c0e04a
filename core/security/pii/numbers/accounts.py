"""Cards, accounts and what identifies them, by checksum, by form, or behind their cue."""

import re
from collections.abc import Iterator
from itertools import accumulate

from core.security.pii.grammar import BEHIND, NO_LESS, cued, digits, matches, only_digits, said_before, word_before
from core.security.pii.kinds import NAMED, PROVEN, SAID, SHAPED, Claim, Kind
from core.security.pii.numbers.cue_words import OF_SOMETHING_ELSE
from core.security.pii.reading.hints import Hints
from core.security.pii.reading.needed import needs
from core.security.pii.reading.said import ORDINALS
from core.security.pii.reading.text import Reading

_CARD_DIGITS = range(13, 20)
_CARD_RUN = re.compile(r"(?<!\d)\d(?:[ \t\n.\-/,_]{0,3}\d){12,40}")
_GROUP = re.compile(r"\d+")
_NOT_A_CARD = frozenset(
    str.split("order reference ref tracking invoice transaction receipt booking ticket parcel serial imei")
)
_Groups = list[tuple[int, int]]
"""Where the groups of figures of a run begin and end."""
_OF_AMEX = [4, 6, 5]
_FEWEST_FOURS = 4
"""Groups of four figures, of which the last may have fewer."""
_OTHER_NUMBER = re.compile(
    rf"(?<![^\W\d_])(?:{'|'.join(sorted(_NOT_A_CARD))})\W{{1,6}}(?:(?:number|no|code|id|is|nr)\W+){{0,2}}\Z"
)
_CARD_SAID = cued(
    r"cards?(?: number| no\.?| num| #)?|pan|long number|visa|mastercard|amex|maestro|16[ -]digits?(?: number)?",
    rf"(?<!\d){digits(12, 19)}",
)
_CARD_HINTS = Hints(("card", "pan", "long number", "visa", "maste", "maestro", "amex", "16"))
_EXPIRY_CUE = (
    r"xp|exp(?:iry|ires?|iration|iring|\.)?(?: (?:date|month|year|month and year))?|end date|valid(?:ity)?(?:"
    r" (?:thru|through|until|till|to))?|good (?:thru|through|until|till?)"
    r"|use by|(?<=card )runs? out|(?<=card )ends(?= (?:in )?(?:the )?(?:end of )?(?:[jfmasond][aepuco][nbrylgptvc]"
    r"|\d{1,2} ?/))"
)
_MONTH_OF_YEAR = (
    r"(?:(?:the )?(?:end|start|beginning|middle)(?: of)? )?(?:(?:0?[1-9]|1[0-2]|0 [1-9]|1 [0-2])\s?(?:[/\-. |]\s?|of"
    r" )?(?:2 ?0 ?)?(?:[2-4] ?\d)(?!\d|\s?(?:%|percent|days?"
    r"|months?|hours?|years?|weeks?))|20[2-4]\d ?[\-/.] ?(?:0[1-9]|1[0-2])(?!\d)"
    r"|(?:month )?(?:0?[1-9]|1[0-2]),? (?:slash|year|of) (?:2 ?0 ?)?[2-4] ?\d(?!\d)"
    rf"|(?:the )?(?:\d{{1,2}}(?:st|nd|rd|th)|{'|'.join(ORDINALS[:12])}) (?:month )?of (?:2 ?0 ?|twenty[ \-]|two"
    rf" thousand (?:and )?)?[2-4] ?\d(?!\d)"
    r"|(?:january|february|march|april|may|june|july|august|september|october|november|december|jan|feb|mar|apr|jun"
    r"|jul|aug|sept?|oct|nov|dec)"
    r"\.?[ /,\-'’]{1,3}(?:of )?(?:20 ?|twenty[ \-]|two thousand (?:and )?)?[2-4] ?\d(?!\d))"
)
_EXPIRY_HINTS = Hints(("xp", "end date", "valid", "good ", "use by", "run", "card ends"))
_EXPIRY = cued(_EXPIRY_CUE, _MONTH_OF_YEAR)
_EXPIRY_AFTER = re.compile(rf"(?<![\d/£$€.,])(?P<value>{_MONTH_OF_YEAR}){BEHIND}(?:card )?(?:{_EXPIRY_CUE})\b")
_EXPIRY_WORD = re.compile(rf"\b(?:{_EXPIRY_CUE})(?![^\W_])")
_MONTH_ALONE = re.compile(rf"(?<![\w£$€.,/\-]){_MONTH_OF_YEAR}(?![\w/]|[.,\-]\d)")
_OTHER_MONTH = re.compile(
    r"\b(?:paid|due|charged|sent|opened|joined|since|statement|payment|from|transfer\w*|salary|born|birth)\b"
    r"|[?!]\W*\w+\W+\w|\n\n"
)
_SINCE = frozenset({"from", "since", "dated"})
_OF_TERMS = re.compile(r"\b(?:clauses?|terms|t&cs|conditions|agreement|tariff|brochure|leaflet)\b")
_FAR_EXPIRY = 40
"""Characters."""
_BEHIND_CARD = re.compile(
    r"\A[\s,;(/\-]{0,3}(?:and )?(?:exp\w*\.?:? )?(?P<value>(?:0[1-9]|1[0-2])\s?[/\-]\s?(?:20)?[2-4]\d)(?!\d"
    r"|[/\-.]\d\d?(?!\d))"
)
_BEHIND_EXPIRY = re.compile(r"[\s,;/\-]{1,3}(?P<value>\d{3,4})(?![\d/\-]|[.,]\d)")
_ENDING = re.compile(r"\[CARD_\d+\](?: ending \d{4})?")

_SORT_FORM = re.compile(
    rf"{NO_LESS}(?<!\d[-/])(?P<value>\d{{2}}(?P<gap>[-–—‑]|\s-\s)\d{{2}}(?P=gap)\d{{2}})(?![^\W_]|[-–]\d|[.,]\d)"
)
_SAMPLE = re.compile(r"\b(?:like|such as|for example|example|looks like|format) \Z")
_SORT_SAID = cued(
    r"sort\W?codes?|sortcodes?|s/c|sc|s(?:o{1,2}rt|ro?t|otr|ort?)\W?(?:code|cdoe|coed|cod|cde)|sortc?ode",
    rf"(?<!\d){digits(6, 6)}(?!\d|[.,]\d)",
)
_SORT_HINTS = Hints(("sort", "s/c", "sc", "sr", "so"))
_WITH_ACCOUNT = re.compile(
    r"(?<!\d)(?P<sort>\d\d[ \-]?\d\d[ \-]?\d\d)[\s,;/]{1,3}(?:and )?(?P<value>\d{8}|\d{4}[ \-]\d{4})(?!\d|[.,]\d)"
)
_BOTH_BEFORE = re.compile(
    rf"{NO_LESS}(?P<sort>{digits(6, 6, '[ -]')})[\s,;/]{{1,3}}(?:and"
    rf" )?(?P<value>{digits(8, 8, '[ -]')})(?!\d)(?=.{{0,20}}sort)"
)
_DAY_BEFORE = frozenset(
    str.split(
        "on by from since date until till to of before after between dated the due for day starting ending day's for"
    )
)
_DAY_BEHIND = re.compile(r"\b(?:date|day|due|deadline|appointment)\b")
_ACCOUNT_SAID = cued(
    r"(?:bank |current |savings? |checking |my )?(?:acc(?:(?:oun)?ts?|nt)?|a\s?/\s?c)\.?(?: ?(?:number|no\.?|num"
    r"|nr\.?|#))?|beneficiary account|nuban|clabe",
    rf"{NO_LESS}{digits(6, 17)}(?!\d|[.,]\d|\s?%)",
)
_DAY = re.compile(r"\d\d?([./-])\d\d?\1(?:19|20)\d\d(?!\d|[./-]\d)")
_ACCOUNT_HINTS = Hints(("acc", "a/c", "a /", "/ c", "beneficiary account", "nuban", "clabe"))
_ACCOUNT_AFTER = re.compile(
    rf"(?i){NO_LESS}(?P<value>{digits(6, 12)})(?!\d)\W{{1,3}}(?:is|was|being|as)?\W{{0,2}}(?:the |my |our |their |his"
    rf" |her )?(?:bank |current |savings )?"
    r"(?:account (?:number|no\.?)|acc(?:t)? (?:number|no)|a/c)\b"
)
_MOVED = re.compile(
    r"(?i)\b(?:transfer|move|send|pay|wire)(?:red|d|ing|s)?\b[^.?!\n]{0,40}?\b(?:from|to"
    r"|into)\s(?P<value>\d{8,12})(?![\d]|[.,]\d)"
)
"""Money goes between accounts: no other number of that length stands there."""
_ENDS_WITH = frozenset({"ending", "ends", "end", "finishing", "last"})
_FEWEST_DIGITS = 6
"""Of an account number."""
_UNITS = re.compile(
    r"(?i)\s?(?:pounds?|quid|euros?|dollars?|gbp|eur|usd|times|days?|hours?|minutes?|months?|years?|weeks?|points"
    r"|miles|p\b|k\b|%)"
)
_ROUTING_SAID = cued(
    r"(?:aba|aba/)?\s?(?:routing|rtn|aba|transit)(?: transit)?(?: ?(?:number|no\.?|num|#|code))?",
    rf"(?<!\d){digits(9, 9)}(?!\d)",
)

_ROUTING_HINTS = Hints(("routing", "rtn", "aba", "transit"))

_ENDING_HINTS, _EXPIRY_WORD_HINTS, _MOVED_HINTS = needs(_ENDING), needs(_EXPIRY_WORD), needs(_MOVED)


def passes_luhn(number: str) -> bool:
    """ISO/IEC 7812-1, annex B. stdnum's takes ten times as long, and hostile text has many candidates."""
    doubled = (2 * int(digit) for digit in number[-2::-2])
    return (sum(map(int, number[-1::-2])) + sum(twice - 9 * (twice > 9) for twice in doubled)) % 10 == 0


def passes_aba(number: str) -> bool:
    """ABA routing number policy: weights 3, 7, 1."""
    return sum(int(digit) * weight for digit, weight in zip(number, (3, 7, 1) * 3, strict=True)) % 10 == 0


def find_cards(reading: Reading) -> Iterator[Claim]:
    """Groups of digits that are a card number together; an expiry date or another number may follow them."""
    text, at = reading.cased, 0
    while run := _CARD_RUN.search(text, at):
        groups = [(group.start(), group.end()) for group in _GROUP.finditer(text, run.start(), run.end())]
        at = groups[0][1]
        end = _card_end(text, groups)
        if end and not _is_known_other(reading, run.start()) and not _has_card_behind(text, groups, end):
            yield Claim(Kind.CARD, run.start(), end, PROVEN)
            yield from _expiry_behind(text, end)
            at = end
    for found in matches(_CARD_SAID, reading.lower) if reading.has(_CARD_HINTS) else ():
        if not _NOT_A_CARD.intersection(re.findall(r"\w+", found[0].lower())):
            yield Claim(Kind.CARD, *found.span("value"), NAMED)
            yield from _expiry_behind(text, found.end())
    for ending in _ENDING.finditer(text) if reading.has(_ENDING_HINTS) else ():
        yield from _expiry_behind(text, ending.end())


def _is_known_other(reading: Reading, start: int) -> bool:
    """ "order 8273...", "tracking no. ..."."""
    return _OTHER_NUMBER.search(said_before(reading.lower, start, 30)) is not None


def _card_end(text: str, groups: _Groups) -> int:
    """As cards print their numbers if that fits, or else as much as fits."""
    lengths = list(accumulate(end - start for start, end in groups))
    number = "".join(text[start:end] for start, end in groups)
    fitting = (
        end
        for (_, end), length in zip(groups, lengths, strict=True)
        if length in _CARD_DIGITS and passes_luhn(number[:length])
    )
    return max(fitting, key=lambda end: (_is_as_printed(groups, end), end), default=0)


def _has_card_behind(text: str, groups: _Groups, end: int) -> bool:
    """Whether the check digit fits by chance, for a number and the beginning of a card's own: "10.0.0.1 4111 1111"."""
    if _is_as_printed(groups, end):
        return False
    rests = (groups[index:] for index in range(1, len(groups)) if groups[index][0] < end)
    return any((behind := _card_end(text, rest)) and _is_as_printed(rest, behind) for rest in rests)


def _is_as_printed(groups: _Groups, end: int) -> bool:
    """Whether the groups up to ``end`` are those of a card: in fours, as American Express does it, or all in one."""
    sizes = [stop - start for start, stop in groups if stop <= end]
    return (
        len(sizes) == 1
        or sizes == _OF_AMEX
        or (len(sizes) >= _FEWEST_FOURS and set(sizes[:-1]) == {4} and sizes[-1] <= 4)
    )


def _expiry_behind(text: str, end: int) -> Iterator[Claim]:
    if behind := _BEHIND_CARD.match(text[end : end + 30]):
        yield Claim(Kind.CARD_EXPIRY, end + behind.start("value"), end + behind.end("value"), NAMED)
        if code := _BEHIND_EXPIRY.match(text, end + behind.end("value")):
            yield Claim(Kind.CVV, *code.span("value"), SAID)


def find_expiries(reading: Reading) -> Iterator[Claim]:
    """Behind or ahead of their cue; a month with its year also some words from it."""
    for pattern in (_EXPIRY, _EXPIRY_AFTER) if reading.has(_EXPIRY_HINTS) else ():
        for found in matches(pattern, reading.lower):
            if OF_SOMETHING_ELSE.search(reading.lower, max(0, found.start() - 40), found.start()):
                continue
            yield Claim(Kind.CARD_EXPIRY, *found.span("value"), NAMED)
    if reading.has(_EXPIRY_WORD_HINTS):
        yield from _far_expiries(reading.lower)


def _far_expiries(lower: str) -> Iterator[Claim]:
    cues = [cue.span() for cue in _EXPIRY_WORD.finditer(lower)]
    for found in _MONTH_ALONE.finditer(lower) if cues else ():
        if word_before(lower, found.start()) in _SINCE or _OF_TERMS.search(lower):
            continue
        for start, end in cues:
            between = lower[end : found.start()] if end <= found.start() else lower[found.end() : start]
            if OF_SOMETHING_ELSE.search(lower, max(0, start - 40), start):
                continue
            if len(between) <= _FAR_EXPIRY and not _OTHER_MONTH.search(between):
                yield Claim(Kind.CARD_EXPIRY, *found.span(), SHAPED)
                break


def find_accounts(reading: Reading) -> Iterator[Claim]:
    """Sort codes, account numbers, routing numbers."""
    text = reading.cased
    for found in _SORT_FORM.finditer(text):
        if not _is_day(found, reading) and not _SAMPLE.search(reading.lower, max(0, found.start() - 16), found.start()):
            yield Claim(Kind.SORT_CODE, *found.span("value"), SHAPED)
    for found in matches(_SORT_SAID, reading.lower) if reading.has(_SORT_HINTS) else ():
        yield Claim(Kind.SORT_CODE, *found.span("value"), NAMED + 1)
    for found in _WITH_ACCOUNT.finditer(text):
        if not _UNITS.match(text, found.end()):
            yield Claim(Kind.SORT_CODE, *found.span("sort"), NAMED)
            yield Claim(Kind.ACCOUNT_NUMBER, *found.span("value"), NAMED + 1)
    if "sort" in reading.lower:
        for found in _BOTH_BEFORE.finditer(text):
            yield Claim(Kind.SORT_CODE, *found.span("sort"), NAMED)
            yield Claim(Kind.ACCOUNT_NUMBER, *found.span("value"), NAMED)
    for found in matches(_ACCOUNT_SAID, reading.lower) if reading.has(_ACCOUNT_HINTS) else ():
        end = _without_amount(text, *found.span("value"))
        if _DAY.match(text, found.start("value")):
            continue
        if word_before(reading.lower, found.start("value")) not in _ENDS_WITH and end:
            yield Claim(Kind.ACCOUNT_NUMBER, found.start("value"), end, NAMED)
    behind = _ACCOUNT_AFTER if reading.has(_ACCOUNT_HINTS) else None
    moved = _MOVED if reading.has(_MOVED_HINTS) else None
    for pattern in filter(None, (behind, moved)):
        for found in pattern.finditer(text):
            if not _UNITS.match(text, found.end("value")):
                yield Claim(Kind.ACCOUNT_NUMBER, *found.span("value"), NAMED)
    for found in matches(_ROUTING_SAID, reading.lower) if reading.has(_ROUTING_HINTS) else ():
        proven = passes_aba(only_digits(found["value"]))
        yield Claim(Kind.ROUTING_NUMBER, *found.span("value"), NAMED + 2 + proven)


def _without_amount(text: str, start: int, end: int) -> int:
    """Where the number ends; before its last group where that is an amount ("acc 12345678 850 quid"). 0: all of it is
    one."""
    if not _UNITS.match(text, end):
        return end
    groups = list(_GROUP.finditer(text, start, end))
    kept = groups[-2].end() if len(groups) > 1 else 0
    return kept if kept and len(only_digits(text[start:kept])) >= _FEWEST_DIGITS else 0


def _is_day(found: re.Match[str], reading: Reading) -> bool:
    """Whether 05-06-26 is rather a date: one of these years, behind a word that dates stand behind."""
    day, month, year = map(int, re.findall(r"\d+", found["value"]))
    is_possible = (day <= 31 and month <= 12) or (day <= 12 and month <= 31)
    if not is_possible or not 15 <= year <= 40 or not day or not month:
        return False
    before = reading.lower[max(0, found.start() - 40) : found.start()]
    behind = reading.lower[found.end() : found.end() + 30]
    if "sort" in before or re.match(r"\W{0,3}(?:(?:and|account|acc|a/c|number|no)\W{1,3}){0,3}\d{8}(?!\d)", behind):
        return False
    return word_before(reading.lower, found.start()) in _DAY_BEFORE or bool(_DAY_BEHIND.search(behind))
