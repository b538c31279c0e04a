"""The customer's own data, as the bank has it: what must not be read by a model of another party."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, cast

from core.db.database import Database, Scope
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
class _Row:
    kind: Literal[
        "NAME", "EMAIL", "PHONE", "ADDRESS", "POSTCODE", "DOB", "IBAN", "ACCOUNT", "SORT_CODE", "ACCOUNT_NAME"
    ]
    value: str


async def read_own_details(database: Database, scope: Scope) -> OwnDetails:
    """One statement, as the customer whom the scope names. Nothing for a visitor."""
    if scope.customer_id is None:
        return OwnDetails()
    query = {"customer_id": scope.customer_id}
    rows = await database.fetch(_Row, _QUERIES["list_own_details"], query, scope=scope)
    return OwnDetails(
        tuple(Detail(row.kind, row.value) for row in rows if row.kind != "ACCOUNT_NAME"),
        frozenset(row.value for row in rows if row.kind == "ACCOUNT_NAME"),
    )
