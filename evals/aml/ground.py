"""Puts labelled customers into a migrated database, as its owner, and scores what a monitor found of them."""

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import count
from typing import Any
from uuid import NAMESPACE_OID, UUID, uuid5

import psycopg

from core.clock import BANK_TIME_ZONE
from evals.aml.patterns import DAYS, Person, day_of

_OWN_ENTRIES = 2**40
"""Above the entries of single lines."""


@dataclass(frozen=True, slots=True)
class Score:
    """By customers. A customer counts as found if any rule raised an alert about them."""

    found: int
    missed: int
    false_alarms: int
    honest: int
    missed_by: Counter[str]
    false_alarms_by: Counter[str]

    @property
    def recall(self) -> float:
        return self.found / (self.found + self.missed)

    @property
    def precision(self) -> float:
        return self.found / (self.found + self.false_alarms)


def first_day(last: date) -> date:
    return last - timedelta(days=DAYS - 1)


def lay_people(owner_url: str, people: list[Person], last: date) -> None:
    """Customers, two accounts each, and what they did until ``last``."""
    first = first_day(last)
    opened = datetime.combine(first - timedelta(days=200), time(9), BANK_TIME_ZONE)
    places = sorted({line.terminal for person in people for line in person.lines if line.terminal})
    with psycopg.connect(owner_url) as owner, owner.cursor() as cursor:
        cursor.executemany(
            """insert into merchants (id, name, category, mcc, city, country)
               values (%s, 'Branch', 'cash', '6011', 'Leeds', 'GB') on conflict do nothing""",
            [(-place,) for place in places],
        )
        cursor.executemany(
            """insert into terminals (id, merchant_id, kind, label) values (%s, %s, 'atm', 'Branch')
               on conflict do nothing""",
            [(-place, -place) for place in places],
        )
        cursor.executemany(
            """insert into customers (id, full_name, kyc_status, kyc_level, created_at)
               values (%s, %s, 'verified', 2, %s)""",
            [(person.id, f"Customer {person.id.hex[:8]}", opened) for person in people],
        )
        cursor.executemany(
            """insert into accounts (id, customer_id, kind, name, currency, opened_at)
               values (%s, %s, %s, %s, 'GBP', %s)""",
            [
                (_account(person.id, kind), person.id, kind, kind, opened)
                for person in people
                for kind in ("current", "savings")
            ],
        )
        cursor.executemany(_INSERT, _rows(people, first))


_INSERT = """
    insert into transactions (customer_id, account_id, terminal_id, entry_id, kind, status, amount_minor, currency,
                              category, description, occurred_at, booked_at)
    values (%s, %s, %s, %s, %s, 'booked', %s, 'GBP', %s, %s, %s, %s)"""


def _rows(people: list[Person], first: date) -> list[tuple[Any, ...]]:
    entries = count(1)
    rows: list[tuple[Any, ...]] = []
    for person in people:
        for line in sorted(person.lines, key=lambda one: one.day):
            if line.day >= DAYS:
                continue
            at = datetime.combine(day_of(first, line), time(10), BANK_TIME_ZONE)
            entry = _OWN_ENTRIES + line.entry if line.entry is not None else next(entries)
            account = _account(person.id, "savings" if line.savings else "current")
            place = -line.terminal if line.terminal else None
            about = (line.kind, line.amount, line.category, line.description)
            rows.append((person.id, account, place, entry, *about, at, at))
    return rows


def _account(person: UUID, kind: str) -> UUID:
    return uuid5(NAMESPACE_OID, f"{person} {kind}")


def score(compliance_url: str, people: list[Person]) -> Score:
    """Of alerts that are there."""
    with psycopg.connect(compliance_url) as connection:
        alerted = {row[0] for row in connection.execute("select customer_id from compliance.alerts").fetchall()}
    guilty = [person for person in people if person.rule is not None]
    missed = [person for person in guilty if person.id not in alerted]
    wrong = [person for person in people if person.rule is None and person.id in alerted]
    return Score(
        found=len(guilty) - len(missed),
        missed=len(missed),
        false_alarms=len(wrong),
        honest=len(people) - len(guilty),
        missed_by=Counter(person.behaviour for person in missed),
        false_alarms_by=Counter(person.behaviour for person in wrong),
    )
