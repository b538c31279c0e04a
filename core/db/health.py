"""What can be wrong with a database without anybody noticing: who may see what, and whether the books add up."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from psycopg import Connection

from core.db.bootstrap import find_role_faults
from core.db.migrate import find_revision, list_revisions
from core.db.queries import Queries
from core.services import Services

PUBLIC_TABLES = (
    "alembic_version",
    "card_limit_kinds",
    "currencies",
    "fx_rates",
    "knowledge_bases",
    "lending_policies",
    "merchants",
    "operation_types",
    "payment_limits",
    "payment_policies",
    "product_terms",
    "terminals",
)
"""Tables without customers' data, readable by everybody."""

_QUERIES = Queries(Path(__file__).with_name("health.sql"))
_FAULTS_SHOWN = 20


@dataclass(frozen=True)
class Check:
    """One question and what speaks against a yes."""

    name: str
    faults: tuple[str, ...]

    @property
    def passed(self) -> bool:
        return not self.faults


def inspect_database(services: Services) -> list[Check]:
    """Every check, in the order in which somebody would mend them."""
    with psycopg.connect(services.owner_url, autocommit=True) as owner:
        return [
            _check("the schema is at the newest revision", _revision_faults(services)),
            _check("the runtime login is bound by row-level security", find_role_faults(services.app_url)),
            _check("the runtime login cannot see checkpoints", _checkpoint_faults(services.app_url)),
            _check("row-level security is forced on every table with customers' data", _unprotected_tables(owner)),
            _check("the ledger adds up", _ledger_faults(owner)),
        ]


def _check(name: str, faults: Iterable[str]) -> Check:
    return Check(name, tuple(faults))


def _revision_faults(services: Services) -> list[str]:
    found, newest = find_revision(services.owner_url), list_revisions()[-1]
    return [] if found == newest else [f"it is at {found}, the newest is {newest}: run 'tellergraph db migrate'"]


def _checkpoint_faults(app_url: str) -> list[str]:
    with psycopg.connect(app_url, autocommit=True) as app:
        may_use = app.execute(_QUERIES["may_use_checkpoints"]).fetchall()[0][0]
    return ["revoke usage on schema checkpoints from it"] if may_use else []


def _unprotected_tables(owner: Connection[Any]) -> list[str]:
    rows = owner.execute(_QUERIES["list_unprotected_tables"], {"public": list(PUBLIC_TABLES)})
    return [f"{name} does not force it" for (name,) in rows]


def _ledger_faults(owner: Connection[Any]) -> list[str]:
    if not owner.execute(_QUERIES["has_ledger"]).fetchall()[0][0]:
        return ["there is no ledger"]
    rows = owner.execute(_QUERIES["list_ledger_faults"], {"limit": _FAULTS_SHOWN})
    return [f"{fault}: {subject}" for fault, subject in rows]
