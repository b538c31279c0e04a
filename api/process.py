"""What every process that serves does first, and the server that it runs."""

import gc
from collections.abc import Callable
from socket import socket

import uvicorn

from core.logging import configure_logging, log_warnings
from core.settings import Settings
from core.telemetry.metrics import switch_metrics


def prepare_process(settings: Settings) -> None:
    """Before anything is logged or counted."""
    configure_logging(settings.log_level, settings.log_format)
    log_warnings()
    switch_metrics(on=bool(settings.metrics_from))


_YOUNG, _MIDDLE, _OLD = 10_000, 20, 10
"""When the collector looks: at so many new objects, and at the older ones with every so many looks. A turn leaves some
hundred until what tells of it is sent; at Python's 700 they were gone through with every turn, as were all others."""


def _collect_seldom() -> None:
    """What is there by now stays: the collector does not go through it again while requests wait."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_YOUNG, _MIDDLE, _OLD)


class AnnouncingServer(uvicorn.Server):
    """Says so once it answers."""

    def __init__(self, config: uvicorn.Config, announce: Callable[[], None]) -> None:
        super().__init__(config)
        self._announce = announce

    async def startup(self, sockets: list[socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            _collect_seldom()
            self._announce()
