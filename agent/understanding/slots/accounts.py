"""The customer's accounts: by name, also with typing errors, by kind ("my savings"), currency or last four digits."""

import re
from collections.abc import Iterator
from functools import lru_cache

from agent.understanding.slots import currencies
from agent.understanding.slots.matching import match_names, words_of
from agent.understanding.slots.mention import KnownAccount, Mention, Role
from agent.understanding.slots.nearby import just_before
from agent.understanding.slots.vocabulary import COMMON, ENDS

_KINDS: tuple[tuple[str, str], ...] = (
    (
        r"savings?\s+(?:account|pot|space)|savings|saver|saving\s+account|(?:(?<=\bfrom\s)|(?<=\bto\s)|(?<=\binto\s)|(?<=\band\s))saving(?=\W*$|\s+(?:to|into|and)\b)|isa",
        "savings",
    ),
    (
        r"(?:current|checking|chequing)\s+(?:account|acc|acct|a/c)|(?:(?<=\bfrom\s)|(?<=\bto\s)|(?<=\binto\s)|(?<=\bmy\s)|(?<=\band\s)|(?<=^))(?:current|checking)(?=\W*$|\s+(?:to|into|and)\b)",
        "current",
    ),
    (r"credit\s+card\s+(?:account|balance)|balance\s+of\s+(?:my|the)\s+credit\s+card", "credit_card"),
    (r"loan\s+account", "loan"),
)
_KIND = re.compile("|".join(rf"\b(?P<{kind}>{pattern})\b" for pattern, kind in _KINDS), re.IGNORECASE)
_BY_CURRENCY = re.compile(
    rf"(?P<currency>{currencies.SYMBOL}|\b{currencies.WORD})[\s-]+(?:currency\s+)?(?:account|acc|acct|pot|balance|one)\b"
    r"|(?:\b(?:in|from|to|into|of)\s+my\s+)(?P<euros>euros?|dollars?)\b",
    re.IGNORECASE,
)
_ENDING = re.compile(
    r"\baccount(?:\s+number)?\s+(?:(?:that\s+)?end(?:ing|s)?(?:\s+(?:in|with|on))?|with|no\.?|number)\s+(?P<last4>\d{4})\b(?!\d)",
    re.IGNORECASE,
)
_UNKNOWN = re.compile(r"\bmy\s+(?P<name>[^\W\d_][\w'-]*(?:\s+[^\W\d_][\w'-]*)?)\s+(?:account|pot)\b", re.IGNORECASE)
_SOMEBODYS = re.compile(
    r"\b(?!(?:it|that|what|let|there|here|he|she|who|where|how|when|today|tomorrow|yesterday)['\u2019]s\b)"
    r"(?P<name>[^\W\d_][\w-]*['\u2019]s\s+(?:[^\W\d_][\w'-]*\s+)?(?:account|pot))\b",
    re.IGNORECASE,
)
"""Nobody pays from it: as it was said, so that no other account is taken instead."""
_NO_NAME = frozenset(
    {
        "empty",
        "uk",
        "us",
        "eu",
        "friend's",
        "wife's",
        "husband's",
        "mum's",
        "debit",
        "virtual",
        "bank",
        "other",
        "own",
        "main",
        "first",
        "second",
        "whole",
        "payee",
        "new",
        "old",
        "online",
        "user",
        "same",
        "primary",
    }
)
_SUFFIX = r"(?:\s+(?:account|acc|acct|a/c|pot|space))?"
_BEFORE = re.compile(
    r"(?:\b(?:from|to|into|in|my|of|on|the|and|between|for|check|with|using|out\s+of|not|or|is|called|meant|actually|no|show|how\s+about|what\s+about),?\s+(?:the\s+|my\s+)?|^\W*)$",
    re.IGNORECASE,
)
_AFTER = re.compile(
    r"\s+(?:account|acc|pot|balance|savings)\b|\W*$|\s*[,.;]"
    r"|\s+(?:to|into|and|or|please|pls|instead|not|rather|but|then|on|for|by|today|tomorrow|next|every|each|now|with|if)\b",
    re.IGNORECASE,
)
_FUZZY_PLACE = re.compile(
    r"(?:\b(?:from|to|into|in|of|on|between|and|my|out\s+of)\s+(?:my\s+|the\s+)?|^\W*)(?P<name>[^\W\d_][\w'-]*(?:\s+[^\W\d_][\w'-]*)?)",
    re.IGNORECASE,
)
_ROLE = re.compile(
    r"\b(?:(?P<to>to|tae|into|intae|in\s+to)|(?P<from>from|out\s+of|using|off))\s+(?:(?:my|the|our|a)\s+)?$|(?P<between>\bbetween\s+(?:my\s+)?)$",
    re.IGNORECASE,
)
_PUT_IN = re.compile(
    r"\b(?:put|deposit|move|add|pay|transfer|place|save|stash|stick|shove|chuck|pop)\b.{0,60}\bin\s+(?:my\s+|the\s+)?$",
    re.IGNORECASE,
)
_SHORTEST_FUZZY = 5


