"""``tellergraph worker``: what the bank does by itself, in a process of its own."""

import asyncio
from collections.abc import Generator
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import asdict
from signal import SIGINT, SIGTERM, default_int_handler, signal
from typing import Annotated

import orjson
import typer

from core.audit.heads import Checkpointer
from core.cli import AsJson, command_services
from core.clock import system_clock
from core.db.database import Database
from core.db.health import require_security
from core.db.migrate import migrate
from core.logging import configure_logging
from core.services import Services
from core.settings import Settings, load_settings
from core.telemetry.metrics import switch_metrics
from core.telemetry.metrics_page import serving_page
from tools.compliance.aml.background import background_monitor
from tools.fraud.decisions import read_fraud_policy
from tools.fraud.webhook import make_webhook
from tools.privacy.background import background_retention
from tools.schedules.worker import Tally, Worker


def worker(
    once: Annotated[bool, typer.Option("--once", help="Do what is due now, and end.")] = False,
    as_json: AsJson = False,
) -> None:
    """Make scheduled payments and standing orders, release old holds and end old proposals, and look for money
    laundering once a day, until Ctrl-C."""
    settings = load_settings()
    configure_logging(settings.log_level, settings.log_format)
    switch_metrics(on=bool(settings.metrics_from))
    signal(SIGTERM, default_int_handler)  # so that the embedded servers are stopped on SIGTERM as well
    tally = Tally()
    with suppress(KeyboardInterrupt), command_services(as_json) as services:
        migrate(services)
        require_security(services, demo=settings.demo)
        with nullcontext() if once else _figures(settings):
            tally = asyncio.run(_work(services, settings, once=once))
    typer.echo(orjson.dumps(asdict(tally)).decode() if as_json else _line(tally))


@contextmanager
def _figures(settings: Settings) -> Generator[None]:
    """For Prometheus, where that was asked for."""
    if settings.worker_metrics_port is None or not settings.metrics_from:
        yield
        return
    with serving_page(settings.host, settings.worker_metrics_port, settings.metrics_from):
        yield


async def _work(services: Services, settings: Settings, *, once: bool) -> Tally:
    database = Database(services.worker_url, pool_size=1, name="worker")
    policy, signing = read_fraud_policy(settings.fraud_policy), Checkpointer.of(settings)
    working = Worker(database, system_clock, make_webhook(settings), policy, signing)
    loop = asyncio.get_running_loop()
    for number in (SIGINT, SIGTERM):
        loop.add_signal_handler(number, working.stop)
    await database.open()
    try:
        if once:
            await working.run_once()
        else:
            async with (
                background_monitor(services.compliance_url, system_clock),
                background_retention(services, system_clock),
            ):
                await working.run(settings.worker_interval)
    finally:
        await database.close()
    return working.tally


def _line(tally: Tally) -> str:
    return ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in asdict(tally).items())
