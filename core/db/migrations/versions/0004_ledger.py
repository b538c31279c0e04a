"""The ledger's posting functions, policies, slips and exchange."""

from core.db.migrations.sql_files import run_file

revision = "0004_ledger"
down_revision = "0003_knowledge"


def upgrade() -> None:
    run_file(revision, "up")


def downgrade() -> None:
    run_file(revision, "down")
