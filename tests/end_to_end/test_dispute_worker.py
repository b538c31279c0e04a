"""`tellergraph worker` keeps the clocks of disputes: several processes, some killed, and each amount credited once."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, LiteralString

import psycopg
import pytest
from psycopg.rows import dict_row

from core.services import Services
from core.settings import Settings
from tests.waiting import eventually

ROOT = Path(__file__).parents[2]
DISPUTES = 150
Rows = Callable[..., list[dict[str, Any]]]

ADD_DUE: LiteralString = """
    with account as (
        select a.* from accounts a join credentials c using (customer_id)
         where c.email = 'alex@demo.example' and a.name = 'Everyday'),
    entry as (
        insert into journal_entries (kind, description, booked_at)
        values ('card_payment', 'For a test', now() - interval '3 days') returning id),
    posted as (
        insert into postings (entry_id, account_id, customer_id, amount_minor, currency, booked_at)
        select e.id, a.id, a.customer_id, -%(n)s, 'GBP', now() from entry e, account a
        union all
        select e.id, i.id, null, %(n)s, 'GBP', now() from entry e, accounts i
         where i.customer_id is null and i.name = 'Clearing' and i.currency = 'GBP'),
    paid as (
        insert into transactions (customer_id, account_id, entry_id, kind, status, amount_minor, currency, category,
                                  description, occurred_at, booked_at)
        select a.customer_id, a.id, e.id, 'transfer_out', 'booked', -1, 'GBP', 'transfers', 'No. ' || g, now(), now()
          from account a, entry e, generate_series(1, %(n)s) g returning id, customer_id, account_id),
    confirmed as (
        insert into banking_operations (customer_id, type, status, payload, payload_hash, summary, idempotency_key,
               initiated_by, created_at, expires_at, completed_at)
        select customer_id, 'open_dispute', 'completed', '{}', '', 'For a test', 'due', 'chat', now(), now(), now()
          from account returning id),
    opened as (
        insert into disputes (customer_id, account_id, transaction_id, operation_id, kind, reason, regime, jurisdiction,
                              amount_minor, currency, opened_at)
        select p.customer_id, p.account_id, p.id, c.id, 'transfer', 'unauthorised', 'psr', 'GB', 1, 'GBP', now()
          from paid p, confirmed c returning id, customer_id)
    insert into dispute_clocks (dispute_id, customer_id, kind, rule, due_on, due_at)
    select id, customer_id, 'refund', 'PSRs 2017, reg. 76(2)', current_date, now() - interval '1 minute' from opened
"""
CREDITED: LiteralString = """
    select count(*) as entries, count(distinct d.credited_entry) as disputes
      from journal_entries e left join disputes d on d.credited_entry = e.id where e.kind = 'provisional_credit'
"""


@pytest.fixture
def rows(bank: Services) -> Rows:
    def found(query: LiteralString, **values: object) -> list[dict[str, Any]]:
        with psycopg.connect(bank.owner_url) as owner, owner.cursor(row_factory=dict_row) as cursor:
            cursor.execute(query, values)
            return cursor.fetchall() if cursor.description else []

    return found


@pytest.fixture
def start(settings: Settings, bank: Services) -> Iterator[Callable[[], subprocess.Popen[str]]]:
    environment = os.environ | {
        "TELLERGRAPH_DATA_DIR": str(settings.data_dir),
        "TELLERGRAPH_DATABASE_URL": bank.admin_url,
        "TELLERGRAPH_REDIS_URL": bank.redis_url,
        "TELLERGRAPH_WORKER_INTERVAL": "PT0.05S",
    }
    with ExitStack() as stack:

        def started() -> subprocess.Popen[str]:
            command = [sys.executable, "-m", "cli", "worker", "--json"]
            process = subprocess.Popen(command, env=environment, cwd=ROOT, stdout=subprocess.PIPE, text=True)  # noqa: S603
            stack.enter_context(process)
            stack.callback(process.kill)
            return process

        yield started


def test_workers_that_are_killed_credit_each_dispute_once(start: Callable[[], subprocess.Popen[str]], rows: Rows):
    rows("delete from standing_orders")
    rows("delete from transactions where status = 'pending'")
    rows(ADD_DUE, n=DISPUTES)

    first = start()
    eventually(lambda: rows(CREDITED)[0]["entries"] > 3, within=60)
    first.send_signal(signal.SIGKILL)
    start()
    eventually(lambda: rows("select id from dispute_clocks where ended_at is null") == [], within=60)

    assert rows(CREDITED) == [{"entries": DISPUTES, "disputes": DISPUTES}]
    assert rows("select distinct state, count(*) as n from disputes group by 1") == [
        {"state": "provisionally_credited", "n": DISPUTES}
    ]
    assert rows("select * from ledger_faults") == []
