"""Names of people: behind what introduces one, and by lists of given names and surnames. A pipeline of the bank's
own may add others (named_entities.py)."""

import re
from collections.abc import Iterator

from core.security.pii.grammar import has_any
from core.security.pii.kinds import GUESSED, NAMED, Claim, Kind
from core.security.pii.ordinary import NAMES_TOO, ORDINARY, english, is_unknown
from core.security.pii.people_words import (
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
    STRONG_HINTS,
    TO_ACCOUNTS,
    TO_PLACES,
    WEAK_BEFORE_SMALL,
    is_english,
    is_on_a_list,
    list_family,
    list_given,
    list_more_given,
    list_more_surnames,
    list_surnames,
)
from core.security.pii.reading import Reading

_NAME_WORD = re.compile(r"[^\W\d_](?:['’\-]?[^\W\d_]){0,24}\.?")
_BETWEEN = re.compile(r"[ \t]{1,2}|\s?-\s?")
_CLITIC = re.compile(r"['’]s?\Z")
_MOST_WORDS = 5

_STRONG = re.compile(
    r"(?i)\b(?:(?:my|the|his|her|their|your|full|legal|first|last|middle|maiden|sur|user|real|given|family|account"
    r"|new|correct|actual|whole|complete|married|payee'?s?|beneficiary'?s?|recipient'?s?|holder'?s?|cardholder'?s?"
    r"|customer'?s?)\s?(?:full |legal |first |last |real |given )?names?"
    r"(?:['’]?s|(?:\s(?:is|was|are|to|should be|as|reads|on (?:the |my )?(?:card|account|passport)|that|now|spelled"
    r"|spelt|actually)){1,4}|\s?[:=\-])(?:\s(?:is|mr|mrs|ms|dr)\.?)?"
    r"|(?:i am|i'm|im|this is|it is|it's|its) called|(?:he's|she's|who's|who is|someone|somebody|person|man|woman|guy"
    r"|lady|friend|colleague|payee|son|daughter|cousin|employee|adviser|agent) (?:called|named)|they call me|you can"
    r" call me|call me|i go by|known as|aka|signed(?:,| by|:)"
    r"|names? is|name\s?[:=]|(?:card ?holder|account holder|beneficiary|recipient|payee|sender|claimant|applicant"
    r"|customer"
    r"|holder|payer|tenant|landlord|emergency contact|next of kin)(?: name)?(?:\s(?:is|was)|\s?[:=])"
    r"|(?:in|under|to|into) the names? of|made out to|(?:cheque|check) (?:payable )?to|in favou?r of|on behalf of"
    r"|attn:?|attention:|care of|c/o|registered to|belongs to|belonging to|addressed to)\s{1,2}[\"']?"
)
_SPEAKING_HINTS = ("speaking", "here", "calling", "writing")
_SPELT_HINTS = ("spel", " for ", " as in ", "name")
_SPEAKING = re.compile(
    r"(?P<value>(?:[A-Z][\w'’\-]{1,24}\s){2,3})(?=(?:speaking|here|calling)\b)"
    r"|(?i:\b(?:this is|it's|it is|its|i'm|i am|im|you're speaking (?:to"
    r"|with))\s{1,2}(?P<said>(?:[^\W\d_][\w'’\-]{0,24}\s){1,4})(?=(?:speaking|here|calling|writing)\b))"
)
_TITLE = re.compile(
    r"\b(?i:(?:name|names|dear|hi|hello|hey|sincerely|regards|cheers|wishes|thanks|signed),?"
    r"|(?P<title>mr|mister|mrs|ms|miss|mx|dr|prof|professor|doctor|sir|lady|lord|dame|rev|reverend|herr|frau|monsieur|madame"
    r"|mme|senor|senora|signor|signora)\.?)\s{1,2}(?=[A-Z])"
)
_SOME_NAME = r"(?P<value>[^\W\d_][\w'’\-]{1,24}\s[^\W\d_][\w'’\-]{1,24})"
_SUM = r"(?:[£$€]\s?)?\d[\d.,]{0,12}(?:\s?(?:pounds?|quid|euros?|dollars?|bucks|gbp|eur|usd|p|k|[£$€]))?"
_PAID = re.compile(
    rf"(?i)\b(?:pay|send|give|transfer|owe|wire)\s(?:{_SOME_NAME}\s(?={_SUM})"
    rf"|{_SUM}\sto\s{_SOME_NAME.replace('value', 'to')}(?=\s(?:now|today|tonight|tomorrow|please|pls|plz|thx|thanks"
    rf"|asap|for|on|from|by)\b|[.,!?]"
    rf"|\Z))"
)

