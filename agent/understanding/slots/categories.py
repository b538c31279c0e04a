"""Spending categories: "groceries", "eating out", and the many words for them in ``categories.yaml``."""

import re
from collections.abc import Iterable, Iterator
from importlib.resources import files

import yaml

from agent.understanding.slots.mention import Mention

_TABLE: dict[str, dict[str, list[str]]] = yaml.safe_load(
    (files(__package__ or "") / "categories.yaml").read_text(encoding="utf-8")
)
_ALWAYS = {word: name for name, words in _TABLE.items() for word in words["always"]}
_SPENDING = {word: name for name, words in _TABLE.items() for word in words["spending"]}
_IS_SPENDING = re.compile(
    r"\b(?:spen[dt]|spending|expens\w+|expenditure|price|prices|budget|categor\w+|purchases)\b"
    r"|\bhow\s+much\b.*\b(?:on|for|was|were|goes|went|total)\b|\b(?:higher|lower|more|less)\b.*\b(?:this|last|usual)\b",
    re.IGNORECASE,
)
_LEAD = re.compile(
    r"\W*(?:(?:and|on|for|what\s+about|how\s+about|also|just|only|my|the|category|ok|so|same|no|not|i|meant?)\s+)*",
    re.IGNORECASE,
)
_OTHER_USES = (
    r"(?!\s*(?:-|&\s|(?:account|cards?|pot|limits?|app|number|machines?|service|company|provider|withdrawal|advance"
    r"|back)\b))"
)


def _pattern(words: Iterable[str]) -> re.Pattern[str]:
    some = "|".join(re.escape(word).replace(r"\ ", r"[\s-]+") for word in sorted(words, key=len, reverse=True))
    return re.compile(rf"(?<![\w&'-])(?:{some})(?![\w'&]){_OTHER_USES}", re.IGNORECASE)


_FINDERS = (_pattern(_ALWAYS), _ALWAYS), (_pattern(_SPENDING), _SPENDING)


def find_categories(text: str, known: Iterable[str]) -> Iterator[Mention]:
    """Categories by any of their words; ``known`` are further ones, by their own names."""
    for pattern, names in _FINDERS:
        is_spending = names is _ALWAYS or _IS_SPENDING.search(text)
        for match in pattern.finditer(text):
            if not is_spending and not _is_all(text, match):
                continue
            name = names[re.sub(r"[\s-]+", " ", match[0].lower())]
            yield Mention("category", match[0], match.start(), match.end(), name)
    for name in known:
        words = name.replace("_", " ")
        for match in re.finditer(rf"(?<!\w){re.escape(words)}(?!\w)", text, re.IGNORECASE):
            yield Mention("category", match[0], match.start(), match.end(), name)


def _is_all(text: str, match: re.Match[str]) -> bool:
    """Whether little more is said: "and bills?"."""
    return bool(_LEAD.fullmatch(text[: match.start()])) and not re.search(r"\w", text[match.end() :])
