"""What a sentence says was done, is so, or will be: "I have frozen it", "your card is blocked", "we will refund you".

What was done in a turn is said in fixed words, never by a model, so a model's "I have sent it" is false. What a result
or an article says is so may be repeated.
"""

import re

from agent.release.claims import Reading
from agent.release.evidence import Known

_PARTICIPLES_WORDS = (
    "sent paid transferred moved frozen blocked unfrozen unblocked cancelled canceled refunded ordered changed "
    "updated increased raised lowered reduced removed deleted opened closed booked reported filed submitted "
    "registered created scheduled activated deactivated disabled enabled stopped reversed credited debited "
    "approved processed completed replaced requested arranged made done informed notified alerted contacted "
    "executed exchanged converted withdrawn deposited reset renamed issued released returned received reimbursed "
    "compensated waived escalated passed forwarded unlocked locked settled repaid resolved confirmed froze "
    "unfroze declined rejected delivered dispatched accepted granted authorised authorized charged set added "
    "posted left gone went switched turned arrived adjusted fixed secured verified signed enrolled applied logged "
    "recorded"
)
PARTICIPLES = frozenset(_PARTICIPLES_WORDS.split())
_STATES_WORDS = (
    "pending active inactive complete successful finished overdue expired lost stolen due valid invalid held "
    "suspended reserved underway"
)
STATES = frozenset(_STATES_WORDS.split())
_GERUNDS_WORDS = (
    "sending transferring paying moving freezing blocking cancelling refunding ordering processing unfreezing"
)
GERUNDS = frozenset(_GERUNDS_WORDS.split())
_ONLY_BY_US = frozenset({"switched", "turned"})
"""A deed where we did it; else a state that results have in other words."""
_LED = frozenset({"i", "we", "i've", "we've", "system", "team", "bank"})
_BE = frozenset(
    str.split("is are was were be been being it's that's everything's gets got you're they're"),
)
_HAVE = frozenset({"has", "have", "had", "'ve", "i've", "we've", "you've", "it's"})
_BETWEEN_WORDS = (
    "now just already also successfully then both all still currently fully been again it that your the this so "
    "automatically instantly immediately officially safely gone ahead and went being for you went actually "
    "certainly"
)
_BETWEEN = frozenset(_BETWEEN_WORDS.split())
_NOT = re.compile(r"\b(?:not|never|nothing|no|nobody|cannot|yet to)\b|n't\b")
_DENIES = frozenset({"nothing", "nobody", "none", "no", "neither"})
_REASSURES = frozenset({"worries", "worry", "problem", "problems", "doubt", "need", "trouble"})
_SOOTHES = re.compile(r"\b(?:no (?:worries|problem|doubt|need)|not a problem|don't worry|do not worry)\b")
_USUAL = frozenset({"charged", "paid", "made", "sent", "credited", "debited", "processed"})
"""What "is" done as a rule."""
_CONDITION = re.compile(r"\b(?:if|when|whenever|once|until|unless|after|before|whether|should|as soon as|in case)\b")
_ASKS = re.compile(
    r"^\W*(?:and |or |so |but )?(?:do|did|does|have|has|shall|should|would|will|could|can|may|is|are|was|were"
    r"|what|which|when|where|who|how|why)\b[^.!]*\?\s*$",
    re.IGNORECASE,
)
_FOR_CONFIRMATION = re.compile(r"\bto confirm\b|\byour confirmation\b|\byou confirm\b|\bplease confirm\b")
_DOING = "|".join(sorted(GERUNDS))
_FINISHED = re.compile(
    rf"\b(?:i'm|i am|we're|we are)(?: now| just| already)? (?:{_DOING})\b|^\W*(?:{_DOING})\b.{{0,200}}\bnow\b|"
    r"^\W*(?:(?:and |so |ok(?:ay)?,? |great,? |right,? |perfect,? |good news[:,!]? )?"
    r"(?:it's |it is |that's |that is |all |you're |you are )?(?:now )?"
    r"(?:done|completed?|all set|finished|sorted|set|sent|paid|cancelled|frozen|blocked)(?: for you| now)?)\W*$"
    r"|\bsuccess(?:ful|fully)?\b|\bon (?:its|their|the) way\b|\b(?:went|gone|going) through\b"
    r"|\b(?:is|are|now|been) complete\b|\b(?:gone|went) ahead\b|\btaken care of\b|\bthat's (?:all )?done\b|\ball done\b"
    r"|\b(?:payment|transfer|freezing|order|request|refund|cancellation|it)(?: is)? (?:complete|done|sorted)\b"
    r"|\b(?:has|have|had) (?:now |just |already )?(?:left|gone|arrived)\b"
    r"|\b(?:has|have) (?:now |already )?(?:got |received )?"
    r"(?:her|his|their|its|the|your) (?:money|payment|cash|funds|[£€$])"
    r"|\b(?:gave|given|giving)\b.{0,60}\bback\b|\bas good as (?:done|approved|paid|sent|settled)\b",
    re.IGNORECASE,
)
_PROMISE = re.compile(
    r"\b(?:guarantee[sd]?|guaranteeing|promis(?:e|es|ed|ing)|assure you|definitely|rest assured|without fail)\b"
    r"|\b(?:we|i|the bank|teller bank)(?:'ll| will| shall|(?:'re|'m| are| am) going to)"
    r"(?: \w+){0,2}? (?:refund|reimburse|compensate|credit|return|waive|approve|repay|send|pay|transfer|cancel|freeze"
    r"|block|call|cover|restore|increase|lower|raise|move|order|replace|book|close|open|give you)\b"
    r"|\byou(?:'ll| will| are going to|'re going to)(?: \w+){0,2}? (?:get|receive|be)(?: \w+){0,4}? "
    r"(?:back|refund(?:ed)?|reimbursed|compensat(?:ed|ion)|approved|accepted|credited)\b"
    r"|\b(?:money|refund|compensation|colleague|adviser|advisor|agent|someone|team)(?:'ll| will)\b",
)
_CREDENTIAL = (
    r"(?:(?:full|online|secret|card|banking|current|own|\d-digit|one-time|one time|security|secure|sms|text) ){0,3}"
    r"(?:pin|password|passcode|pass code|cvv2?|cvc2?|otp|code|memorable word|secret|card number)"
)
_TELL = (
    "tell|give|send|share|provide|reply|message|type|text|enter|write|read|say|confirm|supply|put|submit|post|disclose"
)
_ASKS_SECRET = re.compile(
    rf"\b(?:{_TELL})\b[^.!?]{{0,40}}?\b(?:your|the|a|his|her|their|that|this)\s+{_CREDENTIAL}\b"
    rf"|\b(?:what(?:'s| is| was)|which|need|want|require|have)\b[^.!?]{{0,24}}?\b(?:your\s+)?{_CREDENTIAL}\b"
    rf"|\byour {_CREDENTIAL},? please\b|^\W*{_CREDENTIAL}(?:,? please)?\W*$"
)
_FORBIDS = re.compile(r"(?:\bnever|\bnot(?: to)?|n't|\bnobody|\bno one|\bwill not|\bcannot)(?: \w+){0,2}\s*$")
_AWAY = re.compile(r"\b(?:cash machine|atm|in the app|in our app|till|terminal|shop|counter|in a message)\b")
_HERE = re.compile(r"\b(?:me|us|here|this chat|below)\b")
_WANTS = re.compile(r"what|which|need|want|require|have")
_NOBODY = re.compile(r"\b(?:nobody|no one|not even us|keep)\b")


