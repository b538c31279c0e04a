"""A limit of a day or a month is one sum over all of a customer's accounts and sessions, however many pay at once."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from threading import Barrier
from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg.rows import dict_row

from core.services import Services
from tests.tools.policies import limit
from tests.tools.policy.payers import Payer, Rows, open_clearing, publish

NOW = datetime(2031, 3, 30, 20, 0, tzinfo=UTC)
SESSIONS = 20
PAID = 1_000
LEFT = 4_999
"""Four payments and nearly a fifth."""
WHO = {"tier": "standard", "kyc_level": 1, "country": "GB", "date_of_birth": None}


@contextmanager
def connected(url: str) -> Iterator[Rows]:
    with psycopg.Connection[dict[str, Any]].connect(url, row_factory=dict_row, autocommit=True) as opened:
        yield opened


@pytest.mark.parametrize(
    ("held", "refusal"),
    [
        (limit(LEFT), "over_daily_limit"),
        (limit(LEFT, period="month"), "over_monthly_limit"),
        (limit(LEFT, kyc_level=1), "over_daily_limit"),
    ],
    ids=["day", "month", "identity-level"],
)
def test_payments_confirmed_at_once_in_many_sessions_stay_within_the_limit(
    empty: Services, held: dict[str, Any], refusal: str
):
    with ExitStack() as opened:
        owner, app = (opened.enter_context(connected(url)) for url in (empty.owner_url, empty.app_url))
        open_clearing(owner)
        publish(owner, "tight", NOW, {"limits": [limit(10**9), held]})
        payer = Payer(owner, app, WHO, NOW)
        asked = [payer.propose("rest", PAID, NOW, account=number % 2)["id"] for number in range(SESSIONS)]
        slips = [payer.confirm(operation, NOW) for operation in asked]
        sessions = [opened.enter_context(connected(empty.app_url)) for _ in asked]
        for session in sessions:
            payer.be(session)
        together = Barrier(SESSIONS)

        def pay(session: Rows, operation: UUID, slip: str) -> str | None:
            together.wait(timeout=30)
            ended = session.execute("select error_code from execute_operation(%s, %s, %s)", [operation, slip, NOW])
            return ended.fetchall()[0]["error_code"]

        with ThreadPoolExecutor(SESSIONS) as threads:
            ended = list(threads.map(pay, sessions, asked, slips))

        [spent] = owner.execute("select sum(limit_minor) as n from banking_operations where status = 'completed'")
        assert sorted(map(str, ended)) == ["None"] * 4 + [refusal] * 16
        assert spent["n"] == 4 * PAID
        assert owner.execute("select * from ledger_faults").fetchall() == []


def test_a_session_that_would_not_see_what_others_paid_meanwhile_pays_nothing(empty: Services):
    with connected(empty.owner_url) as owner, connected(empty.app_url) as app:
        open_clearing(owner)
        payer = Payer(owner, app, WHO, NOW)
        operation = payer.propose("rest", PAID, NOW)["id"]
        slip = payer.confirm(operation, NOW)
        app.execute("set default_transaction_isolation = 'repeatable read'")
        with pytest.raises(psycopg.Error) as refused:
            payer.one("select execute_operation(%s, %s, %s)", operation, slip, NOW)
        assert refused.value.sqlstate == "TG019"
        assert owner.execute("select 1 from journal_entries").fetchall() == []
