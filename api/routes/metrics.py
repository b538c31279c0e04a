"""Figures for Prometheus, of this process; of all that share ``PROMETHEUS_MULTIPROC_DIR`` where that is set."""

import asyncio

from fastapi import APIRouter, Request, Response

from api.dependencies import SettingsDep
from api.scopes import public
from core.errors import NotFound
from core.telemetry.metrics_page import is_within, render_page

router = APIRouter(include_in_schema=False)


@router.get("/metrics", dependencies=[public("for Prometheus, from the networks of TELLERGRAPH_METRICS_FROM")])
async def metrics(request: Request, settings: SettingsDep) -> Response:
    """What Prometheus reads. Networks outside TELLERGRAPH_METRICS_FROM do not find it."""
    address = request.client.host if request.client else None
    if request.state.forwarded_by_stranger or not is_within(address, settings.metrics_from):
        raise NotFound("There is nothing here under that address.")
    content, content_type = await asyncio.to_thread(render_page, request.headers.get("accept", ""))
    return Response(content, media_type=content_type)
