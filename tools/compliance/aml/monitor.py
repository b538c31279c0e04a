"""The monitor: reads what was booked, finds what the rules describe, and opens cases. Every step is one statement over
all customers. Run again for the same days it finds the same and opens nothing twice.

It logs that it ran and nothing of what it found: logs are read by people who must not know.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, LiteralString

from psycopg import Connection
from psycopg.rows import DictRow, dict_row
from psycopg.types.json import Jsonb

from core.clock import BANK_TIME_ZONE
from core.db.queries import Queries
from core.errors import Conflict, InvalidInput
from core.logging import get_logger
from tools.compliance.aml.rules import RuleName, RuleSet, load_rules

_log = get_logger(__name__)
_QUERIES = Queries(Path(__file__).with_suffix(".sql"))
_OVERLAP = timedelta(days=1)
"""How far a run goes back behind the end of the one before: what was booked while that one looked is seen by this
one."""


@dataclass(frozen=True, slots=True)
class MonitorRun:
    """What a run did. ``hits``, ``alerts`` and ``cases`` are new ones."""

    from_day: date
    to_day: date
    rule_set: str
    transactions: int
    hits: int
    alerts: int
    cases: int


def monitor(
    compliance_url: str,
    now: datetime,
    *,
    from_day: date | None = None,
    to_day: date | None = None,
    rules: RuleSet | None = None,
    unless_done: bool = False,
) -> MonitorRun | None:
    """One run, as one transaction. None where nothing was ever booked.

    Args:
        compliance_url: the login of ``tellergraph_compliance``.
        from_day: days in London; where the last run ended if left out, and the first day of the bank for the first run.
        to_day: today if left out.
        rules: those of rules.toml if left out. What holds on ``to_day`` is what was added for that day.
        unless_done: None, too, where a run has reached ``to_day`` already.

    Raises:
        InvalidInput: ``to_day`` is before ``from_day``, or no rules hold on it.
        Conflict: a rule set of that name is there and says something else.
    """
    with Connection[DictRow].connect(compliance_url, row_factory=dict_row) as connection:
        connection.execute(_QUERIES["take_turn"])
        add_rules(connection, rules or load_rules(), now)
        end = to_day or now.astimezone(BANK_TIME_ZONE).date()
        last = connection.execute(_QUERIES["find_last_run"]).fetchall()[0]["day"]
        if unless_done and last is not None and last >= end:
            return None
        start = from_day or (last - _OVERLAP if last else _first_day(connection))
        if start is None:
            return None
        if from_day is None:
            start = min(start, end)
        if end < start:
            raise InvalidInput(f"The days go backwards: {start} is after {end}.")
        run = _run(connection, start, end, now)
    _log.info("compliance_monitor_ran", from_day=str(run.from_day), to_day=str(run.to_day))
    return run


def add_rules(connection: Connection[dict[str, Any]], rules: RuleSet, now: datetime) -> None:
    """Stores a rule set under its name, once.

    Raises:
        Conflict: another is stored under it.
    """
    document = rules.model_dump(mode="json", by_alias=True)
    values = {"version": rules.version, "active_from": rules.active_from, "rules": Jsonb(document), "now": now}
    connection.execute(_QUERIES["add_rule_set"], values)
    stored = connection.execute(_QUERIES["get_rule_set"], values).fetchone()
    if stored is None or stored["rules"] != document:
        raise Conflict(
            f"A rule set {rules.version} with other thresholds is stored already. Give the new one another version.",
            code="rule_set_exists",
        )


def _first_day(connection: Connection[dict[str, Any]]) -> date | None:
    return connection.execute(_QUERIES["find_first_day"]).fetchall()[0]["day"]


def _run(connection: Connection[dict[str, Any]], start: date, end: date, now: datetime) -> MonitorRun:
    rules = _holding(connection, end)
    run = connection.execute(_QUERIES["next_run"]).fetchall()[0]["n"]
    document = rules.model_dump(mode="json", by_alias=True)
    values: dict[str, Any] = {"from_day": start, "to_day": end, "now": now, "run": run, "rules": Jsonb(document)}
    values |= _windows(rules) | {"version": rules.version}
    values |= {"gaps": Jsonb(_gaps(rules)), "reaches": Jsonb(_reaches(rules))}
    for step in ("forget_days", "sum_up_days", "look_at_days", "forget_findings"):
        connection.execute(_QUERIES[step], values)
    values["known_since"] = connection.execute(_QUERIES["find_known_since"]).fetchall()[0]["day"]
    for query in _FINDING.values():
        connection.execute(_QUERIES[query], values)
    counts = {name: connection.execute(_QUERIES[query], values).rowcount for name, query in _KEPT.items()}
    counts["transactions"] = connection.execute(_QUERIES["count_transactions"], values).fetchall()[0]["n"]
    connection.execute(_QUERIES["add_run"], values | counts)
    connection.execute(_QUERIES["write_case_journal"], values)
    return MonitorRun(start, end, rules.version, **counts)


_FINDING: dict[RuleName, LiteralString] = {
    "threshold_report": "find_threshold_report",
    "structuring": "find_structuring",
    "rapid_movement": "find_rapid_movement",
    "funnel": "find_funnel",
    "dormant": "find_dormant",
}
"""The statement of each rule."""
_KEPT = {"hits": "keep_hits", "cases": "open_cases", "alerts": "raise_alerts"}


def _holding(connection: Connection[dict[str, Any]], day: date) -> RuleSet:
    found = connection.execute(_QUERIES["find_rule_set"], {"day": day}).fetchone()
    if found is None:
        raise InvalidInput(f"No rules hold on {day}. Add a rule set that does.")
    return RuleSet.model_validate(found["rules"])


def _windows(rules: RuleSet) -> dict[str, int]:
    """Days by which frames of windows reach back: PostgreSQL takes them as parameters alone."""
    return {
        "structuring_days": rules.structuring.window_days - 1,
        "structuring_before": rules.structuring.window_days - 1 + rules.structuring.habit_days,
        "rapid_days": rules.rapid_movement.window_days,
        "rapid_month": rules.rapid_movement.month_days,
        "rapid_before": rules.rapid_movement.habit_days,
        "funnel_days": rules.funnel.window_days,
        "dormant_days": rules.dormant.window_days,
    }


def _gaps(rules: RuleSet) -> dict[str, int]:
    """How many days after a hit another belongs to the same alert."""
    return {
        "threshold_report": 0,
        "structuring": rules.structuring.window_days,
        "rapid_movement": rules.rapid_movement.month_days,
        "funnel": rules.funnel.window_days,
        "dormant": rules.dormant.window_days,
    }


def _reaches(rules: RuleSet) -> dict[str, int]:
    """How many days back a rule must know a customer to say what is usual for them."""
    return {
        "structuring": rules.structuring.window_days + rules.structuring.habit_days,
        "rapid_movement": rules.rapid_movement.month_days + rules.rapid_movement.habit_days,
        "funnel": rules.funnel.window_days + rules.funnel.new_for_days,
    }
