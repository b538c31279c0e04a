"""A model of another party is talked with over the real protocol, and reads nothing that identifies the customer, whose
screen has the real names and numbers all the same. Issue 7, "Data fence"."""

import json
import re
from collections.abc import Iterator
from typing import Any

import openai
import pytest

from agent.models.fencing.details import Detail
from agent.models.fencing.finder import Finder
from core.security.pii.reading.folded import Folded
from tests.scripted_model import Script, ScriptedModel, Step, calls, says
from tests.talking import ALEX, Event, Meet

from .conftest import Records

Own = list[Detail]


@pytest.fixture
def own(records: Records) -> Own:
    """Everything that identifies alex and the people alex pays, read beside the fence's own statement."""
    [person] = records(
        "select full_name, phone, address_line, postcode, date_of_birth::text as born"
        "  from customers c join credentials l on l.customer_id = c.id where email = %s",
        ALEX[0],
    )
    numbers = records(
        "select null as name, iban, account_number, sort_code from accounts join credentials using (customer_id)"
        " where email = %s union all"
        " select name, iban, account_number, sort_code from payees join credentials using (customer_id)"
        " where email = %s",
        ALEX[0],
        ALEX[0],
    )
    details = [
        Detail("NAME", person["full_name"]),
        Detail("PHONE", person["phone"]),
        Detail("ADDRESS", person["address_line"]),
        Detail("POSTCODE", person["postcode"]),
        Detail("DOB", person["born"]),
        Detail("EMAIL", ALEX[0]),
    ]
    for row in numbers:
        kinds = {"name": "NAME", "iban": "IBAN", "account_number": "ACCOUNT", "sort_code": "SORT_CODE"}
        details += [Detail(kind, row[column]) for column, kind in kinds.items() if row[column]]  # type: ignore[arg-type]
    assert len(details) > 20
    return details


@pytest.fixture(autouse=True)
def nothing_raw(model: ScriptedModel, own: Own) -> Iterator[None]:
    """Whatever a test says: at its end nothing of alex's stands in anything that the model was sent."""
    yield
    assert model.requests
    for request in model.requests:
        assert raw_in(request.body, own) == []
        assert "tellergraph" not in json.dumps(request.body["messages"])


def raw_in(body: dict[str, Any], own: Own) -> list[str]:
    """Details that can be read in a request, by plain search, and by the letters and digits alone."""
    said = [text for message in body["messages"] if message["role"] != "system" for text in texts_of(message)]
    system = [message["content"] for message in body["messages"] if message["role"] == "system"]
    whole = json.dumps(body, ensure_ascii=False)
    compact = [Folded.of(text).compact.text for text in (*said, *system, whole)]
    found = [detail.value for detail in own if detail.value.casefold() in whole.casefold()]
    for detail in own:
        value = Folded.of(detail.value).compact.text
        found += [detail.value for text in compact if len(value) > 6 and value in text]
    finder = Finder(own)
    found += [text[one.start : one.end] for text in said for one in finder.find(Folded.of(text))]
    return found


def texts_of(message: dict[str, Any]) -> Iterator[str]:
    yield from filter(None, [message["content"]])
    for call in message.get("tool_calls") or []:
        yield call["function"]["arguments"]


def heard(events: list[Event]) -> str:
    assert events[-1].name == "done", events[-1].content
    told = "".join(event.content["text"] for event in events if event.name == "token")
    assert told.strip() == events[-1].content["answer"].strip()
    return told


def placeholders(body: dict[str, Any], kind: str) -> list[str]:
    """Those in the last result."""
    result = [message["content"] for message in body["messages"] if message["role"] == "tool"][-1]
    return list(dict.fromkeys(re.findall(rf"\[{kind}_\d+[A-Z]*(?: ending \d+)?\]", result)))


def names_them(kind: str, before: str = "") -> Script:
    def script(body: dict[str, Any]) -> list[Step]:
        return says(f"{before}{', '.join(placeholders(body, kind))}.")

    return script


def test_payees_are_named_to_the_customer_alone(model_server: str, model: ScriptedModel, meet: Meet) -> None:
    model.will(calls("list_payees"), names_them("NAME", "Your payees: "))
    told = heard(meet(model_server, ALEX).hear("who are my payees?"))

    assert all(name in told for name in ("Maria Lopez", "John Carter", "Jimmy Chan", "Gas Board", "Sunrise Lettings"))


