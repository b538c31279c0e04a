"""Scripted conversations: the YAML files here (docs/dialogues.md), the customers who hold them, and what has to come of
it."""
