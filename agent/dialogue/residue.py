"""What a message says beside the things that it mentions."""

import re
from collections.abc import Iterable

from agent.understanding.slots import Mention

FILLING = frozenset(
    re.findall(
        r"\S+",
        """
        the a an one ones my your that this those it its it's is was are be ending ends in with number no card cards
        account accounts please i i'd i'll i'm me mean meant want wanted would like choose pick take use let's lets go
        for to from of and or option yes yeah yep ok okay actually sorry just think guess probably not last four digits
        payee make do can could you will on at now instead rather then should say said pounds pound change set put well
        um uh oh hmm so but about only exactly around called name wait no nope nah sure other another
        back stick leave keep
        """,
    )
)
_GREETING = frozenset({"hi", "hello", "hey", "thanks", "thank", "cheers"})
_WORD = re.compile(r"[^\W_][\w.:'-]*")


def words(text: str) -> list[str]:
    return [word.strip(".:'-").removesuffix("'s") for word in _WORD.findall(text.casefold().replace("’", "'"))]


def residue(text: str, mentions: Iterable[Mention]) -> list[str]:
    """The words that are neither mentions nor filling: none in a bare answer."""
    rest = list(text)
    for mention in mentions:
        rest[mention.start : mention.end] = " " * (mention.end - mention.start)
    left = [word for word in words("".join(rest)) if word not in FILLING]
    content = [word for word in left if word not in _GREETING]
    return left if left == content or "".join(rest) == text else content
