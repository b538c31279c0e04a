"""What the gate did, for ``GET /metrics``."""

from core.telemetry.metrics import Count

SENTENCES = Count(
    "release_sentences",
    "Sentences of language models that claimed something, by what was claimed and what became of them.",
    "kind",
    "outcome",
)
