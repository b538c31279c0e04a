"""Customers one after another: alex, blair, then the rest from the seed, each from a stream of random numbers of their
own, so that a bank of 300 begins with the same people as a bank of 200."""

import itertools
from collections.abc import Iterator
from random import Random

from tools.demo_bank.calendar import History
from tools.demo_bank.credit import settle_credit_card
from tools.demo_bank.habits import Habits
from tools.demo_bank.model import Customer, Movement
from tools.demo_bank.named import NAMED, Named
from tools.demo_bank.people import PersonMaker
from tools.demo_bank.plan import plan_movements
from tools.demo_bank.settle import settle

BUSY_UP_TO = 1_000
"""A bank of at most this many customers gives everybody a full life; in a larger one they have about 100 movements."""


def named_movements(named: Named, history: History) -> list[Movement]:
    return _movements(named.customer, named.habits, history, named.random, named.events)


def generate_others(count: int, seed: int, history: History) -> Iterator[tuple[Customer, list[Movement]]]:
    """Customers 3 and on, of ``count`` in all."""
    places = itertools.count()
    for number in range(len(NAMED), count):
        random = Random(f"{seed} {number}")  # noqa: S311
        customer, habits = PersonMaker(history, random, places, busy=count <= BUSY_UP_TO).make()
        yield customer, _movements(customer, habits, history, random, [])


def _movements(
    customer: Customer, habits: Habits, history: History, random: Random, events: list[Movement]
) -> list[Movement]:
    planned = plan_movements(customer, habits, history, random)
    planned += [event for event in events if event.at <= history.now_at]
    return settle(settle_credit_card(planned, customer, habits, history), habits)
