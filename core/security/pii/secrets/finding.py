"""What nobody should type into a chat: PINs, card security codes, one-time codes, passwords, answers to security
questions. Found behind their cue, or before it ("4821 is my PIN")."""

import re
from collections.abc import Iterator

from core.security.pii.grammar import NO_LESS, cued, digits, matches, only_digits, word_before
from core.security.pii.kinds import SAID, Claim, Kind
from core.security.pii.reading.hints import Gate, Hints
from core.security.pii.reading.needed import needs
from core.security.pii.reading.text import Reading
from core.security.pii.secrets.passwords import find_passwords
from core.security.pii.words.ordinary import ORDINARY

_PIN = (
    r"p\.?\s?[il1|!]\.?\s?n(?:\.|\b)(?:['’]?s\b)?(?:[ \-](?:code|number|num|no\.?|nr\.?|#))?|pni(?: code| number)?"
    r"|pinn(?:"
    r" code| number)?|pincode|pin-code"
)
_CVV = (
    r"cvv ?2?|cid|cvc ?2?|cv2|cv(?: ?v)?(?= (?:code|number|num|no|is)\b)(?: (?:code|number|num|no))?|cvn|csc|cvw"
    r"|cvvv|c\.v\.v\.?|card security (?:code|number|digits)|security (?:code|number"
    r"|digits)|card verification(?: code| value| number)?"
    r"|(?:three|3)[ \-]digit (?:security )?(?:code|number)"
    r"|(?:three|3|four|4|last three|last 3)[ \-](?:digits?|numbers?)(?: code| number)?(?: (?:on|at|from) the (?:back"
    r"|reverse|signature strip)(?: of (?:the|my|our) card)?)"
    r"|(?:code|number|digits) (?:on|at|from) (?:the|my)(?: card'?s?)? (?:back|reverse|signature strip)(?: of (?:the"
    r"|my|our) card)?"
)
_OTP = (
    r"otp(?: code)?|one[ \-]?time[ \-]?(?:pass|security |access |login )?(?:code|password|pin|passcode|number)|pass"
    r" ?code"
    r"|(?:verification|authenti?cation|auth|confirmation|activation|login|log ?in|log-in|security|access|sms|text"
    r"|mobile|2fa|mfa|two[ \-]factor|authori[sz]ation|approval|step-up|6[ \-]digit|six[ \-]digit)"
    r" ?(?:codes?|token|pin|digits)|code (?:you (?:just )?(?:sent|texted|gave)|i (?:just )?(?:got|received|was"
    r" sent))(?: me)?(?: (?:by|via|in|on|through) (?:a |the |my )?(?:sms|text|phone|app|email))?|tan|(?<!\d)(?:six|6)"
    r" (?:digits|numbers|figures)"
)
_CODE = r"codes?"
NOT_THAT_CODE = frozenset(
    str.split(
        "sort post area zip country error branch promo discount voucher referral product reference swift bic bank"
        " merchant"
        " currency dress booking tax routing qr bar order case dialling dialing category iban status store key invite"
        " invitation gift coupon reorder item part batch model serial project cost area zip purpose reason mcc sic"
    )
)
ON_A_RECEIPT = re.compile(
    r"\W{1,2}(?:is |was )?(?:printed |shown |written )?(?:on|from|in|off) (?:the|my|a|your) (?:till |card"
    r" )?(?:receipt|slip|invoice|bill|ticket)\b"
)
"""A shop's code for a payment."""
_BEFORE_FIGURES = frozenset(
    str.split(
        "are iz ist es est nr they he she figures pln p1n pin pni pinn pincode code number num no is was to be as it"
        " its s it's use used using now currently of"
        " cvv cvc cvn csc"
        " back reverse strip me got get received digits digit card otp passcode token password said says reads"
        " entered enter typed"
        " sent texted number here's value me: that this new old app online value tan credit debit okay ok well um uh"
        " pan"
        " set one today phone sms text below following equals c v n i p please and visa mastercard"
    )
)
_NEVER_BEFORE_PIN = frozenset(str.split("card debit credit visa mastercard on one and today"))
"""The card's own last digits stand behind these: "the PIN of my card 4821"."""
_UNIT = re.compile(
    r"(?i)[\s\-]?(?:times?|digits?|attempts?|tries|days?|weeks?|hours?|hrs?|minutes?|mins?|seconds?|months?|years?"
    r"|pounds?|quid|euros?|dollars?|gbp|eur|usd"
    r"|percent|%|working|business|cards?|letters?|characters?|numbers|am\b|pm\b|wrong|different|o'?clock|p\b|k\b"
    r"|people|of my|of the|more|-digit|points)"
)
_PIN_HINT = re.compile(r"p\.?\s?[il1|!]\.?\s?n|pni")
_PIN_HINTS = Gate(test=re.compile(r"p\.?(?:\Z|[il1|!]\.?(?:\Z|n))|pni").search)
_ON_THE_BACK_HINTS = ("back", "reverse", "strip")
_CVV_HINTS = Hints(("cv", "csc", "cid", "c.v", "security", "verification", "digit", *_ON_THE_BACK_HINTS))
_OTP_HINTS = Hints(
    (
        *("otp", "code", "token", "pin", "digit", "password", "figures", "numbers"),
        *("time number", "time-number", "timenumber"),
    ),
    re.compile(r"(?<![^\W\d_])tan(?![^\W\d_])").search,
)
_PATTERNS: tuple[tuple[Kind, int, re.Pattern[str], frozenset[str]], ...] = (
    (Kind.PIN, 3, cued(_PIN, rf"{NO_LESS}{digits(3, 8)}(?!\d|[.,]\d)"), _NEVER_BEFORE_PIN),
    (Kind.CVV, 3, cued(_CVV, rf"{NO_LESS}{digits(3, 4)}(?!\d|[.,/\-]\d|[ ]\d)"), frozenset()),
    (Kind.OTP, 4, cued(_OTP, rf"{NO_LESS}{digits(4, 10)}(?!\d|[.,]\d)"), frozenset({"card"})),
    (
        Kind.OTP,
        1,
        cued(
            _OTP, r"(?=[A-Z\-]*\d)(?=[\d\-]*[A-Z])(?-i:[A-Z0-9]{1,4}-[A-Z0-9]{3,8}|[A-Z0-9]{5,10})(?![\w-])", cased=True
        ),
        frozenset({"card"}),
    ),
    (Kind.OTP, 5, cued(_CODE, rf"{NO_LESS}{digits(5, 8)}(?![^\W_]|[.,]\d)"), frozenset({"card"})),
)
_BARE_CODE = re.compile(
    rf"(?i)(?<![\d.,£$€]){digits(6, 6, '[ -]')}(?!\d|[.,]\d|\s*(?:pounds?|euros?|dollars?|quid|gbp|eur|usd)\b)"
)
_BEFORE_CUE = re.compile(
    rf"(?i)(?P<value>\d(?<![\d£$€#]\d)(?<!\d[.,]\d)(?:[ \t\n\-.]{{0,3}}\d){{2,7}})(?!\d)[\s,(\-]{{1,3}}"
    rf"(?:is|was|as|for|being|=|that's|thats|it'?s"
    rf"|which is|here's)?[\s(]{{0,2}}(?:(?:my|the|our|your|a|his|her)\s?)?(?:(?P<rated>good|safe|strong|bad|weak|secure"
    rf"|better)\s)?"
    rf"(?:(?:new|old|current|card|debit|credit|bank|card's|atm)\s){{0,2}}(?:(?P<pin>{_PIN})|(?P<cvv>{_CVV})"
    rf"|(?P<otp>{_OTP}|code you sent|(?<=the )code|(?<=your )code|(?<=my )code))\b"
)
_LINKED = re.compile(r"(?i)\b(?:is|was|as|being|that's|thats|it'?s|for)\b|[=(]")
_ON_THE_BACK = re.compile(
    r"(?i)(?<![\d.,£$€])(?P<value>\d{3,4})\s(?:is )?(?:on|at|from) the (?:back|reverse|signature strip)\b"
)
_CHANGED_TO = re.compile(
    r"(?i)\b(?:chang|set|reset|ma[dk]|put|choos|chose|pick)\w{0,4} (?:it |this |that |the new one )?(?:to|as|be) "
    r"(?P<value>\d{4,6})(?![\d]|[.,/\-]\d)(?=[^.?!\n]{0,40}\bpin\b)"
)
"""The word comes behind: "I changed it to 4821 so the PIN should work"."""

