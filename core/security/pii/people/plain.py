"""Names in small letters: words that no list of English has, by lists of names and by what stands around them.
"send 15 to hryhoriy", "farida oyelaran speaking"."""

import re
import string
from collections.abc import Iterator
from functools import lru_cache

from core.security.pii.kinds import GUESSED, Claim, Kind
from core.security.pii.people.listed import is_of_a_firm
from core.security.pii.people.names import name_end
from core.security.pii.reading.text import Reading
from core.security.pii.words.ordinary import CHAT, ORDINARY, capitals, english, is_unknown
from core.security.pii.words.people import (
    CALLED_LIKE_PEOPLE,
    COMPANY,
    NO_ENDING,
    NO_NAME,
    PARTICLES,
    PLACES,
    is_on_a_list,
    list_given,
    list_more_given,
)

_WORD = re.compile(r"(?<![\w@.])[^\W\d_](?:['’\-]?[^\W\d_]){2,24}(?![\w@]|\.\w)")
_NEXT = re.compile(r"[ \t]{1,2}(?:[a-z]\.[ \t])?(?=[^\W\d_])")
_CLITIC = re.compile(r"['’]s?\Z")
_MOST_UNKNOWN = 6
"""Words that English does not have, in a text that is English."""
_SHORTEST = 4
_SHORTEST_STRANGE = 5
"""Letters of a name that no list has."""

_BEFORE = re.compile(
    r"\b(?:(?:i am|i'm|im|its|it's|it is|this is|me is|names?|name's|names is|called|named|hi|hello|hey|dear"
    r"|regards|cheers|love"
    r"|pay|paid|paying|repay|owe|owes|send|sent|sending|zelle|venmo|give|gave|lend|lent|ask|asked|tell|told|payee|recipient|beneficiary"
    r"|bene|nok|attn|cust|customer|client|caller|and me|me and|signed|from mr|mr|mrs|ms|miss|dr|did|does|has"
    r"|with|for|by|friend|mate"
    r"|wife|husband|partner|son|daughter|brother|sister|cousin|nephew|niece|uncle|aunt|mum|mom|dad|landlord|neighbou?r|boss|colleague)"
    r"|(?:money|cash|quid|pounds|euros|dollars|bucks|payment|transfer|transferred|send|sent|zelle|venmo|pay|paid|owed|gift|rent|\d+)"
    r"(?: [^\W\d_]+){0,3} (?:to|from|for|by))[ ,:]{1,2}\Z"
)
_BEFORE_WEAK = re.compile(r"\b(?:did|does|has|with|for|by|and|hi|hello|hey)[ ,:]{1,2}\Z")
"""Behind these stands much else: one word alone is none."""
_CAPITAL_BEFORE = re.compile(r"\b[A-Z][\w'’]*(?: (?:&|and))? \Z")
_CAPITAL_BEHIND = re.compile(r"(?P<and> &)? (?P<word>[A-Z][\w'’]*)")
_SURELY_BEFORE = re.compile(
    r"\b(?:names?|surname|first name|called|named|nok|bene|attn|cust|signed|payee|beneficiary|wife|husband"
    r"|partner|son|daughter|brother"
    r"|sister|cousin|nephew|niece|uncle|aunt|mum|mom|dad|friend|mate|landlord|colleague)(?: is| was|,|:| should be)? \Z"
    r"|\b(?:i am|i'm|im|this is|it is|it's|its|it is me) \Z"
)
_BEHIND = re.compile(
    r"[ ,]{1,2}(?:speaking|here\b|again\b|calling|says?\b|said\b|sent\b|paid\b|pays\b|owes?\b|told\b|asked\b"
    r"|gave\b|lent\b|wants?\b"
    r"|is my\b|(?:he|she)?'?s my\b|lives?\b|hes\b|shes\b|he\b|she\b)"
)


def find_plain(reading: Reading) -> Iterator[Claim]:
    lower = reading.lower
    words = list(_WORD.finditer(reading.cased))
    unknown = [word for word in words if _is_unknown(_plain(word))]
    if not unknown or len(unknown) > max(_MOST_UNKNOWN, 0) or len(unknown) * 2 > len(lower.split()) + 2:
        return
    done = 0
    for word in unknown:
        is_plain = word[0].islower() or reading.cased.isupper()
        end = _end(lower, word) if is_plain else _capital_end(reading.cased, word)
        if word.start() >= done and end:
            yield Claim(Kind.PERSON, word.start(), end, GUESSED)
            done = end


def _plain(word: re.Match[str]) -> str:
    return _CLITIC.sub("", word[0].lower())


def _end(lower: str, word: re.Match[str]) -> int:
    """Where the name ends that this word begins; 0 where it begins none."""
    plain = _plain(word)
    end = word.start() + len(plain)
    second = _follower(lower, end)
    is_given = len(plain) >= _SHORTEST and is_on_a_list(plain) and (plain in list_given() or plain in list_more_given())
    if second is not None:
        following = _plain(second)
        is_surname = _is_unknown(following) or (is_given and _is_capital(lower, word, following))
        pair = is_surname and len(following) >= _SHORTEST - 1
        is_name = is_given or is_on_a_list(following)
        if pair and (is_name or _is_strange_pair(lower, plain, following, (word.start(), second.end()))):
            return _further(lower, second.start() + len(following))
    if is_given:
        return end
    if len(plain) < _SHORTEST_STRANGE or not is_strange(plain) or plain.endswith(NO_ENDING):
        return 0
    return end if _is_introduced(lower, word.start(), end, alone=True) else 0


