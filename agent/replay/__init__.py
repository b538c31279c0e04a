"""Answers that can be built again: what a turn was given is kept, and the graph is run on it anew (docs/replay.md)."""
