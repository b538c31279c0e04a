"""On whose behalf a REST request calls tools: the customer of its verified token, and nobody that the request names."""

from dataclasses import replace
from typing import Annotated

from fastapi import Depends, Header, Request

from api.dependencies import AnyoneDep, get_now, get_running, require_identity
from core.errors import Forbidden
from core.security.tokens import AccountType
from tools.idempotency import KEY_PATTERN
from tools.registry import ToolContext


async def get_context(request: Request, caller: AnyoneDep) -> ToolContext:
    """Raises Unauthorized for visitors, Forbidden for staff, who have no accounts here."""
    identity = await require_identity(caller)
    if identity.account_type is not AccountType.CUSTOMER:
        raise Forbidden("This is for customers. Staff work in the admin console.", code="customers_only")
    running, now = await get_running(request), await get_now(request)
    return ToolContext(running.bank, identity.id, now, turn_id=None, initiated_by="rest")


ContextDep = Annotated[ToolContext, Depends(get_context)]


async def get_keyed_context(
    context: ContextDep,
    idempotency_key: Annotated[
        str | None,
        Header(
            alias="Idempotency-Key",
            pattern=KEY_PATTERN,
            description="Your own name for this request, 1 to 128 printable ASCII characters. Sent again with the same "
            "arguments it gives the same operation again, whatever became of it; with others it is refused (409 "
            "`idempotency_key_reused`).",
        ),
    ] = None,
) -> ToolContext:
    return replace(context, idempotency_key=idempotency_key)


KeyedContextDep = Annotated[ToolContext, Depends(get_keyed_context)]
