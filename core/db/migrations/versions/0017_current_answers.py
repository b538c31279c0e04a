"""Answers that are kept elsewhere end with the state they are about; publishing keeps the counts of words."""

from core.db.migrations.sql_files import run_file

revision = "0017_current_answers"
down_revision = "0016_ranking"


def upgrade() -> None:
    run_file(revision, "up")


def downgrade() -> None:
    run_file(revision, "down")
