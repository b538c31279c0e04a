"""What is a yes: a message made of nothing but words that agree. Here a mistake moves money, so every word has to be
known (``acts.yaml``), and one of them has to say yes."""

import re
from collections.abc import Mapping, Sequence

from agent.dialogue.act_grammar import GRAMMAR, put_right, words_of

_ALIKE: Mapping[str, tuple[str, ...]] = {
    "pay": ("pay", "send", "transfer", "give"),
    "transfer": ("transfer", "move", "send", "shift"),
    "schedule": ("schedule", "pay", "send", "book"),
    "create": ("create", "make", "order", "set"),
    "replace": ("replace", "order", "send", "get"),
    "request": ("request", "order", "send"),
    "convert": ("convert", "exchange", "change"),
    "report": ("report", "block"),
    "make": ("make", "file", "submit", "send", "raise"),
    "apply": ("apply", "submit", "send"),
    "book": ("book", "arrange"),
    "add": ("add", "save"),
    "change": ("change", "update"),
    "set": ("set", "change"),
    "freeze": ("freeze", "block", "lock"),
    "unfreeze": ("unfreeze", "unblock", "unlock"),
    "remove": ("remove", "delete"),
    "close": ("close", "shut"),
    "open": ("open", "create"),
}
"""Verbs for what a proposal would do, by the verb of its tool; else that one."""
_DATED = frozenset({"schedule", "create", "book", "request"})
"""Verbs of proposals in which "now" would be another day."""
_UNDOES = frozenset({"cancel", "remove", "close", "withdraw", ""})
"""Verbs of which "cancel it" could mean the proposal."""
_BY_ITSELF = frozenset({"pay", "send", "transfer", "submit", "order", "book", "add"})
"""Verbs that say yes without an object: "send"."""
_UNFINISHED = frozenset({"and", "so"})
"""What a yes does not end with."""
_IRONY = frozenset({("yeah", "right"), ("aye", "right")})
""""Aye, right" is a no."""
_OTHER_SIGN = re.compile(r"[^\w\s,.!…'’-]")
_LONGEST = 120


def is_yes(text: str, *, just_asked: bool, verb: str = "", nouns: Sequence[str] = ()) -> bool:
    """Whether it is nothing but a yes.

    Args:
        just_asked: the proposal was the last thing said.
        verb: of the proposal's tool, for "yes, cancel it".
        nouns: what the proposal is called, for "yes to the payment".
    """
    if _OTHER_SIGN.search(text) or not agrees_throughout(text, verb, nouns):
        return False
    words = put_right(words_of(text))
    if words[-1] in _UNFINISHED or tuple(words) in _IRONY:
        return False
    if verb not in _UNDOES and (GRAMMAR.finds("DOES_IT", words, _given(verb)) or _bids(words, verb)):
        return True
    return GRAMMAR.finds("SAYS_YES_TO_IT" if just_asked else "SAYS_YES", words)


def _bids(words: list[str], verb: str) -> bool:
    return not _BY_ITSELF.isdisjoint({*words} & {*_ALIKE.get(verb, ())})


def agrees_throughout(text: str, verb: str, nouns: Sequence[str] = ()) -> bool:
    """Whether every word agrees, or is mere courtesy."""
    name = "AGREED" if verb in _DATED else "AGREED_NOW"
    return len(text) <= _LONGEST and GRAMMAR.matches(name, put_right(words_of(text)), _given(verb, nouns))


def says_yes(text: str) -> bool:
    """Whether a word says yes whatever was said before it."""
    return GRAMMAR.finds("SAYS_YES", put_right(words_of(text)))


def _given(verb: str, nouns: Sequence[str] = ()) -> dict[str, Sequence[str]]:
    return {"DEED": _ALIKE.get(verb, (verb,)) if verb else (), "TASK": nouns}
