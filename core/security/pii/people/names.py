"""How far a name goes in a text that begins at some word."""

import re

from core.security.pii.words.ordinary import NAMES_TOO, ORDINARY
from core.security.pii.words.people import COMPANY, NO_ENDING, NO_NAME, PARTICLES, list_given, list_surnames

NAME_WORD = re.compile(r"[^\W\d_](?:['’\-]?[^\W\d_]){0,24}\.?")
BETWEEN = re.compile(r"[ \t]{1,2}|\s?-\s?")
CLITIC = re.compile(r"['’]s?\Z")
MOST_WORDS = 7
_SHORTENED = frozenset(str.split("mohd muhd moh abd wm chas geo jos thos alex benj fr ste gen"))
"""Given names before a full stop."""


def name_end(text: str, start: int, *, is_sure: bool, capitals: bool = False) -> int:
    """Where the name ends that begins at ``start``; 0 where none does."""
    end, at, words = 0, start, 0
    while words < MOST_WORDS and (word := NAME_WORD.match(text, at)):
        plain = CLITIC.sub("", word[0]).rstrip(".").lower()
        follows = BETWEEN.match(text, word.end())
        if plain in PARTICLES and follows and _goes_on(text, follows.end(), is_sure=is_sure):
            pass
        elif _is_name_word(word[0], plain, words, is_sure=is_sure, capitals=capitals) or (
            is_sure and words and _is_shouted_on(text, end, word)
        ):
            end = name_word_end(word)
        else:
            break
        words += 1
        is_initial = word[0].endswith(".") and (len(plain) < 3 or plain in _SHORTENED)
        if follows is None or (
            (word[0].endswith(".") or end != word.end()) and not is_initial and plain not in PARTICLES
        ):
            break
        at = follows.end() if follows else len(text)
    return end


def _is_shouted_on(text: str, end: int, word: re.Match[str]) -> bool:
    """A further word of a name in capitals, which may be English as well: "MEHMET CAN YILDIRIM"."""
    return word[0].isupper() and len(word[0]) > 1 and text[end - 2 : end].isupper() and not text.isupper()


def _goes_on(text: str, at: int, *, is_sure: bool) -> bool:
    word = NAME_WORD.match(text, at)
    if word is None:
        return False
    plain = word[0].lower()
    return (
        plain in PARTICLES or word[0][0].isupper() or (is_sure and (plain in list_surnames() or plain in list_given()))
    )


def name_word_end(word: re.Match[str]) -> int:
    """Without a possessive's ending or a full stop."""
    said = word[0][:-1] if word[0].endswith(".") and len(word[0]) > 2 else word[0]
    clitic = CLITIC.search(said)
    return word.start() + (clitic.start() if clitic else len(said))


def _is_name_word(word: str, plain: str, place: int, *, is_sure: bool, capitals: bool) -> bool:
    is_capital = word[0].isupper()
    if is_capital and (plain in list_given() or plain in list_surnames()):
        return True
    if plain in list_given() or plain in list_surnames():
        return not capitals and plain not in ORDINARY and (place > 0 or (is_sure and plain not in NAMES_TOO))
    if len(plain) == 1:
        return is_capital and (word.endswith(".") or plain not in ("i", "a"))
    if is_capital:
        return plain not in ORDINARY and (is_sure or plain not in COMPANY)
    is_form = place > 0 or not plain.endswith(NO_ENDING)
    return is_sure and not capitals and plain not in NO_NAME and is_form and len(plain) > 1
