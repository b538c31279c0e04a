"""What each answer cost."""

from core.db.migrations.sql_files import run_file

revision = "0035_model_calls"
down_revision = "0034_retention_of_records"


def upgrade() -> None:
    run_file(revision, "up")


def downgrade() -> None:
    run_file(revision, "down")
