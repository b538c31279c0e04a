"""Of an erased customer nothing can be read any more, what the law has the bank keep is sealed, and a machine that
fails in the middle loses nothing of either."""

from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg import sql

from core.errors import NotFound, Refused
from core.security.encryption.errors import KeyUnknown
from core.services import Services
from tests.tools.asking import done
from tests.tools.privacy.conftest import PICTURE, WRITTEN, Office
from tools.privacy import erasure
from tools.privacy.erasure import erase_customer, open_retained
from tools.privacy.export import export_customer
from tools.privacy.holds import place_hold, release_holds

TABLES = """select n.nspname, c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
             where c.relkind = 'r' and n.nspname in ('public', 'compliance', 'checkpoints', 'lightrag')"""


def dump(services: Services) -> str:
    """The whole database as text."""
    with psycopg.connect(services.admin_url) as admin:
        tables = admin.execute(TABLES).fetchall()
        assert len(tables) > 80
        query = "select coalesce(string_agg(t::text, E'\\n'), '') from {} t"
        return "\n".join(
            admin.execute(sql.SQL(query).format(sql.Identifier(*table))).fetchall()[0][0] for table in tables
        )


async def fill(office: Office) -> list[str]:
    """Blair says, sends and asks for things. What would tell who they are, wherever it stands."""
    desk = office.desk
    await office.say(desk.blair, WRITTEN)
    await done(desk, "make_complaint", desk.blair, category="service", text="Kingfisher Row has no branch.")
    desk.owner("update customers set address_line = '7 Kingfisher Row' where id = %(id)s", id=desk.blair)
    await office.openers.attachments.store(
        desk.context(desk.blair), purpose="dispute", name="receipt.png", content=PICTURE
    )
    (row,) = desk.owner(
        """select full_name, phone, date_of_birth::text, email, password_hash
             from customers join credentials on customer_id = id where id = %(id)s""",
        id=desk.blair,
    )
    return [*row.values(), "Kingfisher", "YO10 4DR", "blair.private"]


async def erase(office: Office) -> dict[str, Any]:
    return await erase_customer(
        office.desk.services, office.masters, office.desk.blair, by="dpo", reason="art. 17", now=office.desk.now
    )


async def test_nothing_of_an_erased_customer_can_be_read_in_the_whole_database(office: Office):
    details = await fill(office)
    before = dump(office.desk.services)
    # Encrypted from the start.
    assert [each for each in details if each not in before] == ["blair.private"]
    office.close_business(office.desk.blair)

    certificate = await erase(office)

    after = dump(office.desk.services)
    assert [each for each in details if each in after] == []
    assert certificate["customer_id"] == str(office.desk.blair)
    erased = {each["table"]: each["rows"] for each in certificate["erased"]}
    assert (erased["chat_messages"], erased["credentials"], erased["data_keys"]) == (2, 1, 1)
    kept = {each["table"]: each for each in certificate["kept"]}
    assert kept["postings"]["rows"] > 0
    assert kept["postings"]["until"] > str(office.desk.now.year + 6)
    assert "MLR 2017" in kept["postings"]["why"]


async def test_the_ledger_the_audit_and_other_customers_stay_as_they_are(office: Office):
    await fill(office)
    office.close_business(office.desk.blair)
    kept = "select count(*), sum(amount_minor), md5(string_agg(p::text, '' order by id)) from postings p"
    others = "select md5(string_agg(c::text, '' order by id)) from customers c where id <> %(id)s"
    before = office.desk.owner(kept), office.desk.owner(others, id=office.desk.blair)
    lines = office.desk.owner("select count(*) as n from audit_log")[0]["n"]

    await erase(office)

    assert (office.desk.owner(kept), office.desk.owner(others, id=office.desk.blair)) == before
    assert office.desk.owner("select count(*) as n from audit_log")[0]["n"] == lines + 1
    (last,) = office.desk.owner("select actor, action from audit_log order by id desc limit 1")
    assert last == {"actor": "dpo", "action": "privacy.erased"}


