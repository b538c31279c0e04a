"""Decisions before payments, held payments, the card network's role, and the life of a fraud alert."""

from core.db.migrations.sql_files import run_file

revision = "0020_fraud_decisions"
down_revision = "0019_fraud_features"


def upgrade() -> None:
    run_file(revision, "up")


def downgrade() -> None:
    run_file(revision, "down")
