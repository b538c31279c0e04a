"""Units of work: for whom a transaction works, what a reader may not do, and how errors look from outside."""

import asyncio
import traceback
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from uuid import UUID, uuid4

import psycopg
import pytest
from core_servers import find_server

from core.db.database import NOBODY, Database, Scope
from core.db.migrate import migrate
from core.errors import Conflict, InvalidInput, NotFound, TellergraphError, Unavailable
from core.services import running_services
from core.settings import Settings

ME = UUID("00000000-0000-0000-0000-00000000000a")
INSERT = "insert into customers (id, full_name) values (%(id)s, %(name)s)"
READ = "select full_name from customers"
ADD_LOGIN = (
    "insert into credentials (customer_id, email, password_hash) values (%(id)s, 'a@b.c', 'x')",
    {"id": ME},
)


@dataclass(frozen=True)
class Name:
    full_name: str


@dataclass(frozen=True)
class Login:
    email: str


@pytest.fixture
async def database(empty):
    opened = Database(empty.app_url, pool_size=2)
    await opened.open()
    yield opened
    await opened.close()


@pytest.fixture
async def customer(database):
    async with database.writing(Scope(customer_id=ME)) as db:
        await db.execute(INSERT, {"id": ME, "name": "A Customer"})
    return ME


async def test_the_stack_of_an_error_does_not_quote_the_row_it_was_about(database):
    """Logs have stacks, and no personal data."""
    broken = "insert into customers (id, full_name, phone, country) values (%(id)s, 'Zelda Quux', '+44 1', null)"
    with pytest.raises(TellergraphError) as error:
        async with database.writing(Scope(customer_id=ME)) as db:
            await db.execute(broken, {"id": ME})
    logged = "".join(traceback.format_exception(error.value))
    assert "violates not-null constraint" in logged
    assert "Zelda" not in logged.replace(broken, "")


async def test_a_scope_sees_its_own_and_nobody_sees_nothing(database, customer):
    async with database.reading(Scope(customer_id=customer)) as db:
        assert await db.all(Name, READ) == [Name("A Customer")]
        assert await db.dicts(READ) == [{"full_name": "A Customer"}]
    for scope in (NOBODY, Scope(customer_id=uuid4())):
        async with database.reading(scope) as db:
            assert await db.all(Name, READ) == []
            assert await db.find(Name, READ) is None
            with pytest.raises(NotFound):
                await db.get(Name, READ)


async def test_nobody_can_write_for_another(database):
    with pytest.raises(TellergraphError) as caught:
        async with database.writing(Scope(customer_id=uuid4())) as db:
            await db.execute(INSERT, {"id": ME, "name": "A Customer"})
    assert "row-level" not in caught.value.message


async def test_a_reader_cannot_write_even_through_a_query(database, customer):
    with pytest.raises(TellergraphError):
        async with database.reading(Scope(customer_id=customer)) as db:
            await db.dicts("insert into customers (full_name) values ('x') returning full_name")


async def test_an_error_undoes_the_whole_unit(database, customer):
    unit = add_login_and(database, INSERT, {"id": customer, "name": "Again"})
    with pytest.raises(Conflict) as caught:
        await unit
    assert caught.value.details == {"constraint": "customers_pkey"}
    assert await logins(database) == []


async def test_our_own_error_undoes_it_too_and_passes_unchanged(database, customer):
    with pytest.raises(NotFound, match="nothing here under that id"):
        await add_login_and(database)
    assert await logins(database) == []


async def add_login_and(database, *statement):
    """Adds a login and then executes one more statement, or finds nothing."""
    async with database.writing(Scope(customer_id=ME)) as db:
        await db.execute(*ADD_LOGIN)
        if not statement:
            await db.get(Name, "select full_name from customers where false")
        await db.execute(*statement)


async def logins(database):
    return await database.fetch(Login, "select email from credentials", scope=Scope(customer_id=ME))


async def test_values_out_of_range_are_the_callers_mistake(database, customer):
    with pytest.raises(InvalidInput):
        async with database.reading(Scope(customer_id=customer)) as db:
            await db.dicts("select 'no uuid'::uuid")


async def test_statements_that_run_together_are_one_unit(database):
    add_customer = (INSERT, {"id": ME, "name": "A Customer"})
    with pytest.raises(Conflict):
        await database.run(add_customer, ADD_LOGIN, add_customer, scope=Scope(customer_id=ME))
    assert await logins(database) == []
    assert await database.run(add_customer, ADD_LOGIN, scope=Scope(customer_id=ME)) == [1, 1]
    assert await logins(database) == [Login("a@b.c")]


async def test_a_query_on_its_own_is_read_only_and_scoped(database, customer):
    assert await database.fetch(Name, READ, scope=Scope(customer_id=customer)) == [Name("A Customer")]
    assert await database.fetch(Name, READ) == []
    with pytest.raises(TellergraphError):
        await database.fetch(
            Name,
            "insert into customers (id, full_name) values (%(id)s, 'x') returning full_name",
            {"id": uuid4()},
            scope=Scope(customer_id=customer),
        )


