"""Statements: what they say is what the ledger says, in the sums, in the CSV and in the PDF."""

import csv
import io
import re
import zlib
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.clock import BANK_TIME_ZONE
from tests.tools.conftest import Desk
from tools.accounts import statements
from tools.accounts.statement_files import Statement, StatementLine, as_csv
from tools.accounts.statement_pdf import as_pdf
from tools.accounts.statements import StatementFault, get_statement
from tools.registry import Document

ACCOUNTS = pytest.mark.parametrize("account", ["Everyday", "Rainy Day", "Travel", "Platinum"])


def today(desk: Desk) -> date:
    return desk.now.astimezone(BANK_TIME_ZONE).date()


async def fetched(desk: Desk, customer_id: UUID, **arguments: Any) -> Document:
    context = replace(desk.context(customer_id), initiated_by="rest")
    result = await get_statement.run(context, get_statement.arguments(**arguments))
    assert isinstance(result, Document), result
    return result


def postings(desk: Desk, account: str, since: date, until: date) -> list[dict[str, Any]]:
    return desk.owner(
        """select p.amount_minor, (p.booked_at at time zone 'Europe/London')::date as day
             from postings p join accounts a on a.id = p.account_id
            where a.name = %(account)s and a.customer_id = %(id)s
              and (p.booked_at at time zone 'Europe/London')::date between %(since)s and %(until)s
            order by p.booked_at, p.id""",
        account=account,
        id=desk.alex,
        since=since,
        until=until,
    )


def rows_of(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode(), newline="")))


def text_of(pdf: bytes) -> str:
    """What is shown on the pages, as the standard fonts write it."""
    streams = re.findall(rb"stream\r?\n(.*?)\r?\nendstream", pdf, re.DOTALL)
    shown = b" ".join(zlib.decompress(stream) for stream in streams if stream[:1] == b"x")
    pieces = re.findall(rb"\(((?:[^()\\]|\\.)*)\) Tj", shown)
    return "\n".join(re.sub(rb"\\(.)", rb"\1", piece).decode("latin-1") for piece in pieces)


@ACCOUNTS
async def test_opening_and_lines_give_the_closing_balance(reading_desk: Desk, account: str):
    since, until = today(reading_desk) - timedelta(days=200), today(reading_desk)

    document = await fetched(reading_desk, reading_desk.alex, account=account, since=since, until=until, format="csv")

    opening, *lines, closing = rows_of(document.content)
    booked = postings(reading_desk, account, since, until)
    assert [Decimal(line["amount"]).scaleb(2) for line in lines] == [row["amount_minor"] for row in booked]
    assert [line["date"] for line in lines] == [row["day"].isoformat() for row in booked]
    running = Decimal(opening["balance"])
    for line in lines:
        running += Decimal(line["amount"])
        assert Decimal(line["balance"]) == running
    balance = await reading_desk.ask(reading_desk.alex, "get_balance", account=account)
    assert Decimal(closing["balance"]) == running == Decimal(balance["accounts"][0]["ledger"])
    assert all(line["description"] and line["kind"] and line["reference"] for line in lines)


@ACCOUNTS
async def test_one_month_closes_where_the_next_opens(reading_desk: Desk, account: str):
    this_month = today(reading_desk).replace(day=1)
    middle = this_month - timedelta(days=1)

    first = await reading_desk.ask(
        reading_desk.alex,
        "get_statement",
        account=account,
        since=(middle.replace(day=1)).isoformat(),
        until=middle.isoformat(),
    )
    second = await reading_desk.ask(reading_desk.alex, "get_statement", account=account, since=this_month.isoformat())

    assert first["closing"] == second["opening"]
    for each in (first, second):
        assert Decimal(each["opening"]) + Decimal(each["money_in"]) + Decimal(each["money_out"]) == Decimal(
            each["closing"]
        )


async def test_without_days_it_is_of_last_month_and_says_where_the_files_are(reading_desk: Desk):
    last = today(reading_desk).replace(day=1) - timedelta(days=1)

    result = await reading_desk.ask(reading_desk.alex, "get_statement", account="Everyday", format="pdf")

    assert (result["status"], result["since"], result["until"]) == (
        "found",
        last.replace(day=1).isoformat(),
        last.isoformat(),
    )
    assert [path.partition("?")[2] for path in result["files"]] == [
        f"since={result['since']}&until={result['until']}&format={kind}" for kind in ("pdf", "csv")
    ]
    assert result["lines"] > 5


async def test_the_pdf_shows_the_same_lines(reading_desk: Desk):
    since, until = today(reading_desk) - timedelta(days=120), today(reading_desk) - timedelta(days=20)
    days = {"account": "Everyday", "since": since, "until": until}
    lines = rows_of((await fetched(reading_desk, reading_desk.alex, **days, format="csv")).content)

    document = await fetched(reading_desk, reading_desk.alex, **days, format="pdf")

    assert document.media_type == "application/pdf"
    assert document.filename.endswith(f"{since} to {until}.pdf")
    text = text_of(document.content)
    [row] = reading_desk.owner(
        "select iban, sort_code from accounts where name = 'Everyday' and customer_id = %(id)s", id=reading_desk.alex
    )
    for said in (row["iban"], row["sort_code"], "14 Linden Way", "Opening balance", "Closing balance"):
        assert said in text
    for line in lines:
        assert line["balance"] in text
    assert lines[5]["description"] in text
    pages = re.findall(r"page (\d+) of \n(\d+)", text)
    assert pages == [(str(number), str(len(pages))) for number in range(1, len(pages) + 1)]
    assert len(pages) > 1


