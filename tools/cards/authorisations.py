"""What the card network asks: may this card be charged? The answer is a hold on the ledger, or no.

Two statements, each a transaction of its own as ``tellergraph_network``, which sees whose a card is and may call two
functions. State of card and account, switches, limits and balance are the database's to check
(``refuse_card_payment``); the fraud decision is made between the two. The second refuses what was decided without the
card's newest use, so that of two charges at once one is decided about again.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal
from uuid import UUID

import orjson
from psycopg.types.json import Jsonb

from core.db.database import Database, until_uncontended
from core.db.queries import Queries
from core.errors import InvalidInput
from core.money import Money
from tools.counts import FRAUD_DECISIONS
from tools.fraud.decisions import SHIPPED, Assessment, FraudPolicy
from tools.fraud.decisions.cards import assess_card
from tools.registry import Result

_QUERIES = Queries(Path(__file__).with_name("network.sql"))

APPROVED = "00"
_CODES: Mapping[str, str] = {
    "insufficient_funds": "51",
    "card_expired": "54",
    "limit_exceeded": "61",
    "contactless_limit_exceeded": "65",
    "authentication_required": "1A",
    "suspected_fraud": "59",
    "card_not_activated": "78",
    "no_cash_with_virtual_card": "57",
    "cash_machines_off": "57",
    "online_payments_off": "57",
    "payments_abroad_off": "57",
    "contactless_off": "57",
    "card_frozen": "62",
    "card_blocked": "62",
    "card_closed": "14",
}
_DO_NOT_HONOUR = "05"
"""What is said of anything else: that the account is frozen is nobody's business at a till."""


@dataclass(frozen=True, slots=True)
class AuthorisationRequest:
    reference: str
    """The network's own; it stands for one charge of one card."""
    card_id: UUID
    terminal_id: int
    amount: Money
    """In the currency of the card's account."""
    contactless: bool = False


class Authorisation(Result):
    reference: str
    approved: bool
    response_code: str
    """ISO 8583, field 39, as the networks use it."""
    hold_id: int
    """The transaction: pending for a hold, declined otherwise."""


@dataclass(frozen=True, slots=True)
class _Answer:
    id: int
    status: Literal["pending", "booked", "declined", "reversed", "released"]
    decline_reason: str | None


@dataclass(frozen=True, slots=True)
class _Told:
    facts: dict[str, Any]


async def authorise(
    database: Database, request: AuthorisationRequest, now: datetime, policy: FraudPolicy = SHIPPED
) -> Authorisation:
    """Places the hold, or writes down the refusal. The same reference gets the same answer again.

    Raises:
        NotFound: there is no such card or terminal.
        InvalidInput: the amount is not in the currency of the card's account.
        Conflict: the reference stands for another charge of the card.
        Contention: the card was used meanwhile, time and again.
    """

    async def once() -> _Answer:
        decision = Jsonb((await decide_about(database, request, now, policy)).as_stored(), orjson.dumps)
        [answer] = await database.ask(_Answer, _QUERIES["authorise"], _values(request, now) | {"decision": decision})
        return answer

    answer = await until_uncontended(once)
    approved = answer.status != "declined"
    code = APPROVED if approved else _CODES.get(answer.decline_reason or "", _DO_NOT_HONOUR)
    return Authorisation(reference=request.reference, approved=approved, response_code=code, hold_id=answer.id)


async def decide_about(
    database: Database, request: AuthorisationRequest, now: datetime, policy: FraudPolicy = SHIPPED
) -> Assessment:
    """What the fraud engine says to it as things stand. Raises as ``authorise`` does."""
    [told] = await database.ask(_Told, _QUERIES["card_facts"], _values(request, now))
    if told.facts["currency"] != request.amount.currency:
        raise InvalidInput(f"The card's account is in {told.facts['currency']}.", code="wrong_currency")
    assessment = assess_card(told.facts, policy)
    FRAUD_DECISIONS.add("card", assessment.outcome.value)
    return assessment


def _values(request: AuthorisationRequest, now: datetime) -> dict[str, Any]:
    return {
        "card": request.card_id,
        "terminal": request.terminal_id,
        "minor": request.amount.minor,
        "reference": request.reference,
        "contactless": request.contactless,
        "now": now,
    }
