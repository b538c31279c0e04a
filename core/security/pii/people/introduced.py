"""People by what introduces them, whatever they are called: a relation ("my carer, Blessing Mutasa"), a label ("surname
VASILESCU"), what somebody does ("Jermaine called"), their place in a form; and others of the text beside one that was
found."""

import re
from collections.abc import Iterable, Iterator
from itertools import pairwise

from jellyfish import damerau_levenshtein_distance

from core.security.pii.grammar import has_any
from core.security.pii.kinds import GUESSED, NAMED, Claim, Kind
from core.security.pii.reading.beginnings import WordPattern
from core.security.pii.reading.hints import Gate, Hints, any_of
from core.security.pii.reading.text import Reading
from core.security.pii.words.ordinary import CHAT, ORDINARY, capitals, english
from core.security.pii.words.people import (
    COMPANY,
    PARTICLES,
    PLACES,
    is_on_a_list,
    list_given,
    list_more_given,
    list_surnames,
)

_CAPITAL = r"(?-i:[A-Z])[\w'’]*(?:-[\w'’]+)*"
_PARTICLE = (
    r"(?-i:de la|de los|de|da|do|dos|das|del|della|di|du|la|le|van der|van den|van de|van|von|zu|der|den|ter"
    r"|ten|bin|binti|ibn|al|el|y|e|mac|mc|ni|nic|st\.?|o)"
)
_NAME = rf"{_CAPITAL}(?:\.(?= (?-i:[A-Z])))?(?: (?:{_PARTICLE} ){{0,2}}(?:(?-i:[A-Z])\.|{_CAPITAL})){{0,4}}"
ROLE = (
    r"(?:wife|husband|hubby|spouse|partner|fianc[eé]+|girlfriend|boyfriend|ex|son|daughter|child|baby|newborn|kid"
    r"|twins?|stepson|stepdaughter|step-?mother"
    r"|step-?father|brother|sister|sibling|cousin|nephew|niece|uncle|aunt|auntie|aunty|mother|father|mum|mom|mam"
    r"|mummy|mommy|dad|daddy|papa|grandmother"
    r"|grandfather|grandma|grandpa|granny|gran|nan|nana|nanny|grandad|granddad|grandson|granddaughter|grandchild"
    r"|mother[ \-]in[ \-]law|father[ \-]in[ \-]law"
    r"|brother[ \-]in[ \-]law|sister[ \-]in[ \-]law|son[ \-]in[ \-]law|daughter[ \-]in[ \-]law|godmother|godfather"
    r"|godson|goddaughter|friend|mate|pal|buddy|bestie"
    r"|flatmate|roommate|housemate|neighbou?r|colleague|coworker|co-worker|boss|manager|supervisor|assistant"
    r"|secretary|carer|caregiver|aide|helper|nurse"
    r"|doctor|dentist|lawyer|solicitor|attorney|barrister|accountant|bookkeeper|advis[eo]r|agent|broker|landlord"
    r"|landlady|tenant|lodger|cleaner|plumber|builder"
    r"|electrician|gardener|babysitter|childminder|teacher|tutor|coach|pastor|priest|executor|executrix|trustee"
    r"|guarantor|guardian|beneficiary|payee|client"
    r"|customer|employee|driver|handyman|barber|hairdresser|therapist|vet|co-?signer|joint holder|business partner"
    r"|director|contact|next of kin)"
)
_RELATED = re.compile(
    rf"(?i)\b(?:my|his|her|our|their|the|your|a|an|late|ex)\s(?:[a-z][a-z'\-]*\s){{0,2}}?{ROLE}(?:['’]s)?(?:"
    rf" name)?(?:,? is called|,? called|,? named| is|,| -| \(|:)?\s{{0,2}}"
    rf"(?<=[\s(])(?P<value>{_NAME})"
)
_AUNT = re.compile(
    rf"\b(?:Aunt|Auntie|Aunty|Uncle|Cousin|Grandma|Grandpa|Granny|Nana|Nan|Big|Little|Old|Missus"
    rf"|late)\s(?P<value>{_NAME})"
)
_AUNTS = frozenset(
    str.split("aunt auntie aunty uncle cousin grandma grandpa granny nana nan big little old missus late")
)
_LABELLED = re.compile(
    r"(?i)\b(?:sur ?names?|fore ?names?|given names?|(?:first|second|last|family|middle|maiden|full|legal|birth"
    r"|christian|user'?s?) names?|name(?=\s?[?/])|nombres?(?: y apellidos?)?|apellidos?"
    r"|(?:pre)?nom|cognome|nome|vorname|nachname|titular(?: de la cuenta)?|intestatario|kontoinhaber|inhaber|imie"
    r"|nazwisko|achternaam|voornaam|naam)\b"
    rf"(?:\s?[?:/\-=]{{1,2}}\s?|\s(?:is|was|are|being|of|should be|reads|says|now|it'?s)(?:\s|:\s)"
    rf"|\s)(?P<value>{_NAME}|(?<=\? )[a-z][a-z'’\-]{{2,20}}(?: [a-z'’\-]{{2,20}})?(?=\s?[.,\n?]|\Z))"
)
_LAST_FIRST = re.compile(
    r"(?:\A|\n|/ ?|: )(?P<value>[A-Z][\w'’]+(?:-[\w'’]+)?, [A-Z][\w'’]+(?:[ \-][A-Z][\w'’]*\.?){0,2})(?= ?(?:[\n/;(]"
    r"|\Z| DOB| dob| born|, ?\d| - ))"
)
_ACTS = re.compile(
    rf"(?<![.!?:]\s)(?<![.!?:\n\"“'‘(\-–—])(?<!\A)\b(?P<value>{_CAPITAL}(?: {_CAPITAL})?)(?:,? (?:who|she|he|his"
    rf"|her)(?:['’](?:s|ll|d))?\s(?!was president)"
    r"|,? (?:called|rang|phoned|texted|emailed|messaged|told me|told us|owes|owed|lent|borrowed|stole|took my"
    r"|gave me|gave us|paid me|pays me|lives|said hi|died|passed away"
    r"|left me|signed|works for me|works with me|does my|minds|looks after|from (?:downstairs|upstairs|next door"
    r"|work|accounts|payroll|church|school|hr|sales|the office)"
    r"|in (?:accounts|payroll|hr)|speaking|put (?:my|his|her)|wants (?:his|her|me|to (?:be|open|join|close))))"
)
_HERE = re.compile(
    rf"\b(?i:it['’]?s|its|[td]h?is is|hi|hello|hey|greetings|morning|afternoon"
    rf"|evening)[,:!]?\s(?P<value>{_CAPITAL}(?: {_CAPITAL})?)(?:,? (?:here|again|from|calling|speaking|writing|abeg)\b)"
)
_MENTIONED = re.compile(
    rf"\b(?i:instead of|not|or|and|or maybe|rather than|,)\s(?P<value>{_CAPITAL}(?: {_CAPITAL}){{0,2}})"
)
_CHAINED = re.compile(rf"(?:,? (?:and|or|&)|,)\s(?P<value>{_CAPITAL}(?: (?:{_PARTICLE} ){{0,2}}{_CAPITAL}){{0,2}})")
_BEFORE_CHAIN = re.compile(rf"(?<![\w'’])(?P<value>{_CAPITAL}(?:, {_CAPITAL}){{0,3}})(?:,? (?:and|or|&)|,) \Z")
_SPELT_BEHIND = re.compile(
    r"(?i)\bspel(?:t|led|ling)(?:,| is| as|:)?\s(?P<value>[a-z](?:[ ,\-.]{1,3}(?:(?:as in|like|for) [a-z]{2,12}"
    r"|double[ \-]?[a-z]|[a-z]))(?:[ ,\-.]{1,3}(?:(?:as in|like|for) [a-z]{2,12}|double[ \-]?[a-z]"
    r"|[a-z])){1,24})(?![\w])"
)
_NAME_BEHIND = re.compile(
    rf"(?P<value>{_NAME})(?:,? (?:is|was) (?:the |my |his |her |our )?(?:sur ?name|(?:first|last|family|second"
    rf"|middle|given) name|family|name)\b|, (?:first|given) name\b)"
)
_JUST = re.compile(rf"\bname[^.?!\n]{{0,40}}\b(?:just|only|simply)\s(?P<value>{_NAME})")
_TOLD = re.compile(
    rf"\b(?:tell|ask|told|asked|remind|inform)\s(?P<value>{_CAPITAL}(?: {_CAPITAL})?)\s(?:that|to|if|about|why|when"
    rf"|her|his|not|it|i|we|the)\b"
)
_WRITTEN = re.compile(
    rf"\b(?:write|wrote|call|called|spell|spelled|spelt) (?:me|him|her) (?:as )?(?P<value>{_CAPITAL})(?:(?:,| and"
    rf"| or)? as (?P<second>{_CAPITAL}))?(?:(?:,| and| or)? as (?P<third>{_CAPITAL}))?"
)
_NOT = frozenset(
    str.split(
        "i i'm i've i'll i'd im the a an my your our his her their this that these those"
        " it its is was are and or but if so no not yes please can could would will"
        " what why when where who how there here today tomorrow yesterday monday tuesday"
        " wednesday thursday friday saturday sunday january february march april"
        " may june july august september october november december jan feb mar apr jun jul"
        " aug sep sept oct nov dec pin otp cvv cvc iban dob atm app apple google"
        " card bank account visa mastercard sort code phone email number mr mrs ms miss dr"
        " sir madam dear hi hello thanks thank regards ok okay"
        " q agent customer caller client kind best team god christmas easter english spanish"
        " french german british american irish european"
    )
)
_SAID = frozenset(
    str.split("may june april will mark bill grant frank faith hope grace rose penny rich dawn summer autumn art gene")
)
"""Words of their own, and names where somebody acts."""
_BY_LABEL, _BY_RELATION = WordPattern(_LABELLED), WordPattern(_RELATED)
_ROLE_WORDS = (
    frozenset(re.findall(r"[a-z]{2,}", ROLE)) - {"in", "law", "next", "of"}
    | frozenset(f"{word}s" for word in re.findall(r"[a-z]{2,}", ROLE))
    | {"fiance", "fiancee", "advisor", "neighbor"}
)
_LABELS = Hints(("name", "nom", "apellid", "titular", "inhaber", "intestat", "imie", "nazwisk", "naam", "forename"))
_HERE_HINTS = Hints(("here", "writing", "abeg", "again", "calling", "speaking", " from "))
_ACTS_HINTS = Hints(
    (
        *(
            " called",
            " rang",
            " phoned",
            " texted",
            " emailed",
            " messaged",
            " told ",
            " owe",
            " lent",
            " borrowed",
            " stole",
            " took",
            " gave ",
            " paid me",
        ),
        *(
            " pays me",
            " live",
            " moved",
            " said hi",
            " died",
            " passed",
            " left me",
            " signed",
            " works ",
            " does my",
            " minds",
            " looks after",
            " from ",
        ),
        *(" in accounts", " in payroll", " in hr", " speaking", " put ", " wants ", " and i", " who", " she", " he"),
    )
)
_NAME_HINTS = Hints((" name", " family", " surname"))
_TOLD_HINTS = Hints(("tell ", "ask ", "told ", "asked ", "remind", "inform"))
_WRITTEN_HINTS = Hints((" me ", " him ", " her "))
_SPELT_HINTS = Hints(("spel",))
_ANY = any_of(_HERE_HINTS, _ACTS_HINTS, _NAME_HINTS, _TOLD_HINTS, _WRITTEN_HINTS, _SPELT_HINTS)
_OF_A_PEOPLE = ("ian", "ish", "ese", "can", "ench", "man", "ch", "ean")
_ACTS_GATE = Gate(
    test=re.compile(
        r"\A(?:(?:who|she|he|his|her)(?:['’](?:s|ll|d))?\Z|called|rang|phoned|texted|emailed|messaged|told|owe|lent|borrowed"
        r"|stole|took|gave|paid|pays|lives|said|died|passed|left|signed|works|does|minds|looks|from|in\Z|speaking|put|wants)"
    ).match
)
_CLITIC = re.compile(r"(?:['’]s?|[.,])\Z")
_FEWEST = 3
"""Letters of a name that is looked for again."""