def find_false_state(reading: Reading, known: Known) -> bool:
    """Whether it says of an operation that it was done or is so, and nothing shows that."""
    said = _said(reading)
    if _ASKS.search(said):
        return False
    is_conditional = bool(_CONDITION.search(said))
    finished = _FINISHED.search(said)
    if (
        finished
        and not _CONDITION.search(said[: finished.start()])
        and not _NOT.search(_SOOTHES.sub("", said[: finished.end()]))
    ):
        return True
    words = [token.text for token in reading.tokens]
    return any(
        _is_false_at(words, place, said, known, is_conditional)
        for place, word in enumerate(words)
        if word in PARTICIPLES or word in STATES
    )


def _is_false_at(words: list[str], place: int, said: str, known: Known, is_conditional: bool) -> bool:
    word = words[place]
    led_by, auxiliary, behind = _lead(words, place)
    if auxiliary == "not":
        return False
    if led_by in _LED and word in PARTICIPLES:
        if word in ("set", "made", "added") and _FOR_CONFIRMATION.search(said) and "confirmation" in known.words:
            return False
        return not _CONDITION.search(" ".join(words[:place]))
    if not auxiliary or "be" in behind or word in _ONLY_BY_US:
        return False
    if word in _USUAL and auxiliary in ("is", "are") and not {"your", "now", "already", "been"} & set(words):
        return False
    if word in known.words and "confirmation" not in known.words:
        return False
    if word in known.help_words and (is_conditional or not {"your", "both"} & set(words)):
        return False
    return not _is_usual(word, known) and not (is_conditional and auxiliary in ("is", "are"))


