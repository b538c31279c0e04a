"""The bank test's judge: it finds what it is there to find."""

from collections.abc import Callable
from copy import deepcopy
from typing import Any
from uuid import UUID, uuid4

import pytest

from evals.bench.bank_ground import Holder
from evals.bench.bank_load import Record, Told, Transfer
from evals.bench.bank_verdicts import Books, judge

ANN, BEN = (Holder(uuid4(), name, uuid4(), uuid4(), (0, 1)) for name in ("Ann", "Ben"))
OPENING = {ANN.everyday: 1000, BEN.everyday: 1000}
TRANSFER = Transfer("transfer-1", ANN, "transfers", b"", 300, ANN.everyday, BEN.everyday, "once")
DONE = uuid4()


def operation(operation_id: UUID = DONE, entry: int | None = 1, **changes: Any) -> dict[str, Any]:
    row = {"id": operation_id, "customer_id": ANN.id, "key": "transfer-1", "status": "completed", "entry_id": entry}
    row |= {"amount_minor": 300, "slips": 1, "completions": 1, "ends": 1}
    return row | {"postings": [[str(ANN.everyday), -300], [str(BEN.everyday), 300]]} | changes


def account(account_id: UUID, balance: int, overdraft: int = 0) -> dict[str, Any]:
    return {"id": account_id, "currency": "GBP", "balance_minor": balance, "overdraft_minor": overdraft}


def good_books() -> Books:
    accounts = [account(ANN.everyday, 700), account(BEN.everyday, 1300)]
    return Books([operation()], accounts, entries=[1], faults=[], outside=[], tampered=[])


def record(*told: Told) -> Record:
    return Record(TRANSFER, list(told) or [Told("completed", DONE, None)], seconds=0.1, disturbed=False)


def broken(books: Books, *records: Record) -> set[str]:
    return {rule for rule, faults in judge(books, records or [record()], OPENING).items() if faults}


def test_good_books_are_good():
    assert broken(good_books()) == set()
    assert broken(good_books(), record(*[Told("completed", DONE, None)] * 2)) == set()


def lose(books: Books) -> None:
    books.operations.clear()
    books.entries.clear()
    books.accounts[:] = [account(ANN.everyday, 1000), account(BEN.everyday, 1000)]


def make_twice(books: Books) -> None:
    books.operations.append(operation(uuid4(), entry=2))
    books.entries.append(2)
    books.accounts[:] = [account(ANN.everyday, 400), account(BEN.everyday, 1600)]


def post_twice(books: Books) -> None:
    books.entries.append(2)


def leave_open(books: Books) -> None:
    waits = operation(uuid4(), None, key="transfer-2", status="processing", postings=None)
    books.operations.append(waits)


def overdraw(books: Books) -> None:
    books.accounts[:] = [account(ANN.everyday, -1), account(BEN.everyday, 2001)]


def mint_money(books: Books) -> None:
    books.accounts[1]["balance_minor"] += 1


def forget_a_line(books: Books) -> None:
    books.operations[0]["ends"] = 0


def tamper(books: Books) -> None:
    books.tampered.append("Entry 7 is not what was written.")


EXACTLY_ONCE = "every acknowledged transfer is there exactly once"
BALANCES = "the balances are what the acknowledged transfers make them"
ENTRIES = "every entry belongs to one completed operation"


@pytest.mark.parametrize(
    ("spoil", "rules"),
    [
        (lose, {EXACTLY_ONCE, BALANCES}),
        (make_twice, {BALANCES, "no key stands for two operations"}),
        (post_twice, {ENTRIES}),
        (leave_open, {"nothing is left open"}),
        (overdraw, {BALANCES, "no balance is below its limit"}),
        (forget_a_line, {"every operation that is over has one line in the audit log"}),
        (tamper, {"the audit log is as it was written"}),
        (mint_money, {BALANCES, "the total is unchanged"}),
    ],
)
def test_what_is_wrong_is_found(spoil: Callable[[Books], None], rules: set[str]):
    books = deepcopy(good_books())
    spoil(books)
    assert broken(books) == rules


def test_a_transfer_that_was_refused_and_is_there_is_found():
    told = record(Told("refused", DONE, "insufficient_funds"))
    assert broken(good_books(), told) == {"what was not acknowledged is not there", BALANCES}


def test_two_answers_that_cannot_both_be_true_are_found():
    told = record(Told("completed", DONE, None), Told("refused", DONE, "not_allowed"))
    assert broken(good_books(), told) == {
        "nobody was told two things",
        "transfers are refused for lack of money only",
    }


def test_two_operations_under_one_key_are_found():
    told = record(Told("completed", DONE, None), Told("completed", uuid4(), None))
    assert broken(good_books(), told) == {EXACTLY_ONCE, "no key stands for two operations"}