def find_introduced(reading: Reading) -> Iterator[Claim]:
    text = reading.cased
    if reading.has(_LABELS):
        for found in _BY_LABEL.finditer(text):
            yield from _named(found, NAMED)
    if not reading.has_capitals or text.isupper():
        return
    if not _ROLE_WORDS.isdisjoint(reading.folded.words):
        for found in _BY_RELATION.finditer(text):
            yield from _named(found, NAMED)
    aunts = _AUNT.finditer(text) if not _AUNTS.isdisjoint(reading.folded.words) else ()
    for found in (*aunts, *(_LAST_FIRST.finditer(text) if "," in text else ())):
        yield from _named(found, GUESSED + 1)
    if reading.may_have(_ANY):
        yield from _acting(reading)


def _acting(reading: Reading) -> Iterator[Claim]:
    """Who speaks, does something, or is told or written to."""
    text = reading.cased
    if reading.has(_HERE_HINTS):
        for found in _HERE.finditer(text):
            yield from _named(found, NAMED, _SAID)
    if reading.has(_ACTS_HINTS) and reading.has(_ACTS_GATE):
        for found in _ACTS.finditer(text):
            yield from _named(found, GUESSED, _SAID)
    if reading.has(_NAME_HINTS):
        for found in (*_NAME_BEHIND.finditer(text), *_JUST.finditer(text)):
            yield from _named(found, NAMED)
    if reading.has(_TOLD_HINTS):
        for found in _TOLD.finditer(text):
            if _is_strange(found["value"]):
                yield from _named(found, GUESSED)
    if reading.has(_WRITTEN_HINTS):
        for found in _WRITTEN.finditer(text):
            for name in ("value", "second", "third"):
                if found[name] and _is_strange(found[name]):
                    yield Claim(Kind.PERSON, *found.span(name), GUESSED)
    if reading.has(_SPELT_HINTS):
        for found in _SPELT_BEHIND.finditer(text):
            yield Claim(Kind.PERSON, *found.span("value"), NAMED)


