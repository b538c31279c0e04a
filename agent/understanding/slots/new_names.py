"""Names that the customer gives: "an account called Car", "call it Holiday Fund", "rename Travel to Trips". They may be
any words, also those that mean something elsewhere ("Daily", "Maria")."""

import re
from collections.abc import Iterator

from agent.understanding.slots.mention import Mention

_THING = r"(?:account|pot|card|saver|savings|space|isa)"
_GIVING = (
    rf"(?:{_THING}\s+(?:(?:that\s+is\s+|to\s+be\s+)?called|named|with\s+the\s+name)"
    rf"|(?:call|name)\s+(?:it|this|that|(?:the|my)\s+(?:\w+\s+){{0,3}}?{_THING})"
    r"|\brename\b.{1,60}?\s(?:to|as)|\bchange\s+(?:the\s+|its\s+|their\s+|his\s+|her\s+)?(?:nick)?name\b.{0,60}?\bto)"
)
_WORDS = r"[^\W_][\w'’&-]*(?:\s+[^\W_][\w'’&-]*){0,4}?"
_NEW = re.compile(
    rf"\b{_GIVING}\s+(?!off\b|out\b|a\s+day\b)(?:[\"“'‘](?P<quoted>[^\"“”’']{{1,40}})[\"”'’]|(?P<said>{_WORDS})"
    r"(?=\s*(?:$|[,.;!?])|\s+(?:please|and|with|for|in|on|from|instead|thanks|thank)\b))",
    re.IGNORECASE,
)


def find_new_names(text: str) -> Iterator[Mention]:
    """They go before whatever else their words may mean."""
    for match in _NEW.finditer(text):
        group = "quoted" if match["quoted"] else "said"
        yield Mention("name", match[group], *match.span(group), match[group])
