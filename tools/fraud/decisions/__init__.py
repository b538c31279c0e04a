"""What is decided about a payment, a change of a payee or a use of a card before it happens.

``decide`` is pure: facts, findings and the model's score in, an outcome out. ``assess`` asks the rules,
``cards.assess_card`` also the model; both put together what the database keeps (``record_decision``,
``run_due_payment``, ``authorise_card_payment``).
"""

from tools.fraud.decisions.decide import Outcome, decide
from tools.fraud.decisions.engine import Assessment, assess
from tools.fraud.decisions.in_force import SHIPPED, FraudPolicy, read_fraud_policy

__all__ = ["SHIPPED", "Assessment", "FraudPolicy", "Outcome", "assess", "decide", "read_fraud_policy"]
