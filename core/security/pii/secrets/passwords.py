"""Passwords behind their word or ahead of it, also said in words: "capital M marmalade four four exclamation mark"."""

import re
from collections.abc import Iterator

from core.security.pii.grammar import LINKS, cued, matches, word_before
from core.security.pii.kinds import GUESSED, SAID, Claim, Kind
from core.security.pii.reading.hints import Gate, Hints
from core.security.pii.reading.text import Reading
from core.security.pii.words.ordinary import ORDINARY, is_unknown

_PASSWORD_HINTS = Hints(("pass", "pwd", "psw", "pswd", "pw", "p/w"))
_PASSWORD = (
    r"pass(?= (?:is|was)\b| ?[:=])|psswo?r?d|passwo?r?d"  # noqa: S105
    r"|(?<=login )pass|(?<=log in )pass|(?<=banking )pass"
    r"|pass[ \-]?(?:word|wrd|wd|wrod|phrase)s?|pwd|passwd|passw|passwort|psw|pswd|pw|log ?in password|p/w"
)
_QUOTED = r"\"[^\"\n]{3,64}\"|'[^'\n]{3,64}'|“[^”\n]{3,64}”"
_PASSWORD_TOLD = re.compile(
    rf"(?i)\b(?:{_PASSWORD})\b\s{{0,3}}[:=]\s{{0,3}}(?P<value>{_QUOTED}|[^\s:=\[][^\s\[]{{2,63}})"
)
_PASSWORD_SAID = cued(_PASSWORD, rf"{_QUOTED}|(?!(?:{LINKS})\b)[^\s:=,;\[(][^\s,\[]{{2,63}}", cased=True)
_MIXED = re.compile(
    r"(?<!\S)(?=\S{0,64}[A-Z])(?=\S{0,64}[a-z])(?=\S{0,64}\d)(?=\S{0,63}[!#$%^&*?_+=~]\S?)[A-Za-z][^\s\[\]@:/\\]{7,64}(?!\S)"
)
"""Letters in both cases, digits and signs in one word, where a text speaks of passwords. No ``\\``: in JSON it ends a
line, as in ``Limits**.\\n2.``"""
_PASSWORD_FIRST = re.compile(
    rf"(?i)(?<!\S)(?P<value>[^\s\[]{{4,64}})(?:\s(?:is|was)|,?\s(?:that'?s|thats|which is|that is)"
    rf"|,?\s(?P<loose>for|as))\s(?:my|the|our|your)\s(?:(?:new|old|online|banking|current"
    rf"|app)\s){{0,2}}(?:{_PASSWORD})\b"
)
_PASSWORD_FAR = re.compile(
    rf"(?i)\b(?:{_PASSWORD})\b[^.?!\n\d]{{1,60}}\s(?P<value>(?=[^\s\d]{{0,40}}\d)[^\s\[@:/\\]{{2}}[^\s\[:/\\]{{4,40}})"
)
"""With other words between: a word with letters and digits."""
_PASSWORD_NEAR = re.compile(
    rf"(?i)(?<!\S)(?P<value>(?=[^\s]{{0,40}}\d)[^\W\d_][^\s\[@:/\\]{{5,40}})\s[^.?!\n]{{0,40}}?\b(?:{_PASSWORD})\b"
)
"""The same ahead: "should I use ... as my password"."""
_PHRASE = re.compile(
    rf"(?i)\b(?:{_PASSWORD})\b(?:\s(?:is|was)\s|\s?[:=]\s?)(?P<value>[a-z]{{3,12}}(?:"
    rf" [a-z\d]{{3,12}}){{2,5}})(?=\s?[.,!?\n]|\Z)"
)
"""Three words and more that make no sentence."""
_PASSWORD_APART = re.compile(
    rf"(?i)\b(?:{_PASSWORD})\b(?:\s(?:is|was|would be))?[\s:=(\"']{{1,3}}(?P<value>[^\s\[(](?:"
    rf" [^\s\[](?![^\s.,;?!)])){{4,40}})"
)
"""Sign by sign."""
_LONG = 8
"""Letters of a password that stands behind the word alone."""
_GIVES = frozenset(str.split("is was to be as it's its = use used set 's changed password"))
_NO_PASSWORD = ORDINARY | frozenset(
    str.split(
        "wrong incorrect invalid expired blocked locked forgotten rejected weak strong safe secure secret private"
        " correct right failing"
        " asked shown compromised stolen leaked hacked reset resetting changed updated unchanged refused denied"
        " disabled missing unknown required"
        " needed accepted stored saved sent visible empty blank long short easy hard difficult broken fine okay ok"
        " old new same different case-sensitive"
        " protected encrypted known valid lost gone kaputt something anything nothing everything better unsafe unique"
        " random recover remember login log reset"
        " sensitive characters letters symbols digits alphanumeric simple complicated recognised recognized recognise"
        " accepting invalidated due outdated"
        " manager managers recovery page field box screen option link request rules policy"
    )
)
_IN_SENTENCES = frozenset(
    str.split(
        "the and not for too very you your our was are has had been being this that with from when why how what can so"
    )
)
_ASIDE = (
    r"(?:(?:all |it'?s |with )?(?:in )?(?:lower ?case|small letters|one word|(?:no|without) (?:caps|capitals|spaces"
    r"|space|gaps|gap)"
    r"|upper ?case|capitals)(?: letters)?)"
)
_FIGURE_SAID = r"(?:one|two|three|four|five|six|seven|eight|nine|zero|oh|double|\d+)"
_SAYS_A_SIGN = re.compile(
    r"\b(?:capital|exclamation(?: mark| point)?|dollar sign|pound sign|hash(?:tag)?|asterisk|star|underscore"
    r"|question mark|at sign|ampersand|percent sign|upper ?case|full stop)\b"
    rf"|[a-z]{{4,}} (?:then )?(?:{_FIGURE_SAID}(?: |\Z)){{1,6}}"
)
_IN_WORDS = re.compile(
    rf"\b(?:{_PASSWORD}|pass(?= i ))\b(?: (?:for|to|of|i|on)(?: [a-z]{{2,10}}){{1,4}}?(?= (?:is|was|its"
    rf"|it's)\b))?(?P<ahead>,? {_ASIDE},?)?(?:'s|,? (?:is|was|it'?s)|\s?[:=])?"
    rf"\s(?P<value>[a-z\d][^,.?!:;\n\[]{{3,80}}?)(?P<aside>[\s,]{{1,3}}{_ASIDE})?(?=\s?[,.?!;\n]|\s(?:and|but)\s|\Z)"
)
_OF_RULES = frozenset(
    str.split(
        "need needs must should have has had contain contains letter letters require requires required at least my i"
        " the not be wrong reset resets change changed for with without or can cant can't does doesn't dont don't in on"
        " to times time attempts tries days minutes hours ago expired expires from what why how when if you your"
    )
)


