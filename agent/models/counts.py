"""What models are asked, what it takes and what it costs, for ``GET /metrics``. Only models of the chain are named."""

from core.telemetry.metrics import SLOW, Count, Level, Timing

REQUESTS = Count("model_requests", "Requests, and requests that were not made.", "model", "outcome")
RETRIES = Count("model_retries", "Requests that were made again before the first token.", "model")
COMPLETED = Count("model_completed_offline", "Answers cut off and completed offline.", "model")
TOKENS = Count("model_tokens", "Tokens that the provider counted.", "model", "direction")
COST = Count("model_cost_microdollars", "Cost by the table of prices.", "model")
UNPRICED = Count("model_unpriced", "Answers whose cost is not known.", "model")
FIRST_TOKEN = Timing("model_first_token_seconds", "Until the first token or call.", "model", buckets=SLOW)
SECONDS = Timing("model_seconds", "Whole answers, waiting included.", "model", buckets=SLOW)
BUDGET_ERRORS = Count("model_budget_errors", "Times that Redis could not count what was used.", "command")
PAUSES = Count("model_pauses", "Times that a model was left alone, for failing.", "model")
PAUSED = Level(
    "model_paused",
    "Whether a process leaves a model alone: 1 until it answers again.",
    "model",
    together="livemax",
)
