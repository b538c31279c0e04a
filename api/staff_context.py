"""On whose behalf a request of the bank's staff works: the staff member of its verified token."""

from typing import Annotated, Any

from fastapi import Depends

from api.dependencies import NowDep, RunningDep, SignedInDep
from api.envelope import ErrorEnvelope
from core.errors import Forbidden
from core.security.tokens import AccountType
from tools.staff.context import StaffContext

RESPONSES: dict[int | str, dict[str, Any]] = {
    401: {"model": ErrorEnvelope, "description": "- `unauthorized`, `invalid_token`, `token_expired`: log in."},
    403: {
        "model": ErrorEnvelope,
        "description": "- `staff_only`: customers have no business here.\n- `role_not_allowed`: not for your role.",
    },
    422: {"model": ErrorEnvelope, "description": "- `invalid_input`: `details.fields` says what is wrong."},
}
"""What every address for staff may answer besides its own."""


async def get_staff_context(identity: SignedInDep, running: RunningDep, now: NowDep) -> StaffContext:
    """Raises Forbidden for customers."""
    if identity.account_type is not AccountType.STAFF:
        raise Forbidden("This is for the bank's staff.", code="staff_only")
    return StaffContext(running.database, identity.id, now)


StaffDep = Annotated[StaffContext, Depends(get_staff_context)]
