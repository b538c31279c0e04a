"""What people think of an answer: a thumb, and a comment where they like. Only who asked may judge; said again, it
takes the place of what was said before.

A comment is kept masked and nowhere else: it is read to make the assistant better, and for that nobody needs to know
whose name stood there (GDPR article 5(1)(c), data minimisation).
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from agent.conversations import QUERIES
from agent.models.fencing.details import read_own_details
from agent.storing import known_in
from core.db.database import Database, Scope
from core.errors import Conflict
from core.security.pii import ALL, Placeholders, mask
from core.telemetry.metrics import Count
from core.telemetry.observing import Kind, observe

FEEDBACK = Count("feedback", "Judgements of answers, and changes of them.", "rating")

Rating = Literal["up", "down"]


@dataclass(frozen=True, slots=True)
class Feedback:
    rating: Rating
    comment: str | None
    """Masked."""
    changed_at: datetime
    is_news: bool
    """Whether the thumb was not known, or was the other one."""


async def keep_feedback(
    database: Database,
    turn_id: UUID,
    scope: Scope,
    *,
    rating: Rating,
    comment: str | None,
    told_as: str,
    now: datetime,
) -> Feedback:
    """The caller checked that the turn is theirs (``Conversations.get_turn``).

    Args:
        told_as: the turn's pseudonym (``Assistant.told_as``).

    Raises:
        Conflict: the answer is still being written.
    """
    if comment is not None:
        known = known_in(await read_own_details(database, scope)) if scope.customer_id else None
        comment = mask(comment, Placeholders(), ALL, known)
    judged = {"turn_id": turn_id, "rating": rating, "comment": comment, "now": now}
    async with database.writing(scope) as db:
        kept = await db.find(Feedback, QUERIES["keep_feedback"], judged)
    if kept is None:
        raise Conflict("The answer is still being written. Please wait for it to finish.", code="turn_running")
    with observe(Kind.FEEDBACK, "feedback", turn=told_as, rating=kept.rating, comment_text=kept.comment):
        pass
    if kept.is_news:
        FEEDBACK.add(kept.rating)
    return kept
