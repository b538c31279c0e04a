"""What links an entry of the audit log, in fewer steps."""

from core.db.migrations.sql_files import run_file

revision = "0036_lighter_links"
down_revision = "0035_received"


def upgrade() -> None:
    run_file(revision, "up")


def downgrade() -> None:
    run_file(revision, "down")
