"""Where a page of a list ended, for the next one to begin."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Place:
    """Of an entry in a list by time. As text it is opaque, and no secret: whose entries are listed does not depend on
    it."""

    at: datetime
    key: str
    """What tells entries of the same moment apart."""

    @classmethod
    def parse(cls, cursor: str) -> "Place":
        """Raises ValueError for what ``str`` of one never gave."""
        at, _, key = urlsafe_b64decode(cursor.encode("ascii")).decode("ascii").partition(" ")
        place = cls(datetime.fromisoformat(at), key)
        if place.at.tzinfo is None or not key.replace("-", "").isalnum():
            raise ValueError("no place in a list")
        return place

    def __str__(self) -> str:
        return urlsafe_b64encode(f"{self.at.isoformat()} {self.key}".encode()).decode()
