"""Slots of payments in a customer's words, first version: amount, currency, payee, accounts, reference."""

import re

_CURRENCIES = (
    ("GBP", r"£|gbp|pounds?(?:\s+sterling)?|quid"),
    ("EUR", r"€|eur|euros?"),
    ("USD", r"\$|usd|(?:us\s+)?dollars?"),
)
_ANY_CURRENCY = "|".join(pattern for _, pattern in _CURRENCIES)
_DIGITS = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?"
_AMOUNT = re.compile(
    rf"(?P<before>{_ANY_CURRENCY})\s?(?P<a>-?(?:{_DIGITS}))|(?P<b>-?(?:{_DIGITS}))\s?(?P<after>{_ANY_CURRENCY})\b",
    re.IGNORECASE,
)
_PLAIN = re.compile(rf"\b(?:pay|send|transfer|move|put|give|of)\s+(?P<a>-?(?:{_DIGITS}))(?![\d/-])", re.IGNORECASE)
_LAST = re.compile(rf"\b(?:pay|send|give|transfer)\b.*\s(?P<a>-?(?:{_DIGITS}))\s*[.!]?$", re.IGNORECASE)
_BARE = re.compile(rf"^\W*(?P<a>-?(?:{_DIGITS}))\W*$")
_STOP = (
    r"(?=\s+(?:from|to|into|out of|for|with|on|in|today|tomorrow|now|please|every|each|by|at|and|ref|reference)\b"
    r"|[,.?!;]|$)"
)
_NAME = (
    r"(?:my\s+|the\s+)?(?P<name>(?!(?:send|pay|make|move|transfer|do|know|see|set)\b)"
    r"[^\W\d_][\w'&-]*(?:\s+[^\W\d_][\w'&-]*){0,3}?)"
)
_TO = re.compile(rf"\b(?:to|into)\s+{_NAME}(?:\s+account)?{_STOP}", re.IGNORECASE)
_PAY = re.compile(rf"\b(?:pay|send|give)\s+{_NAME}(?=\s+(?:a|an|my|the)?\s*(?:[£€$]|\d)|\s*$)", re.IGNORECASE)
_REMOVED = re.compile(
    rf"\b(?:remove|delete|change|edit|update)\s+(?:the\s+)?(?:payee\s+)?{_NAME}(?:'s)?{_STOP}", re.IGNORECASE
)
_FREQUENCIES = (
    ("fortnightly", r"\b(?:fortnightly|every (?:fortnight|two weeks|other week))\b"),
    ("weekly", r"\b(?:weekly|(?:every|each|a) week)\b"),
    ("quarterly", r"\b(?:quarterly|(?:every|each|a) quarter|every three months)\b"),
    ("monthly", r"\b(?:monthly|(?:every|each|a) month)\b"),
    ("yearly", r"\b(?:yearly|annually|(?:every|each|a) year)\b"),
)
_FROM = re.compile(rf"\b(?:from|out of)\s+{_NAME}(?:\s+account)?{_STOP}", re.IGNORECASE)
_REFERENCE = re.compile(r"\b(?:for|ref(?:erence)?:?)\s+(?P<name>[^\d£€$,.?!]{2,35}?)\s*[.!]?$", re.IGNORECASE)
_OWN_ACCOUNT = re.compile(r"\b(?:account|savings?|rainy day|everyday|travel|current|credit card)\b", re.IGNORECASE)
_NOBODY = frozenset({"money", "some money", "a payment", "payment", "somebody", "someone", "a friend", "it", "them"})


def find_payment(text: str, asks: str | None = None) -> dict[str, str]:
    """What the text says of a payment, by the names that tool arguments use.

    Args:
        asks: the slot that the customer was asked for: the text may be nothing but its value.
    """
    said = text.strip()
    slots = _amount(said, alone=asks == "amount") | _sides(said) | _rhythm(said)
    if asks == "payee" and "payee" not in slots and not _AMOUNT.search(said):
        slots["payee"] = said.strip(" .!?")
    if asks == "to_account" and "to_account" not in slots:
        slots["to_account"] = said.strip(" .!?")
    return slots


def _amount(said: str, *, alone: bool) -> dict[str, str]:
    match = _AMOUNT.search(said) or _PLAIN.search(said) or _LAST.search(said) or (_BARE.match(said) if alone else None)
    if match is None:
        return {}
    groups = {"b": None} | match.groupdict()
    number = groups["a"] or groups["b"] or ""
    unit = groups.get("before") or groups.get("after")
    slots = {"amount": number.replace(",", "")}
    if unit:
        slots["currency"] = next(
            code for code, pattern in _CURRENCIES if re.fullmatch(pattern, unit, flags=re.IGNORECASE)
        )
    return slots


def _sides(said: str) -> dict[str, str]:
    slots: dict[str, str] = {}
    if match := _FROM.search(said):
        slots["account"] = match["name"]
    target = _TO.search(said) or _PAY.search(said) or _REMOVED.search(said)
    if target and target["name"].casefold() not in _NOBODY:
        own = _OWN_ACCOUNT.search(target[0]) and target.re is _TO
        slots["to_account" if own else "payee"] = target["name"]
    if (match := _REFERENCE.search(said)) and not _OWN_ACCOUNT.search(match["name"]):
        slots["reference"] = match["name"]
    return slots


def _rhythm(said: str) -> dict[str, str]:
    lowered = said.casefold()
    names = [name for name, pattern in _FREQUENCIES if re.search(pattern, lowered)]
    return {"frequency": names[0]} if names else {}
