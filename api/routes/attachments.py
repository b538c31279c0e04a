"""Files that customers send: evidence of a dispute, pictures of a document. What a file is tells its content."""

from typing import Any, cast
from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.responses import Response as PlainResponse

from api.dependencies import ReplyDep, RunningDep
from api.envelope import Envelope, ErrorEnvelope
from api.scopes import require
from api.tool_context import ContextDep
from core.errors import InvalidInput
from tools.attachments.content import MOST_BYTES
from tools.attachments.store import Attachment, Purpose

UPLOADS = "/attachments"
MOST_BODY_BYTES = MOST_BYTES + 65_536
"""Of a request: the file and what multipart puts around it."""

router = APIRouter(
    prefix=UPLOADS,
    tags=["attachments"],
    responses={
        401: {"model": ErrorEnvelope, "description": "- `unauthorized`, `invalid_token`, `token_expired`: log in."},
        403: {"model": ErrorEnvelope, "description": "- `customers_only`: this is for customers."},
    },
)

_FORM: dict[str, Any] = {
    "type": "object",
    "required": ["file", "purpose"],
    "properties": {
        "file": {"type": "string", "format": "binary", "description": "PDF, PNG, JPEG, WebP or HEIC, up to 10 MB."},
        "purpose": {"type": "string", "enum": ["dispute", "identity"]},
    },
}


class _InMemory(MultiPartParser):
    """Nothing that a customer sends lies unencrypted in a temporary file."""

    spool_max_size = MOST_BODY_BYTES


class AttachmentStored(BaseModel):
    attachment: Attachment


@router.post(
    "",
    status_code=201,
    operation_id="upload_attachment",
    responses={
        400: {
            "model": ErrorEnvelope,
            "description": "- `file_not_accepted`: the message says why, and what would be.\n"
            "- `invalid_input`: the form.",
        },
        413: {"model": ErrorEnvelope, "description": "- `too_large`: more than 10 MB."},
        422: {"model": ErrorEnvelope, "description": "- `too_many_files`: as many as we keep of one customer."},
    },
    openapi_extra={"requestBody": {"required": True, "content": {"multipart/form-data": {"schema": _FORM}}}},
    dependencies=[require("attachments:write")],
)
async def upload(
    request: Request, context: ContextDep, running: RunningDep, reply: ReplyDep
) -> Envelope[AttachmentStored]:
    """Send a file. It is kept encrypted, and nobody looks at it before you refer to it, for example as evidence of a
    dispute. Its type is told from its content; its name is only shown."""
    name, purpose, content = await _read_form(request)
    stored = await running.attachments.store(context, purpose=purpose, name=name, content=content)
    return reply(AttachmentStored(attachment=stored))


@router.get(
    "/{attachment_id}",
    operation_id="get_attachment",
    response_class=PlainResponse,
    responses={
        200: {"content": {"application/octet-stream": {}}, "description": "The file."},
        404: {"model": ErrorEnvelope, "description": "- `not_found`: there is none of yours."},
    },
    dependencies=[require("attachments:read")],
)
async def get(attachment_id: UUID, context: ContextDep, running: RunningDep) -> Response:
    """A file of yours as you sent it."""
    found, content = await running.attachments.read(context.database, context.scope, attachment_id)
    return as_download(found, content)


def as_download(attachment: Attachment, content: bytes) -> Response:
    """To be saved, and never shown by a browser as a page of ours. The name goes as RFC 6266 has it."""
    headers = {
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(attachment.name, safe='')}",
        "Content-Security-Policy": "sandbox; default-src 'none'",
        "Cache-Control": "private, no-store",
    }
    return Response(content, media_type=attachment.media_type, headers=headers)


async def _read_form(request: Request) -> tuple[str, Purpose, bytes]:
    """Raises InvalidInput for any form but ours."""
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        raise _form_wrong()
    try:
        form = await _InMemory(request.headers, request.stream(), max_files=1, max_fields=1).parse()
    except MultiPartException as error:
        raise _form_wrong() from error
    try:
        file, purpose = form.get("file"), form.get("purpose")
        if not isinstance(file, UploadFile) or purpose not in ("dispute", "identity"):
            raise _form_wrong()
        return file.filename or "", cast(Purpose, purpose), await file.read()
    finally:
        await form.close()


def _form_wrong() -> InvalidInput:
    return InvalidInput(
        "Send multipart/form-data with the file as the field `file`, and `purpose` as `dispute` or `identity`."
    )