async def test_a_payment_and_its_fee_are_two_lines_of_one_booking(desk: Desk):
    """Also when both are of the same amount."""
    with psycopg.connect(desk.services.owner_url) as connection:
        [account] = connection.execute(
            "select id from accounts where name = 'Everyday' and customer_id = %s", [desk.alex]
        ).fetchone() or [None]
        [clearing] = connection.execute(
            "select id from accounts where name = 'Clearing' and currency = 'GBP'"
        ).fetchone() or [None]
        [entry] = connection.execute(
            "insert into journal_entries (kind, description, booked_at) values ('pay_payee', 'x', %s) returning id",
            [desk.now],
        ).fetchone() or [None]
        for to, whose, amount in ((account, desk.alex, -800), (account, desk.alex, -800), (clearing, None, 1600)):
            connection.execute(
                """insert into postings (entry_id, account_id, customer_id, amount_minor, currency, booked_at)
                   values (%s, %s, %s, %s, 'GBP', %s)""",
                [entry, to, whose, amount, desk.now],
            )
        for kind, description in (("transfer_out", "Nina Roe"), ("fee", "SWIFT fee")):
            connection.execute(
                """insert into transactions (customer_id, account_id, entry_id, kind, status, amount_minor, currency,
                       category, description, occurred_at, booked_at)
                   values (%s, %s, %s, %s, 'booked', -800, 'GBP', 'transfers', %s, %s, %s)""",
                [desk.alex, account, entry, kind, description, desk.now, desk.now],
            )

    document = await fetched(desk, desk.alex, account="Everyday", since=today(desk), format="csv")

    lines = rows_of(document.content)[-3:-1]
    assert [(line["description"], line["kind"], line["amount"]) for line in lines] == [
        ("Nina Roe", "transfer_out", "-8.00"),
        ("SWIFT fee", "fee", "-8.00"),
    ]


async def test_a_closed_account_keeps_its_statements(desk: Desk):
    with psycopg.connect(desk.services.owner_url) as connection:
        connection.execute("update accounts set status = 'closed' where name = 'Travel'")

    result = await desk.ask(desk.alex, "get_statement", account="Travel")

    assert (result["account"], result["closing"]) == ("Travel", "640.20")


@pytest.mark.parametrize(
    ("since", "until", "status"),
    [
        (timedelta(days=1), None, "period_in_future"),
        (timedelta(days=-400), timedelta(0), "period_too_long"),
        (timedelta(days=-4000), timedelta(days=-3900), "period_too_old"),
    ],
)
async def test_days_that_make_no_statement_are_refused(reading_desk: Desk, since, until, status: str):
    days = {"since": (today(reading_desk) + since).isoformat()}
    days |= {} if until is None else {"until": (today(reading_desk) + until).isoformat()}

    result = await reading_desk.ask(reading_desk.alex, "get_statement", account="Everyday", **days)

    assert result["status"] == status
    assert result["message"].endswith((".", "days."))


async def test_a_day_that_is_none_is_a_wrong_argument(reading_desk: Desk):
    outcome = await reading_desk.call(reading_desk.alex, "get_statement", account="Everyday", since="2026-02-29")

    assert outcome.error is not None
    assert "since" in outcome.error


async def test_a_ledger_that_does_not_add_up_makes_no_statement(desk: Desk):
    with psycopg.connect(desk.services.owner_url) as connection:
        connection.execute("update accounts set balance_minor = balance_minor + 1 where name = 'Travel'")

    with pytest.raises(StatementFault):
        await desk.ask(desk.alex, "get_statement", account="Travel")


async def test_too_many_lines_are_refused(reading_desk: Desk, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(statements, "_MOST_LINES", 3)

    result = await reading_desk.ask(reading_desk.alex, "get_statement", account="Everyday")

    assert result["status"] == "period_too_long"


def made(lines: tuple[StatementLine, ...], opening: int = 0, **changes: Any) -> Statement:
    statement = Statement(
        holder="Ana Łukasz-Çelik",
        address=("1 Road", "York"),
        account="R&D / fun",
        sort_code="09-18-27",
        account_number="12345678",
        iban=None,
        currency="GBP",
        since=date(2026, 2, 1),
        until=date(2026, 2, 28),
        made_at=datetime(2026, 3, 1, 9, tzinfo=UTC),
        opening_minor=opening,
        closing_minor=opening + sum(line.amount_minor for line in lines),
        lines=lines,
    )
    return replace(statement, **changes)


def line(description: str, amount: int = 100) -> StatementLine:
    return StatementLine(date(2026, 2, 2), description, "transfer_in", "1", amount, amount)


@pytest.mark.parametrize("text", ["=HYPERLINK(1)", "+1", "-1", "@SUM(A1)", "\tx", "\rx"])
def test_a_description_never_becomes_a_formula(text: str):
    [_, shown, _] = rows_of(as_csv(made((line(text),))))

    assert shown["description"] == f"'{text}"


@given(st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=60))
def test_any_description_comes_back_from_the_csv(text: str):
    [_, shown, _] = rows_of(as_csv(made((line(f"x{text}"),))))

    assert shown["description"] == f"x{text}"


@given(st.text(max_size=80))
def test_any_description_can_be_written_in_the_pdf(text: str):
    assert as_pdf(made((line(text),), account=text or "x")).startswith(b"%PDF")


def test_the_same_statement_gives_the_same_pdf():
    statement = made((line("Łódź €5 “quoted” (x)"),))

    assert as_pdf(statement) == as_pdf(statement)
    assert "ód" in text_of(as_pdf(statement))


def test_currencies_without_hundredths_are_written_so():
    statement = made((line("Tokyo", 1500),), currency="JPY")

    assert [row["balance"] for row in rows_of(as_csv(statement))] == ["0", "1500", "1500"]
