"""How a definition becomes a route: addresses, order, arguments, files, refusals. On tools that only repeat."""

from collections.abc import Iterator
from typing import Any, ClassVar, Literal
from uuid import uuid4

import psycopg
import pytest
from pydantic import Field

import api.app
from api.rest_call import RestCall
from api.routes.banking import tool_router
from core.errors import Refused
from core.services import Services
from core.settings import Settings
from tests.api.conftest import send
from tests.serving import serving
from tests.talking import ALEX, Caller, Meet
from tools.operations import propose
from tools.registry import Arguments, Document, Proposed, Refusal, Registry, Result, Risk, Tool, ToolContext, tool
from tools.results import results_of, statuses_of

SCOPE = "toys:read"
BANK_SITE = "https://bank.example"


class Nothing(Arguments):
    pass


class Named(Arguments):
    name: str = Field(description="The toy's name.")


class Wishes(Arguments):
    colours: list[str] = Field(default=[], max_length=3, description="Any of these.")
    size: int | None = Field(default=None, ge=1, description="In centimetres.")
    new: bool = Field(default=False, description="Never played with.")


class Repainted(Named):
    colour: str = Field(description="The new colour.")


class Toy(Result):
    status: Literal["found"] = "found"
    who: str
    meant: dict[str, Any]


class ToyBroken(Refusal):
    http_status: ClassVar[int] = 409

    status: Literal["toy_broken"] = "toy_broken"
    message: str = "The toy is broken."
    name: str


class Manual(Document):
    media_type: Literal["text/csv", "application/pdf"] = "text/csv"


class ToyKept(Refusal):
    status: Literal["loved", "lent"]


def repeated(context: ToolContext, arguments: Arguments) -> Toy:
    return Toy(who=f"{context.initiated_by} {context.turn_id}", meant=arguments.model_dump(mode="json"))


@tool(title="Find a toy", scope=SCOPE, rest="GET /toys/{name}", examples={"Where is the bear?": {"name": "bear"}})
async def find_toy(context: ToolContext, arguments: Named) -> Toy | ToyBroken:
    """Finds one toy."""
    return ToyBroken(name=arguments.name) if arguments.name == "doll" else repeated(context, arguments)


@tool(title="Find new toys", scope=SCOPE, rest="GET /toys/wished", examples={"Red ones?": {"colours": ["red"]}})
async def find_wished_toys(context: ToolContext, arguments: Wishes) -> Toy:
    """Finds toys."""
    return repeated(context, arguments)


@tool(title="Read the manual", scope=SCOPE, rest="GET /toys/{name}/manual", examples={})
async def read_manual(context: ToolContext, arguments: Named) -> Manual | ToyBroken:
    """Gives the manual."""
    if arguments.name == "doll":
        return ToyBroken(name=arguments.name)
    return Manual(filename=f"{arguments.name}.csv", content=f"toy\n{arguments.name}\n".encode())


@tool(title="Check a toy", scope=SCOPE, rest="POST /toys/check", examples={"Is it whole?": {"name": "bear"}})
async def check_toy(context: ToolContext, arguments: Named) -> Toy:
    """Changes nothing, and takes its arguments in a body."""
    return repeated(context, arguments)


@tool(
    title="Repaint a toy",
    scope=SCOPE,
    rest="PATCH /toys/{name}",
    examples={"Paint it red": {"name": "bear", "colour": "red"}},
    risk=Risk.PREPARE,
)
async def repaint_toy(context: ToolContext, arguments: Repainted) -> Toy | Proposed:
    """Prepares another colour."""
    if arguments.colour == "red":
        return repeated(context, arguments)
    return Proposed(type="repaint_toy", summary=f"{arguments.colour} {context.idempotency_key}")


@tool(title="Throw a toy away", scope=SCOPE, rest="DELETE /toys/{name}", examples={}, risk=Risk.PREPARE)
async def throw_toy_away(context: ToolContext, arguments: Named) -> Proposed:
    """Prepares the end of a toy."""
    return Proposed(type="throw_toy_away", summary=arguments.name)


@tool(title="Raffle a toy", scope=SCOPE, rest="POST /toys/{name}/raffle", examples={}, risk=Risk.PREPARE)
async def raffle_toy(context: ToolContext, arguments: Named) -> Proposed | ToyBroken:
    """Is overtaken by the same request: that prepares, and then nothing is left to prepare."""
    if arguments.name == "ball":
        return ToyBroken(name=arguments.name)
    async with context.database.writing(context.scope) as db:
        await propose(
            db, context, "freeze_card", payload={"toy": arguments.name}, proposed=Proposed(summary=arguments.name)
        )
    if arguments.name == "doll":
        raise Refused("The doll is gone.", code="toy_gone")
    return ToyBroken(name=arguments.name)


