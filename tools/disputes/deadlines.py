"""By when a dispute may be opened and by when the bank does what, from the facts of the payment. Pure: rules.toml says
the rules, tools/disputes/bank_days.py the days.

Days are counted from the day after the notice, in the country of the account. A deadline of the customer that falls on
no business day is not moved: the law does not do so either.
"""

import tomllib
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Literal, cast

from tools.calendar import add_months
from tools.disputes.bank_days import EEA, business_days_after, end_of, local_day, noon
from tools.disputes.reasons import REASONS, Paid, Reason

Regime = Literal["reg_e", "reg_z", "psr", "psd2"]
ClockKind = Literal[
    "refund", "provisional_credit", "acknowledgement", "decision", "results", "debit", "filing", "evidence"
]

NEW_ACCOUNT = timedelta(days=30)
"""After the first deposit an account is new (12 CFR 1005.11(c)(3)(i))."""
LONGEST_WAIT = timedelta(days=420)
"""For goods, from the booking: card schemes take nothing 540 days after it, 120 of which are for telling."""
_RESULTS, _HONOURING, _EVIDENCE = 3, 5, 10
"""Business days."""
_POSTED = frozenset[ClockKind]({"refund", "provisional_credit", "debit"})
"""What the worker does by itself, before the last day is over. All else people have that whole day for."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What the rules ask about one payment."""

    country: str
    """Of the account, ISO 3166-1."""
    is_credit: bool
    """Whether the account is a credit card's."""
    paid: Paid
    booked_on: date
    first_deposit_on: date
    is_foreign: bool
    """Whether it was made in another country: 12 CFR 1005.11(c)(3)(ii)(A)."""
    expected_on: date | None = None
    """When goods or services were to come."""

    @property
    def statement_on(self) -> date:
        """When the statement that shows the payment is sent: on the first of the next month."""
        return add_months(self.booked_on.replace(day=1), 1)

    @property
    def is_new(self) -> bool:
        return self.booked_on <= self.first_deposit_on + NEW_ACCOUNT

    @property
    def is_longer(self) -> bool:
        """12 CFR 1005.11(c)(3)(ii): foreign, at a point of sale (online too), or of a new account."""
        return self.is_foreign or self.paid == "card" or self.is_new


@dataclass(frozen=True, slots=True)
class Clock:
    kind: ClockKind
    rule: str
    due_on: date
    is_met: bool = False

    def row(self, country: str) -> dict[str, Any]:
        """As the database's functions take it."""
        due_at = (noon if self.kind in _POSTED else end_of)(self.due_on, country)
        return {
            "kind": self.kind,
            "rule": self.rule,
            "due_on": self.due_on.isoformat(),
            "due_at": due_at.isoformat(),
            "is_met": self.is_met,
        }


@dataclass(frozen=True, slots=True)
class Eligible:
    regime: Regime
    clocks: tuple[Clock, ...]


@dataclass(frozen=True, slots=True)
class Ineligible:
    """No rule gives the customer this dispute, or its time has passed."""

    rule: str | None
    last_day: date | None
    """On which it could have been opened; None where no rule holds at all."""


def regime_of(country: str, *, is_credit: bool) -> Regime:
    """Raises ValueError for a country whose rules are not among ours."""
    if country == "US":
        return "reg_z" if is_credit else "reg_e"
    if country == "GB":
        return "psr"
    if country in EEA:
        return "psd2"
    raise ValueError(f"there are no rules for {country}")


def assess(facts: Facts, reason: Reason, opened_on: date) -> Eligible | Ineligible:
    """What holds for a dispute that is opened on that day.

    Raises:
        ValueError: there are no rules for the account's country.
    """
    terms = REASONS[reason]
    regime = regime_of(facts.country, is_credit=facts.is_credit)
    rule = _find_rule(regime, terms.group, facts.paid)
    if facts.paid not in terms.kinds or rule is None:
        return Ineligible(None, None)
    last_day = _after(_start(facts, rule["notice"]), rule["notice"], facts.country)
    if opened_on > last_day:
        return Ineligible(rule["notice"]["rule"], last_day)
    return Eligible(regime, tuple(_clock(facts, clock, opened_on) for clock in rule.get("clocks", ())))


def clocks_after_decision(country: str, decided_at: datetime, *, for_customer: bool, regime: Regime) -> list[Clock]:
    """What runs once the bank has decided. The results are in the customer's status at once; a credit that is taken
    back is announced with its day and taken five business days later, so that nothing in between is affected (12 CFR
    1005.11(d)(2), and its official interpretation 11(d)-2). Elsewhere the bank gives the same time by itself."""
    day = local_day(decided_at, country)
    is_reg_e = regime == "reg_e"
    rule = "12 CFR 1005.11(c)(2)(iv), (d)(1)" if is_reg_e else "the bank's own promise"
    clocks = [Clock("results", rule, business_days_after(day, _RESULTS, country), is_met=True)]
    if not for_customer:
        rule = "12 CFR 1005.11(d)(2)" if is_reg_e else "the bank's own promise"
        clocks.append(Clock("debit", rule, business_days_after(day, _HONOURING, country)))
    return clocks


def evidence_clock(country: str, asked_at: datetime) -> Clock:
    """How long the customer has to send what was asked for."""
    due_on = business_days_after(local_day(asked_at, country), _EVIDENCE, country)
    return Clock("evidence", "the bank's own promise", due_on)


def _find_rule(regime: Regime, group: str, paid: Paid) -> dict[str, Any] | None:
    for rule in RULES:
        kinds = rule.get("kinds", ("card", "cash", "transfer"))
        if rule["regime"] in (regime, "*") and group in rule["groups"] and paid in kinds:
            return rule
    return None


def _clock(facts: Facts, clock: dict[str, Any], opened_on: date) -> Clock:
    terms = clock
    if facts.is_new and "new_account" in clock:
        terms = clock["new_account"]
    elif facts.is_longer and "longer" in clock:
        terms = clock["longer"]
    start = _start(facts, clock) if "from" in clock else opened_on
    kind = cast(ClockKind, clock["kind"])
    # The dispute's number and how it stands are there to read at once: they acknowledge the notice.
    return Clock(kind, terms["rule"], _after(start, terms, facts.country), is_met=kind == "acknowledgement")


def _start(facts: Facts, terms: dict[str, Any]) -> date:
    match terms["from"]:
        case "statement":
            return facts.statement_on
        case "expected":
            expected_on = facts.expected_on or facts.booked_on
            return min(max(facts.booked_on, expected_on), facts.booked_on + LONGEST_WAIT)
        case _:
            return facts.booked_on


def _after(start: date, terms: dict[str, Any], country: str) -> date:
    if "business_days" in terms:
        return business_days_after(start, terms["business_days"], country)
    if "months" in terms:
        return add_months(start, terms["months"])
    end = start + timedelta(days=terms["days"])
    if "cycles" in terms:
        # A billing cycle is a month. The one in which the notice comes is not complete (its official interpretation).
        return min(end, add_months(start.replace(day=1), terms["cycles"] + 1) - timedelta(days=1))
    return end


RULES: list[dict[str, Any]] = tomllib.loads(Path(__file__).with_name("rules.toml").read_text(encoding="utf-8"))["rule"]
