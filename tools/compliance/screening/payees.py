"""Whom customers pay. Where a list is loaded, a payee is screened by name: in the transaction that adds or changes it,
and in the first one after a change of the lists that prepares or makes a payment to it. What was found holds payments
(``must_wait``, 0023_screening.up.sql), and neither a tool's answer nor a log says so."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from core.db.database import Database, WriteHandle
from tools.compliance.screening.matching.score import Screened
from tools.compliance.screening.screener import record_screening, screen_name
from tools.compliance.screening.subjects import SubjectKind


@dataclass(frozen=True, slots=True)
class PayeeToScreen:
    """As ``payee_to_screen`` tells it; both are None where nothing has to be screened."""

    payee_id: UUID | None
    name: str | None


async def screen_payee(database: Database, db: WriteHandle, payee: PayeeToScreen, now: datetime) -> None:
    if payee.payee_id is None or payee.name is None:
        return
    screening = await screen_name(database, db, Screened(payee.name))
    await record_screening(db, SubjectKind.PAYEE, payee.payee_id, screening, now)
