"""Masking of text that comes in pieces."""

from collections.abc import Set

from core.security.pii.engine import Known, find_personal, replaced
from core.security.pii.kinds import ALL, Kind
from core.security.pii.placeholders import Placeholders

HELD = 256
"""Characters held back: a detail, with the words around it that tell what it is, is shorter."""
_STEP = 128
"""Characters that have to come before it is looked again, so that single characters cost no more than lines."""


class MaskedStream:
    """Of one text. However it is cut, what comes out is what ``mask`` makes of the whole."""

    def __init__(self, placeholders: Placeholders, kinds: Set[Kind] = ALL, known: Known | None = None) -> None:
        self._placeholders = placeholders
        self._kinds = kinds
        self._known = known
        self._held = ""
        self._told = 0
        """Characters at the beginning of what is held that are out already, kept for what they say of the rest."""

    def push(self, text: str) -> str:
        """What is settled of the text so far."""
        self._held += text
        if len(self._held) - self._told < HELD + _STEP:
            return ""
        return self._release(len(self._held) - HELD)

    def finish(self) -> str:
        return self._release(len(self._held))

    def _release(self, limit: int) -> str:
        findings = [each for each in find_personal(self._held, self._kinds, self._known) if each.end > self._told]
        # What ends behind the limit waits whole.
        upto = min([limit, *(each.start for each in findings if each.start < limit < each.end)])
        upto = max(upto, self._told)
        ready = [each._replace(start=max(each.start, self._told)) for each in findings if each.end <= upto]
        out = "".join(replaced(self._held, self._placeholders, ready, self._told, upto))
        forget = max(upto - 2 * HELD, 0)
        self._held, self._told = self._held[forget:], upto - forget
        return out
