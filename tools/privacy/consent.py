"""Whether a customer has agreed to something, as it stands at this moment (GDPR article 7(3): withdrawing is as easy as
giving, and works at once)."""

from dataclasses import dataclass
from uuid import UUID

from core.db.database import Database, Scope
from tools.privacy.queries import QUERIES
from tools.service.profile import ConsentName


@dataclass(frozen=True, slots=True)
class _Consent:
    is_given: bool


async def has_consent(database: Database, customer_id: UUID, name: ConsentName) -> bool:
    (found,) = await database.fetch(
        _Consent, QUERIES["has_consent"], {"name": name}, scope=Scope(customer_id=customer_id)
    )
    return found.is_given
