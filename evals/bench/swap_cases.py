"""One case: somebody uses an id that is not theirs, and then one that nobody has. The two answers must be the same byte
for byte, but for the id itself, the request's own id and the time; neither may hold a word of whose it is.
"""

import random
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import cycle
from typing import Any, Literal
from urllib.parse import quote
from uuid import UUID

import httpx2
import orjson

from api.rest_call import RestCall
from evals.bench.swap_ground import VICTIMS, Ground
from evals.bench.swap_places import Place, resolved
from tools.catalogue import CATALOGUE
from tools.demo_bank.logins import CUSTOMERS

Variant = Literal["foreign", "guessed"]
_NAMES_OF_THINGS = (
    "merchant",
    "payee",
    "reference",
    "account",
    "to_account",
    "card",
    "attachment",
    "file",
    "appointment",
)
_HEADERS = (
    "content-type",
    "www-authenticate",
    "cache-control",
    "content-disposition",
    "retry-after",
    "location",
    "etag",
)
_OWN = re.compile(
    r'"request_id": ?"[^"]*"|"timestamp": ?"[^"]*"|"(?:created|expires_at|retry_at)": ?[^,}]*|"id": ?"chatcmpl-[^"]*"'
)


@dataclass(frozen=True, slots=True)
class Case:
    caller: str
    place: Place
    variant: Variant
    victim: str
    given: str
    missing: str


@dataclass(frozen=True, slots=True)
class Finding:
    """What was wrong with a case."""

    what: str
    caller: str
    door: str
    call: str
    parameter: str
    detail: str


def make_cases(places: Sequence[Place], ground: Ground, number_of_cases: int, seed: int) -> list[Case]:
    """Every place by every caller first, in an order of chance; then again, with other ids, until there are enough."""
    chance = random.Random(seed)
    asked = [(caller, place) for place in range(len(places)) for caller in sorted(ground.callers)]
    asked = [(caller, place) for caller, place in asked if _can_knock(caller, places[place])]
    chance.shuffle(asked)
    # Each place once, by whom it may be, before any comes twice.
    first = {place: caller for caller, place in asked}
    ordered = [(caller, place) for place, caller in first.items()]
    ordered += [one for one in asked if first[one[1]] != one[0]]
    made: list[Case] = []
    for number, (caller, place) in enumerate(cycle(ordered)):
        if len(made) >= number_of_cases:
            break
        found = list(_cases_of(caller, places[place], ground, chance, number))
        made += found[: 1 if number < len(first) else number_of_cases - len(made)]
    return made


def _can_knock(caller: str, place: Place) -> bool:
    return place.door == "rest" or caller.removesuffix("_key") in VICTIMS


def _cases_of(caller: str, place: Place, ground: Ground, chance: random.Random, number: int) -> Iterator[Case]:
    is_allowed = place.permission is not None and place.permission in ground.permissions[caller]
    is_for_staff = (place.permission or "").startswith("staff.")
    victim = VICTIMS[number % 2] if caller.removesuffix("_key") not in VICTIMS else _other(caller)
    ids = ground.ids[victim].get(place.kind, [])
    own = ground.ids.get(caller.removesuffix("_key"), {}).get(place.kind, [])
    real = [one for one in ids if one not in own]
    example = chance.choice(ids) if ids else str(UUID(int=chance.getrandbits(128), version=4))
    if real and not (is_allowed and is_for_staff):
        given = chance.choice(real)
        yield Case(caller, place, "foreign", victim, given, _missing(place.kind, given, chance))
    yield Case(
        caller, place, "guessed", victim, _near(place.kind, example, chance), _missing(place.kind, example, chance)
    )


def _other(caller: str) -> str:
    return next(name for name in VICTIMS if not caller.startswith(name))


def _near(kind: str, one: str, chance: random.Random) -> str:
    """What somebody would try who has seen one: the next one."""
    if _is_uuid(one):
        return str(UUID(int=UUID(one).int ^ (1 << chance.randrange(12))))
    return _missing(kind, one, chance)


