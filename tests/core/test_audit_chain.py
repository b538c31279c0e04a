"""Whoever owns the database can change the audit log, and is found out: each way of tampering, by the row."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, LiteralString

import orjson
import psycopg
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import HealthCheck, given
from hypothesis import settings as rules
from hypothesis import strategies as st
from psycopg import Connection, errors, sql

from core.audit.checkpoints import CheckpointFile, Journal, read_journal
from core.audit.export import Cursor, as_cef, as_jsonl, as_ocsf, list_exported
from core.audit.heads import read_heads
from core.audit.verify import Fault, Verdict, check, verify_log
from core.db.bootstrap import DATABASE
from core.db.migrate import downgrade, migrate
from core.services import Services
from tests.conftest import Clone
from tests.core.audit_forging import FORGE

NOW = datetime(2026, 5, 4, 9, 30, tzinfo=UTC)
NOTHING = Journal((), ())
WRITE: LiteralString = """
    insert into audit_log (actor, customer_id, action, resource, detail, at, ip, user_agent, before_hash, after_hash)
    values (%(actor)s, '671bc314-ec00-520a-8c32-58c30b1a5fff', 'card.frozen', %(resource)s, %(detail)s, %(at)s,
            '2001:db8::7', 'Ünïcode/1.0, "quoted"', sha256('a'), null) returning id"""


def write(connection: Connection[Any], number: int, **changed: Any) -> int:
    detail = orjson.dumps({"n": number, "nested": [None, True, 1.50, "é\n,"]}).decode()
    entry = {"actor": "staff:7", "resource": f"card:{number}", "detail": detail, "at": NOW + timedelta(seconds=number)}
    row = connection.execute(WRITE, entry | changed).fetchone()
    assert row is not None
    return row[0]


@pytest.fixture(scope="module")
def begun(clone: Clone) -> int:
    """Entries that every database begins with: signing keys were made for it."""
    with clone(DATABASE) as services:
        return verify_log(services.owner_url, NOTHING).entries


@pytest.fixture(scope="module")
def log(clone: Clone) -> Iterator[Services]:
    """40 entries more in several chains, by four connections in turn."""
    with clone(DATABASE) as services:
        with ExitStack() as stack:
            writers = [stack.enter_context(psycopg.connect(services.owner_url, autocommit=True)) for _ in range(4)]
            for number in range(40):
                write(writers[number % 4], number)
        yield services


@pytest.fixture(scope="module")
def key() -> Ed25519PrivateKey:
    return Ed25519PrivateKey.generate()


@pytest.fixture(scope="module")
def signed(log: Services, key: Ed25519PrivateKey, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One checkpoint, of all entries."""
    path = tmp_path_factory.mktemp("outside") / "checkpoints.jsonl"
    with psycopg.connect(log.owner_url) as connection:
        assert CheckpointFile(path, key).append(read_heads(connection), NOW) is not None
    return path


@pytest.fixture
def seen(empty: Services) -> Cursor:
    """Of a receiver that has what the database began with."""
    [(_, cursor)] = list_exported(empty.owner_url, Cursor({}), None)
    return cursor


@pytest.fixture
def tampering(log: Services) -> Iterator[Connection[Any]]:
    """The owner, with every trigger asleep; what is done is taken back."""
    with psycopg.connect(log.owner_url) as connection:
        _disarm(connection)
        yield connection
        connection.rollback()


def _disarm(connection: Connection[Any]) -> None:
    connection.execute(FORGE)
    connection.execute("alter table audit_log disable trigger user")
    connection.execute("alter table audit_links disable trigger user")


def first(verdict: Verdict) -> Fault:
    assert not verdict.is_whole
    return verdict.faults[0]


def place_of(connection: Connection[Any], entry_id: int) -> tuple[int, int]:
    row = connection.execute("select chain, seq from audit_links where entry_id = %s", [entry_id]).fetchone()
    assert row is not None
    return row


def entries_of(connection: Connection[Any]) -> list[int]:
    """Of the longest chain, in order."""
    rows = connection.execute(
        "select entry_id from audit_links where chain ="
        " (select chain from audit_links group by 1 order by count(*) desc, 1 limit 1) order by seq"
    ).fetchall()
    return [entry_id for (entry_id,) in rows]