def _is_capital(lower: str, word: re.Match[str], following: str) -> bool:
    """Whether English writes the surname with a capital, and the name is introduced: "its shaniqua delacroix"."""
    return (
        following in capitals()
        and following not in COMPANY
        and following not in PLACES
        and _SURELY_BEFORE.search(lower, max(0, word.start() - 40), word.start()) is not None
    )


def _further(lower: str, end: int) -> int:
    """Behind more surnames: "von stetten und aufhausen"."""
    for _ in range(2):
        word = _follower(lower, end)
        if word is None or not _is_unknown(_plain(word)) or not is_strange(_plain(word)):
            break
        end = word.start() + len(_plain(word))
    return end


def _is_strange_pair(lower: str, plain: str, following: str, span: tuple[int, int]) -> bool:
    return (
        is_strange(plain) and is_strange(following) and (is_on_a_list(plain) or _is_introduced(lower, span[0], span[1]))
    )


def _capital_end(text: str, word: re.Match[str]) -> int:
    """The same with a capital: only where a list has the word as a given name, or where it is surely introduced."""
    plain = _plain(word)
    if not word[0][1:2].islower():
        return 0
    is_given = is_on_a_list(plain) and (plain in list_given() or plain in list_more_given())
    is_said_so = _SURELY_BEFORE.search(text.lower(), max(0, word.start() - 40), word.start()) is not None
    if not is_given and not (is_said_so and len(plain) >= _SHORTEST and is_strange(plain)):
        return 0
    end = name_end(text, word.start(), is_sure=False, capitals=True) or word.start() + len(plain)
    if not is_said_so and (
        _CAPITAL_BEFORE.search(text, max(0, word.start() - 30), word.start()) or _goes_on(text, end)
    ):
        return 0
    if " ".join(text[word.start() : end].lower().split()[:2]) in CALLED_LIKE_PEOPLE:
        return 0
    return 0 if is_of_a_firm(text, word, end, "" if is_said_so else "at") else end


def _goes_on(text: str, end: int) -> bool:
    """Whether a word of English with a capital follows, as in what firms are called, or another behind "&"."""
    following = _CAPITAL_BEHIND.match(text, end)
    return following is not None and (following["and"] is not None or following["word"].lower() in english())


def _follower(lower: str, end: int) -> re.Match[str] | None:
    """The next word of a name, over what links its parts."""
    for _ in range(3):
        gap = _NEXT.match(lower, end)
        word = gap and re.compile(r"[^\W\d_](?:['’\-]?[^\W\d_]){0,24}").match(lower, gap.end())
        if not word:
            return None
        if word[0] not in PARTICLES:
            return word
        end = word.end()
    return None


def _is_introduced(lower: str, start: int, end: int, *, alone: bool = False) -> bool:
    before = lower[max(0, start - 50) : start]
    if _BEHIND.match(lower, end) and (not before.strip() or before.rstrip()[-1:] in ",.!?:" or _BEFORE.search(before)):
        return True
    return _BEFORE.search(before) is not None and not (alone and _BEFORE_WEAK.search(before))


@lru_cache(maxsize=8192)
def _is_unknown(plain: str) -> bool:
    return (
        is_unknown(plain)
        and plain not in COMPANY
        and plain not in NO_NAME
        and plain not in PLACES
        and plain not in _NO_NAMES
        and not (_PREFIXED.match(plain) and _PREFIXED.sub("", plain) in english())
    )


_PREFIXED = re.compile(r"(?:re|un|pre|non|mis|over|under|out|co|up|down|back|micro|auto|multi)-?(?=[a-z]{4})")
_NO_NAMES = frozenset(
    str.split(
        "soc sec bot bots aud sen wal cali sade dia kia angeles orleans"
        " francisco macy zion lier dono dev nee fica app apps"
        " walmart costco expat expats nri fintech neobank crypto bitcoin forex remittance kyc payslip payslips"
        " chatbot emoji blah yay lil bro bruh fam gotcha prolly welp ughh eek ooh aah ahh"
    )
)


@lru_cache(maxsize=4096)
def is_strange(plain: str) -> bool:
    """Whether the word is no slip of a word of English: one letter left out, added, replaced, or two exchanged."""
    words = english()
    halves = [(plain[:at], plain[at:]) for at in range(len(plain) + 1)]
    near = (
        [left + right[1:] for left, right in halves if right]
        + [left + right[1] + right[0] + right[2:] for left, right in halves if len(right) > 1]
        + [left + letter + right[1:] for left, right in halves if right for letter in string.ascii_lowercase]
        + [left + letter + right for left, right in halves for letter in string.ascii_lowercase]
    )
    return not any(word in words or word in ORDINARY or word in CHAT for word in near) and not any(
        left in words and right in words for left, right in halves if len(left) > 2 and len(right) > 2
    )
