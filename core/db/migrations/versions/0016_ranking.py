"""A base of any size is ranked in about the same time."""

from core.db.migrations.sql_files import run_file

revision = "0016_ranking"
down_revision = "0015_documents"


def upgrade() -> None:
    run_file(revision, "up")


def downgrade() -> None:
    run_file(revision, "down")
