"""How often the cache could answer, for ``GET /metrics``. Only knowledge bases that exist are named."""

from prometheus_client import Counter

HITS = Counter("tellergraph_knowledge_cache_hits", "Questions answered from the cache.", ["kb"])
MISSES = Counter("tellergraph_knowledge_cache_misses", "Questions that were looked up.", ["kb"])
ERRORS = Counter("tellergraph_knowledge_cache_errors", "Times that Redis did not answer, or answered nonsense.", ["kb"])
