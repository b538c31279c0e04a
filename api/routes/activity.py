"""The customer's own ledger of what was done for them."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from api.dependencies import ReplyDep
from api.envelope import Envelope, ErrorEnvelope
from api.scopes import require
from api.tool_context import ContextDep
from tools.activity import ActivityPage, list_activity
from tools.catalogue import CATALOGUE
from tools.pages import Place

MOST_LINES = 100
"""Of one page."""

router = APIRouter(
    tags=["activity"],
    responses={
        401: {"model": ErrorEnvelope, "description": "- `unauthorized`, `invalid_token`, `token_expired`: log in."},
        403: {"model": ErrorEnvelope, "description": "- `customers_only`: a member of staff has no ledger here."},
        422: {"model": ErrorEnvelope, "description": "- `invalid_input`: `details.fields` says what is wrong."},
    },
)


def _is_cursor(cursor: str) -> str:
    Place.parse(cursor)
    return cursor


class ActivityQuery(BaseModel):
    model_config = ConfigDict(extra="forbid")

    cursor: Annotated[str, AfterValidator(_is_cursor)] | None = Field(
        default=None, max_length=200, description="`next_cursor` of the page before."
    )
    limit: int = Field(default=20, ge=1, le=MOST_LINES)


@router.get("/activity", operation_id="list_activity", dependencies=[require("profile:read")])
async def activity(
    query: Annotated[ActivityQuery, Query()], context: ContextDep, reply: ReplyDep
) -> Envelope[ActivityPage]:
    """What was done for you, in plain words, the newest first: every tool that was used, through which door, and which
    members of staff looked at your data."""
    below = Place.parse(query.cursor) if query.cursor else None
    return reply(await list_activity(context, CATALOGUE, below=below, limit=query.limit))