def _missing(kind: str, like: str, chance: random.Random) -> str:
    """What nobody has, of the same form: a length or a letter must not tell them apart."""
    if _is_uuid(like):
        return str(UUID(int=chance.getrandbits(128), version=4))
    if kind in _COUNTED:
        return str(9 * 10**9 + chance.randrange(10**9))
    if _REFERENCE.fullmatch(like):
        return like[:2] + "".join(_letter(one, chance, "ABCDEF") for one in like[2:])
    return "".join(_letter(one, chance, "QXZKJW") for one in like)


_COUNTED = frozenset({"transaction", "entry"})
"""Kinds whose ids are counted up."""
_REFERENCE = re.compile(r"[A-Z](-[0-9A-F]{4})+")


def _letter(character: str, chance: random.Random, others: str) -> str:
    if character.isdecimal():
        return chance.choice("0123456789")
    if character.isalpha():
        return chance.choice(others if character.isupper() else others.lower())
    return character


def _is_uuid(text: str) -> bool:
    return re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", text) is not None


class Prober:
    """Sends both of a case and compares."""

    def __init__(self, ground: Ground, document: Mapping[str, Any], seed: int) -> None:
        self._ground = ground
        self._document = document
        self._chance = random.Random(seed)
        self.statuses: dict[str, int] = {}
        """How often the answer about an id that is not the caller's had each status, or MCP's error or result."""

    def examine(self, case: Case) -> Finding | None:
        """None where all is well."""
        answers = [self.send(case, one) for one in (case.given, case.missing)]
        self._count(answers[0])
        told = [_comparable(answer, one) for answer, one in zip(answers, (case.given, case.missing), strict=True)]
        if leaked := self._leaked(case, told[0]):
            return _finding("leak", case, leaked)
        if answers[0].status_code >= 500:
            return _finding("fault", case, answers[0].text[:300])
        if told[0] != told[1]:
            return _finding("told apart", case, f"{told[0][:300]} | {told[1][:300]}")
        return None

    def send(self, case: Case, given: str) -> httpx2.Response:
        place, arguments = case.place, self._arguments(case, given)
        if place.door == "mcp":
            return _call_mcp(self._ground.callers[case.caller], str(place.tool), arguments)
        return self._send_rest(case.caller, place, given, arguments)

    def _send_rest(self, caller: str, place: Place, given: str, arguments: dict[str, Any]) -> httpx2.Response:
        http = self._ground.callers[caller]
        if place.tool is not None:
            tool = CATALOGUE.find(place.tool)
            if tool is not None and set(RestCall.of(tool).in_path) <= set(arguments):
                request = RestCall.of(tool).request(arguments)
                return http.request(request.method, f"/api/v1{request.path}", params=request.query, json=request.body)
        path = re.sub(r"\{(\w+)\}", lambda found: quote(_in_path(found[1], place, given), safe=""), place.path)
        headers = {place.name: given} if place.where == "header" else {}
        query = {"reason": "a test asks"} if "/admin" in path and place.method == "GET" else {}
        if place.where == "query":
            query[place.name] = given
        return http.request(place.method, path, params=query, headers=headers, json=self._body(place, given, caller))

    def _body(self, place: Place, given: str, caller: str) -> Any:
        if place.body is None:
            return None
        body: dict[str, Any] = sample(self._option(place), self._document)
        if "password" in body and caller in CUSTOMERS:
            # A wrong one is refused before anything is looked up.
            body["password"] = CUSTOMERS[caller].password
        if place.where == "body":
            body[place.name] = int(given) if given.isdecimal() and place.name == "entry_id" else given
        if place.path.startswith("/v1/"):
            body = {"model": "tellergraph", "messages": [{"role": "user", "content": "What are your opening hours?"}]}
        return body

    def _option(self, place: Place) -> Mapping[str, Any]:
        """Of several bodies, the one that has the parameter."""
        schema = resolved(place.body or {}, self._document)
        options = [resolved(one, self._document) for one in (*schema.get("oneOf", ()), *schema.get("anyOf", ()))]
        return next(
            (one for one in options if place.name in one.get("properties", {})), options[0] if options else schema
        )

    def _arguments(self, case: Case, given: str) -> dict[str, Any]:
        """As in one of the tool's examples, with the caller's own things where others are named."""
        tool = CATALOGUE.find(case.place.tool or "")
        if tool is None:
            return {}
        own = self._ground.ids.get(case.caller.removesuffix("_key"), {})
        meant = dict(tool.examples[0].arguments)
        for name in _NAMES_OF_THINGS:
            if name in meant and name != case.place.name:
                if name in {"account", "to_account", "card", "payee"} and own.get(name.removeprefix("to_")):
                    meant[name] = own[name.removeprefix("to_")][0]
                else:
                    del meant[name]
        days = (datetime.now(UTC) + timedelta(days=30)).date().isoformat()
        meant |= {name: days for name in meant if name == "date"}
        return meant | {case.place.name: given}

    def _leaked(self, case: Case, told: str) -> str | None:
        if case.caller not in ("visitor", *VICTIMS, *(f"{name}_key" for name in VICTIMS)):
            return None
        whose = VICTIMS if case.caller == "visitor" else (_other(case.caller),)
        marks = [mark for name in whose for mark in self._ground.marks[name] if mark != case.given]
        return next((mark for mark in marks if mark in told), None)

    def _count(self, answer: httpx2.Response) -> None:
        told = str(answer.status_code)
        if answer.request.url.path == "/mcp":
            result = answer.json()["result"]
            told = f"mcp {result['structuredContent']['status']}" if not result["isError"] else "mcp error"
            told += " invalid_input" if "The arguments are wrong" in answer.text else ""
        elif answer.status_code >= 400:
            told += f" {answer.json()['error']['code']}"
        self.statuses[told] = self.statuses.get(told, 0) + 1


