"""`tellergraph worker` as an operator runs it: several processes, killed at random, and each due payment made once."""

import json
import os
import random
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, LiteralString

import psycopg
import pytest
from psycopg.rows import dict_row

from core.clock import BANK_TIME_ZONE
from core.services import Services
from core.settings import Settings
from tests.core.core_servers import find_server
from tests.serving import serving
from tests.waiting import eventually

ROOT = Path(__file__).parents[2]
ROUNDS = ("worker", "postgres", "worker", "postgres", "worker")
EACH_ROUND = 40
"""Payments that are due when something is killed."""
Rows = Callable[..., list[dict[str, Any]]]
Start = Callable[..., subprocess.Popen[str]]

ADD_DUE: LiteralString = """
    with confirmed as (
        insert into banking_operations (customer_id, type, status, payload, payload_hash, summary, idempotency_key,
               initiated_by, created_at, expires_at, completed_at)
        select customer_id, 'schedule_payment', 'completed', '{}', '', 'For a test', %s, 'chat', now(), now(), now()
          from credentials where email = 'alex@demo.example' returning id, customer_id)
    insert into scheduled_payments (customer_id, account_id, payee_id, to_account_id, amount_minor, currency, due_on,
                                    scheduled_by, created_at)
    select c.customer_id, a.id, case when n %% 4 > 0 then p.id end, case when n %% 4 = 0 then t.id end, 100 + n, 'GBP',
           %s, c.id, now()
      from confirmed c
      join accounts a on a.customer_id = c.customer_id and a.name = 'Everyday'
      join accounts t on t.customer_id = c.customer_id and t.name = 'Rainy Day'
      join payees p on p.customer_id = c.customer_id and p.name = 'John Carter'
      cross join generate_series(1, %s) n
"""
FUND: LiteralString = """
    with entry as (
        insert into journal_entries (kind, description, booked_at)
        values ('transfer', 'For a test', now()) returning id)
    insert into postings (entry_id, account_id, customer_id, amount_minor, currency, booked_at)
    select entry.id, a.id, a.customer_id, case when a.customer_id is null then -900000 else 900000 end, 'GBP', now()
      from entry, accounts a left join credentials c using (customer_id)
     where (a.name = 'Everyday' and c.email = 'alex@demo.example')
        or (a.name = 'Clearing' and a.currency = 'GBP' and a.customer_id is null)
"""


LOGINS: LiteralString = """
    select count(*) from pg_stat_activity where usename = 'tellergraph_worker' and datname = current_database()
"""


@pytest.fixture
def rows(bank: Services) -> Rows:
    def found(query: LiteralString, *values: object) -> list[dict[str, Any]]:
        with psycopg.connect(bank.owner_url) as owner, owner.cursor(row_factory=dict_row) as cursor:
            cursor.execute(query, values)
            return cursor.fetchall() if cursor.description else []

    return found