def test_a_log_that_nobody_touched_is_whole(log: Services, begun: int, signed: Path, key: Ed25519PrivateKey):
    verdict = verify_log(log.owner_url, read_journal(signed, key.public_key()))

    assert verdict.is_whole
    assert (verdict.entries, verdict.checkpoints) == (begun + 40, 1)
    assert verdict.chains >= 1


def test_an_edit_of_any_column_is_found(log: Services, tampering: Connection[Any]):
    columns = tampering.execute(
        "select column_name, data_type from information_schema.columns where table_name = 'audit_log'"
    ).fetchall()
    other: dict[str, LiteralString] = {
        "bigint": "{} + 1000", "text": "coalesce({}, '') || 'x'", "uuid": "gen_random_uuid()", "bytea": "sha256('b')",
        "jsonb": "'{{\"n\": 0}}'", "timestamp with time zone": "{} + interval '1 microsecond'", "inet": "'10.0.0.1'",
    }  # fmt: skip
    entry = entries_of(tampering)[3]
    tampering.execute("alter table audit_log alter column id drop identity")
    tampering.execute("alter table audit_log drop constraint audit_log_decision_check")
    for name, kind in columns:
        with tampering.transaction(force_rollback=True):
            value = sql.SQL(other[kind]).format(sql.Identifier(name))
            change = sql.SQL("update audit_log set {} = {} where id = %s").format(sql.Identifier(name), value)
            assert tampering.execute(change, [entry]).rowcount == 1
            fault = first(check(tampering, NOTHING))
            assert (fault.kind, fault.entry_id) == ("deleted" if name == "id" else "edited", entry), name
    assert len(columns) > 15


def test_a_deleted_entry_is_named(tampering: Connection[Any]):
    entry = entries_of(tampering)[4]
    tampering.execute("delete from audit_log where id = %s", [entry])

    fault = first(check(tampering, NOTHING))

    assert (fault.kind, fault.entry_id) == ("deleted", entry)


def test_an_entry_that_was_deleted_with_its_link_is_missed_at_its_place(tampering: Connection[Any]):
    entry = entries_of(tampering)[4]
    chain, seq = place_of(tampering, entry)
    tampering.execute("delete from audit_log where id = %s", [entry])
    tampering.execute("delete from audit_links where entry_id = %s", [entry])

    fault = first(check(tampering, NOTHING))

    assert (fault.kind, fault.chain, fault.seq) == ("deleted", chain, seq)


def test_an_entry_that_was_put_in_is_named(tampering: Connection[Any]):
    entry = write(tampering, 99)

    fault = first(check(tampering, NOTHING))

    assert (fault.kind, fault.entry_id) == ("inserted", entry)


def test_links_that_changed_places_are_named(tampering: Connection[Any]):
    one, other = entries_of(tampering)[2:4]
    (chain, first_seq), (_, second_seq) = place_of(tampering, one), place_of(tampering, other)
    move = "update audit_links set seq = %s where entry_id = %s"
    for seq, entry in ((0, one), (first_seq, other), (second_seq, one)):
        tampering.execute(move, [seq, entry])

    fault = first(check(tampering, NOTHING))

    assert (fault.chain, fault.seq) == (chain, first_seq)


def test_entries_whose_contents_changed_places_are_named(tampering: Connection[Any]):
    one, other = entries_of(tampering)[2:4]
    tampering.execute(
        "update audit_log a set resource = b.resource from audit_log b"
        " where (a.id, b.id) in ((%(one)s, %(other)s), (%(other)s, %(one)s))",
        {"one": one, "other": other},
    )

    verdict = check(tampering, NOTHING)

    assert [(fault.kind, fault.entry_id) for fault in verdict.faults] == [("edited", one), ("edited", other)]


def _cut(connection: Connection[Any], number: int) -> tuple[int, int]:
    """Takes the last entries of a chain; the place of the first of them."""
    gone = entries_of(connection)[-number:]
    place = place_of(connection, gone[0])
    connection.execute("delete from audit_log where id = any(%s)", [gone])
    connection.execute("delete from audit_links where entry_id = any(%s)", [gone])
    return place