_PLAIN = r"(?P<value>[^\W\d_][\w'’\-]{2,24}\s[^\W\d_][\w'’\-]{2,24})"
_SAID_PLAINLY = re.compile(
    rf"(?i)\b(?:(?:i'?m|i am)\s{_PLAIN}(?=\s(?:and|but) (?:i|my|we)\b)"
    rf"|who(?:'?s| is| was)\s{_PLAIN.replace('value', 'who')}(?=\s(?:and|on|in)\b|[,.?!]|\Z))"
)
"""Two words that are no English of a bank's customer, also in small letters."""
_SPELT = re.compile(
    r"(?i)\bspel(?:led|t|ling)(?: is| as|:)?\s(?P<value>[^\W\d_](?:[\s\-.,]{1,2}[^\W\d_](?![^\W_])){2,24})"
    r"|(?P<said>\b[^\W\d_],? (?:for|as in) [^\W\d_]{2,12}(?:,? (?:and )?[^\W\d_] (?:for|as in) [^\W\d_]{2,12}){2,24})"
    r"|name(?: is|:)?\s(?P<mixed>[^\W\d_](?: (?:for|as in) [^\W\d_]{2,12})?"
    r"(?:[\s,\-]{1,2}[^\W\d_](?![^\W_])(?: (?:for|as in) [^\W\d_]{2,12})?){2,24})"
)
"""Letter by letter, or by a spelling alphabet."""
_SIGNED = re.compile(
    r"(?i:\b(?:thanks|thanks? you|advance|regards|wishes|cheers|sincerely|faithfully|truly|love))[,.!]?\s{1,3}"
    r"(?P<value>[A-Z][\w'’\-]{1,24}(?:\s[A-Z][\w'’.\-]{0,24}){0,3})\s{0,3}\Z"
)
_INITIALS = re.compile(
    r"(?<![\w.])(?:(?:[A-Z]\.\s?){1,3}|[B-HJ-Z]\s)(?P<surname>[A-Z][^\W\d_]{2,24}(?:-[A-Z][^\W\d_]{2,24})?)(?!\w)"
)
"""Before a surname: "H. R. Montague"."""
_MR = re.compile(r"\b(?:mr|mister|mrs|ms|miss|dr)\.?\s(?P<value>[^\W\d_][\w'’\-]{2,24})")
"""In small letters as well, before a surname of the list."""


def find_people(reading: Reading) -> Iterator[Claim]:
    text = reading.cased
    for cue in _STRONG.finditer(text) if has_any(reading.lower, STRONG_HINTS) else ():
        if end := _name_end(text, cue.end(), is_sure=True):
            yield Claim(Kind.PERSON, cue.end(), end, NAMED)
    for cue in _TITLE.finditer(text) if reading.has_capitals else ():
        if end := _name_end(text, cue.end(), is_sure=True, capitals=True):
            yield Claim(Kind.PERSON, cue.start() if cue["title"] else cue.end(), end, NAMED)
    for spoken in _SPEAKING.finditer(text) if has_any(reading.lower, _SPEAKING_HINTS) else ():
        start, before_it = spoken.span("value" if spoken["value"] else "said")
        end = _name_end(text, start, is_sure=True)
        if end and end >= before_it - 1:
            yield Claim(Kind.PERSON, start, end, NAMED)
    for paid in _PAID.finditer(text) if reading.figures else ():
        group = "value" if paid["value"] else "to"
        if not is_english(paid[group]):
            yield Claim(Kind.PERSON, *paid.span(group), GUESSED)
    yield from _by_form(reading)
    yield from _by_lists(reading)


