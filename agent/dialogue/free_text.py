"""Text for a task's slots: what no mention is made for, and whole answers."""

import re
from collections.abc import Iterable
from typing import Any

from agent.dialogue.specs import Slot
from agent.dialogue.tables import FREE_TEXT, OWN_WORDS, PLACES
from agent.understanding.slots import Mention

_ABOUT = re.compile(
    r"\b(?:about|regarding|concerning|because(?: of)?|to (?:talk|speak) about)\s+(.{3,180}?)[.!?]*$", re.I
)
_FOR = re.compile(
    r"\bfor\s+((?:an?|the|my|our|some)?\s*[^\d£€$,.?!]{2,80}?)(?=\s*(?:[,.;!?]|\bplease\b|$))(?! ?(?:month|year)s?\b)",
    re.I,
)
_AFTER_SENTENCE = re.compile(r"[.!?:]\s+(\S.{14,})$", re.S)
_NO_REASON = re.compile(r"(?i)\b(?:loan|loans|credit|account|appointment|call|callback)$|^(?:it|that|this|me)$")
_PLACE = re.compile(
    r"\b(?:in|near|around|at|close to)\s+(?:at\s+)?(?:the\s+)?([A-Za-z][\w' -]{1,40}?)"
    r"(?=\s+(?:on|at|about|for|to|tomorrow|today|open|branch|please|next|this|any|around|in|the|\d{1,2}(?:st|nd|rd|th)?|"
    r"mon\w*|tue\w*|wed\w*|thu\w*|fri\w*|sat\w*|sun\w*|week\w*)\b|[,.?!]|$)",
    re.I,
)
_NO_PLACE = re.compile(
    r"^(?:the |a |an |my |your )?(?:morning|afternoon|evening|branch|branches|area|person|bank|month|week|year|weekend|"
    r"moment|here|me|full|cash|machine|all|total|case|order)\b",
    re.I,
)
_CALLED = re.compile(
    r"(?:.*\b(?:to(?!\s+(?:re)?name\b|\s+(?:change|edit|update|give|call)\b)|as|into|be(?:\s+(?:called|named|labelled))?)|"
    r".*?\b(?:call(?:ed)?(?:\s+(?:it|(?:my|the)\s+(?:[\w ]{1,20}\s)?account))?|"
    r"named))\s+[\"'“”]?([^\s\"'“”][^\"'“”]{0,40}?)[\"'“”]?"
    r"(?:,?\s+(?:instead|please|pls|then|now|thanks|thank\s+you))*[\s.!?]*$",
    re.I,
)
_ADDRESS = re.compile(
    r"\b(?:address\s+(?:is|to|:)|(?:moved|move|moving)\s+(?:house\s+)?to|live at)\s*:?\s*(.{5,150})$", re.I
)
_STREET = re.compile(
    r"\b(\d{1,4}[a-z]?\s+(?:[A-Z][\w']*\s+){1,3}(?:street|st|road|rd|lane|ln|way|avenue|ave|close|drive|court|place|"
    r"crescent|terrace|gardens?|park|square|hill|row|mews|house|walk|grove|green)\b.{0,120})$",
    re.I,
)
_PLACEHOLDER = re.compile(r"\[(PHONE|EMAIL|IBAN|SORT_CODE)_\d+\]")
_NUMBER_OF_ACCOUNT = re.compile(r"(?<![\d-])(\d{8})(?![\d-])")
_LEADING = re.compile(
    r"^(?:(?:it'?s|it is|that'?s|that is|they'?re|to|for|about|the (?:name|address|reason|reference|topic) (?:is|"
    r"would be)"
    r"|my (?:address|new address) is|called|because(?: of)?|i (?:want|need|would like|meant?)|just|please|ok|well|um|"
    r"in|at|near|make it|say|put|use|call it)[\s:,]+)+",
    re.I,
)
_UNKNOWN = (
    r"(?:(?:i )?(?:dunno|don'?t know|have no (?:idea|clue)|can'?t (?:remember|say)|forgot)|idk|no (?:idea|clue)|"
    r"not sure|(?:who|what|which|when|where)ever|(?:some|any|every)(?:one|body|thing)|no(?:body| one|thing)|"
    r"(?:you|u) (?:choose|decide|pick)|doesn'?t matter|"
    r"(?:a|some|one of my) (?:friend|mate|pal|person|colleague|family|relative|guy|bloke|girl|woman|man)s?)"
)
_SAYS_NOTHING = re.compile(
    rf"{_UNKNOWN}(?:\W+(?:{_UNKNOWN}|really|sorry|yet|else|please|tbh|honestly|at all|of mine|"
    r"you (?:like|want|think)))*",
    re.IGNORECASE,
)
"""No answer, although it is one in form."""
_TIMES = frozenset({"time", "time_period", "date", "period", "duration", "amount"})
_DISPUTE = re.compile(r"\bD(?:-[\dA-F]{4}){3}\b", re.I)
_IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]){11,30}\b", re.I)


def whole_answer(text: str) -> str:
    """A message as the value of a slot that takes text; empty where it says that there is none to tell."""
    answer = _LEADING.sub("", text.strip()).strip(" .!?\"'“”")
    return "" if _SAYS_NOTHING.fullmatch(answer) else answer


def takes_text(slot: str) -> bool:
    return slot in FREE_TEXT


def find_text(slot: Slot, text: str, names: set[str], asked: str | None) -> Any | None:
    """What no mention is made for: places, reasons, new names, addresses, and data behind a placeholder."""
    for match in _PLACEHOLDER.finditer(text):
        if match[1].casefold() == slot.name:
            return match[0]
    if slot.name == "reference" and (match := _DISPUTE.search(text)):
        return match[0].upper()
    if slot.name == "iban" and (match := _IBAN.search(text)):
        return match[0]
    if slot.name == "account_number" and (match := _NUMBER_OF_ACCOUNT.search(text)):
        return match[1]
    patterns: tuple[re.Pattern[str], ...] = ()
    if slot.name == "text" and slot.required:
        patterns = (_AFTER_SENTENCE, _ABOUT)
    elif slot.name in OWN_WORDS:
        patterns = (_ABOUT, _FOR) if slot.name == "reason" and slot.required else (_ABOUT,)
    elif slot.name in PLACES:
        places = (match[1].strip() for match in _PLACE.finditer(text) if not _NO_PLACE.match(match[1]))
        return next(places, None)
    elif slot.name == "address":
        patterns = (_ADDRESS, _STREET)
    elif slot.name == "name" and ("account" in names or "kind" in names or (asked is None and "payee" in names)):
        patterns = (_CALLED,)
    for pattern in patterns:
        if (match := pattern.search(text)) and not _NO_REASON.search(match[1]):
            return match[1].strip()
    return None


def without_times(text: str, mentions: Iterable[Mention]) -> str:
    """With a comma for each time, day and amount: "at eleven in the morning" is no place."""
    letters = list(text)
    for mention in mentions:
        if mention.kind in _TIMES:
            letters[mention.start : mention.end] = "," + " " * (mention.end - mention.start - 1)
    return "".join(letters)


def find_new_name(text: str) -> str | None:
    """ "rename it to Holiday"."""
    match = _CALLED.search(text)
    return match[1].strip() if match else None
