"""The card network's question is answered by a hold or a refusal, decided about, once for each reference."""

import asyncio
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg import errors
from psycopg.types.json import Jsonb

from core.errors import Conflict, InvalidInput, NotFound
from core.money import Money
from tests.tools.bookkeeping import done
from tests.tools.conftest import Desk
from tools.cards.authorisations import Authorisation, AuthorisationRequest, authorise, decide_about


def card_of(desk: Desk, last4: str = "4821") -> UUID:
    [row] = desk.owner(
        "select id from cards where last4 = %(last4)s and customer_id = %(who)s", last4=last4, who=desk.alex
    )
    return row["id"]


def terminal_of(desk: Desk, kind: str, country: str = "GB") -> int:
    [row] = desk.owner(
        """select min(t.id) as id from terminals t join merchants m on m.id = t.merchant_id
            where t.kind = %(kind)s and m.country = %(country)s""",
        kind=kind,
        country=country,
    )
    return row["id"]


async def charge(
    desk: Desk, amount: str, *, kind: str = "in_store", reference: str | None = None, last4: str = "4821",
    currency: str = "GBP", at: datetime | None = None, country: str = "GB",
) -> Authorisation:  # fmt: skip
    request = AuthorisationRequest(
        reference or uuid4().hex, card_of(desk, last4), terminal_of(desk, kind, country), Money.parse(amount, currency)
    )
    return await authorise(desk.database, request, at or desk.now)


def decisions(desk: Desk) -> list[dict[str, Any]]:
    return desk.owner("select * from fraud_decisions where card_id is not null order by id")


def everyday(desk: Desk) -> dict[str, Any]:
    [row] = desk.owner(
        "select balance_minor, held_minor from accounts where name = 'Everyday' and customer_id = %(who)s",
        who=desk.alex,
    )
    return row


async def test_an_ordinary_charge_is_held_and_its_decision_kept(desk: Desk):
    held = everyday(desk)["held_minor"]
    answer = await charge(desk, "12.50", reference="net-1")
    assert (answer.approved, answer.response_code) == (True, "00")
    assert everyday(desk)["held_minor"] == held + 1_250
    [decision] = decisions(desk)
    assert (decision["outcome"], decision["authorisation"]) == ("allow", "net-1")
    [event] = desk.owner("select transaction_id from fraud_events where transaction_id = %(id)s", id=answer.hold_id)
    assert event["transaction_id"] == answer.hold_id


async def test_the_same_reference_is_answered_the_same_and_charged_once(desk: Desk):
    held = everyday(desk)["held_minor"]
    first, again = [await charge(desk, "12.50", reference="net-1") for _ in range(2)]
    assert first == again
    assert everyday(desk)["held_minor"] == held + 1_250
    assert len(decisions(desk)) == 1
    with pytest.raises(Conflict):
        await charge(desk, "12.51", reference="net-1")


async def test_charges_at_once_are_held_once_for_each_reference(desk: Desk):
    held = everyday(desk)["held_minor"]
    answers = await asyncio.gather(*(charge(desk, "5", reference=f"net-{n % 2}") for n in range(6)))
    assert {answer.approved for answer in answers} == {True}
    assert everyday(desk)["held_minor"] == held + 1_000


async def test_charges_at_once_are_decided_about_as_one_after_the_other(desk: Desk):
    """A card is not tested faster by asking for everything at the same moment."""
    answers = await asyncio.gather(*(charge(desk, "1", kind="online") for _ in range(5)))
    assert sorted(answer.response_code for answer in answers) == ["00", "00", "00", "59", "59"]


async def test_a_decision_that_has_not_seen_the_newest_use_is_not_carried_out(desk: Desk):
    request = AuthorisationRequest("net-1", card_of(desk), terminal_of(desk, "online"), Money(100, "GBP"))
    late = (await decide_about(desk.database, request, desk.now)).as_stored()
    await charge(desk, "2", kind="online")
    with psycopg.connect(desk.services.app_url) as app, pytest.raises(errors.SerializationFailure):
        app.execute(
            "select ask_authorisation(%s, %s, 100, 'net-1', false, %s, %s)",
            [request.card_id, request.terminal_id, Jsonb(late), desk.now],
        )
    assert len(decisions(desk)) == 1


@pytest.mark.parametrize(
    ("change", "amount", "code"),
    [
        ("update cards set status = 'frozen' where last4 = '4821'", "5", "62"),
        ("update cards set expires_on = '2020-01-31' where last4 = '4821'", "5", "54"),
        ("update accounts set status = 'frozen' where name = 'Everyday'", "5", "05"),
        ("update cards set status = status where false", "99999", "61"),
        ("update card_limits set amount_minor = amount_minor where false", "2900", "51"),
    ],
)
async def test_what_state_limits_or_balance_forbid_is_declined(desk: Desk, change: Any, amount: str, code: str):
    desk.owner(change)
    held = everyday(desk)["held_minor"]
    answer = await charge(desk, amount)
    assert (answer.approved, answer.response_code) == (False, code)
    assert everyday(desk)["held_minor"] == held


async def test_a_card_that_is_being_tested_is_declined_and_its_holder_asked(desk: Desk):
    for n in range(4):
        await charge(desk, "1", kind="online", at=desk.now + timedelta(minutes=n))
    answer = await charge(desk, "150", kind="online", at=desk.now + timedelta(minutes=5))
    assert (answer.approved, answer.response_code) == (False, "59")
    [alert] = desk.owner("select status, transaction_id from fraud_alerts where decision_id is not null")
    assert alert["status"] == "open"
    [hit, *_] = decisions(desk)[-1]["hits"]
    assert hit["rule"] == "card_testing"
    listed = (await desk.ask(desk.alex, "list_fraud_alerts"))["alerts"]
    assert len(listed) == 2


async def test_a_declined_charge_opens_one_question_and_not_one_for_each_try(desk: Desk):
    for n in range(9):
        await charge(desk, "1", kind="online", at=desk.now + timedelta(minutes=n))
    assert len(desk.owner("select 1 from fraud_alerts where decision_id is not null")) == 1


async def test_what_is_not_there_is_not_found_and_another_currency_is_refused(desk: Desk):
    request = AuthorisationRequest("net-1", uuid4(), terminal_of(desk, "online"), Money(100, "GBP"))
    with pytest.raises(NotFound):
        await authorise(desk.database, request, desk.now)
    with pytest.raises(NotFound):
        await authorise(desk.database, AuthorisationRequest("x", card_of(desk), 2**31 - 1, Money(100, "GBP")), desk.now)
    with pytest.raises(InvalidInput):
        await charge(desk, "5", currency="EUR")
    assert decisions(desk) == []


async def test_a_charge_that_its_holder_called_genuine_passes_the_next_time(desk: Desk):
    tried = [await charge(desk, "1", kind="online", at=desk.now + timedelta(minutes=n)) for n in range(5)]
    assert tried[-1].response_code == "59"
    [alert] = desk.owner("select id from fraud_alerts where decision_id is not null")
    await done(desk, desk.alex, "answer_fraud_alert", answer="genuine", reference=str(alert["id"]))
    again = await charge(desk, "1", kind="online", at=desk.now + timedelta(minutes=7))
    assert (again.approved, decisions(desk)[-1]["outcome"]) == (True, "allow")
    larger = await charge(desk, "2", kind="online", at=desk.now + timedelta(minutes=8))
    assert larger.response_code == "59"