_IN_WORD = r"[\w!#$%^&*+~?\-]"
_BY_FORM = re.compile(
    rf"(?<![\w@#/.:\-*])(?={_IN_WORD}{{0,40}}[a-z])(?={_IN_WORD}{{0,40}}\d)(?={_IN_WORD}{{1,40}}[_!#$%^&*+~])"
    rf"[A-Za-z\d]{_IN_WORD}{{6,40}}(?<![?])(?![\w@/.*=])"
)
"""Letters, figures and a sign in one word: nothing else is written so."""
_BY_FORM_HINTS = Gate(test=_BY_FORM.search)
_WITH_FIGURES = re.compile(r"(?<![\w@#/.:\-*&])[A-Za-z]{3,20}\d{1,6}(?![\w@]|[./]\w)")
_OF_FILES = re.compile(
    r"(?i:err|error|exc|code|ref|img|scan|screenshot|photo|doc|file|statement|report|invoice|v|pxl|dsc"
    r"|whatsapp)[_\-]|[A-Z\d_\-*#]+\Z"
)


def find_passwords(reading: Reading) -> Iterator[Claim]:
    for found in _BY_FORM.finditer(reading.cased) if reading.has(_BY_FORM_HINTS) else ():
        if not _OF_FILES.match(found[0]) and len(found[0].rstrip("!?")) > 1:
            yield Claim(Kind.PASSWORD, *found.span(), GUESSED)
    if not reading.has(_PASSWORD_HINTS):
        return
    yield from _in_words(reading)
    text = reading.cased
    for found in _PASSWORD_TOLD.finditer(text):
        if found["value"] not in _IN_SENTENCES:
            yield Claim(Kind.PASSWORD, found.start("value"), _word_end(text, *found.span("value")), SAID)
    for found in matches(_PASSWORD_SAID, text):
        if text[found.start("value") - 1].isalnum() or '":' in found["value"]:
            # "PW708997D", and the next name in a JSON text.
            continue
        start = found.start("value")
        end = _word_end(text, start, _inner_end(text, start, found.end("value")))
        before = word_before(reading.lower, start)
        plain = text[start:end].strip("\"'“”.,!?")
        if _looks_secret(plain) or (
            before in _GIVES
            and _is_last(text, end)
            and plain.lower() not in _NO_PASSWORD
            and (before != "password" or _is_no_word(plain))
        ):
            yield Claim(Kind.PASSWORD, start, end, SAID - 1)
    for found in _WITH_FIGURES.finditer(text):
        if any(map(str.islower, found[0])):
            yield Claim(Kind.PASSWORD, *found.span(), GUESSED)
    for found in _MIXED.finditer(text):
        yield Claim(Kind.PASSWORD, *found.span(), SAID - 2)
    for found in _PASSWORD_FIRST.finditer(text):
        plain = found["value"].strip("\"'“”.,!?")
        if plain.lower() not in _NO_PASSWORD and (not found["loose"] or _looks_secret(plain)):
            yield Claim(Kind.PASSWORD, *found.span("value"), SAID)
    for found in _PASSWORD_FAR.finditer(text):
        if _looks_secret(found["value"]) and any(map(str.isdigit, found["value"])):
            yield Claim(Kind.PASSWORD, found.start("value"), _word_end(text, *found.span("value")), SAID - 3)
    for found in _PASSWORD_NEAR.finditer(text):
        plain = found["value"].strip("\"'“”.,!?")
        if _looks_secret(plain) and not plain.isupper():
            yield Claim(Kind.PASSWORD, *found.span("value"), SAID - 3)
    for found in _PHRASE.finditer(text):
        words = found["value"].lower().split()
        if sum(word in _NO_PASSWORD for word in words) * 2 <= len(words) and _IN_SENTENCES.isdisjoint(words):
            yield Claim(Kind.PASSWORD, *found.span("value"), SAID)
    for found in _PASSWORD_APART.finditer(text):
        yield Claim(Kind.PASSWORD, *found.span("value"), SAID + 1)


