"""Slots in a customer's words, first version: account, card, category, merchant, number, period, yes and no."""

import re
from calendar import day_name, month_name
from datetime import date
from typing import Any, Literal

from agent.understanding.periods import find_period
from tools.transactions import MOST_TRANSACTIONS

_ACCOUNT_WORDS: tuple[tuple[str, str], ...] = (
    (r"\brainy[- ]day\b", "Rainy Day"),
    (r"\beveryday\b", "Everyday"),
    (r"\btravel\s+account\b|\btravel\s+(?:money|balance)\b|\beuros?\s+account\b|\bin\s+(?:my\s+)?euros?\b", "EUR"),
    (r"\bsavings?\b", "savings"),
    (r"\bcredit\s+card\s+(?:account|balance)\b|\bbalance\b.*\bcredit\s+card\b", "credit card"),
    (r"\bcurrent\s+account\b|\bchecking\b|\band\s+(?:my\s+)?current\b", "current"),
)
_CATEGORIES: tuple[tuple[str, str], ...] = (
    (r"\bgrocer(?:y|ies)\b|\bsupermarkets?\b|\bfood\s+shop(?:ping)?\b", "groceries"),
    (r"\beating\s+out\b|\brestaurants?\b|\btake\s?aways?\b|\bdining\b|\bcoffees?\b|\bcafes?\b|\bpubs?\b", "eating_out"),
    (
        r"\btransport(?:ation)?\b|\btrains?\b|\bbus(?:es)?\b|\bfuel\b|\bpetrol\b|\btaxis?\b|\btravel(?:l)?ing\s+to\s+work\b",
        "transport",
    ),
    (r"\bentertainment\b|\bcinemas?\b|\bgames?\b|\bconcerts?\b", "entertainment"),
    (r"\bsubscriptions?\b|\bstreaming\b", "subscriptions"),
    (r"\bbills?\b|\butilit(?:y|ies)\b", "bills"),
    (r"\bholidays?\b|\bhotels?\b|\bflights?\b", "travel"),
    (r"\bhealth\b|\bpharmac(?:y|ies)\b|\bdentists?\b", "health"),
    (r"\bcash\b|\batms?\b", "cash"),
    (r"\bclothes\b|\bshopping\b", "shopping"),
    (r"\brent\b|\bhousing\b", "housing"),
)
_CARD_DIGITS = re.compile(
    r"\b(?:(?:ending|ends?)(?:\s+(?:in|with))?|(?:card|number|last\s+four)(?:\s+(?:digits|number|no\.?|is|are))*)"
    r"[\s:#-]*(\d{4})\b|(?<![\d.,£$€])(\d{4})(?=\s+card\b)"
)
_CARD_KIND = re.compile(r"\b(debit|credit|virtual|platinum)\b(?=(?:\s+\w+)?\s+cards?\b|\s+one\b|\s*[?.!]?$)")
_LIMIT = re.compile(
    r"\b(?:last|latest|recent|past|previous|show(?:\s+me)?)\s+(?:my\s+)?(?:last\s+)?"
    r"(\d{1,3}|one|two|three|four|five|six|seven|eight|nine|ten|twenty)\b(?!\s*(?:days?|weeks?|months?|years?)\b)"
)
_WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_NUMBERS = {word: number for number, word in enumerate(_WORDS)} | {"twenty": 20}
_MERCHANT = re.compile(r"\b(?:at|with|on)\s+(?:the\s+)?([A-Z][\w&'.]{1,40}(?:\s+[A-Z][\w&'.]{0,40}){0,3})(?![\w&'])")
_DAYS_AND_MONTHS = frozenset(name.casefold() for names in (day_name, month_name) for name in names)

_POLITE = r"(?:[\s,]+(?:yes|please|do it|go ahead|confirm|thanks|thank you|freeze it|unfreeze it))*[\s.!]*$"
_YES = re.compile(r"^(?:yes|yep|yeah|yup|confirm(?:ed)?|approved?|do it|go ahead|please do)" + _POLITE)
_AGREED = re.compile(r"^(?:sure|ok(?:ay)?|correct|that'?s right)" + _POLITE)
"""Says yes to whatever was said last, so to a proposal only if that was the last thing."""
_NO = re.compile(
    r"^(?:no|nope|nah|cancel|stop|don'?t|do not|never ?mind|forget it|not now|leave it)"
    r"(?:[\s,]+(?:thanks|thank you|please|don'?t|do not|cancel|do it|it|that|do that|stop))*[\s.!]*$"
)
_LONGEST_ANSWER = 60
_FOLLOW_UP = re.compile(r"^(?:and|what about|how about|also|ok and|same for|what of)\b")


def find_slots(text: str, today: date) -> dict[str, Any]:
    """The slots that the text fills, by the names that tool arguments use. Dates are ISO strings."""
    lowered = text.casefold()
    slots: dict[str, Any] = {}
    if account := _first(_ACCOUNT_WORDS, lowered):
        slots["account"] = account
    if card := _find_card(lowered):
        slots["card"] = card
    if category := _first(_CATEGORIES, lowered):
        slots["category"] = category
    if (match := _LIMIT.search(lowered)) and (limit := _NUMBERS.get(match[1]) or int(match[1])):
        slots["limit"] = min(limit, MOST_TRANSACTIONS)
    if merchant := _find_merchant(text):
        slots["text"] = merchant
    if period := find_period(text, today):
        slots["since"], slots["until"] = (day.isoformat() for day in period)
    return slots


def find_answer(text: str, *, just_asked: bool) -> Literal["approve", "deny"] | None:
    """A message that is nothing but a yes or a no. ``just_asked``: the proposal was the last thing said."""
    said = text.casefold().strip()
    if len(said) > _LONGEST_ANSWER:
        return None
    if _YES.match(said) or (just_asked and _AGREED.match(said)):
        return "approve"
    return "deny" if _NO.match(said) else None


def is_follow_up(text: str) -> bool:
    """Whether the message leans on the one before: "and my savings?", "what about June?"."""
    return bool(_FOLLOW_UP.match(text.casefold().strip()))


def _find_card(text: str) -> str | None:
    if match := _CARD_DIGITS.search(text):
        return match[1] or match[2]
    if match := _CARD_KIND.search(text):
        return match[1]
    return None


def _find_merchant(text: str) -> str | None:
    """A name with a capital that is not known to be something else."""
    match = _MERCHANT.search(text)
    if match is None:
        return None
    name = match[1].casefold()
    other = name.split()[0] in _DAYS_AND_MONTHS or _first(_ACCOUNT_WORDS, name) or _first(_CATEGORIES, name)
    return None if other else match[1]


def _first(table: tuple[tuple[str, str], ...], text: str) -> str | None:
    return next((value for pattern, value in table if re.search(pattern, text)), None)