TOYS = [raffle_toy, find_toy, find_wished_toys, read_manual, check_toy, repaint_toy, throw_toy_away]


@pytest.fixture(scope="module")
def toy_server(settings: Settings, still_services: Services) -> Iterator[str]:
    """A real server whose only tools are these, and whose customers may use them."""
    with psycopg.connect(still_services.owner_url) as owner:
        owner.execute("insert into permissions (name, description) values (%s, 'Play with toys')", [SCOPE])
        owner.execute("insert into role_permissions select name, %s from roles where of_account = 'customer'", [SCOPE])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(api.app, "CATALOGUE", Registry(TOYS))
        patch.setattr(api.app, "CUSTOMER_SCOPES", frozenset({SCOPE}))
        with serving(settings.model_copy(update={"cors_origins": [BANK_SITE]}), still_services) as url:
            yield url


@pytest.fixture
def child(toy_server: str, meet: Meet) -> Caller:
    return meet(toy_server, ALEX)


def meant(caller: Caller, toy: Tool, arguments: dict[str, Any]) -> Any:
    response = send(caller, toy, arguments)
    assert response.status_code == 200, response.text
    data = response.json()["data"]
    assert data["who"] == "rest None"
    return data["meant"]


@pytest.mark.parametrize(
    "name", ["bear", "Rainy Day", "a+b", "50% off", "Zoë & Cie.", "café#1?x=y", "wished list", "{name}", "'; drop --"]
)
def test_an_argument_of_the_path_arrives_as_it_was_meant(child: Caller, name: str) -> None:
    assert meant(child, find_toy, {"name": name}) == {"name": name}


def test_a_fixed_address_is_not_taken_for_an_argument(child: Caller) -> None:
    """Though it was defined after the one with the argument."""
    assert meant(child, find_wished_toys, {}) == {"colours": [], "size": None, "new": False}


def test_a_query_may_hold_lists_numbers_and_yes_or_no(child: Caller) -> None:
    wishes = {"colours": ["red", "blue"], "size": 30, "new": True}
    assert meant(child, find_wished_toys, wishes) == wishes
    assert meant(child, find_wished_toys, {"colours": ["red"]})["colours"] == ["red"]
    for query in ("size=30&size=31", "new=true&new=true", "colours=a&colours=b&colours=c&colours=d", "size=", "name=x"):
        assert child.http.get(f"/api/v1/toys/wished?{query}").status_code == 422


def test_a_question_may_be_asked_with_a_body(child: Caller) -> None:
    assert meant(child, check_toy, {"name": "bear"}) == {"name": "bear"}
    for wrong in ({}, {"name": "bear", "size": 3}, {"name": None}, {"name": ["bear"]}):
        assert child.http.post("/api/v1/toys/check", json=wrong).status_code == 422
    assert child.http.post("/api/v1/toys/check?name=bear").status_code == 422


def test_what_is_prepared_is_created_and_what_is_not_is_fine(child: Caller) -> None:
    blue = send(child, repaint_toy, {"name": "bear", "colour": "blue"}, headers={"Idempotency-Key": "my key: 7~"})
    assert (blue.status_code, blue.json()["data"]["summary"]) == (201, "blue my key: 7~")
    assert send(child, repaint_toy, {"name": "bear", "colour": "red"}).status_code == 200
    for body in ({}, {"content": b"", "headers": {"Content-Type": "application/json"}}, {"json": {}}):
        thrown = child.http.request("DELETE", "/api/v1/toys/bear", **body)
        assert (thrown.status_code, thrown.json()["data"]["summary"]) == (201, "bear")


@pytest.mark.parametrize("name", ["bear", "doll"])
def test_a_request_that_its_own_twin_overtook_is_answered_as_the_twin(child: Caller, name: str) -> None:
    """A lost connection and a second try at once: the first was confirmed before the second looked."""
    key = {"Idempotency-Key": str(uuid4())}
    first = send(child, raffle_toy, {"name": name}, headers=key)
    assert (first.status_code, first.json()["data"]["summary"]) == (201, name)
    assert send(child, raffle_toy, {"name": name}, headers=key).json()["data"] == first.json()["data"]
    assert send(child, raffle_toy, {"name": name}).status_code in (409, 422)


def test_a_key_does_not_turn_a_refusal_into_something_else(child: Caller) -> None:
    response = send(child, raffle_toy, {"name": "ball"}, headers={"Idempotency-Key": str(uuid4())})
    assert (response.status_code, response.json()["error"]["code"]) == (409, "toy_broken")


