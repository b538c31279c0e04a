"""The conversations of issue 2, as a visitor and as the demo customer alex, over SSE and JSON."""

import re
from datetime import datetime

import psycopg
import pytest

from core.clock import BANK_TIME_ZONE
from core.services import Services
from tests.talking import ALEX, Meet, names, texts

MONEY = re.compile(r"£([\d,]+\.\d\d)")


def test_a_visitor_gets_a_grounded_answer_whose_citation_opens_the_article(shared_server: str, meet: Meet) -> None:
    visitor = meet(shared_server)
    events = visitor.hear("How do I activate my new card?")
    [citation, *_] = [event.content for event in events if event.name == "citation"]
    done = events[-1].content
    assert done["route"] == "knowledge"
    assert done["intent"] == "activate_my_card"
    assert "activat" in done["answer"].lower()
    assert f"[{citation['n']}]" in done["answer"]
    assert citation in done["citations"]
    assert citation["document_id"] == "activate-new-card"
    path, _, anchor = citation["url"].partition("#")
    article = visitor.http.get(path)
    assert article.status_code == 200
    assert article.headers["content-type"] == "text/html; charset=utf-8"
    assert citation["title"] in article.text
    assert f'id="{anchor}"' in article.text


def test_a_visitor_who_asks_for_a_balance_is_asked_to_sign_in(shared_server: str, meet: Meet) -> None:
    answer = meet(shared_server).ask("what's my balance?")
    assert "log in" in answer["response"]
    assert answer["tool_calls"] == []
    assert not MONEY.search(answer["response"])


def test_a_customer_hears_the_balance_of_every_account(shared_server: str, meet: Meet) -> None:
    answer = meet(shared_server, ALEX).ask("what's my balance?")
    assert answer["tool_calls"] == ["get_balance"]
    for expected in ("Everyday", "£2,480.15", "Rainy Day", "£10,250.00", "Travel", "€640.20"):
        assert expected in answer["response"]


def test_a_follow_up_is_about_the_same_thing(shared_server: str, meet: Meet) -> None:
    alex = meet(shared_server, ALEX)
    alex.ask("what's my balance?")
    answer = alex.ask("and my savings?")
    assert answer["tool_calls"] == ["get_balance"]
    assert "£10,250.00" in answer["response"]
    assert "2,480.15" not in answer["response"]


def test_a_customer_sees_the_last_five_transactions(shared_server: str, shared_services: Services, meet: Meet) -> None:
    answer = meet(shared_server, ALEX).ask("show my last 5 transactions")
    assert answer["tool_calls"] == ["list_transactions"]
    with psycopg.connect(shared_services.owner_url) as owner:
        rows = owner.execute(
            "select t.description, abs(t.amount_minor)::numeric / 100 from transactions t"
            " join credentials c using (customer_id) where c.email = %s and t.occurred_at < now()"
            " order by t.occurred_at desc, t.id desc limit 5",
            [ALEX[0]],
        ).fetchall()
    lines = [line for line in answer["response"].splitlines() if line.startswith("- ")]
    assert len(lines) == len(rows) == 5
    for line, (description, amount) in zip(lines, rows, strict=True):
        assert description in line
        assert f"{amount:,.2f}" in line


def test_spending_on_groceries_is_what_the_ledger_says(
    shared_server: str, shared_services: Services, meet: Meet
) -> None:
    answer = meet(shared_server, ALEX).ask("how much did I spend on groceries last month?")
    assert answer["tool_calls"] == ["spending_summary"]
    first = datetime.now(BANK_TIME_ZONE).replace(day=1).date()
    with psycopg.connect(shared_services.owner_url) as owner:
        row = owner.execute(
            "select sum(-t.amount_minor)::numeric / 100, count(*) from transactions t"
            " join credentials c using (customer_id)"
            " where c.email = %s and t.category = 'groceries' and t.currency = 'GBP'"
            " and t.status in ('booked', 'pending') and t.occurred_at at time zone 'Europe/London' < %s"
            " and t.occurred_at at time zone 'Europe/London' >= %s - interval '1 month'",
            [ALEX[0], first, first],
        ).fetchone()
    assert row is not None
    assert row[1] > 0
    assert f"£{row[0]:,.2f}" in answer["response"]
    assert f"{row[1]} payment" in answer["response"]


@pytest.mark.parametrize("message", ["hi", "thanks", "Thank you!", "bye"])
@pytest.mark.parametrize("login", [None, ALEX], ids=["visitor", "alex"])
def test_small_talk_uses_no_source_and_no_tool(
    shared_server: str, meet: Meet, message: str, login: tuple[str, str] | None
) -> None:
    events = meet(shared_server, login).hear(message)
    assert names(events) == ["turn", "route", "token", "done"]
    assert events[1].content["route"] == "small_talk"
    assert events[-1].content["answer"] == texts(events)


@pytest.mark.parametrize("message", ["What is the weather in Paris?", "Write me a poem about the sea"])
@pytest.mark.parametrize("login", [None, ALEX], ids=["visitor", "alex"])
def test_what_is_not_our_business_meets_a_polite_limit(
    shared_server: str, meet: Meet, message: str, login: tuple[str, str] | None
) -> None:
    events = meet(shared_server, login).hear(message)
    assert names(events) == ["turn", "route", "token", "done"]
    assert events[1].content["route"] == "out_of_scope"
    assert "only help with banking" in texts(events)


def test_json_says_the_same_as_the_stream(shared_server: str, meet: Meet) -> None:
    alex = meet(shared_server, ALEX)
    done = alex.hear("what's my balance?")[-1].content
    alex.session_id = None
    answer = alex.ask("what's my balance?")
    assert answer.pop("response") == done.pop("answer")
    metadata = answer.pop("metadata")
    assert metadata["model_version"].startswith("offline/")
    assert metadata["usage"] == done.pop("usage")
    assert metadata["processing_time_ms"] > 0
    assert metadata["cached"] is False
    assert metadata["notices"] == done.pop("notices") == []
    assert metadata["prompt_version"] == done.pop("prompt") != ""
    del answer["session_id"], answer["turn_id"], done["model"], done["timings"]
    assert answer == done


def test_a_conversation_can_be_read_again(shared_server: str, meet: Meet) -> None:
    alex = meet(shared_server, ALEX)
    first, second = alex.ask("what's my balance?"), alex.ask("thanks")
    history = alex.history()
    assert [(said["role"], said["content"]) for said in history] == [
        ("user", "what's my balance?"),
        ("assistant", first["response"]),
        ("user", "thanks"),
        ("assistant", second["response"]),
    ]
    assert [said["turn_id"] for said in history] == [first["turn_id"]] * 2 + [second["turn_id"]] * 2


def test_a_message_of_two_hundred_questions_is_answered_and_says_that_it_was_too_much(
    shared_server: str, meet: Meet
) -> None:
    answer = meet(shared_server, ALEX).ask("what's my balance? " * 200)

    assert "2,480.15" in answer["response"]
    assert [notice["code"] for notice in answer["metadata"]["notices"]] == ["too_many_requests_at_once"]
