"""Records that the law no longer asks to be kept."""

from core.db.migrations.sql_files import run_file

revision = "0034_retention_of_records"
down_revision = "0033_feedback"


def upgrade() -> None:
    run_file(revision, "up")


def downgrade() -> None:
    run_file(revision, "down")
