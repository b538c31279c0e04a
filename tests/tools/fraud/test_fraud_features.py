"""Features as they are asked online, one event after the other as it comes, and in batch over the whole history."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid5

import numpy as np
import psycopg
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from psycopg import sql

from core.db.bootstrap import DATABASE
from core.services import Services
from tests.conftest import Clone
from tools.fraud.features.batch import compute_features
from tools.fraud.features.shapes import NAMES

PHASES = (Phase.explicit, Phase.reuse, Phase.generate)
"""An example takes a tenth of a second: one that fails is told as it was found."""
START = datetime(2026, 3, 1, tzinfo=UTC)
CUSTOMERS = [uuid5(UUID(int=0), str(n)) for n in range(3)]
ASK = """select fraud_vector(%(party)s, %(merchant)s, %(amount_minor)s, %(at)s, %(country)s, %(device)s,
                             %(channel)s)"""
RECORD = """select record_fraud_event(%(party)s, %(merchant)s, %(amount_minor)s, %(at)s, %(country)s, %(device)s,
                                       %(channel)s, %(transaction)s)"""
Features = dict[str, float | None]
"""By name."""


@dataclass(frozen=True)
class FraudEvent:
    """A payment that is about to be made, as the functions are asked about it."""

    party: str | None
    merchant: str | None
    amount_minor: int
    at: datetime
    country: str | None = None
    device: str | None = None
    channel: str | None = None
    transaction: int | None = None


@dataclass(frozen=True)
class Lived:
    """A payment, when its fraud is confirmed if it is one, and whether that is taken back a day later."""

    customer: UUID
    event: FraudEvent
    confirmed_after: timedelta | None
    withdrawn: bool


@st.composite
def histories(draw: st.DrawFn) -> list[Lived]:
    """In the order of time; several at the same moment, some days without any."""
    at, lived = START, list[Lived]()
    pauses = st.sampled_from([0, 0, 40, 3_600, 7_000, 30_000, 86_400, 3 * 86_400, 11 * 86_400])
    for _ in range(draw(st.integers(5, 28))):
        at += timedelta(seconds=draw(pauses))
        terminal = draw(st.integers(1, 3))
        event = FraudEvent(
            party=draw(st.sampled_from([f"terminal:{terminal}"] * 5 + [None])),
            merchant=draw(st.sampled_from([f"merchant:{terminal // 2}", None])),
            amount_minor=draw(st.sampled_from([0, 1, 999, 1_000, 2_500, 10_000, 10**12])),
            at=at,
            country=draw(st.sampled_from([None, "GB", "FR"])),
            device=draw(st.sampled_from([None, "phone"])),
            channel=draw(st.sampled_from([None, "online", "atm"])),
        )
        after = draw(st.sampled_from([None, None, timedelta(hours=1), timedelta(days=7), timedelta(days=12)]))
        lived.append(Lived(draw(st.sampled_from(CUSTOMERS)), event, after, draw(st.booleans())))
    return lived


@pytest.fixture(scope="module")
def ledger(clone: Clone) -> Iterator[Services]:
    with clone(DATABASE) as services:
        with psycopg.connect(services.owner_url) as owner:
            for customer in CUSTOMERS:
                owner.execute("insert into customers (id, full_name) values (%s, 'Somebody')", [customer])
        yield services


def forget(owner: psycopg.Connection) -> None:
    for table in ("fraud_labels", "fraud_firsts", "fraud_party_days", "fraud_events"):
        owner.execute(sql.SQL("delete from {}").format(sql.Identifier(table)))
    owner.execute("update fraud_days_settled set until = '-infinity'")
    owner.commit()


def be(connection: psycopg.Connection, customer: UUID) -> None:
    connection.execute("select set_config('app.customer_id', %s, true)", [str(customer)])


def live(services: Services, lived: list[Lived], settled: list[date]) -> dict[int, Features]:
    """Features online by event: each event is asked about, then recorded; each label is given at its time."""
    found: dict[int, Features] = {}
    labels: list[tuple[datetime, int, UUID, bool]] = []
    days = sorted(settled)
    with psycopg.connect(services.owner_url) as owner:
        for one in lived:
            while days and days[0] < one.event.at.date():
                owner.execute("select settle_fraud_days(%s)", [days.pop(0)])
            for label in sorted(label for label in labels if label[0] <= one.event.at):
                labels.remove(label)
                give_label(owner, *label)
            be(owner, one.customer)
            [(vector,)] = owner.execute(ASK, asdict(one.event)).fetchall()
            [(event,)] = owner.execute(RECORD, asdict(one.event)).fetchall()
            found[event] = dict(zip(NAMES, vector, strict=True))
            if one.confirmed_after is not None:
                at = one.event.at + one.confirmed_after
                labels.append((at, event, one.customer, True))
                if one.withdrawn:
                    labels.append(
                        (max(at, one.event.at + timedelta(days=7)) + timedelta(days=1), event, one.customer, False)
                    )
        for label in sorted(labels):
            give_label(owner, *label)
    return found


def give_label(owner: psycopg.Connection, at: datetime, event: int, customer: UUID, is_fraud: bool) -> bool:
    be(owner, customer)
    [(is_news,)] = owner.execute("select record_fraud_label(%s, %s, %s)", [event, is_fraud, at]).fetchall()
    return is_news


def vector_of(features: Features) -> np.ndarray:
    """As a batch has it: NaN for what is not known."""
    return np.array([*features.values()], dtype=np.float64).astype(np.float32)


def in_batch(services: Services, ids: list[int]) -> dict[int, np.ndarray]:
    found = list(compute_features(services.owner_url, min(ids), max(ids) + 1))
    return {number: row for part in found for number, row in zip(part.ids.tolist(), part.rows, strict=True)}


def differing(features: Features, row: np.ndarray) -> dict[str, tuple[float, float]]:
    pairs = zip(NAMES, vector_of(features), row, strict=True)
    return {name: (a, b) for name, a, b in pairs if not np.array_equal(a, b, equal_nan=True)}


def assert_same(online: dict[int, Features], batch: dict[int, np.ndarray]) -> None:
    assert set(online) == set(batch)
    for number, features in online.items():
        np.testing.assert_array_equal(
            vector_of(features), batch[number], f"event {number}: {differing(features, batch[number])}"
        )


@given(lived=histories(), settled=st.lists(st.dates(date(2026, 3, 1), date(2026, 7, 1)), max_size=3))
@settings(max_examples=12, suppress_health_check=[HealthCheck.too_slow], phases=PHASES)
def test_what_was_said_online_is_what_the_batch_says_of_every_event(ledger: Services, lived, settled):
    with psycopg.connect(ledger.owner_url) as owner:
        forget(owner)

    online = live(ledger, lived, settled)
    assert_same(online, in_batch(ledger, list(online)))

    with psycopg.connect(ledger.owner_url) as owner:
        owner.execute("select settle_fraud_days('2027-01-01')")
    assert_same(online, in_batch(ledger, list(online)))


@given(lived=histories(), cut=st.integers(1, 20), data=st.data())
@settings(max_examples=6, suppress_health_check=[HealthCheck.too_slow], phases=PHASES)
def test_the_future_and_labels_that_are_too_young_change_nothing(ledger: Services, lived, cut, data):
    with psycopg.connect(ledger.owner_url) as owner:
        forget(owner)
    past = lived[:cut]
    online = live(ledger, past, [])
    end = past[-1].event.at

    with psycopg.connect(ledger.owner_url) as owner:
        # Labels that become known after the last event, of whatever is young enough.
        owner.execute(
            """update fraud_labels set withdrawn_at = null, known_at = known_at + interval '1 year'
                where known_at > %s""",
            [end],
        )
        owner.execute(
            """insert into fraud_labels (event_id, customer_id, party, merchant, amount_minor, is_large, occurred_at,
                                         known_at)
               select id, customer_id, party, merchant, amount_minor, true, occurred_at,
                      occurred_at + fraud_label_delay()
                 from fraud_events where occurred_at > %s on conflict do nothing""",
            [end - timedelta(days=7)],
        )
        for _ in range(data.draw(st.integers(1, 5))):
            owner.execute(
                """insert into fraud_events (customer_id, party, merchant, amount_minor, occurred_at, country)
                   values (%s, fraud_thing('terminal:1'), fraud_thing('merchant:0'), 77, %s,
                           fraud_thing('country:GB'))""",
                [data.draw(st.sampled_from(CUSTOMERS)), end + timedelta(seconds=data.draw(st.integers(0, 10**7)))],
            )
        owner.execute("select fill_fraud_firsts()")

    batch = in_batch(ledger, list(online))
    assert_same(online, {number: batch[number] for number in online})


def pay(at: timedelta, amount: int = 1_000, terminal: int = 1, customer: int = 0, **known: str) -> Lived:
    event = FraudEvent(f"terminal:{terminal}", None, amount, START + at, **known)
    return Lived(CUSTOMERS[customer], event, None, False)


def last(services: Services, *lived: Lived) -> Features:
    with psycopg.connect(services.owner_url) as owner:
        forget(owner)
    return [*live(services, list(lived), []).values()][-1]


def test_spending_is_counted_over_an_hour_a_day_a_week_and_a_month_before_the_payment(ledger: Services):
    days = [
        timedelta(0),
        timedelta(days=20),
        timedelta(days=27),
        timedelta(days=29, hours=4),
        timedelta(days=29, hours=23),
    ]
    amounts = [9_900, 1_000, 2_000, 3_000, 5_000]
    found = last(ledger, *map(pay, days, amounts), pay(timedelta(days=30, minutes=30), 4_000))

    assert (found["count_1h"], found["count_1d"], found["count_7d"], found["count_30d"]) == (0, 2, 3, 4)
    assert (found["mean_1d"], found["mean_30d"], found["deviation_1d"]) == (40.0, 27.5, 10.0)
    assert (found["median_30d"], found["largest_30d"], found["amount_to_largest"]) == (20.0, 50.0, 0.8)
    assert found["seconds_since_last"] == 90 * 60


def test_a_first_payment_has_no_habit_to_be_compared_with(ledger: Services):
    found = last(ledger, pay(timedelta(0), country="GB"))

    assert (found["amount"], found["count_30d"], found["party_is_new"], found["country_is_new"]) == (10.0, 0, 1, 1)
    assert (
        found["mean_30d"]
        is found["amount_z"]
        is found["seconds_since_last"]
        is found["party_days"]
        is found["device_is_new"]
        is None
    )


def test_a_terminal_and_a_country_are_new_once(ledger: Services):
    found = last(ledger, pay(timedelta(0), country="GB"), pay(timedelta(days=2), country="GB", device="phone"))

    assert (found["party_is_new"], found["party_days"], found["country_is_new"], found["device_is_new"]) == (0, 2, 0, 1)


def test_hours_are_the_banks(ledger: Services):
    summer_night = pay(timedelta(days=90, hours=4, minutes=59))
    assert (last(ledger, summer_night)["hour"], last(ledger, summer_night)["is_night"]) == (5, 1)
    assert last(ledger, pay(timedelta(days=90, hours=5)))["is_night"] == 0


def fraud(at: timedelta, confirmed: timedelta, **more: int) -> Lived:
    return Lived(pay(at, **more).customer, pay(at, **more).event, confirmed, False)


@pytest.mark.parametrize(
    ("at", "confirmed", "frauds"),
    [
        (timedelta(days=7, seconds=-1), timedelta(minutes=5), 0),
        (timedelta(days=7), timedelta(minutes=5), 1),
        (timedelta(days=9), timedelta(days=10), 0),
        (timedelta(days=10), timedelta(days=10), 1),
        (timedelta(days=37), timedelta(minutes=5), 0),
    ],
)
def test_a_fraud_is_known_a_week_after_it_or_when_it_is_confirmed(ledger: Services, at, confirmed, frauds):
    found = last(ledger, fraud(timedelta(0), confirmed), pay(at, customer=1))

    assert found["party_frauds_30d"] == frauds
    assert last(ledger, fraud(timedelta(0), confirmed), pay(at, terminal=2))["customer_frauds_30d"] == frauds


def test_a_terminals_risk_is_its_share_of_frauds_among_what_is_old_enough(ledger: Services):
    found = last(
        ledger,
        fraud(timedelta(0), timedelta(1)),
        pay(timedelta(hours=1), customer=1),
        pay(timedelta(hours=2), customer=1),
        pay(timedelta(days=2), customer=1),
        pay(timedelta(days=7, hours=3), customer=2),
    )
    assert (found["party_count_1d"], found["party_count_30d"], found["party_risk_1d"]) == (3, 3, 1 / 3)
    assert (found["party_victims_30d"], found["party_genuine_since"], found["party_last_fraud_days"]) == (1, 2, 7.125)


def test_a_terminals_last_genuine_payment_is_old_enough_and_no_known_fraud(ledger: Services):
    paid = [pay(timedelta(0)), fraud(timedelta(days=1), timedelta(minutes=5)), pay(timedelta(days=3), customer=1)]

    assert last(ledger, *paid, pay(timedelta(days=9), customer=2))["party_last_genuine_days"] == 9
    assert last(ledger, *paid, pay(timedelta(days=10), customer=2))["party_last_genuine_days"] == 7
    assert last(ledger, *paid, pay(timedelta(days=40), customer=2))["party_last_genuine_days"] is None
    assert last(ledger, paid[1], pay(timedelta(days=9), customer=2))["party_last_genuine_days"] is None


def test_a_customer_is_asked_about_and_remembered_by_themselves_alone(ledger: Services):
    event = FraudEvent("account:20-00-00 12345678", None, 5_000, START, channel="chat", transaction=41)
    later = FraudEvent(event.party, None, 5_000, START + timedelta(days=8))
    mine, yours = CUSTOMERS[:2]
    with psycopg.connect(ledger.owner_url) as owner:
        forget(owner)
        be(owner, mine)
        [(first,)] = owner.execute(RECORD, asdict(event)).fetchall()
        assert owner.execute(RECORD, asdict(event)).fetchall() == [(first,)]
        assert not give_label(owner, START, first, yours, True)
        assert give_label(owner, START, first, mine, True)
        assert not give_label(owner, START, first, mine, True)
    known, other = (asked(ledger, customer, later) for customer in (mine, yours))

    assert (known["count_30d"], known["party_is_new"], known["customer_frauds_30d"]) == (1, 0, 1)
    assert (other["count_30d"], other["party_is_new"], other["customer_frauds_30d"]) == (0, 1, 0)
    assert other["party_frauds_30d"] == 1


def asked(services: Services, customer: UUID, event: FraudEvent) -> Features:
    """As the runtime login asks."""
    with psycopg.connect(services.app_url) as app:
        be(app, customer)
        [(vector,)] = app.execute(ASK, asdict(event)).fetchall()
    return dict(zip(NAMES, vector, strict=True))


def test_the_runtime_login_reads_and_writes_no_events_and_no_labels(ledger: Services):
    with psycopg.connect(ledger.app_url, autocommit=True) as app:
        for table in ("fraud_events", "fraud_labels", "fraud_firsts", "fraud_party_days", "fraud_scores"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                app.execute(sql.SQL("select * from {}").format(sql.Identifier(table)))
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            app.execute("select settle_fraud_days(current_date)")
        be(app, CUSTOMERS[0])
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            app.execute(RECORD, asdict(FraudEvent("terminal:1", None, 100, START)))
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            app.execute("select record_fraud_label(1, true, now())")


def test_the_features_that_have_words_are_those_of_the_definition_in_its_order(ledger: Services):
    with psycopg.connect(ledger.owner_url) as owner:
        query = "select * from fraud_features_at(null, null, null, 0, now(), null, null, null, interval '7 days')"
        columns = owner.execute(query).description or []
    assert list(NAMES) == [column.name for column in columns]