def test_a_tail_that_was_cut_is_missed_by_the_head(tampering: Connection[Any]):
    place = _cut(tampering, 3)

    fault = first(check(tampering, NOTHING))

    assert (fault.kind, fault.chain, fault.seq) == ("cut", *place)


def test_a_tail_that_was_cut_with_its_head_is_missed_by_the_checkpoint(
    tampering: Connection[Any], signed: Path, key: Ed25519PrivateKey
):
    chain, seq = _cut(tampering, 3)
    tampering.execute(
        "update audit_heads h set seq = l.seq, hash = l.hash from audit_links l"
        " where h.chain = %(chain)s and l.chain = h.chain and l.seq = %(last)s",
        {"chain": chain, "last": seq - 1},
    )

    assert check(tampering, NOTHING).is_whole
    fault = first(check(tampering, read_journal(signed, key.public_key())))
    assert (fault.kind, fault.chain, fault.seq) == ("cut", chain, seq)


REBUILD: LiteralString = """
    do $$
    declare entry audit_log; head audit_heads; place record;
    begin
        create temporary table places on commit drop as select chain, seq, entry_id from audit_links;
        delete from audit_links;
        update audit_heads set seq = 0, hash = decode(repeat('00', 32), 'hex');
        for place in select * from places order by chain, seq loop
            select * into entry from audit_log where id = place.entry_id;
            select * into head from audit_heads where chain = place.chain;
            perform pg_temp.forge_link(head, entry);
        end loop;
    end $$"""


def test_a_log_that_was_written_anew_as_a_whole_is_found_by_the_checkpoint(
    tampering: Connection[Any], signed: Path, key: Ed25519PrivateKey
):
    """Every hash fits, and only what was signed outside says otherwise."""
    entries = entries_of(tampering)
    tampering.execute("update audit_log set resource = 'card:other' where id = %s", [entries[4]])
    tampering.execute(REBUILD)

    assert check(tampering, NOTHING).is_whole
    fault = first(check(tampering, read_journal(signed, key.public_key())))
    assert (fault.kind, fault.chain) == ("rebuilt", place_of(tampering, entries[4])[0])


def test_the_last_checkpoint_that_fits_narrows_down_what_was_written_anew(
    tampering: Connection[Any], signed: Path, key: Ed25519PrivateKey, tmp_path: Path
):
    path = tmp_path / "checkpoints.jsonl"
    path.write_bytes(signed.read_bytes())
    tampering.execute("alter table audit_log enable trigger user")
    tampering.execute("set constraints all immediate")
    later = write(tampering, 50)
    assert CheckpointFile(path, key).append(read_heads(tampering), NOW) is not None
    chain, seq = place_of(tampering, later)
    _disarm(tampering)
    tampering.execute("update audit_log set resource = 'card:other' where id = %s", [later])
    tampering.execute(REBUILD)

    fault = first(check(tampering, read_journal(path, key.public_key())))

    assert (fault.kind, fault.chain, fault.seq) == ("rebuilt", chain, seq)


@rules(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    what=st.sampled_from(["edit", "delete", "unlink", "hash", "swap"]),
    where=st.integers(0, 38),
    to=st.text("ab", max_size=3),
)
def test_whatever_is_done_to_a_row_that_row_is_named_first(
    tampering: Connection[Any], what: str, where: int, to: str
) -> None:
    with tampering.transaction(force_rollback=True):
        ids = [row[0] for row in tampering.execute("select id from audit_log order by id").fetchall()]
        entry, place = ids[where], place_of(tampering, ids[where])
        change: dict[str, LiteralString] = {
            "edit": "update audit_log set actor = actor || 'x' || %(to)s where id = %(id)s",
            "delete": "delete from audit_log where id = %(id)s",
            "unlink": "delete from audit_links where entry_id = %(id)s",
            "hash": "update audit_links set hash = sha256(convert_to(%(to)s, 'UTF8')) where entry_id = %(id)s",
            "swap": "update audit_log set detail = jsonb_build_object('swapped', %(to)s::text) where id = %(id)s",
        }
        tampering.execute(change[what], {"id": entry, "to": to})

        fault = first(check(tampering, NOTHING))

        assert fault.entry_id == entry or (fault.chain, fault.seq) == place


