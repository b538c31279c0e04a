"""Applications of customers who say who they are, their documents, and how they were reviewed."""

from core.db.migrations.sql_files import run_file

revision = "0022_kyc"
down_revision = "0021_disputes"


def upgrade() -> None:
    run_file(revision, "up")


def downgrade() -> None:
    run_file(revision, "down")
