"""The bank: customers, ledger, cards, payees, activity."""

from core.db.migrations.sql_files import run_file

revision = "0001_bank"
down_revision = None


def upgrade() -> None:
    run_file(revision, "up")


def downgrade() -> None:
    run_file(revision, "down")
