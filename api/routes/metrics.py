"""Figures for Prometheus, of this process; of all that share ``PROMETHEUS_MULTIPROC_DIR`` where that is set."""

import asyncio
import os
from collections.abc import Sequence
from ipaddress import IPv4Network, IPv6Network, ip_address
from pathlib import Path

from fastapi import APIRouter, Request, Response
from prometheus_client import REGISTRY, CollectorRegistry
from prometheus_client.exposition import choose_encoder
from prometheus_client.multiprocess import MultiProcessCollector

from api.dependencies import SettingsDep
from api.scopes import public
from core.errors import ConfigurationError, NotFound

router = APIRouter(include_in_schema=False)

_SHARED = "PROMETHEUS_MULTIPROC_DIR"
"""Read by the library as well, when it is imported."""


def make_shared_folder() -> None:
    """Where this process's counts go if others are to read them too; before anything is counted.

    Raises:
        ConfigurationError: it cannot be made.
    """
    if _SHARED in os.environ:
        try:
            Path(os.environ[_SHARED]).mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ConfigurationError(f"{_SHARED}: this folder cannot be made ({error.strerror}).") from error


@router.get("/metrics", dependencies=[public("for Prometheus, from the networks of TELLERGRAPH_METRICS_FROM")])
async def metrics(request: Request, settings: SettingsDep) -> Response:
    """What Prometheus reads. Networks outside TELLERGRAPH_METRICS_FROM do not find it."""
    if not _is_within(request, settings.metrics_from):
        raise NotFound("There is nothing here under that address.")
    encode, content_type = choose_encoder(request.headers.get("accept", ""))
    content = await asyncio.to_thread(lambda: encode(_registry()))
    return Response(content, media_type=content_type)


def _is_within(request: Request, networks: Sequence[IPv4Network | IPv6Network]) -> bool:
    if request.state.forwarded_by_stranger:
        return False
    try:
        address = ip_address(request.client.host) if request.client else None
    except ValueError:
        # What a proxy says need not be an address.
        return False
    return address is not None and any(address in network for network in networks)


def _registry() -> CollectorRegistry:
    if _SHARED not in os.environ:
        return REGISTRY
    registry = CollectorRegistry()
    MultiProcessCollector(registry)
    return registry