@pytest.fixture
def start(settings: Settings, bank: Services) -> Iterator[Start]:
    """``start("--once")``: one more worker process on this test's database."""
    environment = os.environ | {
        "TELLERGRAPH_DATA_DIR": str(settings.data_dir),
        "TELLERGRAPH_DATABASE_URL": bank.admin_url,
        "TELLERGRAPH_REDIS_URL": bank.redis_url,
        "TELLERGRAPH_WORKER_INTERVAL": "PT0.05S",
    }
    with ExitStack() as stack:

        def started(*arguments: str) -> subprocess.Popen[str]:
            process = subprocess.Popen(  # noqa: S603
                [sys.executable, "-m", "cli", "worker", "--json", *arguments],
                env=environment,
                cwd=ROOT,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
            stack.enter_context(process)
            stack.callback(process.kill)
            return process

        yield started


def tally(process: subprocess.Popen[str]) -> dict[str, int]:
    """What a worker printed when it ended as it should."""
    out, errors = process.communicate(timeout=60)
    assert process.returncode == 0, errors
    return json.loads(out)


def yesterday() -> object:
    return (datetime.now(UTC).astimezone(BANK_TIME_ZONE) - timedelta(days=1)).date()


def add_due(rows: Rows, key: str, number: int) -> None:
    rows(ADD_DUE, key, yesterday(), number)


def count(rows: Rows, status: str) -> int:
    [row] = rows("select count(*) from scheduled_payments where status = %s", status)
    return row["count"]


def everyday(rows: Rows) -> int:
    [row] = rows(
        "select balance_minor from accounts a join credentials c using (customer_id)"
        " where c.email = 'alex@demo.example' and a.name = 'Everyday'"
    )
    return row["balance_minor"]


def test_killed_workers_and_databases_make_each_due_payment_once(start: Start, rows: Rows, data_dir: Path):
    chance = random.Random(20261121)  # noqa: S311
    rows("delete from standing_orders")
    rows(FUND)
    before = everyday(rows)
    workers = [start() for _ in range(3)]
    interrupted = 0

    for number, killed in enumerate(ROUNDS):
        made = count(rows, "paid")
        add_due(rows, f"round {number}", EACH_ROUND)
        eventually(lambda made=made: count(rows, "paid") > made, psycopg.OperationalError, within=60)
        if killed == "postgres":
            find_server(data_dir, "postgres").kill()
        else:
            workers.pop(chance.randrange(len(workers))).kill()
            # One that is still starting when the database goes ends with an error, as it should; and the login of one
            # that was killed outlives it for a moment.
            eventually(lambda: rows(LOGINS) == [{"count": len(workers)}], psycopg.OperationalError, within=60)
            workers.append(start())
            eventually(lambda: rows(LOGINS) == [{"count": len(workers)}], psycopg.OperationalError, within=60)
        [left] = eventually(lambda: [count(rows, "scheduled")], psycopg.OperationalError)
        interrupted += left > 0

    eventually(lambda: count(rows, "scheduled") == 0, psycopg.OperationalError, within=60)
    eventually(lambda: rows(LOGINS) == [{"count": len(workers)}], psycopg.OperationalError, within=60)
    for worker in workers:
        worker.send_signal(signal.SIGTERM)
    assert all(tally(worker)["errors"] == 0 for worker in workers)
    assert interrupted >= len(ROUNDS) // 2, "most kills came while something was due"

    expected = len(ROUNDS) * sum(100 + n for n in range(1, EACH_ROUND + 1))
    assert everyday(rows) == before - expected
    [paid] = rows(
        """select count(*) as operations, count(distinct o.idempotency_key) as payments,
                  count(distinct o.entry_id) as entries, count(s.id) as known,
                  bool_and(o.status = 'completed') as completed, sum(o.amount_minor)::int as amount
             from banking_operations o left join scheduled_payments s on s.paid_by = o.id and s.status = 'paid'
            where o.initiated_by = 'schedule'"""
    )
    number = len(ROUNDS) * EACH_ROUND
    assert paid == {
        **dict.fromkeys(("operations", "payments", "entries", "known"), number),
        "completed": True,
        "amount": expected,
    }
    assert rows("select * from ledger_faults") == []


def test_once_does_what_is_due_and_says_what_it_did(start: Start, rows: Rows):
    rows("delete from standing_orders")
    rows("delete from transactions where status = 'pending'")
    add_due(rows, "once", 3)

    first = tally(start("--once"))

    assert first == {
        "payments_made": 3,
        "payments_held": 0,
        "payments_failed": 0,
        "payments_to_retry": 0,
        "payments_postponed": 0,
        "holds_released": 0,
        "operations_expired": 0,
        "dispute_clocks_ended": 0,
        "alerts_told": 0,
        "errors": 0,
    }
    assert count(rows, "paid") == 3
    assert set(tally(start("--once")).values()) == {0}


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_worker_that_is_told_to_end_as_it_comes_says_what_it_did(start: Start, rows: Rows, number: signal.Signals):
    rows("delete from standing_orders")
    worker = start()
    eventually(lambda: rows(LOGINS) == [{"count": 1}], within=60)

    worker.send_signal(number)

    assert tally(worker)["errors"] == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_worker_that_is_told_to_end_ends_in_order(start: Start, rows: Rows, number: signal.Signals):
    add_due(rows, "stop", 1)
    worker = start()
    eventually(lambda: count(rows, "paid") == 1, within=60)

    worker.send_signal(number)

    assert tally(worker)["payments_made"] >= 1


def test_a_server_pays_what_is_due_itself(settings: Settings, bank: Services, rows: Rows):
    add_due(rows, "inside", 2)

    with serving(settings.model_copy(update={"worker_interval": timedelta(milliseconds=50)}), bank):
        eventually(lambda: count(rows, "paid") == 2, within=60)
        add_due(rows, "inside again", 1)
        eventually(lambda: count(rows, "paid") == 3, within=60)
        assert rows(LOGINS) == [{"count": 1}]

    assert rows("select * from ledger_faults") == []


def test_a_server_leaves_it_to_a_separate_worker(settings: Settings, bank: Services, rows: Rows):
    with serving(settings.model_copy(update={"worker": "separate"}), bank):
        assert rows(LOGINS) == [{"count": 0}]
