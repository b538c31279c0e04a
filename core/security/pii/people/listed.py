"""Names of people by lists of given names and surnames, told from firms and places by what stands around them."""

import re
from collections.abc import Iterator

from core.security.pii.kinds import GUESSED, Claim, Kind
from core.security.pii.people.names import BETWEEN, CLITIC, MOST_WORDS, NAME_WORD, name_end, name_word_end
from core.security.pii.reading.text import Reading
from core.security.pii.words.ordinary import ORDINARY, english, is_unknown
from core.security.pii.words.people import (
    BEFORE_SMALL,
    BEFORE_TWO,
    CALLED_LIKE_PEOPLE,
    COMPANY,
    CUE_WORDS,
    DAY_OR_STREET,
    FIRST_TOO,
    LISTS,
    MONEY,
    NO_ENDING,
    NO_NAME,
    NOTED,
    PARTICLES,
    PAYS,
    PLACES,
    RELATIONS,
    ROLES,
    SELF,
    SPEAKERS,
    TO_ACCOUNTS,
    TO_PLACES,
    WEAK_BEFORE_SMALL,
    is_on_a_list,
    list_family,
    list_given,
    list_more_given,
    list_surnames,
)


def find_listed(reading: Reading) -> Iterator[Claim]:
    """A given name with or without a surname; two words with capitals of which one is a surname."""
    text, given, surnames = reading.cased, list_given(), list_surnames()
    is_shouted = text.isupper()
    done, person_end, before, before_end, came_from = 0, 0, "", 0, False
    for word in NAME_WORD.finditer(text):
        plain = word[0].rstrip(".").lower()
        if "'" in plain or "’" in plain:
            plain = CLITIC.sub("", plain)
        last, before = before if word.start() - before_end <= 3 else "", plain
        is_sender, came_from = came_from and last == "from", plain == "from" and last in MONEY
        before_before, before_end = before_end, word.end()
        if word.start() < done or text[word.start() - 1 : word.start()].isdigit():
            continue
        if last in SPEAKERS and text[before_before : word.start()].lstrip().startswith(":"):
            last = ""
        if person_end and text[person_end : word.start()].strip() in ("and", "&"):
            last = "both"
        is_capital = word[0][0].isupper() and not is_shouted
        end = 0
        if plain in given:
            end = _from_given(text, word, plain, last, is_capital=is_capital)
            if end and is_capital and is_of_a_firm(text, word, end, last):
                end, done = 0, end
        elif is_capital and plain not in ORDINARY and len(plain) > 1:
            end = _from_stranger(text, word, plain, "pay" if is_sender else last)
            end = end or _from_rare(text, word, plain, last)
        elif is_capital and plain in surnames and last in ("mr", "mrs", "ms"):
            end = name_word_end(word)
        elif not is_capital and len(plain) > 2 and last in BEFORE_SMALL:
            end = _in_small_letters(text, word, plain, last)
        if end:
            if " ".join(text[word.start() : end].lower().split()[:2]) not in CALLED_LIKE_PEOPLE:
                yield Claim(Kind.PERSON, word.start(), end, GUESSED + (end > word.end()))
                person_end = end
            done = end


_FIRM = re.compile(r"['’]s?\s(?P<thing>[A-Z][a-z]+)|['’]s?\s#\d")
_SHOP = re.compile(r"['’]s\s*(?:[.,;!?)]|\Z|(?:by|on|in|at|and|for|was|is|charged|when|but)\b)")
_FIRM_BEFORE = re.compile(r"(?<![.!?:] )\b[A-Z][\w'’]+ (?:&|and) \Z")
"""Marks & Spencer, where no person stands first."""
_SENDS = re.compile(r"\b(?:send|sent|pay|paid|paying|transfer|wire|wired|owes?|zelle|venmo|payee)\b")
_MINE = re.compile(r"(?i)\b(?:my|his|her|our) [a-z]+,? \Z")
_SHORTEST = 3
"""Letters of a name in small letters that no list has, and more."""


def is_of_a_firm(text: str, word: re.Match[str], end: int, last: str) -> bool:
    """ "Dave's Auto", "at Wendy's", "Trader Joe's #552", "Martin Luther King Day"."""
    if firm := _FIRM.match(text, end):
        return firm["thing"] is None or firm["thing"].lower() in english()
    if last in ("from", "at", "the", "near") and _SHOP.match(text, end):
        return True
    behind = BETWEEN.match(text, end)
    following = behind and NAME_WORD.match(text, behind.end())
    if following and following[0][0].isupper() and following[0].lower().rstrip(".") in DAY_OR_STREET:
        return True
    return text[word.start() : end].lower().rpartition(" ")[2] in DAY_OR_STREET


def _from_rare(text: str, word: re.Match[str], plain: str, last: str) -> int:
    """A word with a capital that may be a rarer name: with another that may be one, or where people are spoken of."""
    if plain in COMPANY or plain in PLACES or not is_unknown(plain) or not word[0].rstrip(".")[1:2].islower():
        return 0
    is_listed = is_on_a_list(plain)
    end = name_end(text, word.start(), is_sure=False, capitals=True)
    follows = BETWEEN.match(text, word.end())
    following = follows and NAME_WORD.match(text, follows.end())
    if end > word.end() and following:
        second = CLITIC.sub("", following[0]).rstrip(".").lower()
        if is_unknown(second) and second not in COMPANY and (is_listed or is_on_a_list(second)):
            return end
    if last in ("from", "at", "the", "near") and _SHOP.match(text, name_word_end(word)):
        return 0
    if last != "both" and _FIRM_BEFORE.search(text, max(0, word.start() - 30), word.start()):
        return 0
    is_said_so = last in ROLES or last in NOTED
    if is_listed and (is_said_so or (last in CUE_WORDS and (plain in list_more_given() or last not in TO_PLACES))):
        return name_word_end(word)
    if is_listed and plain in list_more_given() and _ACTS.match(text, word.end()):
        return name_word_end(word)
    return name_word_end(word) if is_said_so and (last == "both" or not plain.endswith(NO_ENDING)) else 0


