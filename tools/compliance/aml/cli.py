"""``tellergraph compliance monitor``: the operator's own run. What it prints is for whoever may see cases."""

from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Annotated

import orjson
import typer

from core.cli import AsJson, command_services
from core.clock import system_clock
from core.db.migrate import migrate
from core.logging import configure_logging
from core.settings import load_settings
from tools.compliance.aml.monitor import MonitorRun, monitor
from tools.compliance.aml.rules import RULES, load_rules

_DAY = ["%Y-%m-%d"]


def monitor_command(
    from_day: Annotated[
        datetime | None, typer.Option("--from", formats=_DAY, help="First day, in London; where the last run ended.")
    ] = None,
    to_day: Annotated[datetime | None, typer.Option("--to", formats=_DAY, help="Last day, in London; today.")] = None,
    rules: Annotated[
        Path | None, typer.Option(help="Another rule set (TOML), stored under its version and used from its day on.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Look for money laundering in what was booked since the last run, and open cases."""
    # To standard error: standard output holds the result only.
    settings = load_settings()
    configure_logging(settings.log_level, settings.log_format)
    with command_services(as_json) as services:
        migrate(services)
        run = monitor(
            services.compliance_url,
            system_clock(),
            from_day=from_day.date() if from_day else None,
            to_day=to_day.date() if to_day else None,
            rules=load_rules(rules or RULES),
        )
    typer.echo(orjson.dumps({"run": asdict(run) if run else None}).decode() if as_json else _line(run))


def _line(run: MonitorRun | None) -> str:
    if run is None:
        return "Nothing was ever booked: there is nothing to look at."
    return (
        f"{run.from_day} to {run.to_day} under rules {run.rule_set}: {run.transactions:,} transactions, "
        f"{run.hits:,} hits, {run.alerts:,} new alerts, {run.cases:,} new cases."
    )
