"""Events, labels and running totals from which fraud features follow, and the features themselves."""

from core.db.migrations.sql_files import run_file

revision = "0019_fraud_features"
down_revision = "0018_balance_limit"


def upgrade() -> None:
    run_file(revision, "up")


def downgrade() -> None:
    run_file(revision, "down")