def _named(found: re.Match[str], weight: int, also: frozenset[str] = frozenset()) -> Iterator[Claim]:
    """Up to the first word that is no part of a name."""
    start, end = found.start("value"), found.start("value")
    for word in re.finditer(r"[^\s,]+,?", found["value"]):
        plain = re.sub(r"['’]s?$|[.,]$", "", word[0].lower())
        if (
            (plain in _NOT and plain not in also)
            or (plain in ORDINARY and plain not in also and not _may_be_name(plain))
            or (plain in COMPANY and (end == start or word.end() == len(found["value"])))
        ):
            break
        if plain in PARTICLES and end > start:
            continue
        if plain in capitals() and plain.endswith(_OF_A_PEOPLE) and not _may_be_name(plain) and start == end:
            break
        if (
            any(map(str.isdigit, plain))
            or plain in CHAT
            or (word[0].isupper() and 1 < len(plain) <= _FEWEST and plain not in list_given())
        ):
            break
        end = start + word.start() + len(_CLITIC.sub("", word[0]))
    while end > start and found.string[start:end].rpartition(" ")[2].lower() in PARTICLES:
        end = start + len(found.string[start:end].rpartition(" ")[0])
    if end - start > 1:
        yield Claim(Kind.PERSON, start, end, weight)


