"""What stands on a list, in one form for all formats. Pure data; the digest of an entry is its version: two
publications that say the same about somebody have the same."""

import hashlib
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field


class EntryKind(StrEnum):
    PERSON = "person"
    ORGANISATION = "organisation"
    VESSEL = "vessel"
    AIRCRAFT = "aircraft"


class NameQuality(StrEnum):
    """How far a name alone speaks for the entry."""

    PRIMARY = "primary"
    STRONG = "strong"
    """An alias that the publisher stands by: OFAC "strong", UN "Good"."""
    WEAK = "weak"
    """One that many share, such as a nom de guerre: OFAC "weak", UN "Low"."""


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True)


class ListedName(_Frozen):
    text: str = Field(min_length=1, max_length=700)
    """Given names first, where the list tells them apart; in the script in which it was published."""
    quality: NameQuality = NameQuality.PRIMARY


class BirthDates(_Frozen):
    """A day, or the first and the last day on which somebody may have been born."""

    earliest: date
    latest: date


class ListEntry(_Frozen):
    source_id: str = Field(min_length=1, max_length=80)
    """The publisher's own number."""
    kind: EntryKind
    names: tuple[ListedName, ...] = Field(min_length=1)
    births: tuple[BirthDates, ...] = ()
    """Any of them may be true."""
    countries: tuple[str, ...] = ()
    """Nationalities and citizenships, ISO 3166-1 alpha-2, where known."""
    programmes: tuple[str, ...] = ()
    remarks: str = Field(default="", max_length=4000)

    @property
    def digest(self) -> str:
        """Of what it says: hexadecimal SHA-256."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Publication:
    """One file, read."""

    format: str
    published: date | None
    """The day that the file itself names."""
    entries: tuple[ListEntry, ...]
