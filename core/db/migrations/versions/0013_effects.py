"""What each type of operation may change, and logins that nobody can take over."""

from core.db.migrations.sql_files import run_file

revision = "0013_effects"
down_revision = "0012_rights"


def upgrade() -> None:
    run_file(revision, "up")


def downgrade() -> None:
    run_file(revision, "down")
