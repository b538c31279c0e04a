"""What customers change of their cards."""

from core.db.migrations.sql_files import run_file

revision = "0009_cards"
down_revision = "0008_accounts"


def upgrade() -> None:
    run_file(revision, "up")


def downgrade() -> None:
    run_file(revision, "down")