def _by_form(reading: Reading) -> Iterator[Claim]:
    text = reading.cased
    for plain in _SAID_PLAINLY.finditer(text):
        group = "value" if plain["value"] else "who"
        if not is_english(plain[group]):
            yield Claim(Kind.PERSON, *plain.span(group), GUESSED)
    for spelt in _SPELT.finditer(text) if has_any(reading.lower, _SPELT_HINTS) else ():
        yield Claim(Kind.PERSON, *spelt.span(spelt.lastgroup or 0), NAMED)
    for signed in _SIGNED.finditer(text) if reading.has_capitals else ():
        if not is_english(signed["value"]):
            yield Claim(Kind.PERSON, *signed.span("value"), NAMED)
    for initialled in _INITIALS.finditer(text) if reading.has_capitals else ():
        plain = initialled["surname"].lower()
        if plain in list_surnames() or plain in list_more_surnames() or is_unknown(plain):
            yield Claim(Kind.PERSON, *initialled.span(), GUESSED)
    for titled in _MR.finditer(reading.lower):
        surname = titled["value"]
        if surname in list_surnames() or (surname in list_more_surnames() and is_unknown(surname)):
            yield Claim(Kind.PERSON, *titled.span("value"), GUESSED)


def _name_end(text: str, start: int, *, is_sure: bool, capitals: bool = False) -> int:
    """Where the name ends that begins at ``start``; 0 where none does."""
    end, at, words = 0, start, 0
    while words < _MOST_WORDS and (word := _NAME_WORD.match(text, at)):
        plain = _CLITIC.sub("", word[0]).rstrip(".").lower()
        follows = _BETWEEN.match(text, word.end())
        if plain in PARTICLES and follows and _goes_on(text, follows.end(), is_sure=is_sure):
            pass
        elif _is_name_word(word[0], plain, words, is_sure=is_sure, capitals=capitals) or (
            is_sure and words and _is_shouted_on(text, end, word)
        ):
            end = _name_word_end(word)
        else:
            break
        words += 1
        is_initial = word[0].endswith(".") and len(plain) < 3
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
    word = _NAME_WORD.match(text, at)
    if word is None:
        return False
    plain = word[0].lower()
    return (
        plain in PARTICLES or word[0][0].isupper() or (is_sure and (plain in list_surnames() or plain in list_given()))
    )


def _name_word_end(word: re.Match[str]) -> int:
    """Without a possessive's ending or a full stop."""
    said = word[0][:-1] if word[0].endswith(".") and len(word[0]) > 2 else word[0]
    clitic = _CLITIC.search(said)
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


def _by_lists(reading: Reading) -> Iterator[Claim]:
    """A given name with or without a surname; two words with capitals of which one is a surname."""
    text, given, surnames = reading.cased, list_given(), list_surnames()
    is_shouted = text.isupper()
    done, person_end, before, before_end, came_from = 0, 0, "", 0, False
    for word in _NAME_WORD.finditer(text):
        plain = word[0].rstrip(".").lower()
        if "'" in plain or "’" in plain:
            plain = _CLITIC.sub("", plain)
        last, before = before if word.start() - before_end <= 3 else "", plain
        is_sender, came_from = came_from and last == "from", plain == "from" and last in MONEY
        before_before, before_end = before_end, word.end()
        if word.start() < done:
            continue
        if last in SPEAKERS and text[before_before : word.start()].lstrip().startswith(":"):
            last = ""
        if person_end and text[person_end : word.start()].strip() in ("and", "&"):
            last = "both"
        is_capital = word[0][0].isupper() and not is_shouted
        end = 0
        if plain in given:
            end = _from_given(text, word, plain, last, is_capital=is_capital)
            if end and is_capital and _is_of_a_firm(text, word, end, last):
                end, done = 0, end
        elif is_capital and plain not in ORDINARY and len(plain) > 1:
            end = _from_stranger(text, word, plain, "pay" if is_sender else last)
            end = end or _from_rare(text, word, plain, last)
        elif is_capital and plain in surnames and last in ("mr", "mrs", "ms"):
            end = _name_word_end(word)
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


