"""Runs migrations on the connection that ``core.db.migrate`` opened; there is no metadata and no offline mode."""

from alembic import context

context.configure(connection=context.config.attributes["connection"], transaction_per_migration=True)
context.run_migrations()
