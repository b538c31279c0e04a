"""How passages of a knowledge base are ranked: in SQL (``search.sql``), then chosen from (``selection.py``)."""