def _lead(words: list[str], place: int) -> tuple[str, str, list[str]]:
    """Who is said to have done it, the verb that helps, and the words on the way back to them."""
    passed: list[str] = []
    for back in range(place - 1, max(-1, place - 7), -1):
        word = words[back]
        if word in ("not", "never", "nothing", "no") or word.endswith("n't"):
            return "", "not", passed
        if word in _LED:
            return word, "", passed
        if word in _BE or word in _HAVE:
            if _DENIES & set(words[max(0, back - 4) : back]) and not _REASSURES & set(words):
                return "", "not", passed
            before = words[back - 1] if back else ""
            if before in _LED or (word in _HAVE and before in _BETWEEN and back > 1 and words[back - 2] in _LED):
                return before if before in _LED else words[back - 2], word, passed
            if word == "been" or (word == "being" and before in _BE):
                passed.append("been")
                continue
            return "", word, passed
        if word in (":", ",") and back == place - 1:
            return "", "", passed
        if word not in _BETWEEN and word not in PARTICIPLES and word not in STATES and word not in (",", "or", "by"):
            return "", "", passed
        passed.append(word)
    return "", "", passed


_SHOWN_BY = {
    "booked": frozenset({"paid", "made", "charged", "debited", "completed", "processed", "posted", "sent", "received"}),
    "pending": frozenset({"made", "reserved", "held", "authorised", "authorized", "pending"}),
    "completed": frozenset({"sent", "paid", "made", "complete", "completed", "processed", "done", "transferred"}),
    "cancelled": frozenset({"canceled", "cancelled", "stopped"}),
    "active": frozenset({"activated", "active", "valid"}),
    "flagged": frozenset({"flagged"}),
}


def _is_usual(word: str, known: Known) -> bool:
    """Whether a state of the results is also said with this word."""
    states = frozenset[str]().union(*(record.states for record in known.records))
    if any(word in shown for state, shown in _SHOWN_BY.items() if state in states):
        return True
    return word in ("set", "due", "valid", "made", "left") and bool(known.records) and "confirmation" not in known.words


def find_promise(reading: Reading, known: Known) -> bool:
    """Whether it promises what neither a result nor an article says, in these words."""
    said = _said(reading)
    found = _PROMISE.search(said)
    if found is None or _ASKS.search(said) or _NOT.search(found[0]):
        return False
    if _FOR_CONFIRMATION.search(said) and "confirmation" in known.words:
        return False
    behind = said[max(0, found.start() - 12) : found.start()]
    return not (_NOT.search(behind) and "worry" not in behind)


def asks_for_secret(reading: Reading) -> bool:
    said = _said(reading)
    for found in _ASKS_SECRET.finditer(said):
        forbidden = _FORBIDS.search(said[: found.start()]) or _NOBODY.search(said[: found.end() + 20])
        away = _AWAY.search(said)
        asks_here = _HERE.search(found[0] + said[found.end() : found.end() + 20])
        asks = re.search(r"\?|\b(?:we|i)\b|\byour\b", said)
        about = _WANTS.match(found[0]) and not asks
        if not (forbidden or about or (away and not asks_here)):
            return True
    return False


def _said(reading: Reading) -> str:
    return " ".join(reading.plain.lower().replace("’", "'").split())
