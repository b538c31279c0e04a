"""What the bank does by itself when its time has come: makes scheduled payments and standing orders, releases holds
that nobody collected, ends proposals that nobody confirmed and held payments that nobody released.

Any number of processes may do this at once. Each thing that is due is one transaction of the login tellergraph_worker,
which locks it (or leaves it to the process that has it), names its customer, and calls the one database function that
does it and moves it on. A process that is killed leaves nothing half done and nothing locked.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Literal, LiteralString
from uuid import UUID

from psycopg.types.json import Jsonb

from core.audit.heads import Checkpointer
from core.clock import BANK_TIME_ZONE, Clock
from core.db.database import Database, WriteHandle
from core.db.queries import Queries
from core.errors import Contention, TellergraphError, Unavailable
from core.logging import get_logger
from tools.calendar import (
    Frequency,
    Route,
    business_days_before,
    leave_day,
    leaves_at,
    next_payment,
    route_of,
    second_try_at,
)
from tools.compliance.screening.payees import PayeeToScreen, screen_payee
from tools.counts import WORKER_DONE
from tools.fraud.decisions import SHIPPED, FraudPolicy, assess
from tools.fraud.webhook import Event, Webhook, retry_at

_log = get_logger(__name__)
_QUERIES = Queries(Path(__file__).with_suffix(".sql"))

Kind = Literal["scheduled_payment", "standing_order"]
_LOCKS: dict[Kind, str] = {
    "scheduled_payment": "lock_scheduled_payment",
    "standing_order": "lock_standing_order",
}
Outcome = Literal["paid", "held", "failed", "retry", "postponed", "released", "expired", "clock", "told", "error"]

_AT_ONCE = 100
"""How many due things are looked up in one go."""
_SOON = timedelta(seconds=1)
"""Pause while the database is away."""


@dataclass(frozen=True, slots=True)
class Tally:
    """What was done. ``errors`` counts things that could not be done and are tried again in the next round."""

    payments_made: int = 0
    payments_held: int = 0
    payments_failed: int = 0
    payments_to_retry: int = 0
    payments_postponed: int = 0
    holds_released: int = 0
    operations_expired: int = 0
    dispute_clocks_ended: int = 0
    alerts_told: int = 0
    errors: int = 0

    @classmethod
    def of(cls, done: Counter[Outcome]) -> "Tally":
        return cls(*(done[outcome] for outcome in _COUNTED))


_COUNTED: tuple[Outcome, ...] = (
    "paid",
    "held",
    "failed",
    "retry",
    "postponed",
    "released",
    "expired",
    "clock",
    "told",
    "error",
)
"""In the order of Tally's fields."""


@dataclass(frozen=True, slots=True)
class _Thing:
    """Something whose time has come, and whose it is."""

    id: UUID | int
    customer_id: UUID


@dataclass(frozen=True, slots=True)
class _DuePayment(_Thing):
    kind: Kind


@dataclass(frozen=True, slots=True)
class _Terms:
    """Of a payment, as far as the worker may see it."""

    due: date
    not_before: datetime | None
    currency: str
    is_own: bool
    frequency: Frequency | None
    starts_on: date | None
    ends_on: date | None

    @property
    def route(self) -> Route:
        return route_of(self.currency, is_own=self.is_own)

    @property
    def next_due(self) -> date | None:
        if self.frequency is None or self.starts_on is None:
            return None
        return next_payment(self.starts_on, self.frequency, self.ends_on, self.route, self.due)

    def postponed_to(self, now: datetime) -> datetime | None:
        """When it leaves, if that is not now: the day is none of its route's, or its cut-off has passed. What was
        begun in time and had too little money is tried again in any case."""
        today = now.astimezone(BANK_TIME_ZONE).date()
        if self.not_before == second_try_at(today):
            return None
        day = leave_day(self.route, self.due, now)
        return leaves_at(day) if day > today else None


@dataclass(frozen=True, slots=True)
class _HoldTerms:
    card_days: int | None
    travel_days: int | None
    cash_working_days: int | None

    def moments(self, now: datetime) -> dict[str, datetime] | None:
        """Before which holds are released; None for a bank that publishes no such terms."""
        if self.card_days is None or self.travel_days is None or self.cash_working_days is None:
            return None
        local = now.astimezone(BANK_TIME_ZONE)
        cash = datetime.combine(
            business_days_before(local.date(), self.cash_working_days), local.time(), BANK_TIME_ZONE
        )
        return {
            "card_before": now - timedelta(days=self.card_days),
            "travel_before": now - timedelta(days=self.travel_days),
            "cash_before": cash,
        }


