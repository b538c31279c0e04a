"""Alembic's environment; the statements themselves are the files in ``sql/``."""
