"""From nothing to identified: the customer fills and submits, two of staff decide, limits follow. Issue 6: "states
draft, submitted, in review, verified, rejected, expired; limits follow the level"."""

import io
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any, LiteralString
from uuid import UUID

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pypdf import PdfWriter

from core.db.database import Database
from core.errors import Conflict, Forbidden, NotFound, Refused
from tests.tools.asking import approved, done, pending, prepared, refused_arguments
from tests.tools.conftest import Desk
from tools.attachments.cipher import FileCipher
from tools.attachments.store import Attachments
from tools.compliance.screening.load import load_list
from tools.compliance.screening.rescreen import rescreen
from tools.compliance.screening.review import decide_verdict, list_hits
from tools.compliance.screening.review import propose_verdict as propose_screening
from tools.kyc.kyc_cli import expire
from tools.kyc.review import decide_application, list_waiting, propose_verdict, read_picture, take_application
from tools.schedules.worker import Worker
from tools.staff.context import StaffContext

IDENTITY = {"full_name": "Blair Sample", "date_of_birth": "1990-05-02", "nationality": "GB"}
ADDRESS = {"line": "5 Mill Lane", "city": "York", "postcode": "YO10 4DR"}
DOCUMENT = {"kind": "passport", "country": "GB", "number": "925665416", "expires_on": "2031-01-01"}
TAX = {"residences": [{"country": "GB", "tin": "1955839661"}], "is_us_person": False, "certified": True}
SECTIONS = {
    "identity": IDENTITY,
    "address": ADDRESS,
    "document": DOCUMENT,
    "tax": TAX,
    "exposure": {"is_exposed": False},
}
ALLOWED = {
    ("draft", "submitted"),
    ("draft", "expired"),
    ("submitted", "in_review"),
    ("in_review", "verified"),
    ("in_review", "rejected"),
    ("in_review", "draft"),
    ("verified", "expired"),
}

Become = Callable[[str], StaffContext]


@pytest.fixture
def become(desk: Desk) -> Become:
    ids = {row["role"]: row["id"] for row in desk.owner("select role, id from staff")}
    return lambda role: StaffContext(desk.database, ids[role], desk.now)


@pytest.fixture
def attachments(desk: Desk) -> Attachments:
    return Attachments(FileCipher(desk.services.secret_key))


@pytest.fixture
def unknown(desk: Desk) -> Desk:
    """Blair is not identified."""
    desk.owner(
        "update customers set kyc_status = 'pending', kyc_level = 0, kyc_verified_at = null where id = %(id)s",
        id=desk.blair,
    )
    return desk


def picture() -> bytes:
    pdf, file = PdfWriter(), io.BytesIO()
    pdf.add_blank_page(200, 200)
    pdf.write(file)
    return file.getvalue()


async def upload(desk: Desk, attachments: Attachments, who: UUID) -> str:
    stored = await attachments.store(desk.context(who), purpose="identity", name="passport.pdf", content=picture())
    return str(stored.id)


async def submitted(desk: Desk, attachments: Attachments) -> UUID:
    """Blair's application, handed in."""
    await done(desk, "fill_identity_details", desk.blair, **SECTIONS)
    file = await upload(desk, attachments, desk.blair)
    await done(desk, "add_identity_document", desk.blair, file=file, shows="identity")
    await done(desk, "submit_identity_application", desk.blair)
    [row] = desk.owner("select id from kyc_applications where customer_id = %(id)s", id=desk.blair)
    return row["id"]


def customer(desk: Desk) -> tuple[str, int]:
    [row] = desk.owner("select kyc_status, kyc_level from customers where id = %(id)s", id=desk.blair)
    return row["kyc_status"], row["kyc_level"]


async def status(desk: Desk) -> dict[str, Any]:
    return await desk.ask(desk.blair, "get_identity_status")


# The customer


async def test_a_customer_is_led_from_one_thing_to_the_next(unknown: Desk, attachments: Attachments):
    begun = await status(unknown)
    assert (begun["identification"], begun["application"]) == ("pending", None)
    assert begun["next_step"].startswith("Begin with your name")

    await done(unknown, "fill_identity_details", unknown.blair, identity=IDENTITY, address=ADDRESS)
    half = await status(unknown)
    assert half["filled"] == ["identity", "address"]
    assert len(half["missing"]) == 4
    refused = await unknown.ask(unknown.blair, "submit_identity_application")
    assert (refused["status"], refused["missing"]) == ("application_incomplete", half["missing"])

    rest = {name: SECTIONS[name] for name in ("document", "tax", "exposure")}
    await done(unknown, "fill_identity_details", unknown.blair, **rest)
    assert (await status(unknown))["next_step"] == (
        "Give us a picture of the identity document, in the app, under Identification."
    )
    file = await upload(unknown, attachments, unknown.blair)
    await done(unknown, "add_identity_document", unknown.blair, file=file, shows="identity")
    whole = await status(unknown)
    assert (whole["missing"], whole["problems"], whole["next_step"]) == ([], [], "Submit the application.")
    assert whole["document"] == {"kind": "passport", "country": "GB", "number": "…416", "expires_on": "2031-01-01"}

    await done(unknown, "submit_identity_application", unknown.blair)
    assert (await status(unknown))["application"] == "submitted"
    again = await unknown.ask(unknown.blair, "fill_identity_details", address=ADDRESS)
    assert again["status"] == "not_open"