def test_fifty_writers_at_once_make_no_fork_and_leave_no_gap(empty: Services, begun: int):
    """Some of them roll back, wholly or to a savepoint."""

    def work(number: int) -> int:
        with psycopg.connect(empty.owner_url) as connection:
            write(connection, number)
            with connection.transaction(force_rollback=True):
                write(connection, number)
            write(connection, number)
            connection.commit()
            write(connection, number)
            connection.rollback()
        return 2

    with ThreadPoolExecutor(50) as pool:
        written = sum(pool.map(work, range(100)))

    verdict = verify_log(empty.owner_url, NOTHING)
    assert verdict.is_whole
    assert verdict.entries - begun == written == 200
    with psycopg.connect(empty.owner_url) as connection:
        apart = connection.execute(
            "select count(*) from audit_links l join audit_log a on a.id = l.entry_id"
            " group by a.resource having count(distinct chain) > 1"
        ).fetchall()
    assert apart == [], "a transaction has one chain"


def test_a_chain_that_somebody_holds_is_passed_by(empty: Services):
    """Whoever commits does not wait for another's commit."""
    with psycopg.connect(empty.owner_url) as slow, psycopg.connect(empty.owner_url) as quick:
        slow.execute("select * from audit_heads where chain < 63 for update")
        # The chain may have an entry: which one a transaction takes goes by the process of the server that it ran in.
        ((before,),) = quick.execute("select seq from audit_heads where chain = 63").fetchall()
        quick.execute("set lock_timeout = '1ms'")
        entry = write(quick, 1)
        quick.commit()
        assert place_of(quick, entry) == (63, before + 1)


def test_a_transaction_keeps_the_chain_that_it_had_to_take(empty: Services):
    """Also where the chain of its connection has become free between two of its entries."""
    with psycopg.connect(empty.owner_url) as slow, psycopg.connect(empty.owner_url) as quick:
        slow.execute("select * from audit_heads where chain < 63 for update")
        quick.execute("set constraints all immediate")
        entries = [write(quick, 1)]
        slow.rollback()
        entries += [write(quick, 2), write(quick, 3)]
        quick.commit()
        assert {place_of(quick, entry)[0] for entry in entries} == {63}


def test_entries_of_before_and_after_the_links_became_lighter_are_whole(empty: Services, begun: int):
    """0036 writes the same hashes in fewer steps, and goes back."""
    for number, goes_back in enumerate((False, True, False, True)):
        if goes_back:
            downgrade(empty, "0035_received")
        else:
            migrate(empty)
        with psycopg.connect(empty.owner_url, autocommit=True) as connection:
            for each in range(3):
                write(connection, 10 * number + each)
    migrate(empty)

    verdict = verify_log(empty.owner_url, NOTHING)

    assert (verdict.is_whole, verdict.entries) == (True, begun + 12)


@pytest.mark.parametrize(
    "statement",
    [
        "select * from audit_links",
        "insert into audit_links values (0, 1, 1, sha256(''), sha256(''))",
        "select * from audit_heads",
        "update audit_heads set seq = 0",
        "delete from audit_links",
        "insert into audit_log (actor, customer_id, action, resource, at)"
        " values ('staff:1', '671bc314-ec00-520a-8c32-58c30b1a5fff', 'x.y', 'z', now())",
    ],
)
def test_the_server_can_neither_write_the_chains_nor_in_anothers_name(log: Services, statement: LiteralString):
    with psycopg.connect(log.app_url) as connection:
        connection.execute("select set_config('app.customer_id', '671bc314-ec00-520a-8c32-58c30b1a5fff', true)")
        with pytest.raises((errors.InsufficientPrivilege, psycopg.DatabaseError), match=r"permission|another's name"):
            connection.execute(statement)


