"""What customers change of their accounts."""

from core.db.migrations.sql_files import run_file

revision = "0008_accounts"
down_revision = "0007_staff"


def upgrade() -> None:
    run_file(revision, "up")


def downgrade() -> None:
    run_file(revision, "down")
