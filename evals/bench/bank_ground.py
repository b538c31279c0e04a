"""The bank that the bank test runs in: fifty accounts of twenty-five customers who pay each other, so that no money
comes in or goes out. Written directly by the tables' owner."""

import random
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import psycopg

CUSTOMERS = 25
PAYEES = 6
"""Of each customer: the current accounts of as many others."""
_SORT_CODE = "20-11-04"
_EVERYDAY_MINOR, _SAVINGS_MINOR = 20_000, 8_000
"""Little enough that some transfers are refused."""
_OVERDRAFT_MINOR = 5_000
"""Of every fifth customer's current account; off on all others."""


@dataclass(frozen=True)
class Holder:
    """A customer with a current account, a savings account and the numbers of those whom they pay."""

    id: UUID
    name: str
    everyday: UUID
    savings: UUID
    payees: tuple[int, ...]

    @property
    def accounts(self) -> tuple[UUID, UUID]:
        return self.everyday, self.savings


def lay_ground(owner_url: str, seed: int) -> list[Holder]:
    """Makes the customers, their accounts, payees and opening balances in a migrated, empty database."""
    chance = random.Random(seed)
    holders = [_holder(number, chance) for number in range(CUSTOMERS)]
    now = datetime.now(UTC)
    with psycopg.connect(owner_url) as owner, owner.cursor() as cursor:
        cursor.executemany(
            """insert into customers (id, full_name, kyc_status, kyc_level, created_at)
               values (%s, %s, 'verified', 2, %s)""",
            [(holder.id, holder.name, now) for holder in holders],
        )
        cursor.executemany(
            """insert into accounts (id, customer_id, kind, name, currency, sort_code, account_number, overdraft_minor,
                   opened_at) values (%s, %s, %s, %s, 'GBP', %s, %s, %s, %s)""",
            [row for number, holder in enumerate(holders) for row in _accounts(number, holder, now)],
        )
        cursor.executemany(
            """insert into payees (customer_id, name, sort_code, account_number, currency, created_at)
               values (%s, %s, %s, %s, 'GBP', %s)""",
            [
                (holder.id, payee_name(other), _SORT_CODE, _number(other, 1), now)
                for holder in holders
                for other in holder.payees
            ],
        )
        _bring_forward(cursor, holders, now)
    return holders


def payee_name(number: int) -> str:
    """As everybody calls the customer with this number."""
    return f"Neighbour {number:02}"


def opening_balances(holders: list[Holder]) -> dict[UUID, int]:
    """In minor units, by account."""
    return {
        account: amount
        for holder in holders
        for account, amount in zip(holder.accounts, (_EVERYDAY_MINOR, _SAVINGS_MINOR), strict=True)
    }


def _holder(number: int, chance: random.Random) -> Holder:
    others = [other for other in range(CUSTOMERS) if other != number]
    return Holder(uuid4(), f"Customer {number:02}", uuid4(), uuid4(), tuple(chance.sample(others, PAYEES)))


def _accounts(number: int, holder: Holder, now: datetime) -> list[tuple[Any, ...]]:
    overdraft = 0 if number % 5 else _OVERDRAFT_MINOR
    return [
        (holder.everyday, holder.id, "current", "Everyday", _SORT_CODE, _number(number, 1), overdraft, now),
        (holder.savings, holder.id, "savings", "Rainy Day", _SORT_CODE, _number(number, 2), 0, now),
    ]


def _number(number: int, which: int) -> str:
    return f"{which}{number:07}"


def _bring_forward(cursor: psycopg.Cursor[Any], holders: list[Holder], now: datetime) -> None:
    bank = uuid4()
    cursor.execute(
        """insert into accounts (id, kind, name, currency, opened_at)
           values (%s, 'internal', 'Brought forward', 'GBP', %s)""",
        (bank, now),
    )
    cursor.execute(
        """insert into journal_entries (kind, description, booked_at)
           values ('opening', 'Brought forward', %s) returning id""",
        (now,),
    )
    [(entry,)] = cursor.fetchall()
    opening = opening_balances(holders)
    owned = [(entry, account, holder.id, opening[account], now) for holder in holders for account in holder.accounts]
    cursor.executemany(
        """insert into postings (entry_id, account_id, customer_id, amount_minor, currency, booked_at)
           values (%s, %s, %s, %s, 'GBP', %s)""",
        [*owned, (entry, bank, None, -sum(opening.values()), now)],
    )