def sample(schema: Mapping[str, Any], document: Mapping[str, Any]) -> Any:
    """Something that the schema takes: what is required, as short as may be."""
    schema = resolved(schema, document)
    if "const" in schema or "enum" in schema:
        return schema.get("const", next(iter(schema.get("enum", [None]))))
    for several in ("anyOf", "oneOf"):
        if several in schema:
            return sample(schema[several][0], document)
    match schema.get("type"):
        case "object":
            wanted = schema.get("properties", {})
            return {name: sample(wanted[name], document) for name in schema.get("required", ()) if name in wanted}
        case "array":
            return [sample(schema["items"], document)] * schema.get("minItems", 0)
        case "integer" | "number":
            return schema.get("minimum", 1)
        case "boolean":
            return False
        case _:
            return _text(schema)


def _text(schema: Mapping[str, Any]) -> str:
    match schema.get("format"), str(schema.get("pattern", "")):
        case ("uuid", _):
            return str(UUID(int=7, version=4))
        case ("date", _):
            return (datetime.now(UTC) + timedelta(days=40)).date().isoformat()
        case (_, pattern) if pattern.startswith("^[0-9]"):
            return "1.00"
        case (_, pattern) if "[A-Z]{3}" in pattern:
            return "GBP"
        case _:
            return "because a test asks"[: schema.get("maxLength", 60)]


def _in_path(name: str, place: Place, given: str) -> str:
    """The id in question, of every part of the path that could hold it."""
    if name == place.name:
        return given
    return "identity" if name == "kind" else str(UUID(int=9, version=4))


def _call_mcp(http: httpx2.Client, tool: str, arguments: dict[str, Any]) -> httpx2.Response:
    headers = {"Accept": "application/json, text/event-stream", "MCP-Protocol-Version": "2025-06-18"}
    params = {"name": tool, "arguments": arguments}
    return http.post(
        "/mcp", json={"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}, headers=headers
    )


def _comparable(answer: httpx2.Response, given: str) -> str:
    """All of an answer but what is another every time, with the id that was asked about under one name."""
    headers = [f"{name}: {answer.headers.get(name)}" for name in _HEADERS]
    text = _OWN.sub("", "\n".join([str(answer.status_code), *headers, answer.text]))
    for form in {given, quote(given, safe=""), given.casefold(), orjson.dumps(given).decode()[1:-1]}:
        text = text.replace(form, "<id>")
    return text


def _finding(what: str, case: Case, detail: str) -> Finding:
    place = case.place
    call = place.tool if place.door == "mcp" else f"{place.method} {place.path}"
    return Finding(what, case.caller, place.door, str(call), f"{place.name} ({case.variant})", detail)
