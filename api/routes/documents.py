"""The bank's documents, for its staff: agents upload, supervisors and administrators publish and retire. What each role
may do is the database's to say (docs/knowledge.md)."""

from pathlib import PurePosixPath
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.datastructures import UploadFile

from api.dependencies import NowDep, ReplyDep, RunningDep
from api.envelope import Envelope, ErrorEnvelope
from api.routes.knowledge import KB_NAME, KbQuery
from api.scopes import require
from api.staff_context import RESPONSES, StaffDep
from core.clock import BANK_TIME_ZONE
from core.errors import InvalidInput
from knowledge.article import FrontMatter
from knowledge.documents.library import Library
from knowledge.documents.shapes import BaseStatistics, KnowledgeBase, ListedDocument, StaffDocument
from knowledge.parsers.formats import PARSERS
from knowledge.store import Status

UPLOADS = "/knowledge/documents"
_NOT_FOUND = {"model": ErrorEnvelope, "description": "- `not_found`: there is nothing under that id."}
_ONE_LINE = r"^[^\x00-\x1f\x7f]+$"
_FIELDS = sorted(FrontMatter.model_fields)

router = APIRouter(prefix="/knowledge", tags=["documents"], responses=RESPONSES)

DocumentId = Annotated[str, Path(min_length=1, max_length=200, pattern=_ONE_LINE)]


async def _library(context: StaffDep) -> Library:
    return Library(context.database, context.staff_id, context.now)


LibraryDep = Annotated[Library, Depends(_library)]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")

    kb: str = Field(default="help", pattern=KB_NAME)


class PublishRequest(_Body):
    revision: int = Field(ge=1, le=2**31 - 1, description="The one that you have read.")
    despite_flags: bool = Field(default=False, description="You have looked at what was flagged.")


class RetireRequest(_Body):
    pass


class DocumentsQuery(_Body):
    status: Status | None = Field(default=None, description="All by default.")
    after: str = Field(default="", max_length=200, pattern=r"^[^\x00]*$", description="`next_after` of the last page.")
    after_revision: int = Field(default=0, ge=0, le=2**31 - 1)
    limit: int = Field(default=50, ge=1, le=200)


class DocumentList(BaseModel):
    documents: list[ListedDocument]
    next_after: str | None
    """Null on the last page."""
    next_after_revision: int | None


class BaseList(BaseModel):
    bases: list[KnowledgeBase]


@router.get("/bases", operation_id="list_knowledge_bases", dependencies=[require("staff.documents:read")])
async def bases(library: LibraryDep, reply: ReplyDep) -> Envelope[BaseList]:
    """Every knowledge base with how much is in it."""
    return reply(BaseList(bases=await library.list_bases()))


@router.get(
    "/stats",
    operation_id="get_knowledge_statistics",
    responses={404: _NOT_FOUND},
    dependencies=[require("staff.documents:read")],
)
async def statistics(
    library: LibraryDep, now: NowDep, reply: ReplyDep, kb: KbQuery = "help"
) -> Envelope[BaseStatistics]:
    """What is in one knowledge base: how much is published, waits or has expired, for whom and in which language."""
    return reply(await library.measure_base(kb, now.astimezone(BANK_TIME_ZONE).date()))


@router.get("/documents", operation_id="list_documents", dependencies=[require("staff.documents:read")])
async def documents(
    query: Annotated[DocumentsQuery, Query()], library: LibraryDep, reply: ReplyDep
) -> Envelope[DocumentList]:
    """Documents of a knowledge base by id. One that waits beside its published form stands here twice."""
    found = await library.list_documents(
        query.kb, status=query.status, after=(query.after, query.after_revision), limit=query.limit + 1
    )
    shown, last = found[: query.limit], found[query.limit - 1 : query.limit] if len(found) > query.limit else []
    after, revision = (last[0].id, last[0].revision) if last else (None, None)
    return reply(DocumentList(documents=shown, next_after=after, next_after_revision=revision))


