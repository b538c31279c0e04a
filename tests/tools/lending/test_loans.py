"""Loans in the demo bank: what is offered, applying, and what stands in the ledger afterwards."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, LiteralString
from uuid import UUID

import psycopg
import pytest

from core.errors import Refused
from tests.tools.bookkeeping import approve, ask, balances, bank_balance, done, entry_of, fail, faults
from tests.tools.conftest import Desk
from tools.lending.maths import add_months, first_due
from tools.operations import decide

CAR = {"amount": "5000", "months": 36, "reason": "a car"}


def operations(desk: Desk) -> list[dict[str, Any]]:
    return desk.owner("select type, status, error_code from banking_operations order by created_at, id")


async def test_loans_and_the_card_are_offered_as_published(reading_desk: Desk):
    offered = await ask(reading_desk, reading_desk.alex, "list_loan_products")

    loan, card = offered["products"]
    terms = {row["code"]: row for row in reading_desk.owner("select * from product_terms")}
    assert Decimal(loan["rate"]) == terms["loan.personal.apr"]["percent"]
    assert Decimal(loan["small_rate"]) == terms["loan.personal.apr_small"]["percent"]
    assert Decimal(loan["max_amount"]) * 100 == terms["loan.personal.max_amount"]["amount_minor"]
    assert loan["max_months"] == terms["loan.personal.max_term"]["quantity"] * 12
    assert Decimal(card["rate"]) == terms["card.credit.purchase_rate"]["percent"]
    assert {"label": "Missed loan payment", "value": "£12.00"} in loan["figures"]
    assert {"label": "Loan money arrives after signing within", "value": "1 working day"} in loan["figures"]


async def test_an_offer_follows_the_terms(desk: Desk):
    desk.owner("update product_terms set percent = 7.7 where code = 'loan.personal.apr_small'")

    assert (await ask(desk, desk.alex, "quote_loan", amount="5000", months=36))["apr"] == "7.7"
    desk.owner("delete from product_terms where code = 'loan.personal.apr_small'")
    assert await fail(desk, desk.alex, "quote_loan", amount="5000", months=36) == "The bank does not offer that."


@pytest.mark.parametrize(("amount", "apr"), [("7499.99", "12.9"), ("7500", "6.9"), ("25000", "6.9"), ("1000", "12.9")])
async def test_a_quote_is_at_the_representative_rate_and_adds_up(reading_desk: Desk, amount: str, apr: str):
    quote = await ask(reading_desk, reading_desk.alex, "quote_loan", amount=amount, months=24)

    assert quote["apr"] == apr
    plan = quote["schedule"]
    assert len(plan) == 24
    assert sum(Decimal(one["principal"]) for one in plan) == Decimal(amount)
    assert sum(Decimal(one["payment"]) for one in plan) == Decimal(quote["total_to_pay"])
    assert sum(Decimal(one["interest"]) for one in plan) == Decimal(quote["total_interest"])
    assert {one["payment"] for one in plan[:-1]} == {quote["monthly_payment"]}
    assert plan[-1]["payment"] == quote["last_payment"]
    assert plan[-1]["balance"] == "0.00"
    assert plan[0]["due_on"] == quote["first_payment_on"]


@pytest.mark.parametrize(
    ("amount", "months"), [("999.99", 36), ("25000.01", 36), ("5000", 11), ("5000", 85), ("5000", 0), ("5000", -12)]
)
async def test_a_loan_out_of_range_is_refused_with_the_range(desk: Desk, amount: str, months: int):
    for tool, more in (("quote_loan", {}), ("apply_for_loan", {"reason": "a car"})):
        refused = await ask(desk, desk.alex, tool, amount=amount, months=months, **more)
        assert refused["status"] == "loan_out_of_range"
        assert (refused["min_amount"], refused["max_amount"]) == ("1000.00", "25000.00")
        assert (refused["min_months"], refused["max_months"]) == (12, 84)
    assert operations(desk) == []


@pytest.mark.parametrize(
    ("amount", "currency", "error"),
    [
        ("0", "GBP", "The amount must be more than zero."),
        ("-5000", "GBP", "The amount must be more than zero."),
        ("5000.001", "GBP", "GBP has at most 2 decimals."),
        ("lots", "GBP", "Write the amount as a number with a point, such as 50 or 1250.50."),
        ("5000", "XXX", "XXX is no currency that we know. Use a code such as GBP, EUR or USD."),
    ],
)
async def test_an_amount_that_is_none_is_an_error(desk: Desk, amount: str, currency: str, error: str):
    arguments = {"amount": amount, "currency": currency, "months": 36}

    assert await fail(desk, desk.alex, "quote_loan", **arguments) == error
    assert await fail(desk, desk.alex, "apply_for_loan", **arguments, reason="a car") == error


async def test_loans_are_in_pounds(desk: Desk):
    refused = await ask(desk, desk.alex, "apply_for_loan", **CAR, currency="EUR")

    assert refused["status"] == "loan_out_of_range"


async def test_eligibility_says_each_reason(desk: Desk):
    good = await ask(desk, desk.alex, "check_loan_eligibility", amount="5000", months=36)
    desk.owner("update customers set kyc_status = 'pending' where id = %(id)s", id=desk.blair)
    bad = await ask(desk, desk.blair, "check_loan_eligibility", amount="25000", months=12)

    assert good["decision"] == "approved"
    assert {one["outcome"] for one in good["findings"]} == {"met"}
    assert bad["decision"] == "refused"
    assert {one["rule"] for one in bad["findings"] if one["outcome"] == "unmet"} == {"identity", "affordable"}
    assert operations(desk) == []


async def test_income_is_what_employers_paid_in_whole_months(desk: Desk):
    """Alex earns 3,120.00 a month."""
    found = await ask(desk, desk.alex, "check_loan_eligibility")

    [income] = [one["reason"] for one in found["findings"] if one["rule"] == "income"]
    assert income == "Your salary comes to £37,440.00 a year; at least £12,000.00 is needed."


async def test_an_approved_loan_is_paid_out_when_it_is_confirmed(desk: Desk):
    before, interest = balances(desk, desk.alex), bank_balance(desk, "Interest", "GBP")
    proposed = await ask(desk, desk.alex, "apply_for_loan", **CAR)
    assert proposed["step_up"] is True
    assert proposed["summary"] == (
        "Apply for a loan of £5,000.00 over 36 months at 12.9% APR, £166.54 a month, £5,995.30 in all, "
        "paid out to Everyday at once"
    )
    assert balances(desk, desk.alex) == before

    operation = await approve(desk, desk.alex, proposed)

    assert (operation.status, operation.error_code) == ("completed", None)
    assert balances(desk, desk.alex) == before | {"Everyday": before["Everyday"] + 500_000, "Personal loan": -500_000}
    assert entry_of(desk, operation) == {"Everyday": 500_000, "Personal loan": -500_000}
    assert bank_balance(desk, "Interest", "GBP") == interest
    assert faults(desk) == []
    [account] = desk.owner("select * from accounts where kind = 'loan'")
    assert (account["overdraft_minor"], account["status"], account["sort_code"]) == (500_000, "open", None)
    found = await ask(desk, desk.alex, "get_loan_status")
    [loan], [application] = found["loans"], found["applications"]
    assert (loan["owed"], loan["monthly_payment"], loan["next_payment"]) == ("5000.00", "166.54", "166.54")
    assert loan["next_payment_on"] == first_due(desk.context(desk.alex).today).isoformat()
    assert (loan["late"], loan["state"], loan["apr"]) == ("0.00", "running", "12.9")
    assert (application["state"], application["purpose"]) == ("approved", "a car")
    told = await ask(desk, desk.alex, "list_transactions", limit=2)
    assert {(one["description"], one["amount"]) for one in told["transactions"]} == {
        ("Paid out to Everyday", "-5000.00"),
        ("Personal loan paid out", "5000.00"),
    }


async def test_a_loan_needs_the_code(desk: Desk):
    proposed = await ask(desk, desk.alex, "apply_for_loan", **CAR)

    with pytest.raises(Refused, match="code"):
        await decide(desk.context(desk.alex), UUID(proposed["operation_id"]), "approve")

    assert desk.owner("select 1 from accounts where kind = 'loan'") == []


async def test_what_is_tight_waits_for_a_person_and_can_be_withdrawn(desk: Desk):
    before = balances(desk, desk.blair)
    proposed = await ask(desk, desk.blair, "apply_for_loan", amount="10000", months=18, reason="kitchen")
    assert proposed["summary"].endswith("decided by a person in 3 working days")
    assert (await approve(desk, desk.blair, proposed)).status == "completed"
    assert balances(desk, desk.blair) == before
    [application] = (await ask(desk, desk.blair, "get_loan_status"))["applications"]
    assert (application["state"], application["amount"]) == ("in_review", "10000.00")

    second = await ask(desk, desk.blair, "apply_for_loan", amount="1000", months=24, reason="kitchen")
    assert second["status"] == "loan_not_possible"
    assert second["reasons"] == [
        "A person is looking at an application of yours already. Wait for the answer, or withdraw it."
    ]

    withdrawn = await done(desk, desk.blair, "withdraw_loan_application")
    assert withdrawn.status == "completed"
    [application] = (await ask(desk, desk.blair, "get_loan_status"))["applications"]
    assert application["state"] == "withdrawn"
    assert (await ask(desk, desk.blair, "withdraw_loan_application"))["status"] == "nothing_to_withdraw"


async def test_an_application_is_withdrawn_once(desk: Desk):
    await done(desk, desk.blair, "apply_for_loan", amount="10000", months=18, reason="kitchen")
    first, second = [await ask(desk, desk.blair, "withdraw_loan_application") for _ in range(2)]

    assert (await approve(desk, desk.blair, first)).status == "completed"
    again = await approve(desk, desk.blair, second)

    assert (again.status, again.error_code) == ("failed", "application_changed")


async def test_what_the_rules_refuse_is_not_proposed(desk: Desk):
    refused = await ask(desk, desk.blair, "apply_for_loan", amount="25000", months=12, reason="gambling")

    assert refused["status"] == "loan_not_possible"
    assert len(refused["reasons"]) == 2
    assert refused["message"].startswith("We cannot lend that. ")
    assert operations(desk) == []


@pytest.mark.parametrize(
    "change",
    [
        "update customers set kyc_status = 'expired' where id = %(id)s",
        "update customers set country = 'FR' where id = %(id)s",
        "update product_terms set percent = 9.9 where code = 'loan.personal.apr_small'",
        "update product_terms set amount_minor = 400000 where code = 'loan.personal.max_amount'",
    ],
)
async def test_a_loan_is_decided_again_when_it_is_confirmed(desk: Desk, change: LiteralString):
    before = balances(desk, desk.alex)
    proposed = await ask(desk, desk.alex, "apply_for_loan", **CAR)
    desk.owner(change, id=desk.alex)

    operation = await approve(desk, desk.alex, proposed)

    assert (operation.status, operation.error_code) == ("failed", "loan_declined")
    assert balances(desk, desk.alex) == before
    assert desk.owner("select 1 from loan_applications") == []


async def test_a_changed_lending_policy_asks_again(desk: Desk):
    proposed = await ask(desk, desk.alex, "apply_for_loan", **CAR)
    desk.owner("insert into lending_policies values ('newer', %(now)s, 30, 60)", now=desk.now)

    operation = await approve(desk, desk.alex, proposed)

    assert (operation.status, operation.error_code) == ("failed", "policy_changed")


async def test_loans_together_stay_under_the_largest_loan(desk: Desk):
    """Two proposals that each would do alone: the second is refused when it is confirmed."""
    first, second = [
        await ask(desk, desk.alex, "apply_for_loan", amount="13000", months=84, reason="roof") for _ in range(2)
    ]

    outcomes = [await approve(desk, desk.alex, proposed) for proposed in (first, second)]

    assert [(one.status, one.error_code) for one in outcomes] == [("completed", None), ("failed", "loan_declined")]
    third = await ask(desk, desk.alex, "apply_for_loan", amount="13000", months=84, reason="roof")
    assert third["reasons"] == [
        "You owe £13,000.00 on loans with us; with this one it would be £26,000.00, and we lend £25,000.00 at most."
    ]
    another = await done(desk, desk.alex, "apply_for_loan", amount="1000", months=84, reason="roof")
    assert another.status == "completed"
    names = [loan["name"] for loan in (await ask(desk, desk.alex, "get_loan_status"))["loans"]]
    assert names == ["Personal loan", "Personal loan 2"]


async def test_a_loan_goes_to_a_current_account_in_pounds(desk: Desk):
    for words in ("Travel", "Rainy Day", "Platinum", "Nowhere"):
        unclear = await ask(desk, desk.alex, "apply_for_loan", **CAR, account=words)
        assert (unclear["status"], unclear["choices"]) == ("account_unclear", ["Everyday"])
    assert operations(desk) == []


@pytest.fixture
async def borrower(desk: Desk) -> Desk:
    """Alex has borrowed 5,000.00 over 36 months at 12.9 %."""
    assert (await done(desk, desk.alex, "apply_for_loan", **CAR)).status == "completed"
    return desk


async def test_monthly_payments_follow_the_plan(borrower: Desk):
    desk = borrower
    plan = (await ask(desk, desk.alex, "quote_loan", amount="5000", months=36))["schedule"]
    earned = bank_balance(desk, "Interest", "GBP")

    for instalment in plan[:3]:
        due = date.fromisoformat(instalment["due_on"])
        at = datetime.combine(due, time(12), UTC)
        operation = await done(desk, desk.alex, "pay_loan", at=at)
        assert operation.status == "completed"
        said = f"Pay £{instalment['payment']} on the Personal loan from Everyday"
        assert operation.summary == f"{said}, of which £{instalment['interest']} is interest"
        interest, principal = (int(Decimal(instalment[part]) * 100) for part in ("interest", "principal"))
        posted = entry_of(desk, operation)
        assert posted == {"Everyday": -interest - principal, "Interest": interest, "Personal loan": principal}
        earned += interest
        [loan] = (await ask(desk, desk.alex, "get_loan_status", at=at))["loans"]
        assert (loan["owed"], loan["late"]) == (instalment["balance"], "0.00")
        assert date.fromisoformat(loan["next_payment_on"]) == add_months(due, 1)

    assert bank_balance(desk, "Interest", "GBP") == earned
    assert faults(desk) == []


async def test_a_loan_that_is_paid_out_at_the_end_of_a_month_follows_its_plan_too(desk: Desk):
    at = desk.now.replace(hour=12)
    while at.day < 29:
        at += timedelta(days=1)
    [first, second, *_] = (await ask(desk, desk.alex, "quote_loan", at=at, amount="5000", months=36))["schedule"]
    assert (await done(desk, desk.alex, "apply_for_loan", at=at, **CAR)).status == "completed"

    for instalment in (first, second):
        due = datetime.combine(date.fromisoformat(instalment["due_on"]), time(12), UTC)
        operation = await done(desk, desk.alex, "pay_loan", at=due)
        assert entry_of(desk, operation)["Interest"] == int(Decimal(instalment["interest"]) * 100)

    assert due.day == 1


async def test_interest_is_a_line_of_its_own(borrower: Desk):
    await done(borrower, borrower.alex, "pay_loan", at=borrower.now + timedelta(days=31))

    lines = borrower.owner(
        "select t.kind, t.description, t.amount_minor from transactions t join banking_operations o using (entry_id)"
        " where o.type = 'pay_loan' order by t.id"
    )
    assert [(line["kind"], line["description"]) for line in lines] == [
        ("interest", "Interest on Personal loan"),
        ("transfer_out", "To Personal loan"),
        ("transfer_in", "From Everyday"),
    ]
    assert lines[0]["amount_minor"] + lines[1]["amount_minor"] == -16_654
    assert lines[1]["amount_minor"] + lines[2]["amount_minor"] == 0


async def test_a_payoff_settles_and_closes_the_loan(borrower: Desk):
    desk, later = borrower, borrower.now + timedelta(days=45)
    before = balances(desk, desk.alex)
    payoff = await ask(desk, desk.alex, "get_loan_payoff", at=later)
    assert Decimal(payoff["payoff"]) == Decimal(payoff["owed"]) + Decimal(payoff["accrued_interest"])
    assert Decimal("65") < Decimal(payoff["accrued_interest"]) < Decimal("80")
    assert (payoff["owed"], payoff["valid_days"]) == ("5000.00", 28)

    operation = await done(desk, desk.alex, "pay_loan", at=later, in_full=True)

    assert operation.status == "completed"
    owed = int(Decimal(payoff["payoff"]) * 100)
    assert balances(desk, desk.alex) == before | {"Everyday": before["Everyday"] - owed, "Personal loan": 0}
    [account] = desk.owner("select status, overdraft_minor from accounts where kind = 'loan'")
    assert account == {"status": "closed", "overdraft_minor": 0}
    [loan] = (await ask(desk, desk.alex, "get_loan_status", at=later))["loans"]
    assert (loan["state"], loan["owed"], loan["accrued_interest"]) == ("settled", "0.00", "0.00")
    assert loan["next_payment"] is loan["next_payment_on"] is None
    again = await ask(desk, desk.alex, "pay_loan", at=later, in_full=True)
    assert (again["status"], again["message"]) == ("to_account_unclear", "You have no running loan.")
    assert faults(desk) == []


async def test_a_small_payment_is_interest_first_and_none_is_lost(borrower: Desk):
    desk, later = borrower, borrower.now + timedelta(days=20)
    before = await ask(desk, desk.alex, "get_loan_payoff", at=later)

    operation = await done(desk, desk.alex, "pay_loan", at=later, amount="1.00")

    assert entry_of(desk, operation) == {"Everyday": -100, "Interest": 100}
    after = await ask(desk, desk.alex, "get_loan_payoff", at=later)
    assert after["owed"] == before["owed"] == "5000.00"
    assert Decimal(after["accrued_interest"]) == Decimal(before["accrued_interest"]) - 1


async def test_what_is_paid_back_cannot_be_drawn_again(borrower: Desk):
    await done(borrower, borrower.alex, "pay_loan", amount="1000")

    [account] = borrower.owner("select balance_minor, overdraft_minor from accounts where kind = 'loan'")
    assert account == {"balance_minor": -400_000, "overdraft_minor": 400_000}


@pytest.mark.parametrize("amount", ["5000.01", "999999"])
async def test_more_than_is_owed_is_refused(borrower: Desk, amount: str):
    refused = await ask(borrower, borrower.alex, "pay_loan", amount=amount)

    assert (refused["status"], refused["owed"]) == ("more_than_owed", "5000.00")
    assert [one["type"] for one in operations(borrower)] == ["apply_for_loan"]


async def test_more_than_the_account_has_is_refused(borrower: Desk):
    for _ in range(2):
        await done(borrower, borrower.alex, "transfer_between_accounts", amount="3700", to_account="Rainy Day")

    refused = await ask(borrower, borrower.alex, "pay_loan", amount="1000")

    assert (refused["status"], refused["available"]) == ("insufficient_funds", "80.15")


@pytest.mark.parametrize(
    ("amount", "currency", "error"),
    [
        ("0", None, "more than zero"),
        ("-5", None, "more than zero"),
        ("1.001", None, "at most 2 decimals"),
        ("5", "XYZ", "no currency that we know"),
        ("5", "EUR", "This loan is in GBP"),
    ],
)
async def test_a_payment_that_is_none_is_an_error(borrower: Desk, amount: str, currency: str | None, error: str):
    assert error in await fail(borrower, borrower.alex, "pay_loan", amount=amount, currency=currency)


async def test_two_payments_that_each_would_do_cannot_pay_too_much(borrower: Desk):
    first, second = [await ask(borrower, borrower.alex, "pay_loan", amount="3000") for _ in range(2)]

    assert (await approve(borrower, borrower.alex, first)).status == "completed"
    late = await approve(borrower, borrower.alex, second)

    assert (late.status, late.error_code) == ("failed", "more_than_owed")
    assert balances(borrower, borrower.alex)["Personal loan"] == -200_000


async def test_a_figure_that_has_changed_settles_nothing(borrower: Desk):
    settle = await ask(borrower, borrower.alex, "pay_loan", in_full=True)
    await done(borrower, borrower.alex, "pay_loan", amount="10")

    late = await approve(borrower, borrower.alex, settle)

    assert (late.status, late.error_code) == ("failed", "payoff_changed")


async def test_a_transfer_does_not_reach_a_loan(borrower: Desk):
    error = await fail(borrower, borrower.alex, "transfer_between_accounts", amount="10", to_account="Personal loan")

    assert error.startswith("A loan is paid with a loan payment")


async def test_nothing_is_paid_from_a_loan(borrower: Desk):
    unclear = await ask(borrower, borrower.alex, "pay_payee", amount="10", payee="Maria Lopez", account="Personal loan")

    assert unclear["status"] == "account_unclear"


async def test_what_is_late_is_told(borrower: Desk):
    later = borrower.now + timedelta(days=70)

    [loan] = (await ask(borrower, borrower.alex, "get_loan_status", at=later))["loans"]

    assert loan["late"] == "333.08"
    assert date.fromisoformat(loan["next_payment_on"]) < later.date()


@pytest.mark.parametrize(
    ("statement", "sqlstate"),
    [
        ("select file_loan_application(true, now())", "TG012"),
        ("select post_loan_payment(now())", "TG012"),
        ("update loan_applications set status = 'withdrawn'", "TG012"),
        ("update loan_applications set amount_minor = 1", "42501"),
        ("insert into loan_applications default values", "42501"),
        ("insert into loans default values", "42501"),
        ("update loans set interest_minor = 0", "42501"),
        ("delete from loans", "42501"),
        ("update lending_policies set approve_percent = 100", "42501"),
    ],
)
async def test_the_runtime_role_cannot_lend(borrower: Desk, statement: LiteralString, sqlstate: str):
    """Neither by the functions, outside an operation that is being executed, nor by writing the tables."""
    with psycopg.connect(borrower.services.app_url) as connection:
        connection.execute("select set_config('app.customer_id', %s, true)", (str(borrower.alex),))
        with pytest.raises(psycopg.Error) as raised:
            connection.execute(statement)

    assert raised.value.sqlstate == sqlstate


async def test_an_application_is_only_withdrawn_by_its_customer(desk: Desk):
    """Inside an operation too, the runtime role moves it nowhere else."""
    await done(desk, desk.blair, "apply_for_loan", amount="10000", months=18, reason="kitchen")

    with psycopg.connect(desk.services.owner_url) as connection:
        connection.execute("alter table loan_applications disable trigger needs_operation")
    with psycopg.connect(desk.services.app_url) as connection:
        connection.execute("select set_config('app.customer_id', %s, true)", (str(desk.blair),))
        with pytest.raises(psycopg.Error) as raised:
            connection.execute("update loan_applications set status = 'approved', decided_at = now()")

    assert raised.value.sqlstate == "TG050"


async def test_nobody_pays_or_sees_the_loan_of_somebody_else(borrower: Desk):
    assert (await ask(borrower, borrower.blair, "get_loan_status"))["loans"] == []
    assert (await ask(borrower, borrower.blair, "get_loan_payoff", to_account="Personal loan"))["choices"] == []
    assert (await ask(borrower, borrower.blair, "pay_loan", amount="10"))["status"] == "to_account_unclear"
