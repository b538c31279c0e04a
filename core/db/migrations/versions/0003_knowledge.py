"""Knowledge bases: documents and chunks."""

from core.db.migrations.sql_files import run_file

revision = "0003_knowledge"
down_revision = "0002_conversation"


def upgrade() -> None:
    run_file(revision, "up")


def downgrade() -> None:
    run_file(revision, "down")