def test_a_refusal_says_with_which_status(child: Caller) -> None:
    response = send(child, find_toy, {"name": "doll"})
    assert response.status_code == 409
    error = response.json()["error"]
    assert error == {"code": "toy_broken", "message": "The toy is broken.", "details": {"name": "doll"}}


@pytest.mark.parametrize("name", ["bear", "Zoë", "two words"])
def test_a_document_comes_as_a_file(child: Caller, name: str) -> None:
    response = send(child, read_manual, {"name": name})
    assert response.status_code == 200
    assert response.text == f"toy\n{name}\n"
    assert response.headers["content-type"] == "text/csv; charset=utf-8"
    assert response.headers["cache-control"] == "no-store"
    kind, _, filename = response.headers["content-disposition"].partition("; filename*=UTF-8''")
    assert kind == "attachment"
    assert filename.isascii()
    assert " " not in filename
    assert send(child, read_manual, {"name": "doll"}).json()["error"]["code"] == "toy_broken"


def test_a_document_is_described_as_one(child: Caller) -> None:
    operation = child.http.get("/openapi.json").json()["paths"]["/api/v1/toys/{name}/manual"]["get"]
    assert set(operation["responses"]["200"]["content"]) == {"text/csv", "application/pdf"}
    assert "toy_broken" in operation["responses"]["409"]["description"]


def test_methods_that_no_tool_has_are_refused(child: Caller) -> None:
    response = child.http.put("/api/v1/toys/bear", json={})
    assert (response.status_code, response.json()["error"]["code"]) == (405, "method_not_allowed")


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
def test_the_banks_own_site_may_use_every_method_and_the_key(child: Caller, method: str) -> None:
    asked = {
        "Access-Control-Request-Method": method,
        "Access-Control-Request-Headers": "authorization, content-type, idempotency-key",
    }
    allowed = child.http.options("/api/v1/toys/bear", headers={"Origin": BANK_SITE, **asked})
    assert allowed.status_code == 200
    assert allowed.headers["access-control-allow-origin"] == BANK_SITE
    refused = child.http.options("/api/v1/toys/bear", headers={"Origin": "https://evil.example", **asked})
    assert refused.status_code == 400
    assert "access-control-allow-origin" not in refused.headers


def moved(toy: Tool, rest: str, name: str = "moved") -> Tool:
    again = tool(title="Moved", scope=SCOPE, rest=rest, examples={})(toy.run)
    object.__setattr__(again, "name", name)
    return again


@pytest.mark.parametrize(
    ("first", "second"), [("GET /toys/{name}", "GET /toys/{name}"), ("GET /toys/all", "GET /toys/all")]
)
def test_two_tools_at_one_address_fail_at_the_start(first: str, second: str) -> None:
    with pytest.raises(ValueError, match="two tools at one address: one and two at GET /toys/"):
        tool_router([moved(find_toy, first, "one"), moved(find_toy, second, "two")])


def test_two_names_for_the_same_argument_are_one_address() -> None:
    other = moved(repaint_toy, "GET /toys/{colour}", "by_colour")
    with pytest.raises(ValueError, match="find_toy and by_colour"):
        tool_router([find_toy, other])
    tool_router([find_toy, moved(repaint_toy, "POST /toys/{colour}")])


def test_a_path_that_names_no_argument_fails_at_the_start() -> None:
    with pytest.raises(ValueError, match=r"moved: /toys/\{toy\} names toy, which is no argument"):
        tool_router([moved(find_toy, "GET /toys/{toy}")])


def test_results_are_those_of_the_annotation() -> None:
    @tool(title="Count", scope=SCOPE, rest="GET /pieces", examples={})
    async def count_pieces(context: ToolContext, arguments: Nothing) -> ToyKept | Toy:
        """Counts."""
        return repeated(context, arguments)

    assert results_of(read_manual) == [Manual, ToyBroken]
    assert results_of(count_pieces) == [Toy, ToyKept]
    assert [statuses_of(kind) for kind in results_of(count_pieces)] == [["found"], ["loved", "lent"]]


def test_a_tool_that_does_not_name_its_results_fails_at_the_start() -> None:
    @tool(title="Count", scope=SCOPE, rest="GET /pieces", examples={})
    async def count_pieces(context: ToolContext, arguments: Nothing) -> Result:
        """Counts."""
        return repeated(context, arguments)

    with pytest.raises(ValueError, match="count_pieces must name its results"):
        tool_router([count_pieces])


def test_a_call_without_its_path_has_no_address() -> None:
    with pytest.raises(KeyError):
        RestCall.of(find_toy).request({})
