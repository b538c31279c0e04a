"""What a turn needs to be built again."""

from core.db.migrations.sql_files import run_file

revision = "0032_replay"
down_revision = "0031_audit_chain"


def upgrade() -> None:
    run_file(revision, "up")


def downgrade() -> None:
    run_file(revision, "down")
