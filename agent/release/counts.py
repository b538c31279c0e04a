"""What the gate did, for ``GET /metrics``."""

from prometheus_client import Counter

SENTENCES = Counter(
    "tellergraph_release_sentences",
    "Sentences of language models that claimed something, by what was claimed and what became of them.",
    ["kind", "outcome"],
)
