"""Cases that open when a customer lets something be known that the bank must act on."""

from core.db.migrations.sql_files import run_file

revision = "0025_care"
down_revision = "0024_aml_policy"


def upgrade() -> None:
    run_file(revision, "up")


def downgrade() -> None:
    run_file(revision, "down")
