"""What is a yes: a message made of nothing but words that agree. Here a mistake moves money, so every word has to be
known, and one of them has to say yes."""

import re
from collections.abc import Iterable, Mapping

_IT = r"(?:it|that|this|them|him|her|(?:the|my|that|this) (?:card|payment|money|transfer|payee|order|account|call|lot))"
_YES = r"(?:yes+|yes sir|yep|yeah|yea|yeh|yh|ye|yup|ya|aye|y)"
_GO = (
    r"(?:(?:please |you (?:can|may) |let's |just )?"
    r"(?:go (?:right )?ahead(?: with (?:it|that|this))?|go for it|do (?:it|that|so|this)|proceed|crack on|carry on)"
    r"|please do|i (?:do )?confirm|confirm(?:ed)?|i approve|approved?)"
)
_AGREES = (
    r"(?:sure(?: thing)?|ok(?:ay)?|(?:that(?:'s| is)|it(?:'s| is)|all|looks|sounds)(?: all| quite| very| just|"
    r" perfectly)? "
    r"(?:right|correct|fine|good|perfect|it|great|ok(?:ay)?|spot on)|(?:quite )?(?:correct|right)|of course|"
    r"absolutely|"
    r"definitely|certainly|exactly|indeed|perfect|fine(?: by me| with me)?|all right|alright|works for me|"
    r"(?:i'm )?happy with (?:it|that|this)|(?:ok(?:ay)? )?go on(?: then)?|why not|by all means|that's the one)"
)
"""Says yes to whatever was said last, so to a proposal only if that was the last thing."""
_PRAISES = (
    r"(?:cool|great|splendid|lovely|brilliant|excellent|good|nice|super|wonderful|wicked|sweet|sound|marvellous|"
    r"fantastic|awesome)"
)
"""Says no more than that one is pleased: a yes only beside one."""
_COURTESY = (
    r"(?:please|pls|plz|thanks(?: a lot)?|thank you(?: very much)?|thx|ta|cheers|mate|then|i do|i(?:'m| am) sure|oh|"
    r"well|hm+|um+|uh|right|hi|hey|ok(?:ay)?|haha|lol|so|dear|just|actually|and|it is)"
)
_AT_ONCE = r"(?:right )?(?:now|away)"
"""Courtesy too, but not where the day is what is proposed."""
_DATED = frozenset({"schedule", "create", "book", "request"})
_ALIKE: Mapping[str, tuple[str, ...]] = {
    "pay": ("pay", "send", "transfer", "make"),
    "transfer": ("transfer", "move", "send", "make"),
    "schedule": ("schedule", "pay", "send", "make", "book"),
    "create": ("create", "make", "order"),
    "replace": ("replace", "order", "send"),
    "request": ("request", "order", "send"),
    "convert": ("convert", "exchange", "change"),
    "report": ("report", "block"),
    "make": ("make", "file", "submit", "send", "raise"),
    "apply": ("apply", "submit", "send"),
    "book": ("book", "arrange"),
    "add": ("add", "save"),
    "change": ("change", "update"),
    "set": ("set", "change"),
}
"""Verbs for what a proposal would do, by the verb of its tool; else that one."""
_UNDOES = frozenset({"cancel", "remove", "close", "withdraw", ""})
"""Verbs of which "cancel it" could mean the proposal."""
_LONGEST = 60
_GAP = r"[\s,.!…-]+"


def is_yes(text: str, *, just_asked: bool, verb: str = "") -> bool:
    """Whether it is nothing but a yes.

    Args:
        text: tidied: single spaces, plain apostrophes, no pictures.
        just_asked: the proposal was the last thing said.
        verb: of the proposal's tool, for "yes, cancel it".
    """
    if len(text) > _LONGEST:
        return False
    said = _plain(text)
    yes = [_YES, _GO, *([_AGREES] if just_asked else []), *(_deeds(verb) if just_asked and verb not in _UNDOES else [])]
    parts = _any([*yes, _AGREES, _PRAISES, *_polite(verb), *_deeds(verb)])
    is_all_known = re.fullmatch(rf"(?:{_GAP})?{parts}(?:{_GAP}{parts})*(?:{_GAP})?", said)
    return bool(is_all_known) and bool(re.search(rf"(?<!\w){_any(yes)}(?!\w)", said))


def leading_yes(text: str, verb: str = "") -> int | None:
    """Where a yes ends with which the message begins, of one that goes on; None where it does not begin so."""
    lead = rf"(?:(?:{_COURTESY}|{_AGREES}|{_PRAISES}){_GAP})*"
    more = _any([_YES, _GO, _AGREES, *_polite(verb), *_deeds(verb)])
    end = r"(?=\s*[,.;:!?–—-]+|\s+(?:and|but|then|also|instead|if|only)\b)"
    match = re.match(rf"{lead}(?:{_YES}|{_GO})(?!\w)(?:{_GAP}{more}(?!\w))*{end}", text, re.IGNORECASE)
    return match.end() if match else None


def _polite(verb: str) -> list[str]:
    return [_COURTESY] if verb in _DATED else [_COURTESY, _AT_ONCE]


def _deeds(verb: str) -> list[str]:
    """ "send it", and "send" by itself, where that is what the proposal does."""
    if not verb:
        return []
    return [rf"{_any(_ALIKE.get(verb, (verb,)))}(?: {_IT})?(?: up| off)?"]


def _any(patterns: Iterable[str]) -> str:
    return rf"(?:{'|'.join(patterns)})"


def _plain(text: str) -> str:
    """As it is matched: small letters, "thats" with its apostrophe."""
    return re.sub(r"\b(that|let|it)s\b", r"\1's", re.sub(r"\bim\b", "i'm", text.casefold()))
