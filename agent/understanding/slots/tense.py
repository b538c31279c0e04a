"""Whether a message speaks of what was or of what shall be, where a day does not say so itself."""

import re

from agent.understanding.slots.mention import Tense

_POLITE = re.compile(r"\bi\s+(?:was|am)\s+(?:wondering|hoping|just)\b|\bcould\s+you\b", re.IGNORECASE)
_WAS = re.compile(
    r"\b(?:spent|did|didn'?t|was|wasn'?t|were|had|paid|bought|received|got|went|made|took|withdrew|charged|happened|came|lost"
    r"|stolen|sent|ago|earned|visited|been|has|since|already|cost)\b",
    re.IGNORECASE,
)
_SHALL_BE = re.compile(
    r"\b(?:will|'ll|shall|pay(?!ments?\b)|send|schedule|transfer|move|put|going\s+to|gonna|upcoming|scheduled|due|forecast|book|tomorrow|set\s+up"
    r"|want\s+to|would\s+like|until|next|expect|remind|make\s+it|instead|start|starting)\b",
    re.IGNORECASE,
)
_LOOKED_UP = re.compile(
    r"\b(?:spend|spending|transactions?|statements?|payments?|history|activity|purchases?|how\s+much|show|list|compare|income|balance)\b",
    re.IGNORECASE,
)


def tense_of(text: str) -> Tense:
    """The future unless the verbs speak of the past, or something that happened is looked up."""
    said = _POLITE.sub(" ", text)
    if _WAS.search(said):
        return "past"
    return "past" if _LOOKED_UP.search(said) and not _SHALL_BE.search(said) else "future"
