"""What an idempotency key stands for."""

from core.db.migrations.sql_files import run_file

revision = "0012_requests"
down_revision = "0011_service"


def upgrade() -> None:
    run_file(revision, "up")


def downgrade() -> None:
    run_file(revision, "down")
