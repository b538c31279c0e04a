"""Traces of turns, and scores, for a Langfuse of the bank's own (docs/langfuse.md, decision 0029).

tracing.py   the observer of a process, where Langfuse is configured
observer.py  collects what the seam of observations tells of a turn
spans.py     makes spans of it, once the turn is over
masking.py   hides personal data in every attribute, when spans leave
known.py     what is known to be personal in a turn
scores.py    what a turn is judged by
client.py    the connection: its own tracer provider, bounded queues, a bounded end

Nothing of it is imported, and no thread runs, unless Langfuse is configured.
"""
