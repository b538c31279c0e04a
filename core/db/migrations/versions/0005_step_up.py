"""Step-up codes."""

from core.db.migrations.sql_files import run_file

revision = "0005_step_up"
down_revision = "0004_ledger"


def upgrade() -> None:
    run_file(revision, "up")


def downgrade() -> None:
    run_file(revision, "down")
