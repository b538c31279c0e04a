"""Adapters that may answer customers: who they are, whether they are what they were, and which one is served."""
