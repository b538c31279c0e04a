"""Documents wait, are published and retired; passages know what they are filtered by."""

from core.db.migrations.sql_files import run_file

revision = "0015_documents"
down_revision = "0014_posting"


def upgrade() -> None:
    run_file(revision, "up")


def downgrade() -> None:
    run_file(revision, "down")
