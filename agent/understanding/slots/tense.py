"""Whether a message speaks of what was or of what shall be, where a day does not say so itself."""

import re

from agent.understanding.slots.mention import Tense

POLITE = re.compile(
    r"\bi\s+(?:was|am)\s+(?:wondering|hoping|just)\b|\bi\s+(?:said|meant)\b(?!\s+on\b)|\bcould\s+you\b",
    re.IGNORECASE,
)
"""Forms of the past that ask for something: "I was wondering", "I said 55"."""
_WAS = re.compile(
    r"\b(?:spent|did|didn'?t|was|wasn'?t|were|had|paid|bought|received|got|went|made|took|withdrew|charged|happened|came|lost"
    r"|stolen|sent|ago|earned|visited|been|has|since|already|cost)\b",
    re.IGNORECASE,
)
_SHALL_BE = re.compile(
    r"\b(?:will|'ll|shall|must|should|pay(?!ments?\b)|send|schedule|transfer|move|put|going\s+to|gonna|upcoming|scheduled|due|forecast|book|tomorrow|set\s+up"
    r"|want\s+to|would\s+like|next|expect|remind|make\s+it|instead|start|starting)\b",
    re.IGNORECASE,
)
_LOOKED_UP = re.compile(
    r"\b(?:spend|spending|charges?|refund|purchase|withdrawals?|disputed?|missing|transactions?|statements?|payments?|history|activity|purchases?|how\s+much|show|list|compare|income|balance)\b",
    re.IGNORECASE,
)


def tense_of(text: str) -> Tense:
    """The future unless the verbs speak of the past, or something that happened is looked up."""
    said = POLITE.sub(" ", text)
    if _WAS.search(said):
        return "past"
    return "past" if _LOOKED_UP.search(said) and not _SHALL_BE.search(said) else "future"


def has_evidence(text: str) -> bool:
    """Whether any word of it says when it is."""
    return any(words.search(text) for words in (_WAS, _LOOKED_UP, _SHALL_BE))
