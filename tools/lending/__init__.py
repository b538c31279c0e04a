"""Loans: what is offered, whether the bank lends, and the customer's own."""