async def test_what_the_law_has_the_bank_keep_opens_until_its_time_has_come(office: Office):
    await fill(office)
    office.close_business(office.desk.blair)
    await erase(office)

    kept = await open_retained(office.desk.services, office.masters, office.desk.blair)
    assert kept["records"]["customers"][0]["address_line"] == "7 Kingfisher Row"
    assert kept["records"]["complaints"][0]["text"] == "Kingfisher Row has no branch."
    office.desk.owner("update data_keys set wrapped = null, destroyed_at = now() where purpose = 'retained'")
    with pytest.raises(KeyUnknown, match="is erased"):
        await open_retained(office.desk.services, office.masters, office.desk.blair)
    with pytest.raises(NotFound):
        await open_retained(office.desk.services, office.masters, office.desk.alex)


async def test_a_second_erasure_gives_the_first_certificate(office: Office):
    await fill(office)
    office.close_business(office.desk.blair)
    first = await erase(office)
    assert await erase(office) == first


async def test_somebody_who_still_banks_with_us_is_not_erased(office: Office):
    details = await fill(office)
    with pytest.raises(Refused) as refused:
        await erase(office)
    assert (refused.value.error_code, refused.value.details) == ("business_open", {"accounts": 1})
    assert details[0] in dump(office.desk.services)


async def test_a_legal_hold_stops_an_erasure_until_it_is_released(office: Office):
    desk = office.desk
    await fill(office)
    office.close_business(desk.blair)
    place_hold(desk.services.owner_url, desk.blair, by="counsel", reason="claim 12/26", now=desk.now)
    with pytest.raises(Refused) as refused:
        await erase(office)
    assert refused.value.error_code == "legal_hold"
    assert desk.owner("select count(*) as n from erasures") == [{"n": 0}]

    release_holds(desk.services.owner_url, desk.blair, by="counsel", reason="settled", now=desk.now)
    await erase(office)
    actions = desk.owner("select action from audit_log where actor in ('counsel', 'dpo') order by id")
    assert [line["action"] for line in actions] == [
        "privacy.hold_placed",
        "privacy.hold_released",
        "privacy.erased",
    ]


class Crash(Exception):
    """The machine fails."""


@pytest.mark.parametrize("after", [0, 1, 2, 5, 11])
async def test_an_erasure_that_was_cut_off_goes_on_where_it_was(
    office: Office, monkeypatch: pytest.MonkeyPatch, after: int
):
    """Cut off before a step's commit, wherever that is: nothing kept is lost, nothing erased comes back."""
    details = await fill(office)
    office.close_business(office.desk.blair)
    mark, left = erasure._mark, [after]  # pyright: ignore[reportPrivateUsage]

    async def fail_later(*arguments: Any) -> None:
        await mark(*arguments)
        left[0] -= 1
        if left[0] < 0:
            raise Crash

    monkeypatch.setattr(erasure, "_mark", fail_later)
    with pytest.raises(Crash):
        await erase(office)
    monkeypatch.setattr(erasure, "_mark", mark)

    certificate = await erase(office)

    found = dump(office.desk.services)
    assert [each for each in details if each in found] == []
    kept = await open_retained(office.desk.services, office.masters, office.desk.blair)
    assert kept["records"]["customers"][0]["address_line"] == "7 Kingfisher Row"
    assert {each["table"]: each["rows"] for each in certificate["erased"]}["chat_messages"] == 2


async def test_what_is_left_can_still_be_copied(office: Office):
    """GDPR article 15 holds for what is kept, too."""
    desk = office.desk
    await fill(office)
    office.close_business(desk.blair)
    await erase(office)
    pieces = await export_customer(desk.database, office.openers, desk.blair, by="x", now=desk.now)
    assert len(b"".join([piece async for piece in pieces])) > 1000


async def test_nobody_is_erased_who_is_not_there(office: Office):
    with pytest.raises(NotFound):
        await erase_customer(
            office.desk.services, office.masters, UUID(int=1), by="dpo", reason="art. 17", now=office.desk.now
        )
