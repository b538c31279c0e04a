"""What is older than the audit log has to be kept goes in whole signed stretches, on record; and whoever takes anything
else away, or changes what is left, is found out as before. Issue 8: "7-year audit retention" with legal holds."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, LiteralString
from uuid import UUID, uuid4

import psycopg
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st
from psycopg import Connection

from core.audit.checkpoints import Checkpoint, CheckpointFile, Journal, read_journal
from core.audit.heads import read_heads
from core.audit.removals import Stretches, fills, list_due, removed_ends, years_before
from core.audit.shorten import Shortened, shorten_log
from core.audit.verify import Verdict, check, verify_log
from core.db.bootstrap import DATABASE
from core.errors import Conflict
from core.services import Services
from tests.conftest import Clone
from tests.core.audit_forging import FORGE

NOW = datetime(2026, 5, 4, 9, 30, tzinfo=UTC)
OLD = datetime(2018, 1, 2, tzinfo=UTC)
YEARS = 7
CONNECTIONS = 3


@dataclass(frozen=True)
class Log:
    services: Services
    path: Path
    key: Ed25519PrivateKey
    held: UUID
    """A customer about whom one old entry is."""

    @property
    def file(self) -> CheckpointFile:
        return CheckpointFile(self.path, self.key)

    def journal(self) -> Journal:
        return read_journal(self.path, self.key.public_key())

    def verify(self) -> Verdict:
        return verify_log(self.services.owner_url, self.journal())

    def shorten(self, **options: Any) -> Shortened:
        return shorten_log(self.services.owner_url, self.file, self.journal(), NOW, YEARS, **options)

    def owner(self, query: LiteralString, values: Mapping[str, object] | None = None) -> list[Any]:
        with psycopg.connect(self.services.owner_url) as owner:
            cursor = owner.execute(query, values)
            return cursor.fetchall() if cursor.description else []


@pytest.fixture
def log(clone: Clone, tmp_path: Path) -> Iterator[Log]:
    """Entries of before, 30 of 2018 in three chains with a checkpoint after each ten, and six of this year."""
    with clone(DATABASE) as services, ExitStack() as stack:
        made = Log(services, tmp_path / "outside" / "checkpoints.jsonl", Ed25519PrivateKey.generate(), uuid4())
        made.owner(
            "insert into customers (id, full_name, created_at) values (%(id)s, 'Sam Held', now())", {"id": made.held}
        )
        writers = [
            stack.enter_context(psycopg.connect(services.owner_url, autocommit=True)) for _ in range(CONNECTIONS)
        ]
        sign(made, writers[0], OLD)
        for number in range(30):
            subject = made.held if number == 13 else None
            write(writers[number % CONNECTIONS], f"card:{number}", OLD + timedelta(days=number), subject)
            if number % 10 == 9:
                sign(made, writers[0], OLD + timedelta(days=number + 1))
        for number in range(6):
            write(writers[number % CONNECTIONS], f"card:{90 + number}", NOW - timedelta(days=9 - number), None)
        sign(made, writers[0], NOW - timedelta(days=1))
        yield made


def write(connection: Connection[Any], resource: str, at: datetime, subject: UUID | None) -> None:
    connection.execute(
        "insert into audit_log (actor, customer_id, action, resource, at) values ('x', %s, 'card.frozen', %s, %s)",
        [subject, resource, at],
    )


def sign(log: Log, connection: Connection[Any], at: datetime) -> Checkpoint:
    made = log.file.append(read_heads(connection), at)
    assert made is not None
    return made


def resources(log: Log) -> list[str]:
    rows = log.owner("select resource from audit_log where action = 'card.frozen' order by id")
    return [resource for (resource,) in rows]


def test_what_is_older_goes_and_the_rest_is_proved_as_before(log: Log):
    before = log.verify().entries

    done = log.shorten()

    assert (done.entries, done.checkpoint, done.before) == (30, 4, NOW.replace(year=2019))
    assert resources(log) == [f"card:{90 + number}" for number in range(6)]
    verdict = log.verify()
    assert verdict.is_whole, verdict.faults
    assert (verdict.entries, verdict.removed) == (before - 30 + 1, 30)
    [(actor, detail)] = log.owner("select actor, detail from audit_log where action = 'audit.shortened'")
    assert (actor, detail["entries"], detail["checkpoint"]) == ("operator", 30, 4)
    assert log.owner("select checkpoint, at from record_removals") == [(4, NOW)]


def test_a_second_time_there_is_nothing_left_to_take(log: Log):
    log.shorten()
    lines = log.path.read_bytes()

    assert log.shorten().rows == 0
    assert log.path.read_bytes() == lines
    assert log.owner("select count(*) from record_removals") == [(1,)]


def test_a_try_counts_and_changes_nothing(log: Log):
    lines, there = log.path.read_bytes(), resources(log)

    assert log.shorten(dry_run=True).entries == 30
    assert (log.path.read_bytes(), resources(log)) == (lines, there)


def test_without_an_old_checkpoint_nothing_goes(log: Log):
    lines = log.path.read_bytes().splitlines(keepends=True)
    log.path.write_bytes(b"")
    with psycopg.connect(log.services.owner_url) as owner:
        sign(log, owner, NOW)

    assert log.shorten() == Shortened(NOW.replace(year=2019), None)
    assert len(resources(log)) == 36
    assert len(lines) == 5


def test_what_was_written_after_the_last_old_checkpoint_waits_for_the_next(log: Log):
    """However old it is: only what was signed in time is known to be old."""
    lines = log.path.read_bytes().splitlines(keepends=True)
    log.path.write_bytes(b"".join(lines[:3]))

    assert log.shorten().entries == 20
    assert resources(log)[:10] == [f"card:{number}" for number in range(20, 30)]
    assert log.verify().is_whole


def hold(log: Log) -> None:
    log.owner(
        "insert into legal_holds (customer_id, reason, placed_by, placed_at) values (%(id)s, 'a claim', 'x', now())",
        {"id": log.held},
    )


def test_a_stretch_with_an_entry_under_a_legal_hold_stays_until_the_hold_is_released(log: Log):
    hold(log)
    places = "select chain, seq from audit_links where entry_id = (select id from audit_log where resource = 'card:13')"
    [place] = log.owner(places)

    done = log.shorten()

    left = resources(log)
    assert "card:13" in left
    assert 0 < len(left) - 6 < 10
    assert done.entries == 36 - len(left)
    assert log.owner(places) == [place], "it stands where it stood"
    assert log.verify().is_whole
    log.owner("update legal_holds set released_at = now(), released_by = 'x', release_reason = 'settled'")
    assert log.shorten().entries == len(left) - 6
    verdict = log.verify()
    assert (verdict.is_whole, verdict.removed) == (True, 30)


def test_the_ledgers_of_calls_and_openings_are_shortened_with_it(log: Log):
    hold(log)
    other = uuid4()
    log.owner("insert into customers (id, full_name, created_at) values (%(id)s, 'Kim Free', now())", {"id": other})
    for customer in (other, log.held):
        for at in (OLD, NOW):
            log.owner(
                "insert into tool_calls (customer_id, tool, door, outcome, at)"
                " values (%(customer)s, 'list_cards', 'chat', 'done', %(at)s)",
                {"customer": customer, "at": at},
            )

    assert log.shorten().tool_calls == 1
    left = log.owner("select customer_id, at from tool_calls order by id")
    assert left == [(other, NOW), (log.held, OLD), (log.held, NOW)]


# Tampering


@pytest.fixture
def shortened(log: Log) -> Log:
    """With stretches of a hold left in the middle."""
    hold(log)
    log.shorten()
    assert log.verify().is_whole
    return log


def _disarm(connection: Connection[Any]) -> None:
    connection.execute(FORGE)
    connection.execute("alter table audit_log disable trigger user")
    connection.execute("alter table audit_links disable trigger user")


TAMPERING: dict[str, tuple[tuple[LiteralString, ...], set[str]]] = {
    "edit": (("update audit_log set actor = 'y' where resource = 'card:13'",), {"edited"}),
    "edit of a young one": (("update audit_log set actor = 'y' where resource = 'card:91'",), {"edited"}),
    "delete": (("delete from audit_log where resource = 'card:92'",), {"deleted"}),
    "delete with its link": (
        (
            "delete from audit_links where entry_id = (select id from audit_log where resource = 'card:13')",
            "delete from audit_log where resource = 'card:13'",
        ),
        {"deleted"},
    ),
    "delete of the first that is left": (
        (
            "create temporary table gone as select distinct on (chain) chain, seq, entry_id from audit_links"
            " order by chain, seq",
            "delete from audit_links l using gone g where (l.chain, l.seq) = (g.chain, g.seq)",
            "delete from audit_log where id in (select entry_id from gone)",
        ),
        {"deleted", "cut"},
    ),
    "insert": (
        ("insert into audit_log (actor, action, resource, at) values ('x', 'card.frozen', 'y', now())",),
        {"inserted"},
    ),
    "reorder": (
        (
            "update audit_log a set resource = b.resource from audit_log b"
            " where (a.resource, b.resource) in (('card:90', 'card:93'), ('card:93', 'card:90'))",
        ),
        {"edited"},
    ),
    "cut": (
        (
            "create temporary table gone as select entry_id from audit_links l join audit_heads h using (chain, seq)"
            " where h.seq > 3 limit 1",
            "delete from audit_log where id in (select entry_id from gone)",
            "delete from audit_links where entry_id in (select entry_id from gone)",
        ),
        {"cut"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", TAMPERING)
def test_every_kind_of_tampering_with_what_is_left_is_found(shortened: Log, what: str):
    statements, kinds = TAMPERING[what]
    with psycopg.connect(shortened.services.owner_url) as owner:
        _disarm(owner)
        for statement in statements:
            owner.execute(statement)
        verdict = check(owner, shortened.journal())
        owner.rollback()
    assert not verdict.is_whole
    assert verdict.faults[0].kind in kinds


REBUILD: LiteralString = """
    do $$
    declare entry audit_log; head audit_heads; place record;
    begin
        create temporary table places on commit drop as
            select *, coalesce(lag(seq) over (partition by chain order by seq), 0) + 1 as expected from audit_links;
        delete from audit_links;
        for place in select * from places order by chain, seq loop
            if place.seq <> place.expected or place.seq = 1 then
                update audit_heads set seq = place.seq - 1, hash = place.prev_hash where chain = place.chain;
            end if;
            select * into entry from audit_log where id = place.entry_id;
            select * into head from audit_heads where chain = place.chain;
            perform pg_temp.forge_link(head, entry);
        end loop;
    end $$"""


def test_what_is_left_cannot_be_written_anew(log: Log):
    """From the signed end of what was removed on: every hash fits but those that were signed."""
    log.shorten()
    with psycopg.connect(log.services.owner_url) as owner:
        _disarm(owner)
        owner.execute(REBUILD)
        assert check(owner, log.journal()).is_whole, "nothing was changed yet"
        owner.execute("drop table places")
        owner.execute("update audit_log set actor = 'y' where resource = 'card:91'")
        owner.execute(REBUILD)
        verdict = check(owner, log.journal())
        owner.rollback()
    assert [fault.kind for fault in verdict.faults] == ["rebuilt"]


@pytest.mark.parametrize("says", ["nothing", "so in the database"])
def test_a_removal_that_nobody_signed_is_found(log: Log, says: str):
    """Up to a signed place, with hashes that fit, and with everything that the database has about a removal."""
    with psycopg.connect(log.services.owner_url) as owner:
        _disarm(owner)
        if says != "nothing":
            owner.execute("alter table audit_log enable trigger user")
            owner.execute("insert into record_removals (before, checkpoint, at) values ('2019-05-04', 4, '2026-05-04')")
            owner.execute(
                "insert into audit_log (actor, action, resource, at)"
                " values ('operator', 'audit.shortened', 'audit_log', now())"
            )
            owner.execute("set constraints all immediate")
        heads = log.journal().checkpoints[2].heads.values()
        for head in heads:
            owner.execute(
                "with gone as (delete from audit_links where chain = %s and seq <= %s returning entry_id)"
                " delete from audit_log using gone where id = entry_id and at < '2019-01-01'",
                [head.chain, head.seq],
            )
        verdict = check(owner, log.journal())
        owner.rollback()
    assert {fault.kind for fault in verdict.faults} >= {"deleted"}


def test_one_entry_more_than_was_signed_is_missed(shortened: Log):
    first = "select chain, min(seq) from audit_links group by chain having min(seq) > 1 order by chain limit 1"
    with psycopg.connect(shortened.services.owner_url) as owner:
        _disarm(owner)
        [(chain, seq)] = owner.execute(first).fetchall()
        owner.execute(
            "with gone as (delete from audit_links where chain = %s and seq = %s returning entry_id)"
            " delete from audit_log using gone where id = entry_id",
            [chain, seq],
        )
        verdict = check(owner, shortened.journal())
        owner.rollback()
    assert {(fault.kind, fault.chain) for fault in verdict.faults} <= {("deleted", chain), ("cut", chain)}
    assert not verdict.is_whole


def test_a_line_that_removes_too_much_does_not_count(log: Log):
    """Not even with the right key: what is younger than the law asks for, and what ends where nobody signed."""
    with psycopg.connect(log.services.owner_url) as owner:
        heads = read_heads(owner)
    young = max(heads, key=lambda head: head.seq)
    for stretch in ((1, young.seq), (1, log.journal().checkpoints[3].heads[young.chain].seq - 1)):
        lines = log.path.read_bytes()
        assert log.file.append(heads, NOW, {young.chain: [stretch]}) is not None
        assert [text for text in log.journal().faults if "had to be kept" in text]
        assert [fault.kind for fault in log.verify().faults] == ["checkpoint"]
        log.path.write_bytes(lines)


def test_a_log_that_was_tampered_with_keeps_its_proof(log: Log):
    with psycopg.connect(log.services.owner_url) as owner:
        _disarm(owner)
        owner.execute("update audit_log set actor = 'y' where resource = 'card:3'")
    lines = log.path.read_bytes()

    with pytest.raises(Conflict, match="not as it was written") as refused:
        log.shorten()

    assert refused.value.error_code == "audit_not_whole"
    assert (len(resources(log)), log.path.read_bytes()) == (36, lines)


class DiesAfterSigning(CheckpointFile):
    def append(self, heads: Any, now: datetime, removed: Mapping[int, Stretches] | None = None) -> Checkpoint | None:
        super().append(heads, now, removed)
        raise KeyboardInterrupt


def test_killed_between_the_signature_and_the_commit_everything_is_there_and_goes_the_next_time(log: Log):
    with pytest.raises(KeyboardInterrupt):
        shorten_log(log.services.owner_url, DiesAfterSigning(log.path, log.key), log.journal(), NOW, YEARS)

    verdict = log.verify()
    assert (verdict.is_whole, verdict.removed, len(resources(log))) == (True, 0, 36)
    assert log.shorten().entries == 30
    assert log.verify().is_whole


# What the database itself refuses


RECORD: LiteralString = "insert into record_removals (before, checkpoint, at) values (%s, 4, '2026-05-04')"


@pytest.mark.parametrize(
    ("recorded", "statement", "reason"),
    [
        (None, "delete from audit_log where at < '2019-01-01'", "append-only"),
        (None, "delete from audit_links", "append-only"),
        ("2019-05-04", "delete from audit_log", "too young"),
        ("2019-05-04", "delete from audit_log where at < '2019-01-01'", "legal hold"),
        ("2019-05-04", "update audit_log set actor = 'y'", "append-only"),
        ("2019-05-04", "truncate audit_links", "append-only"),
        ("2019-05-04", "delete from record_removals", "append-only"),
        ("2019-05-04", "delete from consents", "append-only"),
        ("2021-05-04", "select 1", "record_removals_check"),
    ],
)
def test_the_owner_removes_nothing_without_a_record_and_nothing_young_or_held(
    log: Log, recorded: str | None, statement: LiteralString, reason: str
):
    def remove(owner: Connection[Any]) -> None:
        if recorded:
            owner.execute(RECORD, [recorded])
        owner.execute(statement)

    hold(log)
    with psycopg.connect(log.services.owner_url) as owner, pytest.raises(psycopg.Error, match=reason):
        remove(owner)


def test_a_record_counts_in_its_own_transaction_alone(log: Log):
    log.owner("insert into record_removals (before, checkpoint, at) values ('2019-05-04', 4, '2026-05-04')")
    with pytest.raises(psycopg.Error, match="append-only"):
        log.owner("delete from audit_log where at < '2019-01-01'")


def test_the_server_can_neither_remove_nor_record(log: Log):
    for url in (log.services.app_url, log.services.worker_url, log.services.compliance_url):
        for statement in (
            b"insert into record_removals (before, checkpoint, at) values ('2019-05-04', 4, '2026-05-04')",
            b"select removes_records()",
            b"delete from audit_log",
            b"delete from tool_calls",
        ):
            with psycopg.connect(url) as login, pytest.raises(psycopg.errors.InsufficientPrivilege):
                login.execute(statement)


# What may go, computed


@given(
    signed=st.sets(st.integers(1, 40), max_size=12),
    pinned=st.sets(st.integers(1, 40), max_size=6),
    gone=st.integers(0, 3),
)
def test_what_is_due_holds_nothing_that_has_to_stay_and_fills_its_gap(signed: set[int], pinned: set[int], gone: int):
    present = {(5, seq) for seq in sorted(signed)[gone:]}

    due = list_due({5: signed}, present, {(5, seq) for seq in pinned}).get(5, [])

    for first, last in due:
        assert not [seq for seq in pinned if first <= seq <= last]
        assert last in signed
        assert first == 1 or first - 1 in signed
        assert fills(removed_ends([{5: due}])[5], first, last)
        assert not fills(removed_ends([{5: due}])[5], first, last + 1)
    left = {seq for _, seq in present} - {seq for first, last in due for seq in range(first, last + 1)}
    for place in left:
        before = max((seq for seq in signed if seq < place), default=0)
        assert [seq for seq in pinned if before < seq <= place], "it stays for a reason"


def test_a_gap_may_be_of_several_removals():
    ends = removed_ends([{1: [(1, 5)]}, {1: [(1, 9), (10, 12)]}, {2: [(1, 12)]}])
    assert fills(ends[1], 1, 12)
    assert not fills(ends[1], 2, 12)
    assert not fills(ends[1], 1, 11)
    assert not fills({}, 1, 1)


def test_seven_years_before_a_leap_day_is_the_day_before_march():
    assert years_before(datetime(2028, 2, 29, tzinfo=UTC), 7) == datetime(2021, 2, 28, tzinfo=UTC)