def _may_be_name(plain: str) -> bool:
    return plain in list_given() or plain in list_more_given() or plain in list_surnames()


def find_beside(text: str, claims: Iterable[Claim]) -> Iterator[Claim]:
    """Others in a row with one that was found, and the same ones again."""
    parts: dict[str, None] = {}
    for claim in claims:
        said = text[claim.start : claim.end]
        parts.update(
            dict.fromkeys(part for part in re.findall(r"[^\W\d_]+(?:['’\-][^\W\d_]+)*", said) if len(part) > _FEWEST)
        )
        if not said[:1].isupper():
            continue
        end = claim.end
        for _ in range(_MOST_IN_A_ROW):
            behind = _CHAINED.match(text, end)
            if behind is None or not _is_strange(behind["value"]):
                break
            yield Claim(Kind.PERSON, *behind.span("value"), GUESSED)
            end = behind.end()
        is_in_row = text[max(0, claim.start - 4) : claim.start].endswith(_LINKS)
        ahead = _BEFORE_CHAIN.search(text, max(0, claim.start - 60), claim.start) if is_in_row else None
        if ahead and _is_strange(ahead["value"]):
            yield Claim(Kind.PERSON, *ahead.span("value"), GUESSED)
    ordered = sorted((claim.start, claim.end) for claim in claims)
    for (_, left), (right, _) in pairwise(ordered):
        if left < right <= left + _WIDEST and _CORRECTED.fullmatch(text, left, right):
            yield Claim(Kind.PERSON, left, right, GUESSED)
    for claim in claims:
        small = _FURTHER_SMALL.match(text, claim.end) if text[claim.start : claim.end].islower() else None
        if small and _is_strange(small["value"]):
            yield Claim(Kind.PERSON, *small.span("value"), GUESSED)
        if (further := _FURTHER.match(text, claim.end)) and _is_strange(further["value"]):
            yield Claim(Kind.PERSON, *further.span("value"), GUESSED)
    again = {part for part in parts if _is_name_again(part)}
    has_slips = 0 < len(again) <= _MOST_IN_A_ROW and has_any(text, _SLIP_HINTS)
    is_repeated = any(text.count(part) > 1 for part in again)
    for found in _ANY_NAME.finditer(text) if has_slips or is_repeated else ():
        if found["one"] in again or (has_slips and found["one"][0].isupper() and _is_slip(found["one"], again)):
            more = (
                found["more"]
                and _is_strange(found["more"].strip())
                and (found["more"][1].isupper() or found[0][0].islower())
            )
            yield Claim(Kind.PERSON, found.start(), found.end("more") if more else found.end(), GUESSED - 1)


