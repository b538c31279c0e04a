"""Answers of the retriever, kept in Redis for a while.

What is kept are ids and scores. The passages themselves are read from the database each time, as the reader whom the
transaction names, together with the knowledge base's stamp: an answer from before a change, or one that its reader may
not see, is never given, whatever Redis holds. Without Redis everything is looked up anew.
"""

from knowledge.cache.cache import PassageCache, open_cache
from knowledge.cache.entry import Found
from knowledge.cache.key import Question
from knowledge.cache.retriever import CachedRetriever

__all__ = ["CachedRetriever", "Found", "PassageCache", "Question", "open_cache"]