async def test_nothing_changes_before_the_yes_and_no_number_lies_open(unknown: Desk):
    proposed = await prepared(unknown, "fill_identity_details", unknown.blair, **SECTIONS)
    assert unknown.owner("select count(*) as n from kyc_applications") == [{"n": 0}]

    await approved(unknown, proposed, unknown.blair)

    for query in (
        "select payload::text || summary || proposed::text as text from banking_operations where type like 'fill%%'",
        "select sealed || array_to_string(sections, ',') as text from kyc_applications",
        "select coalesce(string_agg(detail::text, ','), '') as text from audit_log",
    ):
        [row] = unknown.owner(query)
        assert not any(secret in row["text"] for secret in ("925665416", "1955839661", "Mill Lane", "1990-05-02"))


async def test_what_does_not_fit_is_said_and_not_kept(unknown: Desk):
    """A child, an old passport, a US person without a number there."""
    wrong: tuple[tuple[dict[str, Any], str], ...] = (
        ({"identity": IDENTITY | {"date_of_birth": "2015-01-01"}}, "18 years"),
        ({"document": DOCUMENT | {"expires_on": "2020-01-01"}}, "expired"),
        ({"tax": TAX | {"is_us_person": True}}, "United States"),
    )
    for sections, problem in wrong:
        refused = await unknown.ask(unknown.blair, "fill_identity_details", **sections)
        assert refused["status"] == "details_refused"
        assert problem in refused["message"]
        assert pending(unknown) == []


async def test_forged_and_empty_sections_are_errors(desk: Desk):
    assert "at least one section" in await refused_arguments(desk, "fill_identity_details")
    forged = {"identity": IDENTITY | {"kyc_level": 3}}
    assert "kyc_level" in await refused_arguments(desk, "fill_identity_details", **forged)
    assert "ISO 3166" in await refused_arguments(
        desk, "fill_identity_details", identity=IDENTITY | {"nationality": "Narnia"}
    )


async def test_a_stranger_uses_no_file_of_mine(unknown: Desk, attachments: Attachments):
    await done(unknown, "fill_identity_details", unknown.blair, **SECTIONS)
    alexes = await upload(unknown, attachments, unknown.alex)

    refused = await unknown.ask(unknown.blair, "add_identity_document", file=alexes, shows="identity")

    assert refused["status"] == "file_unknown"


# Staff


async def test_two_of_staff_identify_a_customer_and_the_level_follows(
    unknown: Desk, attachments: Attachments, become: Become
):
    application = await submitted(unknown, attachments)
    agent, supervisor = become("agent"), become("supervisor")
    [waiting] = await list_waiting(agent, limit=10)
    assert waiting.id == application

    opened = await take_application(agent, unknown.bank.seal, application)
    assert opened.application.document is not None
    assert opened.application.document.number == "925665416"
    assert (await read_picture(agent, attachments, application, "identity"))[1] == picture()
    assert unknown.owner("select distinct customer_id from staff_reads") == [{"customer_id": unknown.blair}]
    await propose_verdict(agent, application, "verified", None, "passport and selfie agree")
    assert customer(unknown) == ("pending", 0)
    assert await decide_application(supervisor, application, "approve", "agreed") == "verified"

    assert customer(unknown) == ("verified", 2)
    assert (await status(unknown))["valid_until"] == f"{unknown.now.year + 5}{unknown.now:-%m-%d}"
    states = unknown.owner("select becomes from kyc_events order by id")
    assert [each["becomes"] for each in states] == ["draft", "submitted", "in_review", "verified"]


async def test_nobody_decides_about_their_own_proposal(unknown: Desk, attachments: Attachments, become: Become):
    application = await submitted(unknown, attachments)
    admin = become("admin")
    await take_application(admin, unknown.bank.seal, application)
    await propose_verdict(admin, application, "verified", None, "all fine")

    with pytest.raises(Forbidden) as refused:
        await decide_application(admin, application, "approve", None)
    assert refused.value.error_code == "four_eyes"
    with pytest.raises(Forbidden):
        await decide_application(become("agent"), application, "approve", None)
    with pytest.raises(Forbidden):
        await take_application(become("auditor"), unknown.bank.seal, application)
    with pytest.raises(Conflict):
        await propose_verdict(become("agent"), application, "rejected", "cannot_offer", "no, not this one")
    with pytest.raises(NotFound):
        await take_application(admin, unknown.bank.seal, unknown.blair)
    assert customer(unknown) == ("pending", 0)