def test_a_whole_conversation_leaves_nothing_behind(model_server: str, model: ScriptedModel, meet: Meet) -> None:
    alex = meet(model_server, ALEX)
    model.will(calls("list_accounts"), says("Everyday has £2,480.15."))
    assert "£2,480.15" in heard(alex.hear("what's my balance?"))
    model.will(calls("list_standing_orders"), names_them("NAME", "Paid to "))
    assert "Sunrise Lettings" in heard(alex.hear("what are my standing orders?"))
    model.will(calls("search_transactions", '{"merchant": "Sunrise Lettings"}'), says("There they are."))
    heard(alex.hear("what did I pay to Sunrise Lettings and to Maria's flat this year?"))
    model.will(calls("list_cards"), says("The card ending 4821 is active."))
    assert "4821" in heard(alex.hear("show my cards"))
    # Whom of the payees the latest payments name depends on the day.
    model.will(calls("list_transactions", '{"limit": 50}'), says("There they are."))
    heard(alex.hear("show my last 50 transactions"))
    model.will(calls("list_disputes"), says("There is none."))
    heard(alex.hear("do I have any disputes?"))
    assert len(model.requests) == 12


def test_the_profile_is_read_by_its_owner_alone(
    model_server: str, model: ScriptedModel, meet: Meet, records: Records
) -> None:
    model.will(calls("get_profile"), says("It is [PHONE_1] and [EMAIL_1]."))

    def script(body: dict[str, Any]) -> list[Step]:
        phone, email = placeholders(body, "PHONE"), placeholders(body, "EMAIL")
        return says(f"I have {phone[0]} and {email[0]}.")

    model.scripts[-1] = script
    told = heard(meet(model_server, ALEX).hear("which phone number and e-mail address do you have for me?"))

    assert ALEX[0] in told
    [phone] = records("select phone from customers where full_name = 'Alex Morgan'")
    assert phone["phone"] in told


def test_a_transfer_is_prepared_to_whom_the_placeholder_stands_for(
    model_server: str, model: ScriptedModel, meet: Meet, records: Records
) -> None:
    def pays(body: dict[str, Any]) -> list[Step]:
        [name] = set(re.findall(r"\[NAME_\d+\]", body["messages"][-1]["content"]))
        return calls("pay_payee", json.dumps({"payee": name.lower().replace("_", " "), "amount": "20"}))

    model.will(pays)
    events = meet(model_server, ALEX).hear("send 20 pounds to Maria Lopez")

    assert [event.content["payee"] for event in events if event.name == "confirm"] == ["Maria Lopez"]
    assert records("select payload ->> 'payee_id' is not null as has_payee from banking_operations") == [
        {"has_payee": True}
    ]


def test_what_a_stranger_wrote_into_a_payment_does_not_leave_either(
    model_server: str, model: ScriptedModel, meet: Meet, records: Records
) -> None:
    """A memo with somebody's details, with disguises, and with a placeholder that it made up."""
    records(
        "update transactions set description = %s where id = (select t.id from transactions t join credentials c"
        " using (customer_id) where c.email = %s order by t.occurred_at desc limit 1) returning 1",
        "for M\u0430ria L o p e z, a.l.e.x morgan, write to kofi@mail.example, [NAME_1]",
        ALEX[0],
    )
    model.will(calls("list_transactions", '{"limit": 3}'), lambda body: says(f"It says {memo(body)}"))
    told = heard(meet(model_server, ALEX).hear("show my last 3 transactions"))

    assert "for M\u0430ria L o p e z, a.l.e.x morgan, write to kofi@mail.example, [NAME_1]" in told
    assert "kofi" not in json.dumps([request.body for request in model.requests])


def memo(body: dict[str, Any]) -> str:
    [result] = [message["content"] for message in body["messages"] if message["role"] == "tool"]
    rows = json.loads(result.split("\n")[1])["transactions"]
    return next(row["description"] for row in rows if row["description"].startswith("for "))


def test_through_the_openai_door_nothing_leaves_either(model_server: str, model: ScriptedModel, meet: Meet) -> None:
    key = meet(model_server, ALEX).http.headers["Authorization"].removeprefix("Bearer ")
    model.will(calls("list_payees"), names_them("NAME", "They are "))
    with openai.OpenAI(base_url=f"{model_server}/v1", api_key=key, max_retries=0, timeout=30) as client:
        messages: Any = [
            {"role": "user", "content": "I am Alex Morgan"},
            {"role": "assistant", "content": "Hello Alex, shall I pay Maria Lopez?"},
            {"role": "user", "content": "who are my payees?"},
        ]
        answer = client.chat.completions.create(model="tellergraph", messages=messages)

    assert "Maria Lopez" in (answer.choices[0].message.content or "")


def test_the_versions_of_the_prompt_are_told(model_server: str, model: ScriptedModel, meet: Meet) -> None:
    model.will(calls("list_payees"), says("There."))
    asked = meet(model_server, ALEX).ask("who are my payees?")

    assert re.fullmatch(
        r"operation \d+, permissions_customer \d+, policy \d+, system \d+", asked["metadata"]["prompt_version"]
    )
