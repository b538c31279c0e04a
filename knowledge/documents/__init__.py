"""Documents one by one, as the bank's staff work with them: what waits, what is published and what is retired."""