def _is_of_a_firm(text: str, word: re.Match[str], end: int, last: str) -> bool:
    """ "Dave's Auto", "at Wendy's", "Trader Joe's #552", "Martin Luther King Day"."""
    if firm := _FIRM.match(text, end):
        return firm["thing"] is None or firm["thing"].lower() in english()
    if last in ("from", "at", "the", "near") and _SHOP.match(text, end):
        return True
    behind = _BETWEEN.match(text, end)
    following = behind and _NAME_WORD.match(text, behind.end())
    if following and following[0][0].isupper() and following[0].lower().rstrip(".") in DAY_OR_STREET:
        return True
    return text[word.start() : end].lower().rpartition(" ")[2] in DAY_OR_STREET


def _from_rare(text: str, word: re.Match[str], plain: str, last: str) -> int:
    """A word with a capital that may be a rarer name: with another that may be one, or where people are spoken of."""
    if plain in COMPANY or plain in PLACES or not is_unknown(plain) or not word[0].rstrip(".")[1:2].islower():
        return 0
    is_listed = is_on_a_list(plain)
    end = _name_end(text, word.start(), is_sure=False, capitals=True)
    follows = _BETWEEN.match(text, word.end())
    following = follows and _NAME_WORD.match(text, follows.end())
    if end > word.end() and following:
        second = _CLITIC.sub("", following[0]).rstrip(".").lower()
        if is_unknown(second) and second not in COMPANY and (is_listed or is_on_a_list(second)):
            return end
    if last in ("from", "at", "the", "near") and _SHOP.match(text, _name_word_end(word)):
        return 0
    if last != "both" and _FIRM_BEFORE.search(text, max(0, word.start() - 30), word.start()):
        return 0
    is_said_so = last in ROLES or last in NOTED
    if is_listed and (is_said_so or (last in CUE_WORDS and (plain in list_more_given() or last not in TO_PLACES))):
        return _name_word_end(word)
    if is_listed and plain in list_more_given() and _ACTS.match(text, word.end()):
        return _name_word_end(word)
    return _name_word_end(word) if is_said_so and (last == "both" or not plain.endswith(NO_ENDING)) else 0


def _in_small_letters(text: str, word: re.Match[str], plain: str, last: str) -> int:
    """A rarer name without a capital, behind what people stand behind."""
    if not is_unknown(plain) or plain in COMPANY or plain in NO_NAME:
        return 0
    follows = _BETWEEN.match(text, word.end())
    following = follows and _NAME_WORD.match(text, follows.end())
    second = _CLITIC.sub("", following[0]).lower() if following else ""
    if following and len(second) > 2 and is_unknown(second) and second not in COMPANY:
        return _name_word_end(following) if is_on_a_list(plain) or is_on_a_list(second) else 0
    if last in RELATIONS or last in ("friend", "mate"):
        is_said_so = _MINE.search(text, max(0, word.start() - 24), word.start()) is not None
        is_said_so = is_said_so and len(plain) > _SHORTEST and not plain.endswith(NO_ENDING) and "'" not in plain
        return _name_word_end(word) if is_on_a_list(plain) or is_said_so else 0
    is_known = is_on_a_list(plain) and (
        last not in WEAK_BEFORE_SMALL or (plain in list_more_given() and _SENDS.search(text) is not None)
    )
    return _name_word_end(word) if is_known else 0


