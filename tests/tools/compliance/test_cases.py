"""Cases: for officers alone, on record, closed by another than who opened or proposed; and the draft of a report."""

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from uuid import UUID, uuid4

import psycopg
import pytest

from core.db.database import Database
from core.errors import Conflict, Forbidden, InvalidInput, NotFound
from core.services import Services
from evals.aml.ground import lay_people
from evals.aml.patterns import make_people
from tools.compliance.aml.cases import (
    add_note,
    assign_case,
    decide_closing,
    get_case,
    list_cases,
    open_case,
    propose_closing,
)
from tools.compliance.aml.monitor import monitor
from tools.compliance.aml.sar import draft_report
from tools.staff.context import StaffContext

LAST = date(2026, 11, 20)
NOW = datetime(2026, 11, 20, 23, 30, tzinfo=UTC)
ROLES = ("compliance", "compliance", "agent", "supervisor", "auditor", "admin")


class Office:
    def __init__(self, services: Services, database: Database, staff: list[UUID]) -> None:
        self.services, self.database, self.staff = services, database, staff

    def context(self, number: int) -> StaffContext:
        return StaffContext(self.database, self.staff[number], NOW)

    @property
    def officer(self) -> StaffContext:
        return self.context(0)

    @property
    def other(self) -> StaffContext:
        return self.context(1)


@pytest.fixture
async def office(empty: Services) -> AsyncIterator[Office]:
    """With one customer, whom the monitor has found."""
    [person] = [one for one in make_people(3, 1) if one.behaviour == "structuring"]
    lay_people(empty.owner_url, [person], LAST)
    staff = [uuid4() for _ in ROLES]
    with psycopg.connect(empty.owner_url) as owner, owner.cursor() as cursor:
        cursor.executemany(
            "insert into staff (id, email, full_name, role, password_hash) values (%s, %s, %s, %s, '')",
            [
                (id, f"{id}@demo.example", f"Staff {n}", role)
                for n, (id, role) in enumerate(zip(staff, ROLES, strict=True))
            ],
        )
        cursor.execute("update customers set full_name = 'Ada <b>Lo|ve</b>', date_of_birth = '1980-02-03'")
    monitor(empty.compliance_url, NOW)
    database = Database(empty.app_url, pool_size=2)
    await database.open()
    yield Office(empty, database, staff)
    await database.close()


async def the_case(office: Office) -> UUID:
    [listed] = await list_cases(office.officer, status="open", limit=10)
    return listed.id


async def test_an_officer_sees_the_case_and_the_look_is_on_record(office: Office):
    case_id = await the_case(office)
    case = await get_case(office.officer, case_id, "morning round")
    assert [alert.rule for alert in case.alerts] == ["structuring"]
    assert case.transactions
    assert case.customer.date_of_birth == date(1980, 2, 3)
    with psycopg.connect(office.services.compliance_url) as connection:
        journal = connection.execute("select actor, action from compliance.journal order by id").fetchall()
    assert journal == [(None, "alerted"), (office.staff[0], "listed"), (office.staff[0], "read")]


@pytest.mark.parametrize("number", range(2, len(ROLES)), ids=ROLES[2:])
async def test_no_other_staff_learn_of_a_case(office: Office, number: int):
    case_id = await the_case(office)
    for stranger in (case_id, uuid4()):
        with pytest.raises(Forbidden):
            await get_case(office.context(number), stranger, "curious")
    with pytest.raises(Forbidden):
        await list_cases(office.context(number), status="open", limit=5)


async def test_two_close_a_case(office: Office):
    case_id = await the_case(office)
    await add_note(office.officer, case_id, "Asked the branch.")
    await assign_case(office.officer, case_id, office.staff[1])
    proposed = await propose_closing(office.officer, case_id, "report_filed", "Report sent.")
    assert (proposed.status, proposed.proposed_by) == ("closing", "Staff 0")
    with pytest.raises(Forbidden, match="does not decide"):
        await decide_closing(office.officer, case_id, "approve", "fine")
    closed = await decide_closing(office.other, case_id, "approve", "agreed")
    assert (closed.status, closed.outcome, closed.decided_by) == ("closed", "report_filed", "Staff 1")
    assert [note.text for note in closed.notes] == ["Asked the branch.", "Report sent.", "agreed"]
    with pytest.raises(Conflict, match="closed"):
        await add_note(office.officer, case_id, "too late")


