"""The pages that people see: the chat, its script, the help centre's articles."""

import asyncio
from html import escape
from pathlib import Path
from string import Template

from fastapi import APIRouter
from fastapi.responses import FileResponse, HTMLResponse

from agent.whose import scope_of
from api.dependencies import AnyoneDep, NowDep, RunningDep
from api.routes.knowledge import KbQuery
from api.scopes import public, require
from core.clock import BANK_TIME_ZONE
from core.errors import NotFound
from knowledge.render import get_article, render_article

router = APIRouter(include_in_schema=False)

_READ = ["GET", "HEAD"]
STATIC = Path(__file__).parent.parent / "static"
_HELP_PAGE = Template((STATIC / "help.html").read_text(encoding="utf-8"))


@router.api_route("/", methods=_READ, dependencies=[public("the widget's page")])
async def chat_page() -> FileResponse:
    return FileResponse(STATIC / "index.html")


@router.api_route("/widget.js", methods=_READ, dependencies=[public("the widget")])
async def widget() -> FileResponse:
    return FileResponse(STATIC / "widget.js", media_type="text/javascript")


@router.api_route("/help/{document_id:path}", methods=_READ, dependencies=[require("knowledge:read")])
async def help_page(
    document_id: str, identity: AnyoneDep, running: RunningDep, now: NowDep, kb: KbQuery = "help"
) -> HTMLResponse:
    """An article, its passages under the anchors that citations use."""
    if "\x00" in document_id:
        raise NotFound("There is nothing here under that id.")
    today = now.astimezone(BANK_TIME_ZONE).date()
    article = await get_article(running.database, document_id, scope=scope_of(identity), today=today, kb=kb)
    # A manual takes a second.
    body = await asyncio.to_thread(render_article, article)
    page = _HELP_PAGE.substitute(title=escape(article.title), body=body)
    return HTMLResponse(page)
