"""A merchant by its capital letters, wherever it stands: "Swift Cabs charged me twice", "the Fibrenest payment"."""

import re
from collections.abc import Iterable

from agent.understanding.slots import Mention
from agent.understanding.slots.vocabulary import COMMON, NO_COMPANY
from agent.understanding.spelling import Speller

_RUN = re.compile(r"\b[A-Z][\w'\u2019-]*(?:\s+(?:(?:&|and|of|the)\s+)?[A-Z][\w'\u2019-]*)*")
_STARTS = re.compile(r"(?:^|[.!?:]\s+)\W*$")
_ARTICLE = re.compile(r"(?:^|\s)an?\s+$", re.I)
_PAYMENT = re.compile(r"\s+(?:payment|purchase|order|charge|transaction|subscription|bill|debit)\b", re.I)
_MOST = 0.5
"""Share of words with a capital from which capitals tell nothing."""


def find_merchant(text: str, said: Iterable[Mention]) -> str | None:
    """None where nothing but a sentence, a day or something else that is known begins with a capital.

    Args:
        said: what is mentioned, which is no merchant.
    """
    words = text.split()
    if sum(word[:1].isupper() for word in words) > _MOST * len(words):
        return None
    taken = [each for each in said if each.kind not in ("name", "merchant")]
    for match in _RUN.finditer(text):
        start, found = _without_first(match, is_first=bool(_STARTS.search(text, 0, match.start())))
        if (
            found
            and not _is_thing(text, start, start + len(found))
            and not any(_is_that(each, start, found) for each in taken)
        ):
            return found.removesuffix("'s").removesuffix("\u2019s")
    return None


def _is_thing(text: str, start: int, end: int) -> bool:
    """ "I bought a TV" names what was bought; "a Tesco order" names who was paid."""
    return bool(_ARTICLE.search(text, 0, start)) and not _PAYMENT.match(text, end)


def _is_that(mention: Mention, start: int, found: str) -> bool:
    """Whether it is something else that is known; "Electronics" is a category, "Voltline Electronics" none."""
    end = start + len(found)
    is_part = mention.kind == "category" and mention.end - mention.start < len(found)
    return mention.start < end and start < mention.end and not is_part


def _without_first(match: re.Match[str], *, is_first: bool) -> tuple[int, str]:
    """Without words that begin no company's name, such as those that begin sentences."""
    start, words = match.start(), match[0].split()
    while words and (_is_common(words) or (is_first and _begins_sentence(words))):
        start, is_first = start + match[0][start - match.start() :].index(words[0]) + len(words[0]) + 1, False
        words = words[1:]
    return start, " ".join(words)


def _is_common(words: list[str]) -> bool:
    """Of several words with a capital the first may be any, but for those that begin sentences."""
    first = re.sub(r"['\u2019]\w{1,2}$", "", words[0].lower())
    return first in (COMMON if len(words) > 1 else NO_COMPANY)


def _begins_sentence(words: list[str]) -> bool:
    """Whether the first word has its capital from there: a word of the language, and no name of several."""
    return len(words) == 1 and Speller.load().is_word(words[0].lower())