def find_accounts(text: str, known: tuple[KnownAccount, ...]) -> Iterator[Mention]:
    """Own accounts. A name that is an ordinary word ("Travel", "Current") counts only where an account is meant."""
    names = tuple(account.name for account in known)
    if names:
        for match in _named(names).finditer(text):
            if _is_meant(text, match, names):
                yield _mention(match, text, match_names(match["name"], names))
        yield from _misspelt(text, names)
    for match in _KIND.finditer(text):
        kind = match.lastgroup or ""
        yield _mention(match, text, tuple(account.name for account in known if account.kind == kind) or match[0])
    for match in _BY_CURRENCY.finditer(text):
        code = currencies.code_of(match["currency"] or match["euros"])
        yield _mention(match, text, tuple(account.name for account in known if account.currency == code) or match[0])
    for match in _ENDING.finditer(text):
        yield _mention(match, text, tuple(a.name for a in known if a.last4 == match["last4"]) or match["last4"])
    for match in _UNKNOWN.finditer(text):
        if match["name"].split()[0].lower() not in ENDS | _NO_NAME and not match_names(match["name"], names):
            start, end = match.start("name"), match.end()
            yield Mention(
                "account", text[start:end], start, end, text[start:end], role=role_of_account(text, match.start())
            )
    for match in _SOMEBODYS.finditer(text):
        if role_of_account(text, match.start()) != "to":
            yield _mention(match, text, match[0])


@lru_cache(maxsize=256)
def _named(names: tuple[str, ...]) -> re.Pattern[str]:
    some = "|".join(r"[\s-]*".join(map(re.escape, name.split())) for name in sorted(names, key=len, reverse=True))
    return re.compile(rf"(?<!\w)(?P<name>{some}){_SUFFIX}(?!\w)", re.IGNORECASE)


def _is_meant(text: str, match: re.Match[str], names: tuple[str, ...]) -> bool:
    words = words_of(match["name"])
    if not words:
        return False
    if len(words) > 1 or words[0] not in COMMON | {
        "travel",
        "everyday",
        "holiday",
        "main",
        "bills",
        "joint",
        "house",
        "car",
        "family",
        "personal",
    }:
        return True
    if match["name"] != match[0] or match["name"] in names:
        return True
    return bool(just_before(_BEFORE, text, match.start()) and _AFTER.match(text, match.end()))


def _misspelt(text: str, names: tuple[str, ...]) -> Iterator[Mention]:
    exact = {name.lower() for name in names}
    # Those have been found already, or no account is meant.
    for match in _FUZZY_PLACE.finditer(text):
        words = match["name"].split()
        for said in (match["name"], words[0]):
            plain = said.lower()
            if plain in exact:
                break
            if (
                len(plain) >= _SHORTEST_FUZZY
                and not (set(plain.split()) & COMMON)
                and (found := match_names(said, names))
            ):
                start = match.start("name")
                yield Mention("account", said, start, start + len(said), found, role=role_of_account(text, start))
                break


def role_of_account(text: str, start: int) -> Role | None:
    match = just_before(_ROLE, text, start)
    if match is None:
        return "to" if just_before(_PUT_IN, text, start) else None
    return "to" if match["to"] else "from"


def _mention(match: re.Match[str], text: str, value: tuple[str, ...] | str) -> Mention:
    return Mention("account", match[0], match.start(), match.end(), value, role=role_of_account(text, match.start()))
