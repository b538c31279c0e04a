"""What models are asked, what it takes and what it costs, for ``GET /metrics``. Only models of the chain are named.

Each figure has a label: one without would be written where processes count together, as soon as this is imported, and
that folder is made later.
"""

from prometheus_client import Counter, Histogram

_SECONDS = (0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 40, 80)

REQUESTS = Counter("tellergraph_model_requests", "Requests, and requests that were not made.", ["model", "outcome"])
RETRIES = Counter("tellergraph_model_retries", "Requests that were made again before the first token.", ["model"])
COMPLETED = Counter("tellergraph_model_completed_offline", "Answers cut off and completed offline.", ["model"])
TOKENS = Counter("tellergraph_model_tokens", "Tokens that the provider counted.", ["model", "direction"])
COST = Counter("tellergraph_model_cost_microdollars", "Cost by the table of prices.", ["model"])
UNPRICED = Counter("tellergraph_model_unpriced", "Answers whose cost is not known.", ["model"])
FIRST_TOKEN = Histogram(
    "tellergraph_model_first_token_seconds", "Until the first token or call.", ["model"], buckets=_SECONDS
)
SECONDS = Histogram("tellergraph_model_seconds", "Whole answers, waiting included.", ["model"], buckets=_SECONDS)
BUDGET_ERRORS = Counter(
    "tellergraph_model_budget_errors", "Times that Redis could not count what was used.", ["command"]
)
