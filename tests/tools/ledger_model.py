"""The ledger as a page of Python: accounts, holds, limits and operations, without a database. What
``test_ledger_model.py`` compares the real one with."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from uuid import UUID, uuid4

from core.clock import BANK_TIME_ZONE

TTL = timedelta(minutes=10)
SLIP_TTL = timedelta(minutes=1)


@dataclass
class Account:
    customer: UUID
    currency: str
    overdraft: int
    id: UUID = field(default_factory=uuid4)
    balance: int = 0
    status: str = "open"
    holds: dict[int, int] = field(default_factory=dict[int, int])
    """Minor units by transaction."""

    @property
    def held(self) -> int:
        return sum(self.holds.values())

    @property
    def available(self) -> int:
        return self.balance - self.held + self.overdraft


@dataclass
class Policy:
    version: str
    step_up_over: int
    per_payment: int
    per_day: int


@dataclass
class Operation:
    customer: UUID
    source: Account
    target: Account | None
    """None: an account at another bank."""
    is_own: bool
    debit: int
    credit: int
    credit_currency: str
    fee: int
    rate: Decimal | None
    policy: Policy
    created: datetime
    limit: int | None
    """In pounds, as limits count it."""
    id: UUID = field(default_factory=uuid4)
    status: str = "pending"
    error: str | None = None
    completed: datetime | None = None
    entry: int | None = None
    is_reversed: bool = False
    slips: list["Slip"] = field(default_factory=list["Slip"])

    @property
    def needs_code(self) -> bool:
        return self.limit is not None and self.limit > self.policy.step_up_over

    @property
    def moves(self) -> list[tuple[Account, int]]:
        """What it does to customers' accounts."""
        return [(self.source, -self.debit - self.fee)] + ([(self.target, self.credit)] if self.target else [])


@dataclass
class Slip:
    secret: str
    expires: datetime
    is_used: bool = False


def exchanged(minor: int, rate: Decimal) -> int:
    """Between currencies with as many decimals, half away from zero."""
    return int((minor * rate).to_integral_value(ROUND_HALF_UP))


@dataclass
class Bank:
    accounts: list[Account]
    policy: Policy
    rates: dict[tuple[str, str], Decimal]
    now: datetime
    operations: list[Operation] = field(default_factory=list[Operation])
    keys: dict[tuple[UUID, str], Operation] = field(default_factory=dict[tuple[UUID, str], Operation])

    def propose(self, key: str, operation: Operation) -> Operation:
        """The operation under that key: the same whatever is proposed again."""
        stored = self.keys.setdefault((operation.customer, key), operation)
        if stored is operation:
            self.operations.append(operation)
        return stored

    def mint(self, operation: Operation, secret: str) -> str | None:
        """None, or the SQLSTATE of the refusal."""
        if operation.status != "pending" or operation.created + TTL <= self.now:
            return "TG015"
        if operation.needs_code:
            return "TG011"
        operation.slips.append(Slip(secret, min(self.now + SLIP_TTL, operation.created + TTL)))
        return None

    def execute(self, operation: Operation, secret: str) -> str | None:
        """None, or the SQLSTATE of the refusal."""
        if operation.status != "pending":
            return None
        if operation.created + TTL <= self.now:
            self.end(operation, "expired", "expired")
            return None
        slip = next((slip for slip in operation.slips if slip.secret == secret and not slip.is_used), None)
        if slip is None or slip.expires <= self.now:
            return "TG010"
        slip.is_used = True
        if not operation.needs_code and operation.limit is not None and operation.limit > self.policy.step_up_over:
            self.end(operation, "cancelled", "policy_changed")
            return None
        refusal = self.refusal(operation)
        self.end(operation, "failed" if refusal else "completed", refusal)
        if refusal is None:
            for account, amount in operation.moves:
                account.balance += amount
        return None

    def end(self, operation: Operation, status: str, error: str | None) -> bool:
        """Whether it was still open."""
        if operation.status != "pending":
            return False
        operation.status, operation.error, operation.completed = status, error, self.now
        return True

    def refusal(self, operation: Operation) -> str | None:
        """Why it could not be posted now."""
        source, target = operation.source, operation.target
        if source.status != "open":
            return f"account_{source.status}"
        if target is not None and target.status != "open":
            return f"account_{target.status}" if operation.is_own else "recipient_cannot_receive"
        return self._wrong_amount(operation) or self._over_limit(operation) or self._poor(operation)

    def can_reverse(self, operation: Operation) -> bool:
        """Whether every balance can bear it."""
        return all(account.balance - amount >= -account.overdraft for account, amount in operation.moves)

    def reverse(self, operation: Operation) -> bool:
        """Whether it was reversed."""
        if not self.can_reverse(operation):
            return False
        for account, amount in operation.moves:
            account.balance -= amount
        operation.is_reversed = True
        return True

    def _wrong_amount(self, operation: Operation) -> str | None:
        debit, credit, rate = operation.debit, operation.credit, operation.rate
        if credit <= 0:
            return "wrong_amount"
        if rate is None:
            return None if debit == credit else "wrong_amount"
        fits = credit == exchanged(debit, rate) or debit == exchanged(credit, 1 / rate)
        return None if fits else "wrong_amount"

    def _over_limit(self, operation: Operation) -> str | None:
        if operation.limit is None:
            return None
        policy = self.policy
        if operation.limit > policy.per_payment:
            return "over_payment_limit"
        return "over_daily_limit" if self._spent(operation.customer) + operation.limit > policy.per_day else None

    def _spent(self, customer: UUID) -> int:
        today = self.now.astimezone(BANK_TIME_ZONE).date()
        return sum(
            done.limit
            for done in self.operations
            if done.customer == customer and done.status == "completed" and done.limit is not None
            if done.completed is not None and done.completed.astimezone(BANK_TIME_ZONE).date() >= today
        )

    def _poor(self, operation: Operation) -> str | None:
        poor = operation.source.available < operation.debit + operation.fee
        return "insufficient_funds" if poor else None
