"""What retrieval found, how fast, and how often the cache could answer, for ``GET /metrics``. Only knowledge bases that
exist are named."""

from core.telemetry.metrics import FAST, Count, Timing

HITS = Count("knowledge_cache_hits", "Questions answered from the cache.", "kb")
MISSES = Count("knowledge_cache_misses", "Questions that were looked up.", "kb")
ERRORS = Count("knowledge_cache_errors", "Times that Redis did not answer, or answered nonsense.", "kb")
RETRIEVALS = Count("retrievals", "Questions about documents, by whether passages were found.", "kb", "outcome")
SECONDS = Timing("retrieval_seconds", "Until the passages were there, by where from.", "kb", "source", buckets=FAST)
