"""Rights: staff on the newer tables, and functions that are nobody's by default."""

from core.db.migrations.sql_files import run_file

revision = "0012_rights"
down_revision = "0011_service"


def upgrade() -> None:
    run_file(revision, "up")


def downgrade() -> None:
    run_file(revision, "down")
