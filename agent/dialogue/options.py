"""Which tasks a bare noun or verb may mean: "cards", "add". Told from the names and titles in the registry."""

from collections.abc import Mapping

from agent.dialogue.residue import words
from agent.dialogue.specs import Spec

MOST = 8
_ALIKE: Mapping[str, tuple[str, ...]] = {
    "delete": ("remove", "cancel"),
    "stop": ("cancel",),
    "end": ("cancel", "close"),
    "send": ("payment", "transfer"),
    "pay": ("payment", "pay"),
    "money": ("payment", "transfer", "money"),
    "move": ("transfer",),
    "block": ("freeze", "lost"),
    "lock": ("freeze",),
    "edit": ("change",),
    "update": ("change",),
    "modify": ("change",),
    "new": ("add", "open", "order", "create"),
    "create": ("create", "open", "add"),
    "order": ("order", "standing"),
    "view": ("list", "see"),
    "history": ("transaction",),
    "credit": ("loan",),
    "borrow": ("loan",),
    "mortgage": ("loan",),
    "savings": ("savings",),
    "currency": ("exchange",),
    "meeting": ("appointment",),
    "call": ("call",),
    "person": ("person",),
    "human": ("person",),
    "recipient": ("payee",),
    "beneficiary": ("payee",),
    "atm": ("machine",),
    "email": ("e-mail",),
}
_SMALL = frozenset(
    {"a", "an", "the", "your", "you", "to", "for", "of", "or", "and", "what", "would", "could", "prepare"}
)


def find_options(text: str, specs: Mapping[str, Spec]) -> list[str]:
    """Names of tasks, at most ``MOST``; none where a word of the message speaks of no task."""
    said = [word for word in words(text) if word not in _SMALL and word not in {"my", "i", "please", "want"}]
    if not said or len(said) > 2:
        return []
    found = [name for name, spec in specs.items() if all(_speaks_of(word, spec) for word in said)]
    return found[:MOST]


def _speaks_of(word: str, spec: Spec) -> bool:
    known = [*spec.name.split("_"), *(each for each in words(spec.tool.title) if each not in _SMALL)]
    meant = (_stem(word), *_ALIKE.get(word, ()), *_ALIKE.get(_stem(word), ()))
    return any(_stem(each) == _stem(one) for each in known for one in meant)


def _stem(word: str) -> str:
    for ending, instead in (("ies", "y"), ("ches", "ch"), ("s", "")):
        if len(word) > 3 and word.endswith(ending) and not word.endswith("ss"):
            return word.removesuffix(ending) + instead
    return word
