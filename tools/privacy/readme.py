"""What stands beside the tables in a person's copy: GDPR article 15(1) and (2)."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from tools.privacy.catalogue import CATALOGUE, Delete, Shred, Table

_HEAD = """\
# Your data

A copy of all that this bank's assistant and the bank behind it keep about customer `{customer_id}`, made at {now}.

- Each table is a JSON file: a list of rows. Times are ISO 8601 with their offset; amounts in columns that end in
  `_minor` are whole numbers of the currency's smallest unit. `files/` has what you sent us, as you sent it ({files}).
- In `chat_messages`, `content` is what was kept to read, with personal details replaced; `original` is what was
  written, kept encrypted. PIN, CVV, passwords and one-time codes are not there: they are never kept.
- In `kyc_applications`, `answers` is what you told us about yourself.
- Where it came from: from you, from your use of the bank, and, of payments to you, from whoever paid.
- What it is for: your accounts and payments, answering you, the law's duties, and what you agreed to (`consents`).
- Who else gets it: other banks, as far as a payment needs it; the card network; authorities where the law says so.
  Language models of other companies, if the bank uses one, get your questions with names and numbers replaced.
- Decisions that are made by computer: fraud checks of payments, and loans below a limit (`loan_applications`). You can
  ask for a person to look at them, at `POST /api/v1/profile/privacy-requests` with `human_review`.
- You can have it corrected or erased, have its use restricted, object, and complain to the supervisory authority.

## What is in it
"""


def read_me(customer_id: UUID, now: datetime, counts: Mapping[str, int], files: int) -> str:
    lines = [_HEAD.format(customer_id=customer_id, now=now.isoformat(), files=f"{files} files")]
    lines += ["| File | Rows | When you ask for erasure | Columns that are left out |", "|---|---|---|---|"]
    lines += [_row(table, counts[table.name]) for table in CATALOGUE if table.is_exported]
    lines += ["", "## What is not, and why", ""]
    lines += [f"- `{table.name}`: {table.not_exported}." for table in CATALOGUE if not table.is_exported]
    return "\n".join(lines) + "\n"


def _row(table: Table, rows: int) -> str:
    goes = isinstance(table.on_erasure, Delete | Shred)
    fate = f"{'goes' if goes else 'is kept'}: {table.on_erasure.why}"
    left_out = "; ".join(f"`{columns}`: {why}" for columns, why in table.withheld.items())
    return f"| `{table.name}.json` | {rows} | {fate} | {left_out} |"
