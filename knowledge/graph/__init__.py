"""A second way to a passage: through what documents are about and how that hangs together. LightRAG keeps the graph.

It stays behind this package, and what it says is never shown: it names passages, and their text is read from ours, as
whoever asks. So it needs no row-level security, which it does not have.
"""
