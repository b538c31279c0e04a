"""What every process that serves does first, and the server that it runs."""

import gc
from collections.abc import Callable
from socket import socket

import uvicorn

from core.logging import configure_logging, log_warnings
from core.settings import Settings
from core.telemetry.metrics import switch_metrics

_YOUNG = 10_000
"""New objects between two looks of the garbage collector: those of about ten turns. Most are freed without it."""


def prepare_process(settings: Settings) -> None:
    """Before anything is logged or counted."""
    configure_logging(settings.log_level, settings.log_format)
    log_warnings()
    switch_metrics(on=bool(settings.metrics_from))


def spare_the_collector() -> None:
    """What is there by now stays: the garbage collector does not go through it again while requests wait."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_YOUNG)


class AnnouncingServer(uvicorn.Server):
    """Says so once it answers."""

    def __init__(self, config: uvicorn.Config, announce: Callable[[], None]) -> None:
        super().__init__(config)
        self._announce = announce

    async def startup(self, sockets: list[socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            spare_the_collector()
            self._announce()
