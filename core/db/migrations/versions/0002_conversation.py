"""Conversations: sessions, turns, messages."""

from core.db.migrations.sql_files import run_file

revision = "0002_conversation"
down_revision = "0001_bank"


def upgrade() -> None:
    run_file(revision, "up")


def downgrade() -> None:
    run_file(revision, "down")