def _is_slip(word: str, names: Iterable[str]) -> bool:
    """Whether it is one of the names misspelt."""
    near = [name for name in names if name[0] == word[0] and word != name and abs(len(word) - len(name)) <= _SLIPS]
    return (
        bool(near)
        and len(word) > _LONG
        and _is_strange_word(word)
        and any(damerau_levenshtein_distance(word, name) <= _SLIPS for name in near)
    )


_LONG, _SLIPS = 4, 2
_SLIP_HINTS = (" not ", "spel", "wrong", " put ", "wr", "letter", "instead", " as ", "correct", " or ")


def _is_name_again(part: str) -> bool:
    plain = part.lower()
    return (
        plain not in ORDINARY
        and plain not in _NOT
        and plain not in PLACES
        and (part[0].isupper() or part not in english())
    )


_ANY_NAME = re.compile(
    r"(?<![\w@.])(?P<one>[^\W\d_]+(?:['’\-][^\W\d_]+)*)(?![\w@]|\.\w)(?=(?P<more> (?:[A-Z][\w'’\-]+|[a-z]{4,}))?)"
)
_LINKS = (", ", "and ", " or ", "& ")
_MOST_IN_A_ROW = 12
_WIDEST = 24
"""Characters between a name and what corrects it."""
_CORRECTED = re.compile(
    r"(?i)(?:[\s,.…\-]*\b(?:no|sorry|wait|oops|i mean|actually|rather|er|um|uh|first name|last name|surname"
    r"|given name|that is|comma)\b)+[\s,.…\-]*"
)
_FURTHER_SMALL = re.compile(r",?\s{1,3}(?P<value>[a-z]{4,}(?:['’\-][a-z]+)?)(?=\s*(?:[,.;!?\n]|\Z))")
_FURTHER = re.compile(r"\s{1,4}(?P<value>[A-Z][\w'’]+(?:-[\w'’]+)*)(?! ?[&'’])")


def _is_strange(said: str) -> bool:
    """Whether each word may be a name: on a list, or on none at all."""
    return all(_is_strange_word(word) for word in re.findall(r"[^\s,]+", said))


def _is_strange_word(word: str) -> bool:
    plain = re.sub(r"['’]s?$", "", word).lower()
    if plain in PARTICLES:
        return True
    if plain in COMPANY or plain in PLACES or plain in _NOT or word.isupper():
        return False
    return (
        _may_be_name(plain)
        or is_on_a_list(plain)
        or (plain not in ORDINARY | CHAT and plain not in english() and plain not in capitals())
    )
