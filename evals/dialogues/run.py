"""Holds scripted conversations, several at once, each with a customer who is as seeded."""

from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from time import perf_counter
from typing import Any
from uuid import UUID

import httpx2

from core.clock import BANK_TIME_ZONE
from core.services import Services
from core.settings import Settings
from evals.dialogues.check import Difference, compare
from evals.dialogues.customer import Customer, Heard, log_in
from evals.dialogues.dates import fill_dates
from evals.dialogues.script import Scenario, Turn, Who
from evals.dialogues.server import Bank, running_bank
from evals.dialogues.state import Records, open_records
from evals.parallel import play_all
from tools.demo_bank.named import customer_id


@dataclass(frozen=True, slots=True)
class TurnResult:
    said: str
    answer: str
    differences: list[Difference]
    calls: list[tuple[str, Mapping[str, Any]]]
    """Tools that were called, with their arguments."""
    seconds: float
    """Until the whole answer was there."""


@dataclass(frozen=True, slots=True)
class Result:
    scenario: Scenario
    turns: list[TurnResult] = field(default_factory=list[TurnResult])

    @property
    def seconds(self) -> float:
        return sum(turn.seconds for turn in self.turns)

    @property
    def passed(self) -> bool:
        return not any(turn.differences for turn in self.turns)


def run_scenarios(
    scenarios: Sequence[Scenario], settings: Settings, services: Services, *, banks: int, on_end: Callable[[], None]
) -> list[Result]:
    """The results in the order of the scenarios.

    Args:
        services: a prepared bank that nobody else is connected to.
        banks: how many copies of it, each with a server, work at the same time.
        on_end: called after each scenario, from the thread of its bank.
    """

    return play_all(scenarios, playing(settings, services), banks=banks, on_end=on_end)


def playing(
    settings: Settings, services: Services
) -> Callable[[int], AbstractContextManager[Callable[[Scenario], Result]]]:
    """Opens, for a number, a copy of the prepared bank and what holds one conversation with it."""

    @contextmanager
    def open_player(number: int) -> Generator[Callable[[Scenario], Result]]:
        with running_bank(settings, services, f"dialogues_{number}") as bank, open_records(bank.services) as records:
            yield _Player(bank, records).play

    return open_player


class _Player:
    """Holds conversations with one bank, one after the other."""

    def __init__(self, bank: Bank, records: Records) -> None:
        self._bank = bank
        self._records = records
        self._tokens: dict[str, str] = {}

    def play(self, scenario: Scenario) -> Result:
        result = Result(scenario)
        records = self._begin(scenario.customer)
        with closing(Customer(self._bank.url, self._token(scenario.customer))) as customer:
            for turn in scenario.turns:
                started = perf_counter()
                heard = self._act(turn, customer, _today(records.since))
                seconds = perf_counter() - started
                differences = compare(
                    turn.expect, heard, lambda key: records.read(key, customer.session_id), _today(records.since)
                )
                result.turns.append(TurnResult(turn.said, heard.answer, differences, heard.calls, seconds))
        return result

    def _begin(self, who: Who) -> Records:
        """Of a customer who is as seeded."""
        if who == "visitor":
            return self._records.of(None)
        records = self._records.of(UUID(customer_id(who)))
        if records.has_changed():
            self._bank.reset(who)
        return records.of(records.customer)

    def _act(self, turn: Turn, customer: Customer, today: date) -> Heard:
        try:
            if turn.user is not None:
                return customer.say(fill_dates(turn.user, today))
            if turn.confirm is not None:
                return customer.confirm(turn.confirm)
            if turn.deny:
                return customer.deny()
            self._bank.restart()
            customer.reconnect(self._bank.url)
            return Heard()
        except httpx2.TransportError as error:
            return Heard(error=type(error).__name__)

    def _token(self, who: str) -> str | None:
        if who == "visitor":
            return None
        if who not in self._tokens:
            self._tokens[who] = log_in(self._bank.url, who)
        return self._tokens[who]


def _today(moment: datetime) -> date:
    return moment.astimezone(BANK_TIME_ZONE).date()
