"""Lists of sanctioned people, what was found, and what compliance staff made of it."""

from core.db.migrations.sql_files import run_file

revision = "0023_screening"
down_revision = "0022_kyc"


def upgrade() -> None:
    run_file(revision, "up")


def downgrade() -> None:
    run_file(revision, "down")
