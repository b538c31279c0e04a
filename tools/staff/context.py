"""On whose behalf staff functions work."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from core.db.database import Database, Scope


@dataclass(frozen=True, slots=True)
class StaffContext:
    """A member of staff, from the verified token, and the moment."""

    database: Database
    staff_id: UUID
    now: datetime

    @property
    def scope(self) -> Scope:
        return Scope(staff_id=self.staff_id)
