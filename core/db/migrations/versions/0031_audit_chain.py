"""An audit log that shows every change to itself."""

from core.db.migrations.sql_files import run_file

revision = "0031_audit_chain"
down_revision = "0030_privacy"


def upgrade() -> None:
    run_file(revision, "up")


def downgrade() -> None:
    run_file(revision, "down")
