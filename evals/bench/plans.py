"""How PostgreSQL would run a query of the tools: as the runtime role, under row-level security, planned once for all
parameters as the pool plans it."""

import re
from collections.abc import Iterator
from typing import Any, LiteralString, cast
from uuid import UUID

import psycopg

_PARAMETER = re.compile(r"%\((\w+)\)s")


def explain(connection: psycopg.Connection[Any], query: str, customer_id: UUID) -> dict[str, Any]:
    """The generic plan, as EXPLAIN's JSON gives it. The connection must be in a transaction."""
    connection.execute("select set_config('app.customer_id', %s, true)", [str(customer_id)])
    statement = cast(LiteralString, f"explain (generic_plan, format json) {_numbered(query)}")
    # Without parameters nothing is sent but the text, which still has $1, $2, ...
    [[plan]] = connection.execute(statement).fetchall()
    return plan[0]["Plan"]


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The plan's node and all below it."""
    yield plan
    for child in plan.get("Plans", ()):
        yield from nodes(child)


def scans(plan: dict[str, Any]) -> list[str]:
    """Each scan of a table, as ``Index Scan on transactions using transactions_customer``."""
    found: list[str] = []
    for node in nodes(plan):
        if "Relation Name" in node:
            index = f" using {node['Index Name']}" if "Index Name" in node else ""
            found.append(f"{node['Node Type']} on {node['Relation Name']}{index}")
        elif node["Node Type"] == "Bitmap Index Scan":
            found.append(f"Bitmap Index Scan using {node['Index Name']}")
    return found


def _numbered(query: str) -> str:
    """With $1, $2, ... for the named parameters, as psycopg sends it."""
    numbers: dict[str, int] = {}

    def number(found: re.Match[str]) -> str:
        return f"${numbers.setdefault(found[1], len(numbers) + 1)}"

    return _PARAMETER.sub(number, query).replace("%%", "%")