def _in_small_letters(text: str, word: re.Match[str], plain: str, last: str) -> int:
    """A rarer name without a capital, behind what people stand behind."""
    if not is_unknown(plain) or plain in COMPANY or plain in NO_NAME:
        return 0
    follows = BETWEEN.match(text, word.end())
    following = follows and NAME_WORD.match(text, follows.end())
    second = CLITIC.sub("", following[0]).lower() if following else ""
    if following and len(second) > 2 and is_unknown(second) and second not in COMPANY:
        return name_word_end(following) if is_on_a_list(plain) or is_on_a_list(second) else 0
    if last in RELATIONS or last in ("friend", "mate"):
        is_said_so = _MINE.search(text, max(0, word.start() - 24), word.start()) is not None
        is_said_so = is_said_so and len(plain) > _SHORTEST and not plain.endswith(NO_ENDING) and "'" not in plain
        return name_word_end(word) if is_on_a_list(plain) or is_said_so else 0
    is_known = is_on_a_list(plain) and (
        last not in WEAK_BEFORE_SMALL or (plain in list_more_given() and _SENDS.search(text) is not None)
    )
    return name_word_end(word) if is_known else 0


def _from_given(text: str, word: re.Match[str], plain: str, last: str, *, is_capital: bool) -> int:
    if is_capital and plain in english() and _goes_on_in_english(text, word):
        return 0
    end = _rest_end(text, word, is_capital=is_capital, is_self=last in SELF or last in PAYS)
    is_cued = last in CUE_WORDS
    if end:
        return end if is_capital or is_cued or plain not in COMPANY else 0
    if is_capital and plain not in COMPANY and plain not in PLACES:
        return name_word_end(word)
    if not is_cued or (plain in COMPANY and not is_capital):
        return 0
    if is_capital:
        is_first = plain in FIRST_TOO or last in SELF or last in RELATIONS
        return name_word_end(word) if is_first and plain not in PLACES else 0
    return name_word_end(word) if plain not in PLACES else 0


def _goes_on_in_english(text: str, word: re.Match[str]) -> bool:
    """ "Chase Sapphire"."""
    following = NAME_WORD.match(text, word.end() + 1)
    if following is None or not following[0][0].isupper():
        return False
    second = following[0].lower().rstrip(".")
    return second in english() and second not in list_surnames() and second not in list_given()


def _rest_end(text: str, word: re.Match[str], *, is_capital: bool, is_self: bool) -> int:
    """Where the surname behind a given name ends; 0 where there is none."""
    follows = BETWEEN.match(text, word.end())
    if follows is None or name_word_end(word) != word.end():
        return 0
    following = NAME_WORD.match(text, follows.end())
    if following is None:
        return 0
    plain = CLITIC.sub("", following[0]).rstrip(".").lower()
    if is_capital:
        if plain in COMPANY and plain not in list_surnames():
            return 0
        return name_end(text, follows.end(), is_sure=False, capitals=True)
    end, at = 0, following
    for _ in range(MOST_WORDS - 1):
        plain = at[0].lower()
        is_introduced = is_self and plain not in NO_NAME and not plain.endswith(NO_ENDING) and len(plain) > 2
        if not is_introduced and plain not in list_family():
            break
        end = name_word_end(at)
        follows = BETWEEN.match(text, at.end())
        following = follows and NAME_WORD.match(text, follows.end())
        if following is None or end != at.end() or plain not in list_given():
            break
        at = following
    return end


def _from_stranger(text: str, word: re.Match[str], plain: str, last: str) -> int:
    """Words with capitals that no list of given names has: with a known surname, or where somebody is introduced."""
    if last in RELATIONS:
        return name_end(text, word.start(), is_sure=True, capitals=True)
    if plain in COMPANY:
        return 0
    follows = BETWEEN.match(text, word.end())
    following = follows and NAME_WORD.match(text, follows.end())
    if following and following[0] in PARTICLES and (last in SELF or last in PAYS or last in ROLES):
        return name_end(text, word.start(), is_sure=False, capitals=True)
    if not following or not following[0][0].isupper():
        return 0
    second = CLITIC.sub("", following[0]).rstrip(".").lower()
    if (second in ORDINARY or second in COMPANY) and (second not in list_surnames() or last in TO_ACCOUNTS):
        return 0
    if second in list_surnames() and second not in COMPANY:
        return name_end(text, word.start(), is_sure=False, capitals=True)
    end = name_end(text, word.start(), is_sure=False, capitals=True)
    if last in SELF or last in PAYS or last in LISTS:
        return end
    is_place = plain in PLACES or second in PLACES or plain.endswith(NO_ENDING)
    return end if not is_place and (last in ROLES or last in BEFORE_TWO or _ACTS.match(text, end)) else 0


_ACTS = re.compile(
    r"\s(?:owes?|owed|sent|paid|gave|lent|told|asked|said|lives|lived|works|worked|wants|wanted|wishes|wished|rang"
    r"|phoned"
    r"|texted|emailed|knows|moved|opened|(?:is|was) (?:my|our)|has (?:asked|sent|paid|moved|left)|and I)\b"
)
