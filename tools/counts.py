"""What the bank does for its customers, for ``GET /metrics``."""

from core.telemetry.metrics import Count

FRAUD_DECISIONS = Count(
    "fraud_decisions",
    "What the fraud engine decided; what it holds or blocks opens an alert.",
    "about",
    "outcome",
)
FRAUD_ANSWERS = Count("fraud_answers", "Customers' answers to fraud alerts.", "answer")
HANDOFFS = Count("handoffs", "Conversations that were passed on to a person, by the door they came through.", "door")
WORKER_DONE = Count("worker_done", "What the worker did by itself, such as payments that were due.", "outcome")
