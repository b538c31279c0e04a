"""What is older than its rule goes (GDPR article 5(1)(e), storage limitation). The rules are rows of
``retention_rules``; what each is about is here.

    conversations, visitor_conversations   conversations nobody has come back to, with what the graph remembers of them
    security_tries                         tries of codes and names
    delivered_events                       what other systems were told
    records                                what was kept of erased customers: its own date says when

The ledger, the audit and what goes with them are append-only: the audit is shortened by core/audit/shorten.py, and
docs/privacy.md says what stays and why.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg
from psycopg.rows import DictRow, dict_row
from psycopg.types.json import Jsonb

from core.errors import InvalidInput
from tools.privacy.queries import QUERIES

_AT_ONCE = 200
"""Conversations of one transaction."""

Connection = psycopg.Connection[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class _Rule:
    name: str
    before: datetime
    now: datetime

    @property
    def values(self) -> dict[str, Any]:
        return {"before": self.before, "now": self.now, "limit": _AT_ONCE}


def apply_retention(owner_url: str, checkpoint_url: str, now: datetime, *, dry_run: bool = False) -> dict[str, int]:
    """How many things went, or would, by rule. Stopped in between, it does the rest the next time."""
    with psycopg.Connection[DictRow].connect(owner_url, row_factory=dict_row, autocommit=True) as owner:
        rules = {
            row["name"]: _Rule(row["name"], row["before"], now)
            for row in owner.execute(QUERIES["list_rules"], {"now": now})
        }
        done: dict[str, int] = {}
        for name, work in _WORK.items():
            done[name] = work(owner, checkpoint_url, rules[name], dry_run)
            if done[name] and not dry_run:
                _record(owner, rules[name], done[name])
        return done


def change_rule(owner_url: str, name: str, kept_for: str, *, by: str, now: datetime) -> None:
    """Args:
        kept_for: as PostgreSQL reads an interval, such as ``7 years``.

    Raises:
        InvalidInput: there is no such rule, or that is no time.
    """
    values = {"name": name, "kept_for": kept_for, "now": now}
    try:
        with psycopg.connect(owner_url) as owner:
            if not owner.execute(QUERIES["change_rule"], values).rowcount:
                raise InvalidInput(f"There is no rule {name}: `tellergraph privacy rules` lists them.")
            line = {"actor": by, "customer_id": None, "action": "retention.changed", "now": now}
            line |= {"resource": f"retention_rules/{name}", "detail": Jsonb({"kept_for": kept_for})}
            owner.execute(QUERIES["add_audit_line"], line)
    except (psycopg.errors.DataError, psycopg.errors.CheckViolation) as error:
        raise InvalidInput(f"{kept_for} is no time to keep something: write 30 days, 13 months or 7 years.") from error


def list_rules(owner_url: str, now: datetime) -> list[dict[str, Any]]:
    with psycopg.Connection[DictRow].connect(owner_url, row_factory=dict_row) as owner:
        found = owner.execute(QUERIES["list_rules"], {"now": now}).fetchall()
    return [{"name": row["name"], "before": row["before"], "law": row["law"]} for row in found]


def _conversations(kind: str) -> Callable[[Connection, str, _Rule, bool], int]:
    def work(owner: Connection, checkpoint_url: str, rule: _Rule, dry_run: bool) -> int:
        values = rule.values | {"kind": kind}
        if dry_run:
            return owner.execute(QUERIES["count_old_sessions"], values).fetchall()[0]["count"]
        total = 0
        with psycopg.connect(checkpoint_url, autocommit=True) as checkpoints:
            while found := [row["id"] for row in owner.execute(QUERIES["list_old_sessions"], values)]:
                # The memory first: what is still named can be found again.
                checkpoints.execute(QUERIES["delete_threads"], {"threads": [str(each) for each in found]})
                total += owner.execute(QUERIES["delete_sessions"], {"ids": found}).rowcount
        return total

    return work


def _counted(query: str) -> Callable[[Connection, str, _Rule, bool], int]:
    """Of one statement that says how many it took."""

    def work(owner: Connection, _: str, rule: _Rule, dry_run: bool) -> int:
        with owner.transaction(force_rollback=dry_run):
            (row,) = owner.execute(QUERIES[query], rule.values).fetchall()
        return next(iter(row.values()))

    return work


_WORK: dict[str, Callable[[Connection, str, _Rule, bool], int]] = {
    "conversations": _conversations("customer:"),
    "visitor_conversations": _conversations("visitor:"),
    "security_tries": _counted("delete_old_tries"),
    "delivered_events": _counted("delete_old_events"),
    "records": _counted("destroy_due_records"),
}


def _record(owner: Connection, rule: _Rule, rows: int) -> None:
    line = {"actor": "system:retention", "customer_id": None, "action": "retention.applied", "now": rule.now}
    line |= {"resource": f"retention_rules/{rule.name}", "detail": Jsonb({"rows": rows, "before": str(rule.before)})}
    owner.execute(QUERIES["add_audit_line"], line)