async def test_what_is_written_about_a_reading_stands_and_falls_with_it(database, customer):
    mine, emails = Scope(customer_id=customer), "select email from credentials"
    with pytest.raises(TellergraphError):
        await database.fetch(Login, "select 'no uuid'::uuid as email", scope=mine, first=ADD_LOGIN)
    with pytest.raises(TellergraphError):
        await database.fetch(Login, "delete from credentials returning email", scope=mine, first=ADD_LOGIN)
    assert await logins(database) == []
    assert await database.fetch(Login, emails, scope=mine, first=ADD_LOGIN) == [Login("a@b.c")]
    assert await logins(database) == [Login("a@b.c")]


WHO = "select coalesce(current_setting('app.customer_id', true), '') || ' ' || current_user::text as full_name"


async def test_what_a_flight_says_of_its_customer_is_gone_when_it_is_over(empty):
    """One connection, which serves one after the other."""
    database = Database(empty.app_url, pool_size=1)
    await database.open()
    me, nobody = Scope(customer_id=ME), [Name(" tellergraph_app")]
    try:
        await database.run((INSERT, {"id": ME, "name": "A Customer"}), scope=me)
        assert await database.fetch(Name, WHO, scope=me) == [Name(f"{ME} tellergraph_app")]
        assert await database.ask(Name, WHO) == await database.fetch(Name, WHO) == nobody
        assert await database.fetch(Name, WHO, scope=Scope(staff_id=uuid4())) == [Name(" tellergraph_staff")]
        assert await database.ask(Name, WHO) == nobody
        with pytest.raises(TellergraphError):
            await database.fetch(Name, "select full_name, 1 / 0 from customers", scope=me)
        assert await database.ask(Name, WHO) == nobody
        with pytest.raises(Conflict):
            await database.run((INSERT, {"id": ME, "name": "Again"}), scope=me)
        assert await database.ask(Name, WHO) == nobody
        async with held_up(empty, database, me) as waiting:
            waiting.cancel()
            with pytest.raises(asyncio.CancelledError):
                await waiting
        assert await database.ask(Name, WHO) == nobody
        assert await database.ask(Name, READ) == []
    finally:
        await database.close()


async def test_what_is_asked_with_a_change_sees_it_for_the_same_customer_and_fails_with_it(empty):
    database = Database(empty.app_url, pool_size=1)
    await database.open()
    me, add = Scope(customer_id=ME), (INSERT, {"id": ME, "name": "A Customer"})
    try:
        with pytest.raises(TellergraphError):
            await database.run_and_ask(add, then=(Name, "select full_name, 1 / 0 from customers", {}), scope=me)
        assert await database.fetch(Name, READ, scope=me) == []
        assert await database.run_and_ask(add, then=(Name, READ, {}), scope=me) == ([1], [Name("A Customer")])
        with pytest.raises(Conflict):
            await database.run_and_ask(add, then=(Name, READ, {}), scope=me)
        other = uuid4()
        add_other = (INSERT, {"id": other, "name": "Another"})
        asked = await database.run_and_ask(add_other, then=(Name, READ, {}), scope=Scope(customer_id=other))
        assert asked == ([1], [Name("Another")])
        assert await database.ask(Name, WHO) == [Name(" tellergraph_app")]
    finally:
        await database.close()


@asynccontextmanager
async def held_up(empty, database, scope):
    """A query that PostgreSQL has begun and that waits for somebody else."""
    async with await psycopg.AsyncConnection.connect(empty.owner_url, autocommit=True) as owner, asyncio.timeout(30):
        await owner.execute("select pg_advisory_lock(77)")
        locking = "select pg_advisory_xact_lock(77)::text as full_name"
        waiting = asyncio.ensure_future(database.fetch(Name, locking, scope=scope))
        while await (await owner.execute("select 1 from pg_locks where objid = 77 and not granted")).fetchone() is None:
            pass
        yield waiting


async def test_what_a_reader_asks_cannot_take_back_that_it_only_reads(database, customer):
    for statement in ("set transaction read write", "set local transaction_read_only = off"):
        with pytest.raises(TellergraphError):
            await database.fetch(Name, statement, scope=Scope(customer_id=customer))