def _in_words(reading: Reading) -> Iterator[Claim]:
    """Where signs are said, or something says how the words are written."""
    for found in _IN_WORDS.finditer(reading.lower):
        value = found["value"]
        is_told = found["aside"] is not None or found["ahead"] is not None or _SAYS_A_SIGN.search(value) is not None
        if is_told and _OF_RULES.isdisjoint(value.split()):
            yield Claim(Kind.PASSWORD, *found.span("value"), SAID + 1)


def _is_no_word(plain: str) -> bool:
    """Nothing that one says behind "password" in a sentence, as in "password manager"."""
    return len(plain) >= _LONG and plain.isalpha() and is_unknown(plain.lower())


def _word_end(text: str, start: int, end: int) -> int:
    """Without the sentence's end, where the value has no sign of that kind in itself."""
    while end - start > 4 and text[end - 1] in ".,;?)":
        end -= 1
    return end


def _inner_end(text: str, start: int, end: int) -> int:
    """Without the sign that ends what a quotation or Markdown's bold began: ``**Password for the website**``."""
    line = text[text.rfind("\n", 0, start) + 1 : start]
    ending = (mark for mark in ("**", "*", '"') if text.endswith(mark, start, end) and line.count(mark) % 2)
    return end - len(next(ending, ""))


def _looks_secret(word: str) -> bool:
    has_digit, has_letter = any(map(str.isdigit, word)), any(map(str.isalpha, word))
    has_sign = any(not character.isalnum() and character not in "'’-./,:" for character in word)
    is_mixed = any(map(str.islower, word)) and any(map(str.isupper, word[1:])) and not word.isupper()
    return len(word) >= 4 and (
        (has_digit and has_letter and not re.fullmatch(r"\d+(?:st|nd|rd|th|x|k|am|pm|hrs?|mins?)", word.lower()))
        or (has_sign and (has_digit or has_letter))
        or (is_mixed and "-" not in word)
    )


def _is_last(text: str, end: int) -> bool:
    """Whether the sentence ends here, or goes on with something else."""
    return bool(
        re.match(
            r"(?i)[\"'”]?\s*(?:[.,;!?)\n]|\Z|(?:and|but|so|please|thanks|can|could|for|if|now|why|what|it)\b)",
            text[end:],
        )
    )
