"""What the recognizers' patterns are made of. No pattern matches the same characters in two ways without a bound, so
that time is linear in hostile text."""

import re
from collections.abc import Iterable, Iterator

NO_LESS = r"(?<![\d£$€#])(?<!\d[.,])"
"""What a number is not preceded by: more of it, or a sign of money."""


def digits(least: int, most: int, gap: str = r"[ \t\n\-.]") -> str:
    """So many digits, each at most three characters from the next."""
    return rf"\d(?:{gap}{{0,3}}\d){{{least - 1},{most - 1}}}"


LINKS = (
    r"is|iz|ist|es|est|was|are|they|he|she|to|be|the|that|this|my|our|your|his|her|their|number|numbers|num|no|nr"
    r"|code|as|it|its|it's|s|for|on"
    r"|of|card|debit|credit|bank|banking"
    r"|account|new|old|current|now|just|currently|set|changed|which|i|i've|use|used|using|still|following|below|here"
    r"|here's|please|by|way|got|get"
    r"|received|sent|texted|been|the|me|said|says|reads|starts|goes|entered|enter|typed|visa|mastercard|and|one|given"
    r"|app|online|login|value|would"
    r"|should|might|be|equals|from|text|sms|message|phone|today|ok|okay|well|um|uh|erm|basically|actually|in|case|you"
    r"|need|'s|aka|am|m|we|have|has|saved|holder|back|reverse|rear|strip|side|other|second|first|joint|wife|husband"
    r"|daughter|son|really|simply|both|atm"
)
_LINK = rf"(?:[\s:=,;.\-–—'\"()#*]{{1,4}}(?:{LINKS})\b\.?){{0,8}}?[\s:=,;\-–—'\"()#*>\.]{{1,5}}"


def cued(cue: str, value: str, *, cased: bool = False) -> re.Pattern[str]:
    """``value`` as the group of that name, behind ``cue`` and at most eight words that link them; a figure may follow
    at once ("a/c66374958"). For a text in small letters, or ``cased`` for one as it is written."""
    flag = re.IGNORECASE if cased else re.NOFLAG
    return re.compile(rf"(?<![^\W\d])(?:{cue})(?:\b(?:'s)?{_LINK}|(?=\d))(?P<value>{value})", flag)


BEHIND = (
    r"(?:[\s,(<\-–—>]{1,5}(?:is|was|=|being|for|as|that['’]?s|that is|that was|which is|it['’]?s|is what it says"
    r" (?:under|for|as))"
    r"[\s(]{1,2}(?:(?:my|the|his|her|our|their|your|a)\s)?|\s?\()(?:(?:actual|real|correct|new|old|card['’]?s?)\s){0,2}"
)
"""What stands between a value and its cue behind it: "... is my", "..., that's the", "... (DOB)"."""
_SENTENCE_END = re.compile(r"(?<!\bref)(?<!\bacc)(?<!\bacct)(?<!\bno)(?<!\bnr)[.!?]\s")
"""Behind "ref." and the like a number follows that they speak of."""
_LAST_WORD = re.compile(r"([^\W\d_]+)\W{0,6}\Z")


def has_any(lower: str, hints: Iterable[str]) -> bool:
    """Whether one of them stands in the text: costs a hundredth of a pattern that starts with all of them."""
    for hint in hints:  # noqa: SIM110 - a generator would cost as much again, and this is asked for each pattern
        if hint in lower:
            return True
    return False


def word_before(lower: str, start: int) -> str:
    """The last word before ``start``; empty where there is none near."""
    found = _LAST_WORD.search(lower, max(0, start - 30), start)
    return found[1] if found else ""


def said_before(lower: str, start: int, reach: int) -> str:
    """What the same sentence says before ``start``, so many characters at most: "that was my order. 4111 ..." speaks of
    no order's number."""
    return _SENTENCE_END.split(lower[max(0, start - reach) : start])[-1]


def only_digits(text: str) -> str:
    return "".join(filter(str.isdigit, text))


def matches(pattern: re.Pattern[str], text: str) -> Iterator[re.Match[str]]:
    """All, also those that begin inside another's value."""
    at = 0
    while found := pattern.search(text, at):
        yield found
        at = found.start() + 1 if found.end() == found.start() else max(found.start() + 1, found.start("value"))
