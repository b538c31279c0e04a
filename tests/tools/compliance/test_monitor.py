"""The monitor on labelled customers: what it finds, what it lets be, and that running it again finds nothing twice."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import psycopg
import pytest

from core.errors import Conflict, InvalidInput
from core.services import Services
from evals.aml.ground import first_day, lay_people, score
from evals.aml.patterns import BEHAVIOURS, Person, make_people
from tests.conftest import Clone
from tools.compliance.aml.background import day_to_monitor
from tools.compliance.aml.monitor import monitor
from tools.compliance.aml.rules import RULES, load_rules

LAST = date(2026, 11, 20)
NOW = datetime(2026, 11, 20, 23, 30, tzinfo=UTC)
SEED, EACH = 7, 3

FOUND = "select rule, customer_id, currency, first_day from compliance.alerts order by 1, 2, 3, 4"


@pytest.fixture(scope="module")
def people() -> list[Person]:
    return list(make_people(SEED, EACH))


@pytest.fixture(scope="module")
def peopled(clone: Clone, services: Services, people: list[Person]) -> Iterator[Services]:
    with clone("tellergraph") as own:
        lay_people(own.owner_url, people, LAST)
        yield own


@pytest.fixture
def own(clone: Clone, peopled: Services) -> Iterator[Services]:
    with clone(psycopg.conninfo.conninfo_to_dict(peopled.owner_url)["dbname"]) as copy:
        yield copy


def rows(services: Services, query: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(services.compliance_url) as connection:
        return connection.execute(query.encode()).fetchall()


def test_patterns_are_found_and_honest_customers_are_let_be(own: Services, people: list[Person]):
    run = monitor(own.compliance_url, NOW)
    assert run is not None
    assert (run.from_day, run.to_day) == (first_day(LAST), LAST)
    found = score(own.compliance_url, people)
    assert found.found + found.missed == 8 * EACH
    assert found.recall >= 0.85, found
    assert found.precision >= 0.9, found
    by_rule = dict(rows(own, "select rule, count(*) from compliance.alerts group by 1"))
    assert set(by_rule) == {rule for rule, _, _ in BEHAVIOURS.values() if rule}


def test_day_by_day_finds_what_one_run_over_all_days_finds_and_again_nothing(own: Services, peopled: Services):
    monitor(own.compliance_url, NOW, to_day=LAST - timedelta(days=61))
    for day in range(60, -1, -12):
        run = monitor(own.compliance_url, NOW, to_day=LAST - timedelta(days=day))
        assert run is not None
        assert run.from_day <= LAST - timedelta(days=day)
    bit_by_bit = rows(own, FOUND)
    again = monitor(own.compliance_url, NOW, from_day=first_day(LAST))
    assert again is not None
    assert (again.hits, again.alerts, again.cases) == (0, 0, 0)
    assert rows(own, FOUND) == bit_by_bit
    monitor(peopled.compliance_url, NOW)
    assert rows(peopled, FOUND) == bit_by_bit


def test_alerts_of_one_customer_are_one_case(own: Services):
    monitor(own.compliance_url, NOW)
    split = "select customer_id from compliance.alerts group by 1 having count(distinct case_id) > 1"
    assert rows(own, split) == []
    assert rows(own, "select 1 from compliance.cases where id not in (select case_id from compliance.alerts)") == []


def test_rules_that_ran_once_are_never_changed(own: Services):
    monitor(own.compliance_url, NOW, to_day=first_day(LAST))
    rules = load_rules()
    funnel = rules.funnel.model_copy(update={"payers": 3})
    with pytest.raises(Conflict, match="another version"):
        monitor(own.compliance_url, NOW, rules=rules.model_copy(update={"funnel": funnel}))
    later = rules.model_copy(update={"funnel": funnel, "version": "next", "active_from": LAST})
    run = monitor(own.compliance_url, NOW, rules=later)
    assert run is not None
    assert run.rule_set == "next"


def test_days_that_go_backwards_are_refused(own: Services):
    before = rows(own, "select * from compliance.runs")
    with pytest.raises(InvalidInput, match="backwards"):
        monitor(own.compliance_url, NOW, from_day=LAST, to_day=first_day(LAST))
    assert rows(own, "select * from compliance.runs") == before


def test_a_bank_without_bookings_has_nothing_to_look_at(empty: Services):
    assert monitor(empty.compliance_url, NOW) is None


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("at_least = 3", "at_least = 1"), "structuring.at_least"),
        (("[dormant]", "[sleeping]"), "dormant"),
        (("version = ", "version ="), None),
        (("[funnel]", "[funnel"), "no TOML"),
    ],
    ids=["too-few", "no-rule", "as-it-is", "no-toml"],
)
def test_a_rules_file_is_checked(tmp_path, change: tuple[str, str], said: str | None):
    path = tmp_path / "rules.toml"
    path.write_text(RULES.read_text().replace(*change))
    if said is None:
        assert load_rules(path) == load_rules()
        return
    with pytest.raises(InvalidInput, match=said):
        load_rules(path)


def test_a_rules_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(InvalidInput, match="cannot be read"):
        load_rules(tmp_path / "none.toml")


@pytest.mark.parametrize(
    ("now", "last", "day"),
    [
        (datetime(2026, 7, 1, 0, 30, tzinfo=UTC), None, date(2026, 6, 29)),
        (datetime(2026, 7, 1, 1, 0, tzinfo=UTC), None, date(2026, 6, 30)),
        (datetime(2026, 7, 1, 9, 0, tzinfo=UTC), date(2026, 6, 30), None),
        (datetime(2026, 12, 1, 2, 0, tzinfo=UTC), date(2026, 11, 29), date(2026, 11, 30)),
    ],
    ids=["half-past-one", "three-in-summer", "done", "two-in-winter"],
)
def test_a_day_is_looked_at_when_it_has_been_over_for_two_hours(now: datetime, last: date | None, day: date | None):
    assert day_to_monitor(now, last) == day
