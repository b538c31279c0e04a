"""The customer's own data, as the bank has it: what must not be read by a model of another party."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal, cast

import orjson

from core.db.database import Database, Question, Scope
from core.db.queries import Queries
from core.security import pii

Kind = Literal[
    "NAME", "EMAIL", "PHONE", "ADDRESS", "POSTCODE", "DOB", "IBAN", "ACCOUNT", "SORT_CODE", "CARD", "SECRET", "TEXT",
    "CARD_EXPIRY", "ROUTING_NUMBER", "US_SSN", "UK_NINO", "NATIONAL_ID", "PASSPORT", "IP",
]  # fmt: skip
"""What a placeholder is named after. TEXT is what only looks like a placeholder."""

BY_FORM = pii.ALL
"""What is hidden whoever's it is."""


def kind_of(kind: pii.Kind) -> Kind:
    if kind in pii.SECRETS:
        return "SECRET"
    renamed: dict[pii.Kind, Kind] = {pii.Kind.PERSON: "NAME", pii.Kind.ACCOUNT_NUMBER: "ACCOUNT"}
    return renamed.get(kind) or cast(Kind, kind.value)


CUSTOMERS = 64
"""Of whom a process remembers what their details look like: about as many as talk at once. What they are, the database
is asked in each turn."""
_QUERIES = Queries(Path(__file__).with_name("own_details.sql"))


@dataclass(frozen=True, slots=True)
class Detail:
    kind: Kind
    value: str


@dataclass(frozen=True, slots=True)
class OwnDetails:
    details: tuple[Detail, ...] = ()
    account_names: frozenset[str] = frozenset()
    """The customer's own accounts as they call them: no secret, though they stand where a payee may."""


@dataclass(frozen=True, slots=True)
class Listed:
    """One row: pairs of a kind and a value, as JSON. ``ACCOUNT_NAME`` is a kind of its own."""

    listed: str


async def read_own_details(database: Database, scope: Scope) -> OwnDetails:
    """One statement, as the customer whom the scope names. Nothing for a visitor."""
    if scope.customer_id is None:
        return OwnDetails()
    return details_in(await database.fetch(*asking_for_details(scope), scope=scope))


def asking_for_details(scope: Scope) -> Question[Listed]:
    """For whoever has something else to tell the database at the same time. Nothing is found but in this scope."""
    return Listed, _QUERIES["list_own_details"], {"customer_id": scope.customer_id}


def details_in(rows: Sequence[Listed]) -> OwnDetails:
    return _parsed(rows[0].listed)


@lru_cache(maxsize=CUSTOMERS)
def _parsed(listed: str) -> OwnDetails:
    pairs: list[tuple[Kind | Literal["ACCOUNT_NAME"], str]] = orjson.loads(listed)
    return OwnDetails(
        tuple(Detail(kind, value) for kind, value in pairs if kind != "ACCOUNT_NAME"),
        frozenset(value for kind, value in pairs if kind == "ACCOUNT_NAME"),
    )
