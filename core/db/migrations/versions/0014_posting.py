"""Rules between two columns as triggers, where a payment writes: a CHECK's text is parsed for each statement."""

from core.db.migrations.sql_files import run_file

revision = "0014_posting"
down_revision = "0013_effects"


def upgrade() -> None:
    run_file(revision, "up")


def downgrade() -> None:
    run_file(revision, "down")
