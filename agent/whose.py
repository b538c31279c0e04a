"""Whose a turn is: what it may see, and who pays for it."""

from uuid import UUID, uuid4

from agent.conversations import TurnKey
from agent.models.budgets import VISITORS
from agent.parts import Parts
from core.db.database import Scope
from core.security.tokens import AccountType, Identity
from tools.privacy.consent import has_consent


def scope_of(identity: Identity | None, session_id: UUID | None = None) -> Scope:
    """What a caller may see. A visitor without a token is known by the session alone."""
    if identity is None:
        return Scope(subject=f"visitor:{session_id}" if session_id else None)
    match identity.account_type:
        case AccountType.CUSTOMER:
            return Scope(customer_id=identity.id, subject=identity.subject, audiences="public,customer")
        case AccountType.STAFF:
            return Scope(subject=identity.subject, audiences="public,customer,staff")
        case AccountType.VISITOR:
            return Scope(subject=identity.subject)


def key_of(identity: Identity | None, session_id: UUID | None) -> TurnKey:
    session = session_id or uuid4()
    return TurnKey(uuid4(), session, scope_of(identity, session))


def payer_of(scope: Scope) -> str:
    """Whose budget a turn is paid from. Visitors are many, and each is new: they share one."""
    return VISITORS if scope.subject is None or scope.subject.startswith("visitor:") else scope.subject


async def must_stay(parts: Parts, scope: Scope) -> bool:
    """Whether what is said may not go to models of other parties: asked anew in every turn, so that a consent that is
    taken back counts at once."""
    if not parts.outsiders_need_consent:
        return False
    if scope.customer_id is None:
        return True
    return not await has_consent(parts.bank.database, scope.customer_id, "outside_models")
