"""Who is screened, and when that has to be done again."""

import hashlib
from enum import StrEnum

import orjson

from tools.compliance.screening.matching.score import Screened


class SubjectKind(StrEnum):
    CUSTOMER = "customer"
    APPLICATION = "application"
    """Who asks to be identified (tools/kyc)."""
    PAYEE = "payee"
    OPERATION = "operation"
    """Whom a payment goes to that waits for something."""


def fingerprint(who: Screened) -> bytes:
    """SHA-256 of what the screening looks at: whoever has another is somebody else to it."""
    said = [" ".join(who.name.split()), who.born and who.born.isoformat(), who.country]
    return hashlib.sha256(orjson.dumps(said)).digest()
