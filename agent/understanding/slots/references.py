"""References of payments: "with reference rent", "ref: INV-22", "pay Maria 20 for lunch"."""

import re
from collections.abc import Iterable, Iterator

from agent.understanding.slots.mention import Mention

_LONGEST = 35
"""Characters, as tools.transfers takes them."""
_QUOTED = r"[\"“'‘](?P<quoted>[^\"“”’']{1,60})[\"”'’]"
_END = (
    r"(?=\s+(?:from|tomorrow|today|every|on\s+(?:the\s+)?(?:\d|mon|tue|wed|thu|fri|sat|sun)"
    r"|and\s+(?:pay|send|transfer|also|then|make|[£€$]?\d+)|please|instead|to\s+my|thanks)\b"
    r"|\s*[,;?!]|\s*\.(?:\s|$)|\s*$)"
)
_VALUE = rf"(?:{_QUOTED}|(?P<said>[^\s,;?!].{{0,60}}?){_END})"
_IS = (
    r"(?:\s+(?:is|as|of|to|saying|should\s+be|should\s+say|says|that\s+says|will\s+be|line|text|number|no\.?|called"
    r"|for\s+it)\b|\s*[:=#])"
)
_SAID = re.compile(
    r"\b(?:(?:with|the|using|and|put|as|add|a|payment|use|change|set|make|my)\s+)*ref(?:erence|rence|ernce)?\b\.?"
    rf"{_IS}*\s*{_VALUE}",
    re.IGNORECASE,
)
_NOTED = re.compile(
    r"(?:\b(?:with|add|put|include|leave|use|write)\s+(?:the\s+|a\s+)?(?:payment\s+)?(?:memo|note|message|description|narrative)"
    rf"{_IS}*|\b(?:memo|note|message|description)\s*[:=])\s*{_VALUE}",
    re.IGNORECASE,
)
_SAYING = re.compile(
    rf"\b(?:saying|marked(?:\s+as)?|labelled(?:\s+as)?|(?:and|it\s+should)\s+say)\s+{_VALUE}", re.IGNORECASE
)
_FOR = re.compile(
    rf"(?<!\bpay\s)(?<!\bpaid\s)(?<!\bpaying\s)\bfor\s+(?:(?:the|my|our|his|her|their)\s+)?(?P<said>[^\W\d_][^\d£€$,.?!]{{1,34}}?){_END}",
    re.IGNORECASE,
)
_PAYS = re.compile(
    r"\b(?:pay|send|transfer|give|wire|repay)\b(?!\s+for\b)|\bmake\s+(?:it|that)\b|\b(?:needs?|owe)\b", re.IGNORECASE
)
_TELLS = re.compile(r"\W*(?:(?:oh|and|by\s+the\s+way|btw)\W+)*(?:it|that|this)(?:'?s|\s+is)\s+for\b", re.IGNORECASE)
""" "it's for the cinema"."""
_NO_PURPOSE = re.compile(
    r"(?:me|you|us|him|her|them|it|this|that|now|free|sure|a\s+while|ever|good|today|tomorrow|approval|instance|example|some|the\s+time|help|my)\b"
    r"|.*\b(?:account|card|cards|account|savings|payee|transfer|payment|transaction)s?\b",
    re.IGNORECASE,
)


def find_references(text: str) -> Iterator[Mention]:
    """References that are called so: "ref", "with the note", and in a payment "saying"."""
    pays = _PAYS.search(text)
    for pattern in (_SAID, _NOTED, *((_SAYING,) if pays else ())):
        for match in pattern.finditer(text):
            group = "quoted" if match["quoted"] else "said"
            if match[group] and not re.fullmatch(r"(?:is|to|for|please|from|number|id|the|a|on)", match[group], re.I):
                yield Mention("reference", match[0], match.start(), match.end(), match[group].strip(" .")[:_LONGEST])


def find_purposes(text: str, others: Iterable[Mention]) -> Iterator[Mention]:
    """What a payment of an amount is for, which makes its reference, where the words name nothing else."""
    found = list(others)
    paid_by = min((other.end for other in found if other.kind in ("amount", "number")), default=len(text))
    if _TELLS.match(text):
        paid_by = 0
    elif not _PAYS.search(text):
        return
    taken = {place for other in found if other.kind != "category" for place in range(other.start, other.end)}
    for match in _FOR.finditer(text, paid_by):
        if taken.isdisjoint(range(match.start(), match.end())) and not _NO_PURPOSE.match(match["said"]):
            yield Mention("reference", match[0], match.start(), match.end(), match["said"].strip())