_WORDS_APART = (
    (Kind.CVV, _ON_THE_BACK, needs(_ON_THE_BACK)),
    (Kind.PIN, _CHANGED_TO, Gate(("pin",))),
)
_FEWEST_DIGITS = 3

_ANSWER_VALUE = r"(?:(?:the|a|an|called|named|my)\s)?[^\W_][\w'’.\-]{0,30}(?:\s[^\W_][\w'’.\-]{0,30}){0,3}"
_THINGS = (
    r"(?:pet|dog|cat|hamster|rabbit|horse|goldfish|teacher|school|primary school|secondary school|high school|car"
    r"|motorbike|street|road|friend|best friend|film|movie|team|football team|football club|book"
    r"|colou?r|food|place|band|singer|job|boss|employer|phone|concert|holiday|nickname|hero|author|song|toy"
    r"|girlfriend|boyfriend|kiss|house|subject|sport|club|restaurant|university|college|crush|actor|boat|bike)"
)
_IS = (
    r"(?:\s?(?:(?:is|was|were)(?!n['’]?t)|'s|=|:|-)\s?|\s(?:is|was|would be|should be|will be|to be)\s)(?:(?:called"
    r"|named|a"
    r"|an|the)\s)?"
)
_ANSWERS: tuple[re.Pattern[str], ...] = tuple(
    re.compile(rf"(?i)\b(?:{cue})(?P<value>{_ANSWER_VALUE})")
    for cue in (
        rf"(?:(?:grand)?(?:mother|mum|mom|ma|mam)(?:['’]?s)?|her) maiden name{_IS}",
        rf"maiden name(?:\sof my (?:grand)?(?:mother|mum|mom))?{_IS}",
        rf"(?:first|childhood|favou?rite|favou?rit|oldest|old|memorable) {_THINGS}(?:['’]?s)?(?: name)?(?: i (?:ever"
        rf" )?(?:had|owned|went to|drove|attended|lived (?:on|in)|kept|worked (?:at|for)))?(?:\s?(?:is|was|'s|=|:)\s?"
        rf"|\s)(?:called |named )(?:the |a )?",
        rf"(?:first|childhood|favou?rite|favou?rit|oldest|memorable) {_THINGS}(?:['’]?s)?(?: name)?(?: i (?:ever"
        rf" )?(?:had|owned|went to|drove|attended|lived (?:on|in)|kept|worked (?:at|for)))?{_IS}",
        rf"name of (?:my|the) (?:first |childhood |favou?rite |primary |oldest ){{1,2}}{_THINGS}{_IS}",
        rf"name of (?:my|the) {_THINGS}{_IS}",
        rf"(?:first|childhood|favou?rite) {_THINGS}(?: name)?\s(?=(?-i:[A-Z]))",
        r"(?:mother|mum|mom)(?:['’]?s)? maiden name\s(?=(?-i:[A-Z]))",
        rf"{_THINGS},[^,.?!]{{1,30}},{_IS}",
        r"(?:street|road|town|city|place|village) (?:did )?(?:you|i) gr[eo]w up (?:on|in)\??\s?:\s",
        r"mem(?:\.|orable)? (?:word|info|place|name|date|phrase)(?: is| was|:)?\s(?=[\"'])[\"']",
        r"(?:memorable|secret|security) (?:word|answer|name|place)\s(?=[^\W\d_]{3,}\s?(?:[.,!]|\Z))",
        rf"(?:security|secret|memorable|recovery|challenge|password) (?:answer|word|place|name|date|phrase"
        rf"|information|info|reply|hint|(?:question(?:['’]?s)? )?answer)(?: (?:for|of|on) (?:my|the) account)?{_IS}",
        rf"answer (?:to|for) (?:my|the|that|your)(?: \w{{1,12}})? ?questions?(?: (?:about|of) [\w ']{{1,30}}?)?{_IS}",
        r"(?:place of birth|city of birth|town of birth|birth ?place|city (?:where )?i was born(?: in)?|town (?:where"
        r" )?i was born(?: in)?)(?:\s?(?:is|was|=|:)\s?)",
        r"(?:street (?:where )?i grew up(?: on| in)?|road i grew up on|parents met(?: in)?|honeymooned in)(?:\s(?:is"
        r"|was)\s|\s?[:=]\s?|\s)",
        r"(?:memorable word|maiden name|answer to (?:my|the|your) security question|security"
        r" answer)\s(?=[^\W\d_]{3,20}(?:\s[^\W\d_]{3,20})?"
        r"\s(?:plz|please|pls|dont|doesnt|don't|doesn't|isnt|isn't|wont|won't|not working|does not|is wrong)\b)",
        r"(?-i:[Ii] was born in )(?=(?-i:[A-Z]))(?!(?:January|February|March|April|May|June|July|August|September"
        r"|October|November|December)\b)",
    )
)
_THING_NAMED = re.compile(
    rf"(?:first|childhood|favou?rite?|old|oldest|memorable) {_THINGS}|\b{_THINGS},|(?:first|childhood|favou?rite?)"
    rf" [^\W\d_]"
)
_BETWEEN_COMMAS = Hints((",",))
_OF_THINGS = Hints(("first", "childhood", "favou", "favor", "old", "memorable"))
_MAIDEN, _NAME_OF, _BORN = Hints(("maiden",)), Hints(("name of",)), Hints(("born",))
_ANSWERS_HINTS: tuple[Hints, ...] = (
    _MAIDEN,
    _MAIDEN,
    _OF_THINGS,
    _OF_THINGS,
    _NAME_OF,
    _NAME_OF,
    _OF_THINGS,
    _MAIDEN,
    _BETWEEN_COMMAS,
    Hints(("up on", "up in")),
    Hints(("mem",)),
    Hints(("memorable", "secret", "security")),
    Hints(("security", "secret", "memorable", "recovery", "challenge", "password")),
    Hints(("answer",)),
    Hints(("birth", "born")),
    Hints(("grew up", "parents met", "honeymoon")),
    Hints(("memorable word", "maiden name", "security")),
    _BORN,
)
"""Beside each of ``_ANSWERS``: one of them stands in whatever it finds."""
_ANSWER_HINT = re.compile(
    r"maiden|first|childhood|favou?rit|old|mem |memorable|security|secret|recovery|challenge|password|answer|birth"
    r"|born in|gr[eo]w up|parents met|honeymoon|name of"
)
"""One look for all of them: most texts have no such word."""
_ANSWER_FIRST = re.compile(
    r"(?i)(?:\A|[.,!?:;]\s{0,2}|\b(?:is|it's|its|was|say|said|called|named)\s)(?P<value>(?!(?:it'?s|is|was|the"
    r"|my)\b)[^\W\d_][\w'’\-]{1,24}(?:\s[A-Z][\w'’\-]{1,24}){0,2}),?\s"
    r"(?:is|was|that'?s|thats|that is|which is|for|as)\s(?:(?:my|the|your|ur|our)\s)?(?:mother'?s maiden name"
    r"|mums? maiden name"
    r"|maiden name|memorable (?:word|name|place)|secret (?:word|answer)|security answer"
    r"|answer (?:to|for) (?:my|the|your|ur|that|our) (?:security |secret )?question)"
)
"""The answer stands ahead of what it is."""
_ANSWER_HINTS = needs(_ANSWER_HINT)
_ANSWER_FIRST_HINTS = Hints(("maiden", "memorable", "secret", "security", "answer"))
_NO_ANSWER = frozenset(
    str.split(
        "wrong not incorrect required asked missing rejected blocked different needed being correct right invalid no"
        " on in under what which how"
        " always never only refused failing accepted also just still so too unknown forgotten locked set changed"
        " expired it that this my your i the"
        " limited active due please again help reset change problem issue page options field prompt simple fine good"
        " great bad obvious clear easy"
    )
)
_SENTENCE = re.compile(r"(?i)(?<!\bmr)(?<!\bmrs)(?<!\bms)(?<!\bdr)(?<!\bst)\. ")
_ENDS_ANSWER = re.compile(
    r"(?i)\s(?:and|but|so|please|thanks|thank|can|could|would|which|that|if|i|my|for|in case|is|was|do|does|now|to"
    r"|you|your|when|because|with|pls|ok|okay|why|what|how|it|as|since|then|use|we|are|have|by|from|there)\b.*\Z",
    re.DOTALL,
)


