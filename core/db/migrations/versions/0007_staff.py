"""Staff: maker and checker, audited reads."""

from core.db.migrations.sql_files import run_file

revision = "0007_staff"
down_revision = "0006_schedules"


def upgrade() -> None:
    run_file(revision, "up")


def downgrade() -> None:
    run_file(revision, "down")
