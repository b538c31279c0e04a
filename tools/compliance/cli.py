"""``tellergraph compliance``: lists of sanctioned and politically exposed people, and who is found on them."""

from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import orjson
import psycopg
import typer

from core.cli import command_services
from core.clock import system_clock
from core.db.migrate import migrate
from core.errors import InvalidInput
from core.services import Services
from core.settings import load_settings
from tools.bank import make_seal
from tools.compliance.aml.cli import monitor_command
from tools.compliance.screening.load import LoadReport, list_lists, load_list, remove_list
from tools.compliance.screening.matching.matcher import Match, Matcher
from tools.compliance.screening.matching.score import Screened
from tools.compliance.screening.rescreen import RescreenReport, read_entries, rescreen

compliance_app = typer.Typer(
    no_args_is_help=True, help="Sanctions lists and screening against them; watching for money laundering."
)
compliance_app.command("monitor")(monitor_command)

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


@compliance_app.command("load-list")
def load_list_command(
    file: Annotated[
        Path,
        typer.Argument(help="sdn.csv (alt.csv beside it), sdn.xml, sdn_advanced.xml, the UN's XML, or our own CSV."),
    ],
    name: Annotated[
        str | None, typer.Option("--list", help="The list to bring in line with it; after the file if not given.")
    ] = None,
    is_rescreened: Annotated[
        bool, typer.Option("--rescreen/--no-rescreen", help="Screen everybody against what is new, as rescreen does.")
    ] = True,
    as_json: AsJson = False,
) -> None:
    """Load a list: what is new or changed goes in, what is gone ends, and everybody is screened against what is new. A
    file that is broken changes nothing."""
    with command_services(as_json) as services:
        migrate(services)
        report = load_list(services.owner_url, file, name or _name_of(file), system_clock())
        screened = None
        if is_rescreened and report.generation is not None:
            screened = rescreen(services.owner_url, make_seal(load_settings(), services), system_clock())
    said = _say_load(report)
    if report.generation is not None:
        said += "\n" + (_say_rescreen(screened) if screened else "Run tellergraph compliance rescreen.")
    _print(as_json, asdict(report) | {"rescreened": screened and asdict(screened)}, said)


@compliance_app.command("remove-list")
def remove_list_command(name: Annotated[str, typer.Argument(help="A list's name.")], as_json: AsJson = False) -> None:
    """End all entries of a list."""
    with command_services(as_json) as services:
        migrate(services)
        report = remove_list(services.owner_url, name, system_clock())
    _print(as_json, asdict(report), _say_load(report))


@compliance_app.command("lists")
def lists_command(as_json: AsJson = False) -> None:
    """The lists as they stand."""
    with command_services(as_json) as services:
        migrate(services)
        found = list_lists(services.owner_url)
    lines = [
        f"{each['list']}: {each['entries']:,} entries, {each['format']}, loaded {each['at']:%d %b %Y}" for each in found
    ]
    _print(as_json, {"lists": found}, "\n".join(lines) or "No list is loaded: nobody is found by screening.")


@compliance_app.command("screen")
def screen_command(
    name: Annotated[str, typer.Argument(help="In any script.")],
    born: Annotated[str | None, typer.Option(help="Date of birth, ISO 8601.")] = None,
    country: Annotated[str | None, typer.Option(help="Nationality, ISO 3166-1 alpha-2.")] = None,
    as_json: AsJson = False,
) -> None:
    """Screen one name, and say why something is found. Keeps nothing."""
    with command_services(as_json) as services:
        who = Screened(name, _day(born), country and country.upper())
        migrate(services)
        matches = _screen(services, who)
    shown = [_as_object(match) for match in matches]
    _print(as_json, {"name": name, "hits": shown}, "\n".join(map(_say_match, matches)) or "Nothing found.")


@compliance_app.command("rescreen")
def rescreen_command(as_json: AsJson = False) -> None:
    """Screen all customers, payees and waiting payments, as far as they or the lists have changed."""
    with command_services(as_json) as services:
        migrate(services)
        report = rescreen(services.owner_url, make_seal(load_settings(), services), system_clock())
    said = _say_rescreen(report) if report.generation else "No list is loaded: nobody was screened."
    _print(as_json, asdict(report), said)


def _screen(services: Services, who: Screened) -> list[Match]:
    with psycopg.connect(services.owner_url) as owner:
        return Matcher(read_entries(owner)).screen(who)


def _day(said: str | None) -> date | None:
    try:
        return date.fromisoformat(said) if said else None
    except ValueError as error:
        raise InvalidInput("A date of birth is written as 1961-04-12.") from error


def _name_of(file: Path) -> str:
    """Of a list whose name was not given: from the file's."""
    letters = "".join(letter if letter.isalnum() and letter.isascii() else "-" for letter in file.stem.lower())
    return letters.strip("-")[:40] or "list"


def _as_object(match: Match) -> dict[str, Any]:
    return {
        "list": match.listed.list_name,
        "source_id": match.listed.entry.source_id,
        "name": match.name.text,
        "quality": match.name.quality,
        "score": round(match.score, 1),
        "programmes": match.listed.entry.programmes,
        "reasons": match.explanation,
    }


def _say_match(match: Match) -> str:
    lines = [f"{match.score:5.1f}  {match.name.text}  ({match.listed.list_name} {match.listed.entry.source_id})"]
    return "\n".join([*lines, *(f"       {each.points:+5.1f}  {each.text}" for each in match.reasons)])


def _say_load(report: LoadReport) -> str:
    if report.generation is None:
        return f"{report.list_name}: {report.unchanged:,} entries, nothing has changed."
    lines = [
        f"{report.list_name}: {report.added:,} added, {report.changed:,} changed, {report.removed:,} removed, "
        f"{report.unchanged:,} as before."
    ]
    for what, names in report.examples.items():
        lines += [f"  {what}: {name}" for name in names]
    return "\n".join(lines)


def _say_rescreen(report: RescreenReport) -> str:
    return (
        f"{report.in_full:,} screened in full, {report.against_changes:,} against what changed on the lists, "
        f"{report.up_to_date:,} up to date; {report.hits:,} hits."
    )


def _print(as_json: bool, result: dict[str, Any], text: str) -> None:
    typer.echo(orjson.dumps(result).decode() if as_json else text)
