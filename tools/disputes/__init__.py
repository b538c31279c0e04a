"""Disputes of card payments, cash withdrawals and transfers: docs/disputes.md.

    reasons.toml, rules.toml   why a payment can be disputed, and whose rules say by when what is done
    deadlines.py, bank_days.py   the same as pure functions of the facts of a payment (facts.py)
    opening.py, disputes.py, evidence.py   the customer's tools
    staff.py   what people do; the worker (tools/schedules) does what a clock that has run out asks for

An operation of another package that opens a dispute besides, such as ``confirm_fraud``, has its row
``('<type>', 'disputes')`` in ``operation_effects`` and calls, in its effect:

    from tools.disputes.opening import file_dispute
    refusal = await file_dispute(db, context, transaction_id, "unauthorised", description=None)   # str | None

It opens the dispute of that customer's transaction (booked or pending, money out) for its whole amount, with its
clocks, in the transaction that executes the operation. None, or a code of tools/reasons.py before anything was written:
``dispute_open`` (there is one already), ``not_disputable``, ``transaction_unknown``, ``dispute_too_late``,
``dispute_not_covered``, ``account_changed``.
"""
