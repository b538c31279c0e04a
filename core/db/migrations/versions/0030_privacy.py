"""What the law lets people ask of their data."""

from core.db.migrations.sql_files import run_file

revision = "0030_privacy"
down_revision = "0029_encryption"


def upgrade() -> None:
    run_file(revision, "up")


def downgrade() -> None:
    run_file(revision, "down")
