"""Nobody gets at what is somebody else's by naming it, nor learns that it is there. Issue 8: "2,000 object swaps over
REST, chat, MCP, streams and caches: no leak, and foreign and missing ids answer the same".

A bounded number of ``python -m evals.bench.swaps``, over every place that takes an id.
"""

from collections.abc import Callable
from dataclasses import replace
from uuid import uuid4

import httpx2
import pytest
from fastapi import FastAPI

from api.app import create_app
from core.services import Services
from core.settings import Settings
from evals.bench.swap_cases import Case, Prober, make_cases, sample
from evals.bench.swap_ground import MADE_FOR_NOBODY, MAKERS, Ground
from evals.bench.swap_places import NoMaker, Place, find_places, kind_of
from evals.bench.swap_talk import TALKS
from evals.bench.swaps import swap_ids

CASES = 220


@pytest.fixture(scope="module")
def app(settings: Settings, shared_services: Services) -> FastAPI:
    return create_app(settings, shared_services)


@pytest.fixture(scope="module")
def places(app: FastAPI) -> list[Place]:
    return find_places(app.openapi())


def test_every_id_of_every_route_and_tool_has_a_kind_and_every_kind_a_maker(places: list[Place]):
    assert len(places) > 150
    assert {place.kind for place in places} == set(MAKERS) | MADE_FOR_NOBODY


def test_an_id_that_nobody_thought_of_is_an_error(settings: Settings, shared_services: Services):
    app = create_app(settings, shared_services)

    @app.get("/api/v1/vouchers/{voucher_id}")
    async def voucher(voucher_id: str) -> str:
        return voucher_id

    with pytest.raises(NoMaker, match="voucher_id of /api/v1/vouchers"):
        find_places(app.openapi())
    with pytest.raises(NoMaker):
        kind_of("reference", "/api/v1/vouchers")


def test_swapped_ids_answer_as_ids_that_nobody_has(server: str, fresh: Services, places: list[Place]):
    result = swap_ids(server, fresh, CASES, seed=8, talks=TALKS[:1])

    assert result["findings"] == []
    assert result["cases"] == CASES
    assert result["places_tried"] == len(places)
    assert result["kinds_of_nobodys"] == sorted({*MADE_FOR_NOBODY, "screening_hit"})
    assert result["variants"]["foreign"] > CASES / 3
    assert len(result["callers"]) == 10
    assert result["refused_before_the_look"] < CASES / 20


# What would not pass

OPERATION = "0199aaaa-0000-7000-8000-000000000001"
MISSING = "0199aaaa-0000-7000-8000-00000000dead"
OTHERS_NAME = "Rainy Day Savings"


def probe(answer: Callable[[str], httpx2.Response]) -> str | None:
    """What is found of a server that answers so about an id: ``what``, or None."""
    place = Place("rest", "GET", "/operations/{operation_id}", "path", "operation_id", "operation", None, None, None)
    transport = httpx2.MockTransport(lambda request: answer(request.url.path.rpartition("/")[2]))
    with httpx2.Client(base_url="http://bank", transport=transport) as http:
        ground = Ground({"blair": http}, {}, {}, {"alex": frozenset({OTHERS_NAME})}, dict)
        found = Prober(ground, {}, seed=1).examine(Case("blair", place, "foreign", "alex", OPERATION, MISSING))
    return found and found.what


def told(status: int, **error: object) -> httpx2.Response:
    return httpx2.Response(status, json={"error": {"code": "not_found"} | error, "request_id": str(uuid4())})


@pytest.mark.parametrize(
    ("answer", "found"),
    [
        (lambda given: told(404, about=given), None),
        (lambda given: told(404 if given == MISSING else 403), "told apart"),
        (lambda given: told(404, hint="closed" if given == OPERATION else "none"), "told apart"),
        (lambda given: told(404, near=OTHERS_NAME if given == OPERATION else ""), "leak"),
        (lambda _: told(404, near=OTHERS_NAME), "leak"),
        (lambda _: told(500), "fault"),
    ],
)
def test_an_answer_that_tells_something_is_found(answer: Callable[[str], httpx2.Response], found: str | None):
    assert probe(answer) == found


def test_every_place_is_tried_before_any_is_tried_twice(places: list[Place]):
    callers = dict.fromkeys(["alex", "alex_key", "agent", "visitor"])
    ids = {name: {place.kind: [f"{name}-{place.kind}"] for place in places} for name in ("alex", "blair")}
    ground = Ground(callers, dict.fromkeys(callers, frozenset()), ids, {}, dict)  # type: ignore[arg-type]

    cases = make_cases(places, ground, len(places), seed=3)

    assert len({id(case.place) for case in cases}) == len(places)
    assert all(case.given != case.missing for case in cases)
    assert cases == make_cases(places, ground, len(places), seed=3)
    assert cases != make_cases([replace(place) for place in places], ground, len(places), seed=4)


def test_a_sample_is_what_a_schema_takes():
    schema = {
        "type": "object",
        "required": ["reason", "kind", "on", "amount", "n"],
        "properties": {
            "reason": {"type": "string", "maxLength": 7},
            "kind": {"enum": ["a", "b"]},
            "on": {"type": "boolean"},
            "amount": {"type": "string", "pattern": r"^[0-9]{1,12}$"},
            "n": {"anyOf": [{"type": "integer", "minimum": 4}, {"type": "null"}]},
            "left_out": {"type": "string"},
        },
    }

    assert sample(schema, {}) == {"reason": "because", "kind": "a", "on": False, "amount": "1.00", "n": 4}
