"""Fraud features and scores: what is known about a payment at its moment, and how likely it is a fraud.

For whoever decides about payments; nothing else of the two packages has to be known::

    from tools.fraud.features import FraudEvent, read_features, record_event, terminal_party
    from tools.fraud.model import load_scorer

    features = await read_features(db, event)         # one statement, in the customer's unit of work, before the event
    score = load_scorer().score(features)             # Score(probability, contributions, model), no await, no I/O
    await record_event(db, event, transaction_id)     # afterwards, whatever was decided about it: attempts count too

- A card's charge is asked about in one statement with everything else that is decided on (``card_facts``,
  0020_fraud_decisions.up.sql): its ``model`` is ``fraud_vector()``, the same features as one array in the order of
  ``NAMES``, for ``load_scorer().score_vector``.
- ``FraudEvent(party, merchant, amount_minor, at, country, device, channel)``: ``party`` is whom the money goes to, as
  ``terminal_party(17)`` or ``account_party(sort_code, account_number, iban)``; what is not known is None. The customer
  is the one of the unit of work. Only what moves money is an event: record no payee changes (features of one may be
  read, with amount 0).
- ``Features`` has a field per feature (``features.seconds_since_last``), None where nothing is known, and can be stored
  with ``dataclasses.asdict``.
- ``Score.probability`` is calibrated, 0 to 1. ``Score.contributions`` are the features that spoke most for and against
  it, largest first, found when they are asked for: ``Contribution(feature, value, log_odds, words)``; positive log-odds
  spoke for fraud. The words are for staff, never for the customer. ``Score.model`` is the version's name, to be stored
  with the decision.
- In SQL: ``fraud_features(p_party, p_merchant, p_amount_minor, p_at, p_country, p_device, p_channel)`` returns the row
  of ``Features``; ``record_fraud_event(the same, p_transaction)`` the event's id; they ask ``app_customer_id()`` and
  may be called within ``execute_operation``.
- Confirmed or withdrawn: ``record_label(db, event_id, is_fraud, at)`` or ``record_fraud_label(p_event, p_is_fraud,
  p_at)``. Features know it when the delay after the event is over (seven days, ``fraud_label_delay()``), not before:
  what has to act at once is a rule. The event of a transaction is found by ``fraud_events.transaction_id``.
- The committed model has learnt simulated card payments, among which none above 220.00 is genuine: let its score weigh
  on cards, and leave transfers to rules until a bank has trained one on its own (docs/fraud.md).
"""

from tools.fraud.features.online import (
    FraudEvent,
    account_party,
    merchant_name,
    read_features,
    record_event,
    record_label,
    terminal_party,
)
from tools.fraud.features.shapes import NAMES, Features

__all__ = [
    "NAMES",
    "Features",
    "FraudEvent",
    "account_party",
    "merchant_name",
    "read_features",
    "record_event",
    "record_label",
    "terminal_party",
]