async def test_what_is_refused_only_when_all_is_done_undoes_it_all_and_the_next_is_served(empty):
    """Some rules look when a transaction ends: that postings balance is one."""
    async with await psycopg.AsyncConnection.connect(empty.owner_url) as owner:
        await owner.execute(
            "alter table credentials add constraint late unique (email, customer_id) deferrable initially deferred"
        )
        await owner.execute(
            "alter table credentials drop constraint credentials_pkey, drop constraint credentials_email_key"
        )
    database = Database(empty.app_url, pool_size=1)
    await database.open()
    try:
        await database.run((INSERT, {"id": ME, "name": "A Customer"}), scope=Scope(customer_id=ME))
        with pytest.raises(Conflict) as caught:
            await database.run(ADD_LOGIN, ADD_LOGIN, scope=Scope(customer_id=ME))
        assert caught.value.details == {"constraint": "late"}
        assert await logins(database) == []
        assert await database.run(ADD_LOGIN, scope=Scope(customer_id=ME)) == [1]
        assert await logins(database) == [Login("a@b.c")]
    finally:
        await database.close()


async def test_a_query_that_is_asked_at_once_sees_what_it_names_itself_and_leaves_nothing_behind(database, customer):
    assert await database.ask(Name, READ) == []
    named = """
        with named as materialized (select set_config('app.customer_id', %(id)s, true) as id)
        select c.full_name from named cross join lateral (select full_name from customers where id::text = named.id) c
    """
    assert await database.ask(Name, named, {"id": str(customer)}) == [Name("A Customer")]
    for _ in range(4):
        assert await database.ask(Name, READ) == []


async def test_a_database_that_died_is_unavailable_and_comes_back(own_data_dir):
    with running_services(Settings(_env_file=None, data_dir=own_data_dir)) as services:
        migrate(services)
        database = Database(services.app_url, pool_size=2)
        await database.open()
        try:
            with pytest.raises(Unavailable):
                await lose_the_server(database, own_data_dir)
            assert await fetch_when_back(database) == []
        finally:
            await database.close()


async def lose_the_server(database, data_dir):
    """In the middle of a unit of work."""
    async with database.writing(Scope(customer_id=ME)) as db:
        await db.execute(INSERT, {"id": ME, "name": "Half done"})
        find_server(data_dir, "postgres").kill()
        # Our connection's own process lives until it notices.
        async with asyncio.timeout(20):
            while True:
                await db.dicts(READ)


async def fetch_when_back(database):
    """Each try waits some seconds for a connection."""
    for _ in range(4):
        with suppress(Unavailable):
            return await database.fetch(Name, READ, scope=Scope(customer_id=ME))
    return pytest.fail("the database did not come back")


async def test_what_is_fetched_in_company_is_one_transaction_and_each_in_its_own_scope(database, customer):
    @dataclass(frozen=True)
    class Asked:
        transaction: str
        customer: str

    ask = "select pg_current_xact_id()::text as transaction, current_setting('app.customer_id') as customer"
    someone_else = uuid4()

    with database.in_company():
        mine, theirs, names, mine_again = await asyncio.gather(
            database.fetch(Asked, ask, scope=Scope(customer_id=customer)),
            database.fetch(Asked, ask, scope=Scope(customer_id=someone_else)),
            database.fetch(Name, READ, scope=Scope(customer_id=someone_else)),
            database.fetch(Asked, ask, scope=Scope(customer_id=customer)),
        )

    assert [rows[0].customer for rows in (mine, theirs, mine_again)] == [
        str(customer),
        str(someone_else),
        str(customer),
    ]
    assert len({rows[0].transaction for rows in (mine, theirs, mine_again)}) == 1
    assert names == []
    alone = await database.fetch(Asked, ask, scope=Scope(customer_id=customer))
    assert alone[0].transaction != mine[0].transaction


async def test_what_one_is_refused_in_company_the_others_get(database, customer):
    with database.in_company():
        wrong, write, names = await asyncio.gather(
            database.fetch(Name, "select (1 / 0)::text as full_name"),
            database.fetch(Name, "update customers set full_name = 'x' returning full_name"),
            database.fetch(Name, READ, scope=Scope(customer_id=customer)),
            return_exceptions=True,
        )

    assert isinstance(wrong, InvalidInput)
    assert isinstance(write, TellergraphError)
    assert names == [Name("A Customer")]


async def test_whoever_asks_in_company_is_told_of_a_fault_of_ours(database):
    """A row that does not fit its class is a bug: nobody waits for ever."""
    with database.in_company():
        answers = await asyncio.gather(
            database.fetch(Name, "select 1 as other"),
            database.fetch(Name, "select 'x' as full_name"),
            return_exceptions=True,
        )

    assert isinstance(answers[0], TypeError)
    assert answers[1] == [Name("x")]


async def test_a_unit_of_work_that_asked_for_nothing_leaves_nothing_open(database, customer):
    async with database.writing(Scope(customer_id=customer)):
        pass
    async with database.reading() as db:
        assert await db.all(Name, READ) == []


async def test_a_reader_whose_first_word_is_a_change_changes_nothing(database, customer):
    with pytest.raises(TellergraphError):
        async with database.reading(Scope(customer_id=customer)) as db:
            await db.all(Name, "update customers set full_name = 'x' returning full_name")

    assert await database.fetch(Name, READ, scope=Scope(customer_id=customer)) == [Name("A Customer")]