@dataclass(frozen=True, slots=True)
class _Told:
    facts: dict[str, Any] | None
    payee_id: UUID | None
    payee_name: str | None
    """Of a payee who is to be screened first."""


@dataclass(frozen=True, slots=True)
class _Answer:
    outcome: Outcome | None


@dataclass(frozen=True, slots=True)
class _Settled:
    settled: bool


@dataclass(frozen=True, slots=True)
class _Ended:
    ended: int


class Worker:
    """Rounds over everything that is due. Nothing but the database is shared with other processes."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        webhook: Webhook | None = None,
        policy: FraudPolicy = SHIPPED,
        checkpointer: Checkpointer | None = None,
    ) -> None:
        """
        Args:
            webhook: who is told about fraud alerts; None: what is to be told waits.
            policy: what is decided by about payments whose day has come.
            checkpointer: signs where the audit log stands, now and then and at the end; None: somebody else does.
        """
        self._database = database
        self._policy = policy
        self._webhook = webhook
        self._checkpointer = checkpointer
        self._clock = clock
        self._done: Counter[Outcome] = Counter()
        self._stopped = asyncio.Event()

    @property
    def tally(self) -> Tally:
        """Since the start."""
        return Tally.of(self._done)

    def stop(self) -> None:
        """Ends ``run`` after what is being done just now."""
        self._stopped.set()

    async def run(self, interval: timedelta) -> None:
        """Rounds until ``stop``, with pauses between them. The database may be away for a while."""
        while not self._stopped.is_set():
            pause = interval
            try:
                await self.run_once()
            except Unavailable as error:
                _log.warning("worker_waits", reason=error.error_code)
                pause = min(interval, _SOON)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stopped.wait(), pause.total_seconds())
        if self._checkpointer is not None:
            await self._checkpointer.keep(self._database, self._clock(), is_last=True)

    async def run_once(self) -> Tally:
        """Everything that is due now.

        Raises:
            Unavailable: the database cannot be reached. What was done until then is done.
        """
        before = Counter(self._done)
        now = self._clock()
        await self._each(_DuePayment, "list_due_payments", {"now": now}, self._pay)
        await self._each(_Thing, "list_expired_operations", {"now": now}, self._call("expire_operation"))
        await self._each(_Thing, "list_expired_held", {"now": now}, self._call("expire_held"))
        await self._each(_Thing, "list_due_dispute_clocks", {"now": now}, self._call("run_dispute_clock"))
        [terms] = await self._database.fetch(_HoldTerms, _QUERIES["get_hold_terms"])
        moments = terms.moments(now)
        if moments is not None:
            await self._each(_Thing, "list_expired_holds", moments | {"now": now}, self._call("release_hold"))
        await self._settle(now)
        await self._end_identifications(now)
        if self._webhook is not None:
            await self._tell(self._webhook, now)
        if self._checkpointer is not None:
            await self._checkpointer.keep(self._database, now)
        done = Tally.of(self._done - before)
        if done != Tally():
            _log.info("worker_round", **{name: getattr(done, name) for name in Tally.__slots__})
        return done

    async def _each(
        self,
        kind: type[Any],
        listed: LiteralString,
        values: dict[str, Any],
        work: Callable[[WriteHandle, Any, datetime], Awaitable[Outcome | None]],
    ) -> None:
        """Does ``work`` for every row of a query, each in a transaction. What another process has, or what fails, is
        left for the next round."""
        now: datetime = values["now"]
        seen: list[UUID | int] = []
        while not self._stopped.is_set():
            values |= {"seen": seen, "limit": _AT_ONCE}
            things: list[_Thing] = await self._database.fetch(kind, _QUERIES[listed], values)
            if not things:
                return
            for thing in things:
                if self._stopped.is_set():
                    return
                outcome = await self._one(thing, now, work)
                if outcome is None or outcome == "error":
                    seen.append(thing.id)
                if outcome is not None:
                    self._note(outcome)

    def _note(self, outcome: Outcome) -> None:
        self._done[outcome] += 1
        WORKER_DONE.add(outcome)

    async def _one(
        self,
        thing: _Thing,
        now: datetime,
        work: Callable[[WriteHandle, Any, datetime], Awaitable[Outcome | None]],
    ) -> Outcome | None:
        async def transaction(db: WriteHandle) -> Outcome | None:
            return await work(db, thing, now)

        try:
            return await self._database.transact(transaction)
        except TellergraphError as error:
            if isinstance(error, Unavailable) and not isinstance(error, Contention):
                raise
            _log.error("worker_failed", thing=str(thing.id), reason=error.error_code)
        except Exception:
            # One thing that cannot be done must not hold up everybody's payments.
            _log.exception("worker_failed", thing=str(thing.id))
        return "error"

    async def _settle(self, now: datetime) -> None:
        """Running totals of days that are over: features are the same without, and slower (docs/fraud.md)."""

        async def work(db: WriteHandle) -> bool:
            return (await db.get(_Settled, _QUERIES["settle_fraud_totals"], {"now": now})).settled

        if await self._database.transact(work):
            _log.info("fraud_totals_settled")

    async def _end_identifications(self, now: datetime) -> None:
        """Limits follow the level on the day on which it ends."""

        async def work(db: WriteHandle) -> int:
            return (await db.get(_Ended, _QUERIES["expire_identifications"], {"now": now})).ended

        if ended := await self._database.transact(work):
            _log.info("identifications_ended", count=ended)

    async def _tell(self, webhook: Webhook, now: datetime) -> None:
        """Until one is not taken: the others would hardly be, and payments must not wait for them."""
        due = await self._database.fetch(
            _Thing, _QUERIES["list_due_events"], {"now": now, "seen": [], "limit": _AT_ONCE}
        )
        for thing in due:
            event = await self._take(thing, now)
            if event is None or self._stopped.is_set():
                continue
            fault = await webhook.send(event, self._clock())
            values = {"id": thing.id, "fault": fault, "now": now, "retry_at": retry_at(event.attempts, now)}
            await self._act_for(thing, "settle_event", values)
            self._note("told" if fault is None else "error")
            if fault is not None:
                _log.warning("alert_not_told", event_id=event.id, reason=fault)
                return

    async def _take(self, thing: _Thing, now: datetime) -> Event | None:
        """Sent again in a minute by somebody else, should this process end before it has said what became of it."""
        values = {"id": thing.id, "now": now, "until": now + timedelta(minutes=1)}
        [row] = await self._act_for(thing, "take_event", values)
        return Event(**row["event"]) if row["event"] else None

    async def _act_for(self, thing: _Thing, query: LiteralString, values: dict[str, Any]) -> list[dict[str, Any]]:
        async def work(db: WriteHandle) -> list[dict[str, Any]]:
            await db.execute(_QUERIES["act_for"], {"customer_id": thing.customer_id})
            return await db.dicts(_QUERIES[query], values)

        return await self._database.transact(work)

    async def _pay(self, db: WriteHandle, payment: _DuePayment, now: datetime) -> Outcome | None:
        key = {"id": payment.id, "now": now}
        terms = await db.find(_Terms, _QUERIES[_LOCKS[payment.kind]], key)
        if terms is None:
            return None
        await db.execute(_QUERIES["act_for"], {"customer_id": payment.customer_id})
        key |= {"kind": payment.kind, "due": terms.due}
        until = terms.postponed_to(now)
        if until is not None:
            return (await db.get(_Answer, _QUERIES["postpone_due_payment"], key | {"until": until})).outcome
        again = second_try_at(now.astimezone(BANK_TIME_ZONE).date())
        told = await db.get(_Told, _QUERIES["due_payment_facts"], key)
        if told.facts is None:
            return None
        await screen_payee(self._database, db, PayeeToScreen(told.payee_id, told.payee_name), now)
        decision = Jsonb(assess(told.facts, policy=self._policy).as_stored())
        values = key | {"next_due": terms.next_due, "retry_at": again if now < again else None, "decision": decision}
        return (await db.get(_Answer, _QUERIES["run_due_payment"], values)).outcome

    def _call(self, function: LiteralString) -> Callable[[WriteHandle, _Thing, datetime], Awaitable[Outcome | None]]:
        async def call(db: WriteHandle, thing: _Thing, now: datetime) -> Outcome | None:
            await db.execute(_QUERIES["act_for"], {"customer_id": thing.customer_id})
            return (await db.get(_Answer, _QUERIES[function], {"id": thing.id, "now": now})).outcome

        return call


@asynccontextmanager
async def background_worker(
    worker_url: str,
    clock: Clock,
    interval: timedelta,
    webhook: Webhook | None = None,
    policy: FraudPolicy = SHIPPED,
    checkpointer: Checkpointer | None = None,
) -> AsyncGenerator[Worker]:
    """A worker inside another process, such as a server's. Leaving waits for what it is doing just now."""
    database = Database(worker_url, pool_size=1, name="worker")
    await database.open()
    worker = Worker(database, clock, webhook, policy, checkpointer)
    task = asyncio.create_task(worker.run(interval), name="worker")
    try:
        yield worker
    finally:
        worker.stop()
        await task
        await database.close()
