"""Policies of a test: the one that holds, with something else in it, published by the tables' owner."""

from datetime import datetime
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

Document = dict[str, Any]


def holding(owner_url: str, at: datetime) -> Document:
    """What ``policy_document`` says of the version that holds."""
    with psycopg.connect(owner_url) as owner:
        [(document,)] = owner.execute("select policy_document(policy_at(%s))", [at]).fetchall()
    return document


def publish(owner_url: str, at: datetime, *, version: str = "next", **changes: Any) -> Document:
    """From that moment on."""
    document = holding(owner_url, at) | changes
    with psycopg.connect(owner_url) as owner:
        owner.execute("select write_policy(%s, %s, %s)", [version, at, Jsonb(document)])
    return document


def limit(most: int, *, period: str = "day", **fits: Any) -> dict[str, Any]:
    """Of payments, in minor units."""
    return {"operation": "pay_payee", "period": period, "most_minor": most} | fits
