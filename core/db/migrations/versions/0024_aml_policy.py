"""The bank's policy as versioned data under one engine; and the tables of those who watch for money laundering."""

from core.db.migrations.sql_files import run_file

revision = "0024_aml_policy"
down_revision = "0023_screening"


def upgrade() -> None:
    run_file(revision, "up")


def downgrade() -> None:
    run_file(revision, "down")
