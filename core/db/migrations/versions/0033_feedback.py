"""What customers thought of an answer."""

from core.db.migrations.sql_files import run_file

revision = "0033_feedback"
down_revision = "0032_replay"


def upgrade() -> None:
    run_file(revision, "up")


def downgrade() -> None:
    run_file(revision, "down")
