"""Object swaps: does anybody get at, or learn of, what is somebody else's by naming it?

    python -m evals.bench.swaps --cases 2000 --json

Two customers, their API keys, a visitor and staff of every role call every REST route and MCP tool that takes an id
(found in the OpenAPI document and in the tools' definitions), with ids that are another customer's, the next to one of
theirs, and ones that nobody has. The baseline is in each case: the answer about an id that nobody has. Then words of
one customer are asked by another, in chat, over the OpenAI door and as streams, from sessions and caches that hold the
first one's answers. At the end everything that the customers have must be as it was.

Exits with 1 when something was found. The server is a demo bank of its own, in a temporary directory.
"""

import time
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict
from typing import Annotated, Any

import httpx2
import orjson
import typer

from core.logging import configure_logging
from core.services import Services
from core.settings import load_settings
from evals.bench.swap_cases import Finding, Prober, make_cases
from evals.bench.swap_ground import MADE_FOR_NOBODY, MAKERS, VICTIMS, Ground, lay_ground
from evals.bench.swap_places import find_places
from evals.bench.swap_talk import TALKS, examine_talk
from evals.dialogues.server import prepared_bank, running_bank

app = typer.Typer(add_completion=False)

_PATIENCE = 60.0


@app.command()
def swaps(
    cases: Annotated[int, typer.Option(min=1, help="How many ids are swapped in.")] = 2_000,
    seed: int = 8,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Swap ids between customers, a visitor, staff and keys, and compare the answers."""
    configure_logging("WARNING")
    with prepared_bank(load_settings()) as (settings, services), running_bank(settings, services, "swaps") as bank:
        result = swap_ids(bank.url, bank.services, cases, seed)
    typer.echo(orjson.dumps(result, option=0 if as_json else orjson.OPT_INDENT_2).decode())
    raise typer.Exit(1 if result["findings"] else 0)


def swap_ids(url: str, services: Services, cases: int, seed: int, talks: Sequence[str] = TALKS) -> dict[str, Any]:
    """What was tried and what was found."""
    with ExitStack() as stack:

        def open_client(base_url: str, headers: dict[str, str]) -> httpx2.Client:
            client = httpx2.Client(base_url=base_url, headers=headers, timeout=_PATIENCE, trust_env=False)
            return stack.enter_context(client)

        started = time.perf_counter()
        ground = lay_ground(url, services, open_client)
        document = ground.callers["visitor"].get("/openapi.json").json()
        places = find_places(document)
        wanted = make_cases(places, ground, cases, seed)
        before = ground.fingerprint()
        prober = Prober(ground, document, seed)
        findings = [found for case in wanted if (found := prober.examine(case))]
        findings += [found for talk in talks for found in examine_talk(ground, talk)]
        after = ground.fingerprint()
        changed = [name for name, was in before.items() if after[name] != was]
        findings += [Finding("changed", "", "", "", name, "something of theirs is not as it was") for name in changed]
        return {
            "cases": len(wanted),
            "talks": len(talks) * len(VICTIMS),
            "places": dict(Counter(place.door for place in places)),
            "places_tried": len({id(one.place) for one in wanted}),
            "kinds": len({place.kind for place in places}),
            "kinds_of_nobodys": _without_any(ground),
            "callers": dict(Counter(case.caller for case in wanted)),
            "variants": dict(Counter(case.variant for case in wanted)),
            "answers": dict(sorted(prober.statuses.items())),
            "refused_before_the_look": sum(n for told, n in prober.statuses.items() if told.endswith("invalid_input")),
            "findings": [asdict(one) for one in findings],
            "seconds": round(time.perf_counter() - started, 1),
            "seed": seed,
        }


def _without_any(ground: Ground) -> list[str]:
    """Kinds that no customer has one of: their places are tried with ids that nobody has."""
    empty = {kind for kind in MAKERS if not any(ground.ids[name].get(kind) for name in VICTIMS)}
    return sorted(empty | MADE_FOR_NOBODY)


if __name__ == "__main__":
    app()