def test_a_checkpoint_file_that_was_changed_is_found(
    signed: Path, key: Ed25519PrivateKey, log: Services, begun: int, tmp_path: Path
):
    path = tmp_path / "checkpoints.jsonl"
    path.write_bytes(signed.read_bytes())
    file = CheckpointFile(path, key)
    with psycopg.connect(log.owner_url) as connection:
        heads = read_heads(connection)
    assert file.append(heads, NOW) is None, "nothing was written since"
    assert file.append(heads[:-1], NOW) is not None
    one, two = path.read_bytes().splitlines()
    public = key.public_key()

    assert read_journal(path, public).faults == ()
    assert "not signed" in read_journal(path, Ed25519PrivateKey.generate().public_key()).faults[0]
    entries, more = (b'"entries":%d' % (begun + number) for number in (40, 41))
    assert entries in one
    path.write_bytes(one.replace(entries, more) + b"\n")
    assert "not signed" in read_journal(path, public).faults[0]
    path.write_bytes(two + b"\n")
    assert "taken out" in read_journal(path, public).faults[0]


def test_a_line_that_a_crash_tore_is_passed_by(signed: Path, key: Ed25519PrivateKey, log: Services, tmp_path: Path):
    path = tmp_path / "checkpoints.jsonl"
    path.write_bytes(signed.read_bytes() + b'{"number":2,"at":"20')
    with psycopg.connect(log.owner_url) as connection:
        made = CheckpointFile(path, key).append(read_heads(connection)[:-1], NOW)

    assert made is not None
    assert made.number == 2
    assert [each.number for each in read_journal(path, key.public_key()).checkpoints] == [1, 2]


def test_an_export_goes_on_where_it_ended(empty: Services, seen: Cursor):
    with psycopg.connect(empty.owner_url, autocommit=True) as connection:
        ids = [write(connection, number) for number in range(3)]
        [(before, cursor)] = list_exported(empty.owner_url, seen, None)
        late = write(connection, 3, resource="write to jo@example.com soon", actor="customer=1|x")
        [(after, cursor)] = list_exported(empty.owner_url, Cursor.parse(str(cursor)), None)

    assert [entry.id for entry in before] == ids
    assert [entry.id for entry in after] == [late]
    assert list(list_exported(empty.owner_url, cursor, None)) == []
    assert list(list_exported(empty.owner_url, seen, NOW + timedelta(hours=1))) == []


def test_what_people_wrote_is_masked_in_an_export(empty: Services, seen: Cursor):
    detail = '{"reason": "asked by jo@example.com about it", "n": 1}'
    with psycopg.connect(empty.owner_url, autocommit=True) as connection:
        write(connection, 1, detail=detail, actor="a=b|c")
    [([entry], _)] = list_exported(empty.owner_url, seen, None)

    as_object = orjson.loads(as_jsonl(entry))
    event = orjson.loads(as_ocsf(entry))
    line = as_cef(entry)

    assert as_object["detail"] == {"n": 1, "reason": "asked by [EMAIL_1] about it"}
    assert event["class_uid"] == 6003
    assert event["unmapped"]["detail"] == as_object["detail"]
    assert event["time"] == int(entry.at.timestamp() * 1000)
    assert line.startswith("CEF:0|Tellergraph|Tellergraph|")
    assert "suser=a\\=b|c" in line
    assert "\n" not in line
    assert all("jo@example.com" not in text for text in (as_jsonl(entry), as_ocsf(entry), line))


def test_an_entry_says_what_changed_and_from_which_request(empty: Services):
    """Filled from the transaction's settings, which core/db/database.py sets."""
    said = {"app.request_id": "r-1", "app.ip": "192.0.2.7", "app.user_agent": "Browser/1.0"}
    with psycopg.connect(empty.owner_url) as connection:
        for name, value in said.items():
            connection.execute("select set_config(%s, %s, true)", [name, value])
        connection.execute(
            "insert into audit_log (actor, action, resource, detail, at) values"
            " ('x', 'operation.failed', 'y', '{\"error\": \"no_money\"}', now())"
        )
        row = connection.execute(
            "select request_id, host(ip), user_agent, decision, reason from audit_log order by id desc limit 1"
        ).fetchone()
    assert row == ("r-1", "192.0.2.7", "Browser/1.0", "deny", "no_money")
