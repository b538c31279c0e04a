"""``tellergraph db demo``, ``reset-demo``, ``rotate-keys`` and ``set-rate``."""

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import asdict
from enum import StrEnum
from typing import Annotated, Any

import orjson
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from core.clock import system_clock
from core.db.migrate import migrate
from core.services import running_services
from core.settings import load_settings
from tools.demo_bank import LOGINS, LoadReport, ensure_demo_bank, reset_demo
from tools.demo_bank.load import Progress as Report
from tools.payments.exchange_rates import set_rate
from tools.rotation_cli import rotate_keys

db_app = typer.Typer(no_args_is_help=True, help="The bank's database.")

db_app.command("rotate-keys")(rotate_keys)

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


class DemoCustomer(StrEnum):
    ALEX = "alex"
    BLAIR = "blair"


@db_app.command()
def demo(
    customers: Annotated[
        int | None, typer.Option(min=2, max=100_000, help="How many; TELLERGRAPH_DEMO_CUSTOMERS if not given.")
    ] = None,
    seed: Annotated[int | None, typer.Option(help="TELLERGRAPH_DEMO_SEED if not given.")] = None,
    as_json: AsJson = False,
) -> None:
    """Load the demo bank, unless it is loaded, and print its logins."""
    settings = load_settings()
    count = settings.demo_customers if customers is None else customers
    chosen_seed = settings.demo_seed if seed is None else seed
    with running_services(settings) as services, _progress_bar(shown=not as_json) as progress:
        migrate(services)
        report = ensure_demo_bank(
            services.owner_url, customers=count, seed=chosen_seed, now=system_clock(), progress=progress
        )
    if as_json:
        _print_json(_as_object(report))
    else:
        _print_report(report)


@db_app.command("reset-demo")
def reset_demo_customer(who: DemoCustomer, as_json: AsJson = False) -> None:
    """Put alex or blair back to the seeded state, with dates relative to today."""
    with running_services(load_settings()) as services:
        migrate(services)
        reset_demo(services.owner_url, who.value, system_clock())
    if as_json:
        _print_json({"reset": who.value})
    else:
        typer.echo(f"{who.value} is back to the seeded state.")


@db_app.command("set-rate")
def set_exchange_rate(
    base: Annotated[str, typer.Argument(help="ISO 4217 code.")],
    quote: Annotated[str, typer.Argument(help="ISO 4217 code.")],
    rate: Annotated[str, typer.Argument(help="What one unit of BASE buys of QUOTE, such as 1.1675.")],
    as_json: AsJson = False,
) -> None:
    """Set an exchange rate, from now until the next one. The way back is a rate of its own."""
    with running_services(load_settings()) as services:
        migrate(services)
        entered = set_rate(services.owner_url, base, quote, rate, system_clock())
    if as_json:
        _print_json({"base": entered.base, "quote": entered.quote, "rate": str(entered.rate)})
    else:
        typer.echo(f"1 {entered.base} buys {entered.rate} {entered.quote} from now on.")


@contextmanager
def _progress_bar(*, shown: bool) -> Generator[Report]:
    """On standard error, so that standard output holds the result only."""
    columns = (TextColumn("Customers"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), disable=not shown, transient=True) as bar:
        task = bar.add_task("customers")
        yield lambda done, total: bar.update(task, completed=done, total=total)


def _as_object(report: LoadReport | None) -> dict[str, Any]:
    logins = [{"email": one.email, "password": one.password, "role": one.role, "name": one.name} for one in LOGINS]
    return {"loaded": report is not None, "report": asdict(report) if report else None, "logins": logins}


def _print_json(result: dict[str, Any]) -> None:
    typer.echo(orjson.dumps(result).decode())


def _print_report(report: LoadReport | None) -> None:
    if report is None:
        typer.echo("The demo bank is loaded already; its logins:")
    else:
        typer.echo(
            f"Loaded {report.customers:,} customers with {report.accounts:,} accounts, {report.cards:,} cards and "
            f"{report.transactions:,} transactions in {report.seconds:.1f} s. Logins:"
        )
    table = Table("Role", "Name", "E-mail", "Password")
    for login in LOGINS:
        table.add_row(login.role, login.name, login.email, login.password)
    Console().print(table)
