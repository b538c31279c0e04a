"""Personal data encrypted field by field."""

from core.db.migrations.sql_files import run_file

revision = "0029_encryption"
down_revision = "0028_permissions"


def upgrade() -> None:
    run_file(revision, "up")


def downgrade() -> None:
    run_file(revision, "down")
