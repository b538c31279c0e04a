"""The rows of the demo bank as lines of COPY's text format, by table. Lines, not objects: a bank of millions of
transactions is written at the speed of formatting them."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

_COLUMNS = {
    "customers": "id full_name date_of_birth phone address_line city postcode country tier kyc_status kyc_level "
    "kyc_document kyc_verified_at created_at",
    "credentials": "customer_id email password_hash created_at verified_at",
    "staff": "id email full_name role password_hash created_at",
    "accounts": "id customer_id kind name currency sort_code account_number iban overdraft_minor opened_at",
    "merchants": "id name category mcc city country",
    "terminals": "id merchant_id kind label",
    "cards": "id customer_id account_id kind nickname network last4 status expires_on created_at",
    "payees": "id customer_id name iban sort_code account_number currency created_at",
    "standing_orders": "id customer_id account_id payee_id amount_minor currency frequency starts_on next_run_on "
    "reference status created_at",
    "journal_entries": "id kind description booked_at",
    "postings": "id entry_id account_id customer_id amount_minor currency booked_at",
    "transactions": "id customer_id account_id card_id merchant_id terminal_id payee_id entry_id kind status "
    "amount_minor currency category description decline_reason occurred_at booked_at",
    "fraud_alerts": "id customer_id card_id transaction_id reason status created_at",
    "product_terms": "code product kind label amount_minor currency percent quantity unit",
    "fx_rates": "base quote rate as_of",
    "branches": "id name address_line city postcode has_quiet_room",
    "opening_hours": "branch_id day opens closes",
}

COLUMNS = {table: names.split() for table, names in _COLUMNS.items()}
"""Columns of each table in the order of its lines; tables in the order in which they may be written."""

NULL = "\\N"


class Rows:
    """Lines that wait to be written."""

    def __init__(self) -> None:
        self.lines: dict[str, list[str]] = {table: [] for table in COLUMNS}

    def add(self, table: str, *values: Any) -> None:
        """A row of any of the small tables; None is null, a datetime must be aware."""
        self.lines[table].append("\t".join(_field(value) for value in values) + "\n")

    def clear(self) -> None:
        for lines in self.lines.values():
            lines.clear()


def _field(value: Any) -> str:
    if value is None:
        return NULL
    if isinstance(value, datetime):
        return value.isoformat()
    text = str(value)
    if any(letter in text for letter in "\\\t\n\r"):
        raise ValueError(f"the generator writes no text that COPY would have to escape: {text!r}")
    return text


NextId = Callable[[], int]
