"""For the bank's auditors and administrators: roles and what they may do. The operator changes them with
``tellergraph auth roles``."""

from fastapi import APIRouter
from pydantic import BaseModel, Field

from api.dependencies import ReplyDep
from api.envelope import Envelope
from api.people import QUERIES
from api.scopes import require
from api.staff_context import RESPONSES, StaffDep

router = APIRouter(prefix="/admin/roles", tags=["staff"], responses=RESPONSES)


class RoleInList(BaseModel):
    name: str
    of_account: str = Field(description="customer, staff or visitor.")
    description: str
    permissions: list[str]


class RoleList(BaseModel):
    roles: list[RoleInList]


@router.get("", operation_id="list_roles", dependencies=[require("staff.roles:read")])
async def roles(context: StaffDep, reply: ReplyDep) -> Envelope[RoleList]:
    """Every role with its permissions, as they are now."""
    found = await context.database.fetch(RoleInList, QUERIES["list_roles"], scope=context.scope)
    return reply(RoleList(roles=found))
