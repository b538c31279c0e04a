"""Personal data in text: one engine for what is stored, logged, traced, exported, or shown to a model.

``find_personal`` says where it stands; ``mask`` replaces it by stable placeholders (``[IBAN_1]``) whose originals
``Placeholders.restore`` puts back into the owner's own stream. Secrets (PIN, card security code, password, one-time
code, answer to a security question) become ``[SECRET]`` and are never restored. The last four digits of a card stay
readable.

Time is linear in the text, also in hostile text.
"""

from core.security.pii.engine import Known, find_personal, mask, without_secrets
from core.security.pii.kinds import ALL, IN_DIALOGUE, SECRETS, Finding, Kind
from core.security.pii.named_entities import use_named_entities
from core.security.pii.placeholders import Placeholders, blank_out
from core.security.pii.reading.folded import Folded

__all__ = [
    "ALL",
    "IN_DIALOGUE",
    "SECRETS",
    "Finding",
    "Folded",
    "Kind",
    "Known",
    "Placeholders",
    "blank_out",
    "find_personal",
    "mask",
    "use_named_entities",
    "without_secrets",
]
