"""The limit of a balance as a trigger, and no guard asked where a posting moves balances."""

from core.db.migrations.sql_files import run_file

revision = "0018_balance_limit"
down_revision = "0017_current_answers"


def upgrade() -> None:
    run_file(revision, "up")


def downgrade() -> None:
    run_file(revision, "down")
