"""Sessions, refresh tokens and signing keys."""

from core.db.migrations.sql_files import run_file

revision = "0026_sessions"
down_revision = "0025_care"


def upgrade() -> None:
    run_file(revision, "up")


def downgrade() -> None:
    run_file(revision, "down")
