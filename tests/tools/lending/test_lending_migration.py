"""Leaving the revision of loans again."""

from core.db.migrate import downgrade, migrate
from tests.tools.bookkeeping import balances, done, faults
from tests.tools.conftest import Desk


async def test_loans_can_be_left_and_the_ledger_stays(desk: Desk):
    await done(desk, desk.alex, "apply_for_loan", amount="5000", months=36, reason="a car")
    await done(desk, desk.alex, "pay_loan", amount="100")
    await done(desk, desk.blair, "apply_for_loan", amount="10000", months=18, reason="kitchen")
    before = balances(desk, desk.alex)
    await desk.database.close()

    downgrade(desk.services, "0003_knowledge")

    assert faults(desk) == []
    assert balances(desk, desk.alex).items() >= {("Personal loan", -490_000), ("Everyday", before["Everyday"])}
    migrate(desk.services)
    assert balances(desk, desk.alex) == before
    assert faults(desk) == []
