"""Scheduled payments and standing orders."""

from core.db.migrations.sql_files import run_file

revision = "0006_schedules"
down_revision = "0005_step_up"


def upgrade() -> None:
    run_file(revision, "up")


def downgrade() -> None:
    run_file(revision, "down")
