"""Fraud features: what is known about a payment at its moment. Each is defined once, in SQL: ``fraud_features_at()``
(0019_fraud_features.up.sql); docs/fraud.md.

Online, a card's charge is asked about in one statement with everything else that is decided on: ``card_facts`` has
them under ``model``, in the order of ``NAMES``. The functions that decide also record (``record_fraud_event``,
``record_fraud_label``): no login may. In batch (batch.py) the same function is joined to each row of a table.
"""