def find_secrets(reading: Reading) -> Iterator[Claim]:
    if reading.figures:
        yield from _in_figures(reading)
    yield from find_passwords(reading)
    yield from _answers(reading)


def _in_figures(reading: Reading) -> Iterator[Claim]:
    hinted = {
        Kind.PIN: reading.has(_PIN_HINTS) and _PIN_HINT.search(reading.lower) is not None,
        Kind.CVV: reading.has(_CVV_HINTS),
        Kind.OTP: reading.has(_OTP_HINTS),
    }
    if not any(hinted.values()):
        return
    for kind, fewest, pattern, never in _PATTERNS:
        if not hinted[kind] or reading.longest < fewest:
            continue
        text = reading.cased if pattern.flags & re.IGNORECASE else reading.lower
        for found in matches(pattern, text):
            if _is_given(reading, found, kind, never):
                yield Claim(kind, *found.span("value"), SAID)
    for found in matches(_BEFORE_CUE, reading.cased) if reading.longest >= _FEWEST_DIGITS else ():
        if (found["rated"] or _LINKED.search(reading.cased, found.end("value"), found.end())) and not _UNIT.match(
            reading.cased, found.end("value")
        ):
            kind = Kind.PIN if found["pin"] else Kind.CVV if found["cvv"] else Kind.OTP
            yield Claim(kind, *found.span("value"), SAID)
    for kind, pattern, hints in _WORDS_APART:
        for found in pattern.finditer(reading.cased) if reading.has(hints) else ():
            if not _UNIT.match(reading.cased, found.end("value")):
                yield Claim(kind, *found.span("value"), SAID)


