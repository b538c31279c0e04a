"""Cards under any order of proposals, decisions, waiting and what the bank itself does."""

import asyncio
from collections.abc import Coroutine
from datetime import datetime, timedelta
from typing import Any, ClassVar, TypeVar
from uuid import UUID, uuid4

import psycopg
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from core.db.database import Database
from core.errors import NotFound
from core.security.sealing import Seal
from core.services import Services
from tools.cards.cards import ReportLostArguments, activate_card, freeze_card, report_card_lost, unfreeze_card
from tools.operations import PROPOSAL_TTL, Decision, decide
from tools.registry import Bank, ToolContext
from tools.step_up.code_senders import LogSender
from tools.step_up.codes import StepUpCodes

T = TypeVar("T")

CARDS = ("4821", "7733", "9034")
TOOLS = {
    "freeze_card": (freeze_card, {"active"}, "frozen"),
    "unfreeze_card": (unfreeze_card, {"frozen"}, "active"),
    "activate_card": (activate_card, {"pending_activation"}, "active"),
    "report_card_lost": (report_card_lost, {"active", "frozen", "pending_activation"}, "blocked"),
}
STATES = ("active", "frozen", "blocked", "pending_activation", "expired")


class CardStates(RuleBasedStateMachine):
    """What the database must say, kept beside it in plain dictionaries."""

    services: ClassVar[Services]
    started: ClassVar[datetime]

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.owner = psycopg.connect(self.services.owner_url, autocommit=True)
        ids = dict(self.owner.execute("select split_part(email, '@', 1), customer_id from credentials").fetchall())
        self.alex, self.blair = ids["alex"], ids["blair"]
        self.owner.execute("update cards set status = 'active' where customer_id = %s", [self.alex])
        self.database = Database(self.services.app_url, pool_size=2)
        self.bank = Bank(
            self.database, StepUpCodes(self.services.secret_key, LogSender()), Seal(self.services.secret_key)
        )
        self.run(self.database.open())
        self.now = self.started
        self.cards = dict.fromkeys(CARDS, "active")
        self.operations: dict[UUID, dict[str, Any]] = {}

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.loop.run_until_complete(work)

    def context(self, customer_id: UUID) -> ToolContext:
        return ToolContext(self.bank, customer_id, self.now, uuid4())

    @rule(tool=st.sampled_from(sorted(TOOLS)), card=st.sampled_from(CARDS), twice=st.booleans())
    def propose(self, tool: str, card: str, twice: bool) -> None:
        run, from_states, to_status = TOOLS[tool]
        context = self.context(self.alex)
        results = [self.run(run.run(context, ReportLostArguments(card=card))).model_dump() for _ in range(1 + twice)]
        assert all(result == results[0] for result in results)
        result = results[0]
        if self.cards[card] not in from_states:
            refused = "nothing_to_do" if self.cards[card] == to_status else "card_not_possible"
            assert (result["status"], result["card_status"]) == (refused, self.cards[card])
            return
        assert result["status"] == "confirmation_needed"
        self.operations[UUID(result["operation_id"])] = {
            "card": card,
            "from": from_states,
            "to": to_status,
            "status": "pending",
            "expires": self.now + PROPOSAL_TTL,
        }

    @precondition(lambda self: self.operations)
    @rule(data=st.data(), decision=st.sampled_from(["approve", "approve", "deny"]))
    def decide(self, data: st.DataObject, decision: Decision) -> None:
        operation_id = data.draw(st.sampled_from(list(self.operations)))
        operation = self.operations[operation_id]
        if operation["status"] == "pending":
            operation["status"] = self._expected(operation, decision)
            if operation["status"] == "completed":
                self.cards[operation["card"]] = operation["to"]

        assert self.run(decide(self.context(self.alex), operation_id, decision)).status == operation["status"]

    def _expected(self, operation: dict[str, Any], decision: Decision) -> str:
        if self.now >= operation["expires"]:
            return "expired"
        if decision == "deny":
            return "cancelled"
        return "completed" if self.cards[operation["card"]] in operation["from"] else "failed"

    @precondition(lambda self: self.operations)
    @rule(data=st.data(), decision=st.sampled_from(["approve", "deny"]))
    def somebody_else_decides(self, data: st.DataObject, decision: Decision) -> None:
        operation_id = data.draw(st.sampled_from(list(self.operations)))
        with pytest.raises(NotFound):
            self.run(decide(self.context(self.blair), operation_id, decision))

    @rule(minutes=st.integers(1, 12))
    def wait(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)

    @rule(card=st.sampled_from(CARDS), status=st.sampled_from(STATES))
    def the_bank_sets_a_state(self, card: str, status: str) -> None:
        self.owner.execute(
            "update cards set status = %s where customer_id = %s and last4 = %s", [status, self.alex, card]
        )
        self.cards[card] = status

    @invariant()
    def the_database_says_the_same(self) -> None:
        cards = self.owner.execute("select last4, status from cards where customer_id = %s", [self.alex]).fetchall()
        assert dict(cards) == self.cards
        stored = self.owner.execute(
            """select o.id, o.status, (select count(*) from audit_log where resource = 'operation:' || o.id)
                 from banking_operations o where o.id = any(%s)""",
            [list(self.operations)],
        ).fetchall()
        assert {operation_id: (status, audits) for operation_id, status, audits in stored} == {
            operation_id: (operation["status"], int(operation["status"] != "pending"))
            for operation_id, operation in self.operations.items()
        }

    def teardown(self) -> None:
        self.run(self.database.close())
        self.loop.close()
        self.owner.close()


def test_cards_and_operations_under_any_order_of_events(bank: Services, seeded_at: datetime) -> None:
    CardStates.services, CardStates.started = bank, seeded_at
    run_state_machine_as_test(
        CardStates,
        settings=settings(
            max_examples=40, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
