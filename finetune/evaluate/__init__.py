"""How good a tuned model is on rows that its training never saw, beside its base and the adapter before it."""
