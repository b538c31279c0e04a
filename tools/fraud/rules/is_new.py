"""When a payee is new."""

from tools.fraud.rules.facts import Facts
from tools.fraud.rules.limits import Limits
from tools.fraud.rules.said import DAY


def is_new_payee(facts: Facts, limits: Limits) -> bool:
    """Added a short time ago, or hardly paid yet. A payee whose first payment is long ago is known."""
    if facts.payee_age is None:
        return False
    young = limits.new_payee.days * DAY
    if facts.payee_since is not None and facts.payee_since >= young:
        return False
    return facts.payee_payments < limits.new_payee.payments