async def test_who_opened_a_case_does_not_decide_that_it_is_closed(office: Office):
    first = await the_case(office)
    await propose_closing(office.officer, first, "no_suspicion", "A market stall.")
    await decide_closing(office.other, first, "approve", "agreed")
    customer = (await get_case(office.officer, first, "x y z")).customer.id
    opened = await open_case(office.other, customer, "a tip by telephone")
    assert opened.opened_by == "Staff 1"
    with pytest.raises(Conflict):
        await open_case(office.officer, customer, "once more")
    await propose_closing(office.officer, opened.id, "no_suspicion", "nothing in it")
    with pytest.raises(Forbidden):
        await decide_closing(office.other, opened.id, "approve", "fine")


async def test_a_refused_closing_leaves_the_case_open(office: Office):
    case_id = await the_case(office)
    with pytest.raises(Conflict):
        await decide_closing(office.other, case_id, "approve", "nobody asked")
    await propose_closing(office.officer, case_id, "no_suspicion", "a shop")
    back = await decide_closing(office.other, case_id, "reject", "it is no shop")
    assert (back.status, back.outcome, back.proposed_by) == ("open", None, None)


async def test_what_is_not_there_is_not_found(office: Office):
    for look in (get_case(office.officer, uuid4(), "why"), open_case(office.officer, uuid4(), "why")):
        with pytest.raises(NotFound):
            await look
    with pytest.raises(NotFound):
        await assign_case(office.officer, await the_case(office), office.staff[2])


@pytest.mark.parametrize(
    "statement",
    [
        "update compliance.notes set text = 'x'",
        "delete from compliance.journal",
        "truncate compliance.alerts cascade",
        "update compliance.rule_sets set rules = '{}'",
        "delete from compliance.cases",
        "update compliance.cases set status = 'closed', outcome = 'no_suspicion', proposed_by = gen_random_uuid(), "
        "decided_by = gen_random_uuid(), closed_at = now()",
        "update compliance.cases set reason = 'nothing at all'",
    ],
)
def test_even_the_owner_of_the_tables_rewrites_no_history(office: Office, statement: str):
    with psycopg.connect(office.services.compliance_url) as connection:
        connection.execute(
            """insert into compliance.notes (case_id, author, text, at)
               select id, gen_random_uuid(), 'x', now() from compliance.cases"""
        )
        with pytest.raises(psycopg.Error) as caught:
            connection.execute(statement.encode())
    assert (caught.value.sqlstate or "").startswith("TG")


async def test_a_draft_has_fincens_names_and_can_be_read(office: Office):
    case_id = await the_case(office)
    await add_note(office.officer, case_id, "Said\nnothing\x07 \u202e| <script>")
    case = await get_case(office.officer, case_id, "draft", action="exported")
    draft = draft_report(case, filed_on=LAST, institution="Teller Bank", glossary=["XXGVTXX"])

    subject = draft.fincen["Party"][2]
    assert subject["ActivityPartyTypeCode"] == "33"
    assert subject["IndividualBirthDateText"] == "19800203"
    activity = draft.fincen["SuspiciousActivity"]
    assert activity["SuspiciousActivityClassification"] == [
        {"SuspiciousActivityTypeID": 1, "SuspiciousActivitySubtypeID": 114}
    ]
    assert activity["AmountUnknownIndicator"] == "Y"
    assert activity["SuspiciousActivityFromDateText"] <= activity["SuspiciousActivityToDateText"]
    [narrative] = draft.fincen["ActivityNarrativeInformation"]
    assert "Cash just under the amount" in narrative["ActivityNarrativeText"]
    assert narrative["ActivityNarrativeText"].isprintable()
    assert draft.left_out == []
    assert [code.code for code in draft.glossary] == ["XXGVTXX"]
    assert "<script>" not in draft.markdown
    assert "<b>" not in draft.markdown
    assert draft.markdown.count("\n| ") >= len(case.transactions)


async def test_a_draft_says_what_it_had_no_room_for(office: Office):
    case = await get_case(office.officer, await the_case(office), "draft")
    long = case.model_copy(update={"reason": "x" * 21_000, "transactions": [case.transactions[0]] * 500})
    draft = draft_report(long, filed_on=LAST, institution="Teller Bank", glossary=[])

    told = [piece["ActivityNarrativeText"] for piece in draft.fincen["ActivityNarrativeInformation"]]
    assert [len(piece) for piece in told] == [4_000] * 5
    assert [words.split()[1] for words in draft.left_out] == ["narrative", "most"]
    assert "x" * 21_000 in draft.markdown


async def test_a_code_that_is_none_is_refused(office: Office):
    case = await get_case(office.officer, await the_case(office), "draft")
    with pytest.raises(InvalidInput, match="no glossary code"):
        draft_report(case, filed_on=LAST, institution="Teller Bank", glossary=["XXNOPEXX"])
