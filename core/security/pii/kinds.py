"""What there is to find, and who may still see it."""

from enum import StrEnum
from typing import NamedTuple


class Kind(StrEnum):
    PERSON = "PERSON"
    EMAIL = "EMAIL"
    PHONE = "PHONE"
    IBAN = "IBAN"
    CARD = "CARD"
    CARD_EXPIRY = "CARD_EXPIRY"
    ACCOUNT_NUMBER = "ACCOUNT_NUMBER"
    SORT_CODE = "SORT_CODE"
    ROUTING_NUMBER = "ROUTING_NUMBER"
    US_SSN = "US_SSN"
    UK_NINO = "UK_NINO"
    NATIONAL_ID = "NATIONAL_ID"
    """Identity and tax numbers of other states."""
    PASSPORT = "PASSPORT"
    ADDRESS = "ADDRESS"
    DOB = "DOB"
    IP = "IP"
    PIN = "PIN"
    CVV = "CVV"
    OTP = "OTP"
    PASSWORD = "PASSWORD"  # noqa: S105  # nosec B105: a kind of finding
    SECURITY_ANSWER = "SECURITY_ANSWER"


SECRETS = frozenset({Kind.PIN, Kind.CVV, Kind.OTP, Kind.PASSWORD, Kind.SECURITY_ANSWER})
"""What nobody keeps, not even encrypted (PCI DSS 4.0.1, requirement 3.3; NIST SP 800-63B, section 3.1.1)."""
ALL = frozenset(Kind)
IN_DIALOGUE = ALL - {Kind.PERSON, Kind.ADDRESS}
"""What the dialogue does without: it reads the names of payees and addresses itself, as slots. Whatever is stored,
logged or sent elsewhere goes through ``ALL``."""


class Finding(NamedTuple):
    """Characters ``start`` to ``end`` of the text."""

    kind: Kind
    start: int
    end: int


class Claim(NamedTuple):
    """A finding before it is settled which of several that overlap holds."""

    kind: Kind | None
    """None: known to be no personal data, such as an id of ours."""
    start: int
    end: int
    weight: int
    """The heavier one holds; of equal ones the longer."""


SAID, OURS, PROVEN, NAMED, SHAPED, GUESSED, LEARNED = 50, 45, 40, 30, 20, 10, 5
"""Weights: a secret that a cue introduces; an id of ours; a checksum; another value with its cue; a form; a name from
a list; what the tagger finds."""
