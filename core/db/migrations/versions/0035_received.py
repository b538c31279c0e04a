"""An index for who paid a customer, which each turn reads."""

from core.db.migrations.sql_files import run_file

revision = "0035_received"
down_revision = "0034_retention_of_records"


def upgrade() -> None:
    run_file(revision, "up")


def downgrade() -> None:
    run_file(revision, "down")
