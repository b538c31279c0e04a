"""Files that customers send, encrypted; disputes of payments, their clocks, and the money that comes back."""

from core.db.migrations.sql_files import run_file

revision = "0021_disputes"
down_revision = "0020_fraud_decisions"


def upgrade() -> None:
    run_file(revision, "up")


def downgrade() -> None:
    run_file(revision, "down")
