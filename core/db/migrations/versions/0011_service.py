"""Profile, support and branches."""

from core.db.migrations.sql_files import run_file

revision = "0011_service"
down_revision = "0010_lending"


def upgrade() -> None:
    run_file(revision, "up")


def downgrade() -> None:
    run_file(revision, "down")