@router.get(
    "/documents/{document_id:path}",
    operation_id="get_document",
    responses={404: _NOT_FOUND},
    dependencies=[require("staff.documents:read")],
)
async def document(
    document_id: DocumentId,
    library: LibraryDep,
    reply: ReplyDep,
    kb: KbQuery = "help",
    revision: Annotated[int | None, Query(ge=1, le=2**31 - 1, description="The newest by default.")] = None,
) -> Envelope[StaffDocument]:
    """A document with its text, whether it is published or not."""
    return reply(await library.get_document(kb, document_id, revision))


@router.post(
    "/documents",
    status_code=201,
    operation_id="upload_document",
    responses={
        404: {"model": ErrorEnvelope, "description": "- `not_found`: there is no such knowledge base."},
        400: {
            "model": ErrorEnvelope,
            "description": "- `invalid_input`: it cannot be read; the message says why.",
        },
        409: {"model": ErrorEnvelope, "description": "- `comes_from_folder`: change it there and ingest the folder."},
        413: {"model": ErrorEnvelope, "description": "- `too_large`: more than TELLERGRAPH_MAX_UPLOAD_BYTES."},
    },
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                "multipart/form-data": {
                    "schema": {
                        "type": "object",
                        "required": ["file"],
                        "properties": {
                            "file": {
                                "type": "string",
                                "format": "binary",
                                "description": ", ".join(PARSERS),
                            },
                            "kb": {"type": "string", "default": "help"},
                            **{name: {"type": "string"} for name in _FIELDS},
                        },
                    }
                }
            },
        }
    },
    dependencies=[require("staff.documents:upload")],
)
async def upload(
    request: Request, library: LibraryDep, running: RunningDep, reply: ReplyDep
) -> Envelope[StaffDocument]:
    """Upload a document. Nobody but staff sees it before it is published. What its file does not say, such as
    `audience` or `valid_to`, stands in fields of the form; `intents` are separated by commas."""
    async with request.form(max_files=1, max_fields=len(_FIELDS) + 1) as form:
        file = form.get("file")
        if not isinstance(file, UploadFile):
            raise InvalidInput("Send the document as the field `file` of multipart/form-data.")
        stated = {name: value for name, value in form.items() if isinstance(value, str)}
        name, content = PurePosixPath((file.filename or "").replace("\\", "/")).name, await file.read()
    kb = stated.pop("kb", "help")
    article = await running.uploads.read(content, name, stated)
    return reply(await library.upload(kb, article, name))


_PUBLISHED: dict[int | str, dict[str, Any]] = {
    404: _NOT_FOUND,
    409: {
        "model": ErrorEnvelope,
        "description": "- `flagged`: look at `details.flags`, then send `despite_flags`.\n- `already_published`.",
    },
}


@router.post(
    "/documents/{document_id:path}/publish",
    operation_id="publish_document",
    responses=_PUBLISHED,
    dependencies=[require("staff.documents:publish")],
)
async def publish(
    document_id: DocumentId, body: PublishRequest, library: LibraryDep, running: RunningDep, reply: ReplyDep
) -> Envelope[StaffDocument]:
    """Publish a revision that waits or was retired, in place of the published one. It is found at once."""
    published = await library.publish(
        body.kb, document_id, body.revision, running.parts.encoder, despite_flags=body.despite_flags
    )
    return reply(published)


@router.post(
    "/documents/{document_id:path}/retire",
    operation_id="retire_document",
    responses={404: _NOT_FOUND},
    dependencies=[require("staff.documents:publish")],
)
async def retire(
    document_id: DocumentId, body: RetireRequest, library: LibraryDep, reply: ReplyDep
) -> Envelope[StaffDocument]:
    """Take a published document away from its readers, at once. It can be published again."""
    return reply(await library.retire(body.kb, document_id))
