"""A case is opened once, with its clocks, and closed by a member of staff alone. Issue 6, "Rights and care"."""

from collections.abc import Callable
from datetime import date

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import Conflict, Forbidden
from tests.tools.asking import MONDAY, at
from tests.tools.conftest import Desk
from tools.service.care.cases import close_case, list_cases, open_cases, take_case
from tools.service.care.clocks import clocks_of
from tools.staff.context import StaffContext

Become = Callable[[str], StaffContext]


@pytest.fixture
def become(desk: Desk) -> Become:
    ids = {row["role"]: row["id"] for row in desk.owner("select role, id from staff")}
    return lambda role: StaffContext(desk.database, ids[role], desk.now)


async def test_a_complaint_has_the_clocks_of_the_handbook(desk: Desk):
    [case] = await open_cases(at(desk, MONDAY).context(desk.alex), ("complaint",), "You let me down.")
    assert [(clock.kind, clock.due_on) for clock in case.clocks] == [
        ("summary_resolution", date(2026, 11, 26)),
        ("final_response", date(2027, 1, 18)),
    ]
    stored = desk.owner("select kind, rule from care_clocks order by due_on")
    assert [row["rule"][:17] for row in stored] == ["FCA Handbook, DIS", "FCA Handbook, DIS"]


@pytest.mark.parametrize(
    ("country", "said", "last", "rule"),
    [
        ("GB", "You lost my transfer.", date(2026, 12, 14), "PSRs 2017, reg. 101(7)"),
        ("DE", "You lost my transfer.", date(2026, 12, 14), "Directive (EU) 2015/2366, art. 101(2)"),
        ("GB", "Your clerk was rude.", date(2027, 1, 18), "FCA Handbook, DISP 1.6.2R"),
    ],
)
def test_a_complaint_about_a_payment_is_answered_in_fifteen_business_days(
    country: str, said: str, last: date, rule: str
):
    clock = clocks_of("complaint", MONDAY.date(), country, said)[-1]
    assert clock.due_on == last
    assert clock.rule.startswith(rule)


async def test_customers_read_their_cases_and_nothing_that_staff_wrote(desk: Desk, become: Become):
    await open_cases(desk.context(desk.alex), ("fraud", "coercion"), "a man had my code, he makes me")
    for waiting in await list_cases(become("agent"), limit=10):
        await take_case(become("agent"), waiting.id)
        await close_case(become("agent"), waiting.id, "Do not tell the customer this.")

    [told] = (await desk.ask(desk.alex, "list_support_cases"))["cases"]

    assert (told["kind"], told["state"], told["clocks"]) == ("fraud", "closed", [])
    assert "Do not tell" not in str(told)
    assert (await desk.ask(desk.blair, "list_support_cases"))["cases"] == []
    with psycopg.connect(desk.services.app_url) as app:
        app.execute("select set_config('app.customer_id', %s, true)", [str(desk.alex)])
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            app.execute("select outcome from care_cases")


async def test_a_case_that_is_open_is_not_opened_again_and_others_do_not_see_it(desk: Desk):
    context = desk.context(desk.alex)
    assert [case.kind for case in await open_cases(context, ("hardship", "fraud"), "said")] == ["hardship", "fraud"]
    assert await open_cases(context, ("hardship",), "said again") == []
    assert [case.kind for case in await open_cases(desk.context(desk.blair), ("hardship",), "said")] == ["hardship"]
    with psycopg.connect(desk.services.app_url) as app:
        app.execute("select set_config('app.customer_id', %s, true)", [str(desk.blair)])
        assert app.execute("select count(*) from care_cases").fetchone() == (1,)


async def test_coercion_is_for_staff_and_not_shown_where_somebody_may_read_along(desk: Desk, become: Become):
    await open_cases(desk.context(desk.alex), ("coercion",), "he makes me")
    with psycopg.connect(desk.services.app_url) as app:
        app.execute("select set_config('app.customer_id', %s, true)", [str(desk.alex)])
        assert app.execute("select count(*) from care_cases").fetchone() == (0,)
        assert app.execute("select count(*) from care_clocks").fetchone() == (0,)
    [waiting] = await list_cases(become("agent"), limit=10)
    assert waiting.kind == "coercion"
    assert str(desk.alex) not in repr(waiting)


async def test_who_takes_a_case_closes_it_once_and_it_stays(desk: Desk, become: Become):
    await open_cases(desk.context(desk.alex), ("bereavement",), "my mother died")
    [waiting] = await list_cases(become("agent"), limit=10)
    with pytest.raises(Conflict):
        await close_case(become("agent"), waiting.id, "nobody has taken it")
    with pytest.raises(Forbidden):
        await take_case(become("auditor"), waiting.id)

    taken = await take_case(become("agent"), waiting.id)
    assert (taken.customer_id, taken.said) == (desk.alex, "my mother died")
    with pytest.raises(Conflict):
        await take_case(become("supervisor"), waiting.id)
    with pytest.raises(Conflict):
        await close_case(become("supervisor"), waiting.id, "not mine")
    closed = await close_case(become("agent"), waiting.id, "Settled with the daughter.")

    assert closed.outcome == "Settled with the daughter."
    with pytest.raises(Conflict):
        await close_case(become("agent"), waiting.id, "once more")
    assert await list_cases(become("agent"), limit=10) == []
    opened = desk.owner("select detail ->> 'reason' as r from audit_log where action = 'staff.file_opened' order by id")
    assert len(opened) == 2
    assert len(await open_cases(desk.context(desk.alex), ("bereavement",), "and now my father")) == 1


@pytest.mark.parametrize(
    ("statement", "sqlstate"),
    [
        (
            """update care_cases
                  set taken_by = s.id, taken_at = now(), closed_by = s.id, closed_at = now(), outcome = 'done'
                 from staff s where s.role = 'agent'""",
            "TG086",
        ),
        ("update care_cases set said = 'nothing'", "TG086"),
        ("delete from care_cases", "TG086"),
        ("update care_clocks set due_on = due_on + 100", "TG001"),
    ],
)
async def test_nothing_but_a_member_of_staff_closes_a_case(desk: Desk, statement: str, sqlstate: str):
    await open_cases(desk.context(desk.alex), ("fraud",), "somebody has my code")
    with psycopg.connect(desk.services.owner_url) as owner, pytest.raises(psycopg.Error) as error:
        owner.execute(statement)  # pyright: ignore[reportArgumentType, reportCallIssue]
    assert error.value.sqlstate == sqlstate


@pytest.mark.parametrize(
    "statement", ["update care_cases set outcome = 'done'", "select close_care_case(id, 'done', now()) from care_cases"]
)
async def test_the_chats_own_login_cannot_close(desk: Desk, statement: str):
    await open_cases(desk.context(desk.alex), ("fraud",), "somebody has my code")
    with psycopg.connect(desk.services.app_url) as app:
        app.execute("select set_config('app.customer_id', %s, true)", [str(desk.alex)])
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            app.execute(statement)  # pyright: ignore[reportArgumentType, reportCallIssue]


@given(day=st.dates(date(2020, 1, 1), date(2032, 12, 31)), country=st.sampled_from(["GB", "US", "DE"]))
def test_every_kind_of_case_has_a_clock_that_runs_in_every_country(day: date, country: str):
    for kind in ("dispute", "fraud", "lost_phone", "complaint", "hardship", "bereavement", "coercion"):
        clocks = clocks_of(kind, day, country)
        assert clocks
        assert all(clock.due_on > day for clock in clocks)
        assert [clock.due_on for clock in clocks] == sorted(clock.due_on for clock in clocks)
