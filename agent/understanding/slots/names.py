"""Names where one is to be expected: "to Anna Berg", "pay anna berg 20", "called Tom", "at Snappy Snaps". They need
not be known; what is known is matched by `agent.understanding.slots.matching`."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from agent.understanding.slots import currencies
from agent.understanding.slots.mention import Mention, Role
from agent.understanding.slots.numbers import WORDS
from agent.understanding.slots.vocabulary import COMMON, ENDS, NO_COMPANY

_WORD = re.compile(r"[^\W\d_](?:\d(?!\w)|(?:[^\W\d_]|['’&-])*[^\W\d_])?(?!\w)(?:\.(?=\s+[^\W\d_]))?|&")
_THE = re.compile(r"\bthe\s+$", re.IGNORECASE)
_PROPER = re.compile(r"[A-Z][\w'’&-]*\s+[A-Z][\w'’&-]")
""" "Monthly Pay": capitals tell a name from ordinary words."""
_CURRENCY = re.compile(currencies.WORD, re.IGNORECASE)
_CONTRACTED = re.compile(r"['’](?:s|m|d|ll|re|ve)$")
""" "that's" is no name, since "that" is none."""
_WALLET = re.compile(r"(?:apple|google|samsung)\s+pay\b|MY\b", re.IGNORECASE)
_ARTICLE = re.compile(r"(?:the|a|an)\s+", re.IGNORECASE)
_LONGEST = 5
"""Words."""
_MONEY = (
    r"(?:[£€$]\s?[\d.,]{1,15}k?"
    r"|(?<![\d.,])[\d.,]{1,15}\s?(?:[£€$]|k|pounds?|quid|euros?|dollars?|bucks|gbp|eur|usd|p)?)"
)


@dataclass(frozen=True, slots=True)
class _Place:
    """Words after which a name stands."""

    before: re.Pattern[str]
    kind: Literal["name", "merchant"]
    role: Role | None = None
    capital: bool = False
    """Only a name that is written with a capital."""
    where: re.Pattern[str] | None = None
    """Only in a message that has this."""
    least: int = 1
    """Words."""
    ends: bool = False
    """Only before a stop, a number or a word that goes on with the sentence; no object follows, as after a verb."""


def _place(
    pattern: str,
    kind: Literal["name", "merchant"],
    role: Role | None = None,
    *,
    capital: bool = False,
    where: str | None = None,
    ends: bool = False,
    least: int = 1,
) -> _Place:
    condition = re.compile(where, re.IGNORECASE) if where else None
    return _Place(re.compile(rf"(?:{pattern})\s+", re.IGNORECASE), kind, role, capital, condition, least, ends)


_SENDING = (
    r"pay(?:ing)?|paid|repay|se?nd(?:ing)?|sent|resend|resent|transfer(?:red|ring)?|transfers?|payments?|wire[ds]?|wiring|give|gave|giving"
    r"|money|cash|orders?|transactions?|mov(?:e|ed|ing)|put|go|goes|made|amount|rent|it|that|them|him|her|one|instead|directed|belongs|owe|rest|half"
)
_LOOKED_UP = (
    r"(?:show|list|see|find|all|any|are\s+there|status|what|how\s+much|when|which|total|those|these|other|my)\b.{0,60}?"
)
_MOVES_MONEY = r"\b(?:pay\w*|paid|send\w*|sent|transfer\w*|order|debit|money|wire)\b"
_PLACES: tuple[_Place, ...] = (
    # Companies first: of equal findings the first is kept.
    _place(
        r"\bdirect\s+debits?(?:\s+(?:that\s+|which\s+)?(?:i\s+)?(?:have|had|set\s+up|pay|of\s+\S+(?:\s+\w+)?))*(?:\s+payments?)?"
        r"\s+(?:with|for|to|at|from|by)",
        "merchant",
    ),
    _place(rf"\b{_LOOKED_UP}\bpayments?\s+(?:at|in|with|to)", "merchant"),
    _place(
        r"\b(?:contactless|card|online)\s+payments?\s+(?:to|at|in|with)|\bpayments?\s+of\s+\S+(?:\s+[a-z]+)?\s+for",
        "merchant",
    ),
    _place(
        r"\b(?:shop(?:ped|ping)?|bought|buy|purchase[ds]?|pay|paid|paying|payment|charged?|visited|visit|went|been|used?|rejected|declined"
        r"|accepted|contactless|ordered|expenses?|transactions?|anything|something|stuff|card|out|pounds|quid|euros|dollars"
        r"|[£€$]?(?<![\d.,])\d[\d.,]{0,14}[£€$]?)\s+(?:at|in|with)",
        "merchant",
    ),
    _place(r"\b(?:on|at|in|with)", "merchant", where=r"\b(?:spen[dt]|spending|expens\w+|purchases?)\b"),
    _place(r"\bmuch\b.{0,20}\b(?:paid?|pay)\s+(?:at|in|for)", "merchant"),
    _place(
        r"\b(?:refunds?|refunded|cashback|delivery|purchase|subscription|invoice|bill|charge[ds]?)\s+(?:from|by|at|with)",
        "merchant",
    ),
    _place(r"\b(?:subscriptions?|memberships?)\s+(?:of|for|to)", "merchant"),
    _place(r"\b(?:transactions?|charges?|charged|purchases?|activity)\s+(?:on|from|at|with|by)", "merchant"),
    _place(r"(?:\b(?:was|were|am|i'm|shop(?:ped|ping)?)\s+(?:just\s+)?|^\W*)at", "merchant"),
    _place(r"\bi\s+(?:just\s+)?went\s+to", "merchant"),
    _place(
        r"\b(?:my|the|that|this|a)"
        r"(?=\s+(?:(?!of\b|on\b|for\b|in\b|to\b)[^\W\d_][\w&'’-]*\s+){1,2}(?:subscription|direct\s+debit|refund|charge|purchase|membership)\b)",
        "merchant",
    ),
    _place(r"\b(?:visited|visiting)", "merchant"),
    _place(
        r"\b(?:did|does|has|have)(?=\s+[\w.'’& -]{2,40}?\s+(?:(?:over)?charged?|billed?|refund(?:ed)?|take|taken)\b)",
        "merchant",
    ),
    _place(r"^\W*(?:and\s+)?(?:what|how)\s+about", "merchant", capital=True),
    _place(r"\bat", "merchant", capital=True),
    _place(r"\b(?:on|with|from|by)", "merchant", capital=True),
    _place(
        r"\b(?:much|what)\b.{0,30}\b(?:have\s+i|did\s+i|i|i've|i\s+have)\s+(?:ever\s+|already\s+)?(?:paid?|given|gave)",
        "merchant",
    ),
    _place(
        rf"(?:^|[,;.!?-]\s*|\b(?:{_SENDING})(?:\s+(?:over|across|please|now|today|tomorrow))?|{_MONEY}"
        r"|\b(?:afternoon|morning|evening|night|[ap]\.?m\.?))\s*\b(?:to|2)",
        "name",
        "to",
    ),
    _place(r"\b(?:meant|not|actually|sorry|no|but|rather|instead|make\s+it|change\s+it)\s+(?:to|for)", "name", "to"),
    _place(r"\bto", "name", "to", capital=True),
    _place(r"\bto", "name", "to", where=_MOVES_MONEY, ends=True),
    _place(
        r"(?:^|\b(?:please|and|then|to|can\s+you|could\s+you|just|want\s+to|not|i|we|will|also|did|now|ll|have|ve|been|should|already)\s+|[,;.!?]\s*)"
        r"(?:pay|repay|send|give|transfer|wire|paid|refund|reimburse|owe|lend)",
        "name",
        "to",
    ),
    _place(
        r"\b(?:add|adding|remove|delete|removing|deleting|rename|edit|update)"
        r"(?:\s+(?:a\s+|the\s+|my\s+|new\s+|another\s+)*(?:payee|beneficiary|recipient|person|contact))?(?:\s+(?:called|named|-|:))?",
        "name",
    ),
    _place(
        r"\b(?:save|store|register|put|set\s+up|have|keep)"
        r"(?=\s+[\w.'’& -]{2,40}?\s+(?:as|to|on|in)\s+(?:an?\s+|my\s+|the\s+)?(?:new\s+)?"
        r"(?:payees?|beneficiar|recipient|contact))",
        "name",
    ),
    _place(
        r"\b(?:payee|beneficiary|recipient)(?:'s)?(?:\s+name)?(?:\s+(?:is|called|named|to\s+be|should\s+be))*[:,]?",
        "name",
    ),
    _place(
        r"\b(?:called|named|name\s+is|name's|under\s+the\s+name(?:\s+of)?|(?:on|in)\s+the\s+name(?:\s+of)?|same\s+name|names?\s+of"
        r"|full\s+name(?:\s+is)?:?|surname(?:\s+is)?|account\s+holder(?:\s+is)?)",
        "name",
    ),
    _place(
        r"\b(?:received?|get|got|money|payments?|transfers?|refund|cash|income|deposits?|cheques?|orders?|anything|something|\d)\b"
        r".{0,20}?\bfrom",
        "name",
        "from",
    ),
    _place(
        r"(?:^|\b(?:orders?|transfer|payment|money|[\w']+\s+set\s+up|it|one|that|meant|not|actually|no)\s+|[,;.!?]\s*)for",
        "name",
    ),
    _place(r"\b(?:call|name)\s+(?:it|this|that|the\s+(?:account|pot|card))", "name"),
    _place(r"\b(?:i\s+meant|i\s+mean|i\s+said|meant|mean)", "name"),
    _place(r"\b(?:it'?s|it\s+is|this\s+is|i\s+am|i'm)(?=\s+[\w.' -]{2,40}\s+(?:speaking|here|calling))", "name"),
    _place(r"\b(?:this\s+is|i\s+am|i'm|the\s+name\s+is|it'?s)", "name", capital=True),
    _place(
        r"\b(?:did|has|have|will)(?=\s+[\w.' -]{2,40}?\s+(?:sen[dt]|pa(?:y|id)|transfer(?:red)?)\b)",
        "name",
        "from",
    ),
    _place(r"\b(?:sent|made|paid|transferred|received|payments?|transfers?|orders?)\s+by", "name", "from"),
    _place(
        r"\b(?:meeting|appointment|call|joint\s+account|spoke|speak(?:ing)?|talk(?:ed|ing)?|share[ds]?|split(?:ting)?)\s+with",
        "name",
    ),
    _place(
        r"\bmy\s+(?:best\s+|old\s+|good\s+)?(?:friend|brother|sister|mum|mom|dad|mother|father|wife|husband|partner|son|daughter|cousin"
        r"|flatmate|roommate|landlord|landlady|boss|colleague|neighbour|uncle|aunt|nephew|niece|girlfriend|boyfriend|mate)",
        "name",
        ends=True,
    ),
    _place(r"\b(?:this\s+is|i\s+am|i'm)", "name", ends=True, least=2),
    _place(r"\b(?:on\s+behalf\s+of|under(?:\s+the\s+name)?|who\s+is|who's|was\s+(?:for|from|to))", "name"),
    _place(r"\b(?:share|split)\w*\b.{0,20}\bwith", "name"),
    _place(r"^\W*(?:from|with|by|and)", "name", where=r"^\W*\w+(?:\s+[^\W\d_][\w'-]*){1,3}\W*$", ends=True),
    _place(
        r"(?:\bnot|,)", "name", where=r"^\W*(?:no|nope|not|yes|yeah|yep|ok|sorry|actually|wait)\b.{0,40}$", ends=True
    ),
    _place(r",\s*not(?:\s+to)?", "name", ends=True),
    _place(rf"\band(?=\s+[^\W\d_]+(?:\s+[^\W\d_]+)?\s+{_MONEY})", "name", "to", where=_MOVES_MONEY),
    _place(r"\b(?:mr|mrs|ms|miss|dr|prof)\b\.?", "name"),
)
_GOES_ON = re.compile(
    r"\s*(?:$|[,.;!?(]|\d|[£€$]|\s(?:from|on|for|in|via|at|by|with|using|and|every|each|today|tomorrow|yesterday|now|next|last|this|please"
    r"|until|since|before|after|once|through|instead|is|was|has|about|again|as|straight|right|immediately|asap|weekly|monthly)\b)",
    re.IGNORECASE,
)
_SPEAKING = re.compile(
    r"^\W*(?:(?:hi|hello|hey|good\s+\w+)[,!. ]+)?"
    r"(?P<name>[^\W\d_][\w'-]*(?:\s+[^\W\d_][\w'-]*){0,2})\s+(?:speaking|here|calling)\b",
    re.I,
)
_BEFORE_DETAILS = re.compile(
    r"\W*(?:(?:it'?s|for|to|name\s+is)\s+)?(?P<name>[^\W\d_][\w'’.-]*(?:\s+[^\W\d_][\w'’.-]*){0,3})\s*[,;:–-]\s+"
    r"(?=(?:and\s+|the\s+|his\s+|her\s+|their\s+)*(?:sort|s/c|sc|acc|a/c|iban|\[|\d{2}-\d|\d{6}|[A-Z]{2}\d{2}))",
    re.IGNORECASE,
)
""" "Anna Berg, sort code ..."."""
_NUMBER = re.compile(WORDS, re.IGNORECASE)
_WHOLE = re.compile(r"\W*(?P<name>[^\W\d_][\w'’.-]*(?:\s+[^\W\d_][\w'’.-]*){0,3})\W*$")


def find_names(text: str) -> Iterator[Mention]:
    """Names of people and companies in the places where they are said."""
    for place in _PLACES:
        if place.where and not place.where.search(text):
            continue
        for start, end in _spans(text, place):
            yield Mention(place.kind, text[start:end], start, end, text[start:end], role=place.role)
    for pattern in (_WHOLE, _SPEAKING, _BEFORE_DETAILS):
        match = pattern.match(text)
        if match is None or _NUMBER.fullmatch(match["name"]):
            continue
        if not any(_plain(word) in COMMON for word in match["name"].split()):
            yield Mention("name", match["name"], *match.span("name"), match["name"])


def _plain(word: str) -> str:
    """In small letters, "that" for "that's"."""
    return _CONTRACTED.sub("", word.strip(".").lower())


def _spans(text: str, place: _Place) -> Iterator[tuple[int, int]]:
    common = NO_COMPANY if place.kind == "merchant" else COMMON
    position = 0
    while match := place.before.search(text, position):
        position = match.end()
        span = _name_at(text, match.end(), common)
        if span is not None and _fits(text, match.end(), *span, place):
            yield span if place.kind == "merchant" else _without_owning(text, *span)


def _fits(text: str, position: int, start: int, end: int, place: _Place) -> bool:
    if text[start].islower() and (
        place.capital
        # "the plumber" may be paid, but in other places it is nobody's name.
        or (place.kind == "name" and place.role is None and _THE.search(text, position, start))
    ):
        return False
    return len(text[start:end].split()) >= place.least and (not place.ends or _GOES_ON.match(text, end) is not None)


def _name_at(text: str, position: int, common: frozenset[str]) -> tuple[int, int] | None:
    """Where the name that begins there lies, if one does. After an article only one with a capital or after "the"."""
    if article := _ARTICLE.match(text, position):
        position = article.end()
        if article[0][0] in "aA" and not text[position : position + 1].isupper():
            return None
    start, end, words = position, position, 0
    while words < _LONGEST and (word := _WORD.match(text, end if not words else end + 1)):
        said = word[0].rstrip(".").lower()
        said = said if said in common else _CONTRACTED.sub("", said)
        said = said.partition("-")[0] if set(said.split("-")) <= ENDS else said
        after = _WORD.match(text, word.end() + 1) if words and said in ("and", "&", "of") else None
        if after and text[start].isupper() and after[0][0].isupper() and after[0].lower() not in ENDS:
            end, words = after.end(), words + 2
            continue
        proper = not words and common is NO_COMPANY and _is_proper(text, position)
        if (
            (said in (common if not words else ENDS) and not proper)
            or _CURRENCY.fullmatch(said)
            or (words and text[end : end + 1] != " ")
        ):
            break
        end, words = word.end(), words + 1
    if not words:
        return None
    end = start + len(text[start:end].rstrip(".&- "))
    return _without_possessive(text, start, end)


def _without_owning(text: str, start: int, end: int) -> tuple[int, int]:
    """ "latoya's account" is that of Latoya."""
    return (start, end - 2) if text[start:end].endswith(("'s", "’s")) else (start, end)


def _is_proper(text: str, position: int) -> bool:
    """ "Monthly Pay" is a company, although no name begins with "monthly"; "Apple Pay" is none."""
    return bool(_PROPER.match(text, position)) and not _WALLET.match(text, position)


def _without_possessive(text: str, start: int, end: int) -> tuple[int, int]:
    """ "Santander's atms" names Santander's."""
    owner = re.search(r"['’]s\s", text[start:end])
    return (start, start + owner.start() + 2) if owner else (start, end)
