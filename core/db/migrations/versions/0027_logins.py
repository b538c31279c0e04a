"""What logging in needs besides a password."""

from core.db.migrations.sql_files import run_file

revision = "0027_logins"
down_revision = "0026_sessions"


def upgrade() -> None:
    run_file(revision, "up")


def downgrade() -> None:
    run_file(revision, "down")
