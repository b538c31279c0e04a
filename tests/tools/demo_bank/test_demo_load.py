"""The demo bank in a real database."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any, LiteralString

import psycopg
import pytest
from psycopg import sql
from psycopg.rows import dict_row

from core.errors import Conflict
from core.services import Services
from tests.conftest import Clone
from tools.demo_bank import LoadReport, ensure_demo_bank, is_demo_loaded, load_demo_bank
from tools.demo_bank import load as loading
from tools.demo_bank.book import Book, InternalIds
from tools.demo_bank.bulk import LedgerFault, OwnerConnection
from tools.demo_bank.rows import COLUMNS

NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)


def rows(url: str, query: LiteralString | sql.Composed, *params: object) -> list[dict[str, Any]]:
    with psycopg.connect(url, row_factory=dict_row) as connection:
        return connection.execute(query, params).fetchall()


def everything(services: Services) -> dict[str, list[dict[str, Any]]]:
    """Every row, less the number of the transaction that wrote it."""
    query = sql.SQL("select to_jsonb(t) - 'made_in' as row from {} t order by t::text")
    return {
        table: [found["row"] for found in rows(services.owner_url, query.format(sql.Identifier(table)))]
        for table in COLUMNS
    }


def definitions(services: Services) -> list[dict[str, Any]]:
    """What the bulk load sets aside and must put back."""
    return rows(
        services.owner_url,
        """
        select conrelid::regclass::text as of, conname as name, pg_get_constraintdef(oid) || convalidated as what
          from pg_constraint where connamespace = 'public'::regnamespace
        union all
        select tablename, indexname, indexdef from pg_indexes where schemaname = 'public'
        union all
        select relname, 'forced', relforcerowsecurity::text from pg_class where relnamespace = 'public'::regnamespace
        union all
        select tgrelid::regclass::text, tgname, tgenabled::text from pg_trigger where not tgisinternal
         order by 1, 2, 3
        """,
    )


def test_same_seed_and_day_give_the_same_rows(clone: Clone) -> None:
    with clone("tellergraph") as first, clone("tellergraph") as second:
        for services in (first, second):
            load_demo_bank(services.owner_url, customers=5, seed=11, now=NOW)
        assert everything(first) == everything(second)


def test_loading_leaves_constraints_indexes_triggers_and_row_security_as_they_were(empty: Services) -> None:
    before = definitions(empty)
    load_demo_bank(empty.owner_url, customers=3, seed=1, now=NOW)
    assert definitions(empty) == before


def test_the_ledger_is_sound_and_what_is_booked_has_an_entry(bank: Services) -> None:
    url = bank.owner_url
    assert rows(url, "select * from ledger_faults") == []
    assert rows(url, "select currency from postings group by currency having sum(amount_minor) <> 0") == []
    strays = """select t.id from transactions t where status = 'booked' and not exists (
        select 1 from postings p where p.entry_id = t.entry_id and p.account_id = t.account_id
           and p.amount_minor = t.amount_minor and p.currency = t.currency)"""
    assert rows(url, strays) == []
    assert rows(url, "select 1 from transactions where status <> 'booked' and entry_id is not null") == []


def test_no_balance_was_below_its_limit_on_any_day(bank: Services) -> None:
    low = """select a.name, min(balance) from accounts a join (
                 select account_id, sum(amount_minor) over (partition by account_id order by booked_at, id) as balance
                   from postings where customer_id is not null) b on b.account_id = a.id
              group by a.id having min(balance) < -a.overdraft_minor"""
    assert rows(bank.owner_url, low) == []


def test_alex_holds_what_was_promised(bank: Services) -> None:
    url = bank.owner_url
    holdings = "from {} join credentials using (customer_id) where email = 'alex@demo.example'"
    accounts = rows(
        url,
        "select name, kind, currency, balance_minor, overdraft_minor from accounts join credentials using (customer_id)"
        " where email = 'alex@demo.example' and name <> 'Platinum' order by name",
    )
    assert [tuple(account.values()) for account in accounts] == [
        ("Everyday", "current", "GBP", 248_015, 0),
        ("Rainy Day", "savings", "GBP", 1_025_000, 0),
        ("Travel", "current", "EUR", 64_020, 0),
    ]
    cards = rows(
        url,
        "select c.last4, c.kind, c.nickname, c.status, a.name from cards c join accounts a on a.id = c.account_id"
        " join credentials k on k.customer_id = c.customer_id where email = 'alex@demo.example' order by 1",
    )
    assert [tuple(card.values()) for card in cards] == [
        ("4821", "debit", None, "active", "Everyday"),
        ("7733", "credit", "Platinum", "active", "Platinum"),
        ("9034", "virtual", None, "active", "Everyday"),
    ]
    payees = rows(url, sql.SQL("select name " + holdings + " order by 1").format(sql.Identifier("payees")))
    assert [payee["name"] for payee in payees] == [
        "Gas Board", "Jimmy Chan", "John Carter", "Maria Lopez", "Sunrise Lettings",
    ]  # fmt: skip


def test_alex_pays_rent_on_the_first_and_has_one_open_alert(bank: Services, seeded_at: datetime) -> None:
    url = bank.owner_url
    [order] = rows(
        url,
        "select p.name, a.name as account, o.amount_minor, o.currency, o.starts_on, o.next_run_on, o.status"
        "  from standing_orders o join payees p on p.id = o.payee_id join accounts a on a.id = o.account_id"
        "  join credentials k on k.customer_id = o.customer_id where email = 'alex@demo.example'",
    )
    assert (order["name"], order["account"], order["amount_minor"], order["currency"]) == (
        "Sunrise Lettings", "Everyday", 85_000, "GBP",
    )  # fmt: skip
    assert order["next_run_on"].day == 1
    assert order["starts_on"] == order["next_run_on"]
    assert order["next_run_on"] >= seeded_at.date()
    [alert] = rows(
        url,
        "select f.status, c.last4, t.amount_minor, t.status as transaction_status, t.description, t.decline_reason"
        "  from fraud_alerts f join cards c on c.id = f.card_id join transactions t on t.id = f.transaction_id",
    )
    assert alert == {
        "status": "open",
        "last4": "4821",
        "amount_minor": -24_999,
        "transaction_status": "booked",
        "description": "Voltline Electronics",
        "decline_reason": None,
    }


def test_blair_has_little(bank: Services) -> None:
    [account] = rows(
        bank.owner_url,
        "select a.customer_id, name, balance_minor from accounts a join credentials using (customer_id)"
        " where email = 'blair@demo.example'",
    )
    assert (account["name"], account["balance_minor"]) == ("Current", 3_560)
    who = account["customer_id"]
    [card] = rows(bank.owner_url, "select last4, kind, status from cards where customer_id = %s", who)
    assert card == {"last4": "1107", "kind": "debit", "status": "frozen"}
    assert rows(bank.owner_url, "select 1 from payees where customer_id = %s", who) == []


def test_the_application_sees_one_customer_at_a_time(bank: Services) -> None:
    customers = rows(bank.owner_url, "select id::text from customers")
    assert len(customers) == 12
    for customer in customers:
        with psycopg.connect(bank.app_url) as connection:
            connection.execute("select set_config('app.customer_id', %s, true)", (customer["id"],))
            for table in ("accounts", "cards", "payees", "standing_orders", "postings", "transactions", "fraud_alerts"):
                seen = connection.execute(
                    sql.SQL("select distinct customer_id::text from {}").format(sql.Identifier(table))
                ).fetchall()
                assert seen in ([], [(customer["id"],)]), table
            assert connection.execute("select count(*) from transactions").fetchone() != (0,)


def test_the_application_sees_nobody_without_a_customer(bank: Services) -> None:
    for table in ("accounts", "transactions", "postings", "journal_entries", "customers", "cards", "credentials"):
        query = sql.SQL("select 1 from {} limit 1").format(sql.Identifier(table))
        assert rows(bank.app_url, query) == [], table


def test_numbers_go_on_after_the_loaded_ones(bank: Services) -> None:
    for table in ("journal_entries", "postings", "transactions"):
        query = sql.SQL("select nextval(pg_get_serial_sequence({name}, 'id')) - max(id) as ahead from {table}")
        composed = query.format(name=sql.Literal(table), table=sql.Identifier(table))
        assert rows(bank.owner_url, composed)[0]["ahead"] >= 1, table


def test_progress_goes_up_to_all_customers(empty: Services) -> None:
    calls: list[tuple[int, int]] = []
    report = load_demo_bank(
        empty.owner_url, customers=6, seed=1, now=NOW, progress=lambda done, total: calls.append((done, total))
    )
    assert calls == [(done, 6) for done in range(3, 7)]
    assert report.customers == 6


def test_a_second_load_is_refused_and_a_second_ensure_does_nothing(bank: Services) -> None:
    before = everything(bank)
    with pytest.raises(Conflict, match="already"):
        load_demo_bank(bank.owner_url, customers=3, seed=2, now=NOW)
    assert ensure_demo_bank(bank.owner_url, customers=3, seed=2, now=NOW) is None
    assert everything(bank) == before


def test_two_processes_that_start_together_load_it_once(empty: Services) -> None:
    def ensure(_: int) -> LoadReport | None:
        return ensure_demo_bank(empty.owner_url, customers=3, seed=1, now=NOW)

    with ThreadPoolExecutor(2) as pool:
        reports = list(pool.map(ensure, range(2)))
    assert sum(report is not None for report in reports) == 1


def test_a_load_that_fails_half_way_leaves_nothing(empty: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    before = definitions(empty)

    def stop(done: int, total: int) -> None:
        if done == 4:
            raise KeyboardInterrupt

    monkeypatch.setattr(loading, "ENTRIES_AT_ONCE", 100)
    with pytest.raises(KeyboardInterrupt):
        load_demo_bank(empty.owner_url, customers=6, seed=1, now=NOW, progress=stop)
    assert not is_demo_loaded(empty.owner_url)
    assert rows(empty.owner_url, "select id from customers union all select id from accounts") == []
    assert definitions(empty) == before


def test_an_entry_that_does_not_balance_stops_the_load(empty: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Book, "_post_internal", lambda *_: None)
    with pytest.raises(LedgerFault, match="sum to zero"):
        load_demo_bank(empty.owner_url, customers=2, seed=1, now=NOW)
    assert not is_demo_loaded(empty.owner_url)


def test_a_posting_on_an_account_of_another_currency_stops_the_load(
    empty: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    ensure = loading.ensure_internal_accounts

    def confused(connection: OwnerConnection, now: datetime) -> InternalIds:
        known = ensure(connection, now)
        return {(name, currency): known[name, "USD"] for name, currency in known}

    monkeypatch.setattr(loading, "ensure_internal_accounts", confused)
    with pytest.raises(LedgerFault, match="currency or customer"):
        load_demo_bank(empty.owner_url, customers=2, seed=1, now=NOW)


def test_a_bank_smaller_than_its_two_known_customers_is_refused(empty: Services) -> None:
    with pytest.raises(ValueError, match="at least 2"):
        load_demo_bank(empty.owner_url, customers=1, seed=1, now=NOW)


def test_an_older_demo_bank_gets_the_figures_and_rates_that_it_lacks(bank: Services) -> None:
    published = {table: everything(bank)[table] for table in ("product_terms", "fx_rates")}
    with psycopg.connect(bank.owner_url) as connection:
        connection.execute("delete from product_terms where code like 'loan.%%' or code = 'exchange.fee.weekday'", ())
        connection.execute("update product_terms set percent = 9 where code = 'exchange.fee.weekend'")
        connection.execute("delete from fx_rates")
    ensure_demo_bank(bank.owner_url, customers=3, seed=2, now=NOW)
    after = everything(bank)
    assert [row["code"] for row in after["product_terms"]] == [row["code"] for row in published["product_terms"]]
    assert [row["percent"] for row in after["product_terms"] if row["code"] == "exchange.fee.weekend"] == [9]
    pairs = {(row["base"], row["quote"]) for row in published["fx_rates"]}
    assert {(row["base"], row["quote"]) for row in after["fx_rates"]} == pairs
    assert len(pairs) == 6


def test_customers_exchanged_at_the_rates_that_are_published(bank: Services) -> None:
    """Their accounts say so: what arrived is what left, less the fee, at the rate of that moment."""
    exchanges = """select -sent.amount_minor - coalesce(fee.amount_minor, 0) as sold, got.amount_minor as bought,
                          rate_at(sent.currency, got.currency, e.booked_at) as rate
                     from journal_entries e
                     join postings sent on sent.entry_id = e.id and sent.customer_id is not null
                      and sent.amount_minor < 0
                     join postings got on got.entry_id = e.id and got.customer_id is not null and got.amount_minor > 0
                     left join postings fee on fee.entry_id = e.id and fee.account_id in
                          (select id from accounts where name = 'Fees')
                    where e.kind = 'exchange'"""
    found = rows(bank.owner_url, exchanges)
    assert len(found) >= 3
    assert [row for row in found if abs(row["bought"] / row["rate"] - row["sold"]) > 1] == []