async def test_what_is_given_back_says_what_to_mend_and_not_why(
    unknown: Desk, attachments: Attachments, become: Become
):
    application = await submitted(unknown, attachments)
    await take_application(become("agent"), unknown.bank.seal, application)
    with pytest.raises(Refused):
        await propose_verdict(become("agent"), application, "draft", None, "blurred")
    await propose_verdict(become("agent"), application, "draft", "document_unreadable", "looks forged to me")
    assert await decide_application(become("supervisor"), application, "approve", None) == "draft"

    told = await status(unknown)
    assert (told["application"], told["message"]) == (
        "draft",
        "We could not read the picture of your document. Please send another.",
    )
    assert "forged" not in str(told)
    await done(unknown, "submit_identity_application", unknown.blair)
    assert (await status(unknown))["message"] is None


async def test_an_identification_ends_with_its_time(unknown: Desk, attachments: Attachments, become: Become):
    application = await submitted(unknown, attachments)
    await take_application(become("agent"), unknown.bank.seal, application)
    await propose_verdict(become("agent"), application, "verified", None, "all fine")
    await decide_application(become("supervisor"), application, "approve", None)

    last = unknown.now.replace(year=unknown.now.year + 5)
    assert expire(unknown.services.owner_url, last) == 0
    assert expire(unknown.services.owner_url, last + timedelta(days=1)) == 1

    assert customer(unknown) == ("expired", 0)
    assert (await status(unknown))["next_step"].startswith("Begin a new application")


async def verified(desk: Desk, become: Become, level: int, until: date) -> None:
    """Blair is identified at a level until that day."""
    [row] = desk.owner(
        """insert into kyc_applications (customer_id, level, sections, sealed, created_at, changed_at)
           select %(id)s, level, sections, 'x', now(), now() from kyc_levels where level = %(level)s returning id""",
        id=desk.blair,
        level=level,
    )
    staff = {"maker": become("agent").staff_id, "checker": become("supervisor").staff_id, "id": row["id"]}
    desk.owner("alter table kyc_applications disable trigger kyc_applications_kept")
    desk.owner(
        """update kyc_applications set status = 'in_review', submitted_at = now(), taken_by = %(maker)s
            where id = %(id)s""",
        **staff,
    )
    desk.owner("alter table kyc_applications enable trigger kyc_applications_kept")
    desk.owner(
        """update kyc_applications
              set status = 'verified', verdict = 'verified', maker = %(maker)s, checker = %(checker)s,
                  maker_reason = 'all fine', decided_at = now(), valid_until = %(until)s where id = %(id)s""",
        **staff,
        until=until,
    )


async def test_a_lower_level_does_not_keep_a_higher_one_alive(unknown: Desk, become: Become):
    today = unknown.now.date()
    await verified(unknown, become, 3, today + timedelta(days=30))
    await verified(unknown, become, 1, today + timedelta(days=365))
    assert customer(unknown) == ("verified", 3)
    assert expire(unknown.services.owner_url, unknown.now + timedelta(days=32)) == 1
    assert customer(unknown) == ("verified", 1)
    assert expire(unknown.services.owner_url, unknown.now + timedelta(days=367)) == 1
    assert customer(unknown) == ("expired", 0)


async def test_the_worker_ends_identifications_on_their_day(unknown: Desk, become: Become):
    await verified(unknown, become, 2, unknown.now.date())
    unknown.owner("delete from standing_orders")
    database = Database(unknown.services.worker_url, pool_size=1)
    await database.open()
    await Worker(database, lambda: unknown.now).run_once()
    assert customer(unknown) == ("verified", 2)
    await Worker(database, lambda: unknown.now + timedelta(days=2)).run_once()
    await database.close()
    assert customer(unknown) == ("expired", 0)


# Screening


async def test_nobody_is_identified_while_screening_waits_and_nobody_is_told(
    unknown: Desk, attachments: Attachments, become: Become, tmp_path: Path
):
    listed = tmp_path / "own.csv"
    listed.write_text("id,name,birth\n1,Blair Sample,1990-05-02\n", encoding="utf-8")
    load_list(unknown.services.owner_url, listed, "own", unknown.now)
    application = await submitted(unknown, attachments)
    told = await status(unknown)
    assert told["next_step"] == "Nothing to do: a colleague looks at your application."
    await take_application(become("agent"), unknown.bank.seal, application)
    await propose_verdict(become("agent"), application, "verified", None, "all fine")

    with pytest.raises(Refused) as refused:
        await decide_application(become("supervisor"), application, "approve", None)
    assert refused.value.error_code == "screening_waits"
    rescreen(unknown.services.owner_url, unknown.bank.seal, unknown.now)
    [hit] = await list_hits(become("supervisor"), "a review", status="open", limit=10)
    assert (hit.kind, hit.subject_id) == ("application", application)
    await propose_screening(become("supervisor"), hit.id, "false_positive", "born elsewhere")
    await decide_verdict(become("admin"), hit.id, "approve", None)

    assert await decide_application(become("supervisor"), application, "approve", None) == "verified"


