"""The bank under faults: transfers over HTTP while its servers and its PostgreSQL are killed, and the books afterwards.

    python -m evals.bench.bank            5,000 transfers among 50 accounts, five kills of each, some minutes
    python -m evals.bench.bank --json     one JSON object on standard output

Ends with 1 when anything was lost, made twice or left open. Needs Linux, the ``dev`` extra, and no network.
"""

import sys
import tempfile
from pathlib import Path
from typing import Annotated

import orjson
import typer
from rich.console import Console

from evals.bench.bank_run import BankFindings, BankPlan, prove_bank

app = typer.Typer(add_completion=False)


@app.command()
def bank(
    transfers: Annotated[int, typer.Option(min=100, max=1_000_000, help="Transfers, at least.")] = 5_000,
    clients: Annotated[int, typer.Option(min=1, max=256, help="Clients at once.")] = 32,
    server_kills: Annotated[int, typer.Option(min=0, max=100, help="kill -9 of a server.")] = 5,
    postgres_kills: Annotated[int, typer.Option(min=0, max=100, help="kill -9 of PostgreSQL.")] = 5,
    seed: Annotated[int, typer.Option(help="Draws the transfers.")] = 1,
    keep: Annotated[Path | None, typer.Option(help="An empty folder for data and logs, kept afterwards.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")] = False,
) -> None:
    """Move money among 50 accounts on two servers that are killed again and again, and compare the books."""
    findings = _run(BankPlan(transfers, clients, server_kills, postgres_kills, seed), keep)
    if json:
        sys.stdout.write(orjson.dumps(findings.as_json(), option=orjson.OPT_INDENT_2).decode() + "\n")
    else:
        _print(Console(), findings)
    raise typer.Exit(1 if any(findings.wrong.values()) else 0)


def _run(plan: BankPlan, keep: Path | None) -> BankFindings:
    if keep is not None:
        if keep.exists() and any(keep.iterdir()):
            raise typer.BadParameter(f"{keep} is not empty")
        keep.mkdir(parents=True, exist_ok=True)
        return prove_bank(plan, keep.resolve())
    with tempfile.TemporaryDirectory(prefix="tgk-", dir="/tmp", ignore_cleanup_errors=True) as folder:
        return prove_bank(plan, Path(folder))


def _print(console: Console, findings: BankFindings) -> None:
    figures = findings.as_json()
    console.print(
        f"{figures['transfers']} transfers in {figures['wall_s']} s ({figures['transfers_per_s']}/s), "
        f"{figures['acknowledged']} acknowledged, {len(findings.kills)} kills"
    )
    console.print(f"ms {figures['ms']}, without faults {figures['ms_undisturbed']}, CPU s {figures['cpu_s']}")
    for rule, faults in findings.wrong.items():
        console.print(f"[green]yes[/green] {rule}" if not faults else f"[red]NO[/red]  {rule}: {len(faults)}")
        for fault in faults[:5]:
            console.print(f"      {fault}", highlight=False)


if __name__ == "__main__":
    app()