def _from_given(text: str, word: re.Match[str], plain: str, last: str, *, is_capital: bool) -> int:
    if is_capital and plain in english() and _goes_on_in_english(text, word):
        return 0
    end = _rest_end(text, word, is_capital=is_capital, is_self=last in SELF or last in PAYS)
    is_cued = last in CUE_WORDS
    if end:
        return end if is_capital or is_cued or plain not in COMPANY else 0
    if is_capital and plain not in COMPANY and plain not in PLACES:
        return _name_word_end(word)
    if not is_cued or (plain in COMPANY and not is_capital):
        return 0
    if is_capital:
        is_first = plain in FIRST_TOO or last in SELF or last in RELATIONS
        return _name_word_end(word) if is_first and plain not in PLACES else 0
    return _name_word_end(word) if plain not in PLACES else 0


def _goes_on_in_english(text: str, word: re.Match[str]) -> bool:
    """ "Chase Sapphire"."""
    following = _NAME_WORD.match(text, word.end() + 1)
    if following is None or not following[0][0].isupper():
        return False
    second = following[0].lower().rstrip(".")
    return second in english() and second not in list_surnames() and second not in list_given()


def _rest_end(text: str, word: re.Match[str], *, is_capital: bool, is_self: bool) -> int:
    """Where the surname behind a given name ends; 0 where there is none."""
    follows = _BETWEEN.match(text, word.end())
    if follows is None or _name_word_end(word) != word.end():
        return 0
    following = _NAME_WORD.match(text, follows.end())
    if following is None:
        return 0
    plain = _CLITIC.sub("", following[0]).rstrip(".").lower()
    if is_capital:
        if plain in COMPANY and plain not in list_surnames():
            return 0
        return _name_end(text, follows.end(), is_sure=False, capitals=True)
    end, at = 0, following
    for _ in range(_MOST_WORDS - 1):
        plain = at[0].lower()
        is_introduced = is_self and plain not in NO_NAME and not plain.endswith(NO_ENDING) and len(plain) > 2
        if not is_introduced and plain not in list_family():
            break
        end = _name_word_end(at)
        follows = _BETWEEN.match(text, at.end())
        following = follows and _NAME_WORD.match(text, follows.end())
        if following is None or end != at.end() or plain not in list_given():
            break
        at = following
    return end


def _from_stranger(text: str, word: re.Match[str], plain: str, last: str) -> int:
    """Words with capitals that no list of given names has: with a known surname, or where somebody is introduced."""
    if last in RELATIONS:
        return _name_end(text, word.start(), is_sure=True, capitals=True)
    if plain in COMPANY:
        return 0
    follows = _BETWEEN.match(text, word.end())
    following = follows and _NAME_WORD.match(text, follows.end())
    if following and following[0] in PARTICLES and (last in SELF or last in PAYS or last in ROLES):
        return _name_end(text, word.start(), is_sure=False, capitals=True)
    if not following or not following[0][0].isupper():
        return 0
    second = _CLITIC.sub("", following[0]).rstrip(".").lower()
    if (second in ORDINARY or second in COMPANY) and (second not in list_surnames() or last in TO_ACCOUNTS):
        return 0
    if second in list_surnames() and second not in COMPANY:
        return _name_end(text, word.start(), is_sure=False, capitals=True)
    end = _name_end(text, word.start(), is_sure=False, capitals=True)
    if last in SELF or last in PAYS or last in LISTS:
        return end
    is_place = plain in PLACES or second in PLACES or plain.endswith(NO_ENDING)
    return end if not is_place and (last in ROLES or last in BEFORE_TWO or _ACTS.match(text, end)) else 0


_ACTS = re.compile(
    r"\s(?:owes?|owed|sent|paid|gave|lent|told|asked|said|lives|lived|works|worked|wants|wanted|wishes|wished|rang"
    r"|phoned"
    r"|texted|emailed|knows|moved|opened|(?:is|was) (?:my|our)|has (?:asked|sent|paid|moved|left)|and I)\b"
)
