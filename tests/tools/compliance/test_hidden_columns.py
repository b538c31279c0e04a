"""Columns that a login has no need of cannot be read by it, not even in rows that are its own to see."""

import psycopg
import pytest
from psycopg import sql

from tests.tools.conftest import Desk


@pytest.mark.parametrize(
    ("login", "table", "column"),
    [
        ("app", "fraud_alerts", "note"),
        ("app", "fraud_alerts", "closed_by"),
        ("app", "fraud_alerts", "decision_id"),
        ("app", "dispute_events", "actor"),
        ("app", "kyc_applications", "maker_reason"),
        ("app", "kyc_events", "actor"),
        ("compliance", "staff", "password_hash"),
        ("compliance", "staff", "email"),
    ],
)
async def test_what_staff_say_among_themselves_and_what_they_log_in_with_stays_theirs(
    reading_desk: Desk, login: str, table: str, column: str
):
    services = reading_desk.services
    url = {"app": services.app_url, "compliance": services.compliance_url}[login]
    query = sql.SQL("select {} from {}").format(sql.Identifier(column), sql.Identifier(table))
    with psycopg.connect(url) as connection:
        connection.execute("select set_config('app.customer_id', %s, true)", [str(reading_desk.alex)])
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(query)
