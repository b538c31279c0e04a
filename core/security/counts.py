"""Who was let in and who was not, for ``GET /metrics``."""

from core.telemetry.metrics import Count

ATTEMPTS = Count("auth_attempts", "Attempts to prove who one is, by how, and what came of them.", "method", "outcome")
