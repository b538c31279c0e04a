"""Loans, savings rates and exchange."""

from core.db.migrations.sql_files import run_file

revision = "0010_lending"
down_revision = "0009_cards"


def upgrade() -> None:
    run_file(revision, "up")


def downgrade() -> None:
    run_file(revision, "down")