def find_codes(reading: Reading) -> Iterator[tuple[int, int]]:
    """Six digits that are no amount."""
    for found in _BARE_CODE.finditer(reading.cased):
        yield found.span()


def _is_given(reading: Reading, found: re.Match[str], kind: Kind, never: frozenset[str]) -> bool:
    start, end = found.span("value")
    before = word_before(reading.lower, start)
    is_figure = found["value"][0].isdigit()
    if _UNIT.match(reading.cased, end) or (before and (before not in _BEFORE_FIGURES or before in never)):
        return False
    if kind is Kind.CVV and word_before(reading.lower, found.start()) == "social":
        return False
    if kind is Kind.OTP and ON_A_RECEIPT.match(reading.lower, end):
        return False
    if kind is Kind.OTP and word_before(reading.lower, found.start()) in NOT_THAT_CODE:
        return False
    if kind is Kind.OTP and "code" in found[0].lower() and _other_code(found[0].lower()):
        return False
    # "security code 482910" is a one-time code.
    return kind is not Kind.CVV or not is_figure or len(only_digits(found["value"])) in (3, 4)


def _other_code(said: str) -> bool:
    words = re.findall(r"[^\W\d_]+", said)
    return any(word in NOT_THAT_CODE for word in words)


def _answers(reading: Reading) -> Iterator[Claim]:
    if not reading.has(_ANSWER_HINTS) or not _ANSWER_HINT.search(reading.lower):
        return
    is_first = reading.has(_ANSWER_FIRST_HINTS)
    for found in _ANSWER_FIRST.finditer(reading.cased) if is_first else ():
        if found["value"].split()[0].lower() not in _NO_ANSWER | ORDINARY:
            yield Claim(Kind.SECURITY_ANSWER, *found.span("value"), SAID - 2)
    names_thing = _THING_NAMED.search(reading.lower) is not None
    for pattern, hints in zip(_ANSWERS, _ANSWERS_HINTS, strict=True):
        is_there = names_thing if hints in (_OF_THINGS, _BETWEEN_COMMAS) else reading.has(hints)
        for found in pattern.finditer(reading.cased) if is_there else ():
            value = _ENDS_ANSWER.sub("", _SENTENCE.split(found["value"], maxsplit=1)[0]).rstrip(" .'-")
            first = value.split()[0].lower() if value.split() else ""
            if len(value) > 1 and first not in _NO_ANSWER:
                yield Claim(Kind.SECURITY_ANSWER, found.start("value"), found.start("value") + len(value), SAID - 2)
