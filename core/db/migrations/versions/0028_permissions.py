"""Roles and permissions as data, and API keys."""

from core.db.migrations.sql_files import run_file

revision = "0028_permissions"
down_revision = "0027_logins"


def upgrade() -> None:
    run_file(revision, "up")


def downgrade() -> None:
    run_file(revision, "down")