async def test_nobody_is_identified_before_they_were_compared_with_a_list_that_came_meanwhile(
    unknown: Desk, attachments: Attachments, become: Become, tmp_path: Path
):
    application = await submitted(unknown, attachments)
    listed = tmp_path / "own.csv"
    listed.write_text("id,name,birth\n1,Somebody Else,1950-05-02\n", encoding="utf-8")
    load_list(unknown.services.owner_url, listed, "own", unknown.now)
    await take_application(become("agent"), unknown.bank.seal, application)
    await propose_verdict(become("agent"), application, "verified", None, "all fine")
    with pytest.raises(Refused) as refused:
        await decide_application(become("supervisor"), application, "approve", None)
    assert refused.value.error_code == "screening_waits"
    rescreen(unknown.services.owner_url, unknown.bank.seal, unknown.now)
    assert await decide_application(become("supervisor"), application, "approve", None) == "verified"


# The machine of states, as the database keeps it


BEGIN: LiteralString = """
    insert into kyc_applications (customer_id, level, sections, sealed, created_at, changed_at)
    values (%s, 1, '{identity,address}', 'x', now(), now()) returning id"""
MOVE: LiteralString = """
    update kyc_applications
       set status = %(to)s, submitted_at = now(), decided_at = now(), valid_until = '2031-01-01',
           taken_by = (select id from staff order by id limit 1), maker = (select id from staff order by id limit 1),
           maker_reason = 'all fine', checker = (select id from staff order by id desc limit 1),
           verdict = case when %(to)s in ('verified', 'rejected') then %(to)s else 'draft' end
     where id = %(id)s"""
WAYS = {
    "draft": (),
    "submitted": ("submitted",),
    "in_review": ("submitted", "in_review"),
    "verified": ("submitted", "in_review", "verified"),
    "rejected": ("submitted", "in_review", "rejected"),
    "expired": ("expired",),
}


def refused_steps(owner: psycopg.Connection, who: UUID, was: str) -> set[str]:
    """The states into which an application in this one is not let."""
    refused: set[str] = set()
    for becomes in WAYS:
        [(number,)] = owner.execute(BEGIN, [who]).fetchall()
        for step in WAYS[was]:
            owner.execute(MOVE, {"id": number, "to": step})
        try:
            owner.execute(MOVE, {"id": number, "to": becomes})
        except psycopg.errors.CheckViolation as error:
            assert error.diag.constraint_name == "kyc_applications_transition"  # noqa: PT017
            refused.add(becomes)
        owner.rollback()
    return refused


async def test_only_these_steps_are_possible_even_for_the_tables_owner(desk: Desk):
    with psycopg.connect(desk.services.owner_url) as owner:
        for was in WAYS:
            expected = {becomes for becomes in WAYS if becomes != was and (was, becomes) not in ALLOWED}
            assert refused_steps(owner, desk.blair, was) == expected


async def test_the_servers_own_login_identifies_nobody(unknown: Desk):
    await done(unknown, "fill_identity_details", unknown.blair, **SECTIONS)
    changes: tuple[tuple[LiteralString, str], ...] = (
        ("status = 'in_review'", "TG012"),
        ("valid_until = '2099-01-01'", "42501"),
        ("checker = null", "42501"),
        ("maker_reason = 'fine'", "42501"),
        ("sealed = 'x'", "TG012"),
    )
    with psycopg.connect(unknown.services.app_url) as app:
        app.execute("select set_config('app.customer_id', %s, true)", [str(unknown.blair)])
        for change, sqlstate in changes:
            with pytest.raises(psycopg.DatabaseError) as error, app.transaction():
                app.execute("update kyc_applications set " + change)  # noqa: S608
            assert error.value.sqlstate == sqlstate, change
    assert (await status(unknown))["application"] == "draft"


@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(sorted(SECTIONS)), min_size=1, max_size=5))
async def test_sections_may_come_in_any_order(unknown: Desk, order: list[str]):
    for name in order:
        await done(unknown, "fill_identity_details", unknown.blair, **{name: SECTIONS[name]})

    found = await status(unknown)
    assert set(order) <= set(found["filled"])
    assert unknown.owner("select count(*) as n from kyc_applications") == [{"n": 1}]
