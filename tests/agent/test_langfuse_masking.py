"""What leaves for Langfuse is masked whatever it is written in, and what cannot be masked does not leave."""

from collections.abc import Iterable, Iterator
from ipaddress import ip_network
from types import SimpleNamespace
from typing import Any, cast

import pytest
from pydantic import SecretStr

from agent.langfuse.client import Connection
from agent.langfuse.known import details_of
from agent.langfuse.masking import AMOUNTS, CleanTexts, Details, Veil
from agent.langfuse.posting import ScorePost
from agent.langfuse.scores import Score
from agent.langfuse.spans import find_linked_prompt
from agent.models.fencing.details import Detail, OwnDetails
from agent.state import Turn, TurnRecord
from agent.storing import known_in
from agent.turn_facts import texts_of
from core.security.outgoing_libraries import guarded_requests
from core.security.pii import Finding, Known, Placeholders, find_personal
from core.settings import Settings
from core.telemetry.observing import Kind, Observation
from tests.langfuse_server import LangfuseServer, langfuse_server

TRACE = "ab" * 16


def veil(known: Known | None = None) -> Veil:
    return Veil(Details(known), CleanTexts())


@pytest.mark.parametrize(
    ("value", "masked"),
    [
        ("write to zara.quill@mail.example", "write to [EMAIL_1]"),
        ('{"account_number":"12345678","sort_code":"20-11-22"}',
         '{"account_number":"[ACCOUNT_NUMBER_1]","sort_code":"[SORT_CODE_1]"}'),
        ('{"text":"one\\nMaria Lopez called"}', '{"text":"one\\n[PERSON_1] called"}'),
        ('{"zara.quill@mail.example":1}', '{"[EMAIL_1]":1}'),
        ('"GB29NWBK60161331926819"', '"[IBAN_1]"'),
        ('{"text":"cut off in the middle, zara.quill@mail.example', '{"text":"cut off in the middle, [EMAIL_1]'),
        (("a", "zara.quill@mail.example"), ["a", "[EMAIL_1]"]),
        ('{"card":4000056655665556}', '{"card":"[CARD_1] ending 5556"}'),
        ("my PIN is 4921", "my PIN is [SECRET]"),
    ],
)  # fmt: skip
def test_personal_data_is_found_in_every_form_that_an_attribute_has(value: Any, masked: Any) -> None:
    assert veil().attribute(value) == masked


@pytest.mark.parametrize(
    "value",
    [
        "list_payees", "activate_my_card", "openai:gpt-4o-mini", "offline", '"operation 1, system langfuse-7"', 12,
        0.25, "0f3a" * 4, "9c1d" * 8, '{"input": 11, "output": 7}', '"2026-11-22T10:00:00.123456Z"', "[EMAIL_1]",
        '{"amount": "2480.15", "date": "2026-11-22"}',
    ],
)  # fmt: skip
def test_the_products_own_words_and_figures_stay(value: Any) -> None:
    assert veil().attribute(value) == value


def test_what_the_bank_knows_is_hidden_where_no_pattern_finds_it() -> None:
    known = known_in(OwnDetails((Detail("NAME", "Gas Board"), Detail("NAME", "Xu Li"))))
    assert veil(known).attribute('{"payee":"gas board","to":"xu li"}') == '{"payee":"[PERSON_1]","to":"[PERSON_2]"}'


def test_what_is_known_is_hidden_in_a_document_however_it_stands_there() -> None:
    """As a number, in two values together, behind an escape, as a key; and beside what only has a form."""
    known = known_in(OwnDetails((Detail("NAME", "Maria Lopez"), Detail("ACCOUNT", "9203710455"))))
    for document, masked in (
        ('{"to":9203710455,"by":"x"}', '{"to":"[ACCOUNT_NUMBER_1]","by":"x"}'),
        ('["Maria","Lopez"]', '["[PERSON_1]","[PERSON_2]"]'),
        ('{"memo":"for\\nMaria\\nLopez"}', '{"memo":"for\\n[PERSON_1]"}'),
        ('{"Maria Lopez":1}', '{"[PERSON_1]":1}'),
        ('{"to":"Maria Lopez","at":"zara@mail.example"}', '{"to":"[PERSON_1]","at":"[EMAIL_1]"}'),
        ('{"said":"[PERSON_1]","to":"Maria Lopez"}', '{"said":"[PERSON_1]","to":"[PERSON_2]"}'),
        ('["Maria Lopez", not JSON', '["[PERSON_1]", not JSON'),
    ):
        assert veil(known).attribute(document) == masked


def test_what_is_clean_for_one_customer_is_not_for_another() -> None:
    """Texts in which nothing was found are not looked at again, but for what is known."""
    clean, known = CleanTexts(), known_in(OwnDetails((Detail("NAME", "Gas Board"),)))
    for value, masked in (("Gas Board", "[PERSON_1]"), ('{"to":"x\\nGas Board"}', '{"to":"x\\n[PERSON_1]"}')):
        assert Veil(Details(), clean).attribute(value) == value
        assert Veil(Details(known), clean).attribute(value) == masked
        assert Veil(Details(known), clean).attribute(value) == masked


def test_where_something_known_stands_is_remembered_and_hidden_again_in_another_turn() -> None:
    known, clean = known_in(OwnDetails((Detail("NAME", "Gas Board"),))), CleanTexts()
    read: list[str] = []

    def reading(text: str) -> Iterable[Finding]:
        read.append(text)
        return known(text)

    for _ in range(2):
        assert Veil(Details(reading), clean).attribute('{"to":"gas board"}') == '{"to":"[PERSON_1]"}'
    assert Veil(Details(reading), clean).attribute('{"to":"x"}') == '{"to":"x"}'
    assert read == ['{"to":"gas board"}', '{"to":"x"}']


def test_a_text_that_was_masked_when_it_was_stored_loses_only_what_came_to_be_known_later() -> None:
    """An address that no engine would leave stands for what storage decided. What it does not read is read here: names
    with an underscore between them, and values of a document."""
    later = known_in(OwnDetails((Detail("NAME", "Xu Li"),)))
    stored = ["I am xu li, zara@mail.example", "maria_lopez and zara@mail.example", '{"to":"zara\\u0040mail.example"}']
    own = Veil(Details(later, later, are_stored=True), CleanTexts(), stored)
    assert own.attribute(stored[0]) == "I am [PERSON_1], zara@mail.example"
    assert own.attribute(f"{stored[0]}!") == "I am [PERSON_1], [EMAIL_1]!"
    assert "maria" not in own.attribute(stored[1])
    assert own.attribute(stored[2]) == '{"to":"[EMAIL_1]"}'
    assert len(Veil(Details(), CleanTexts(), ["word " * 5_000]).attribute("word " * 5_000)) < 16_100


@pytest.mark.parametrize(
    ("says", "are_masked"), [("Here it is, Zara Quill.", True), ("Your password is Swordfish-77.", False)]
)
def test_an_answer_that_says_a_secret_is_read_again_before_it_leaves(says: str, *, are_masked: bool) -> None:
    """What is stored of an answer may have one: whoever asked has none any more."""
    record = cast(TurnRecord, SimpleNamespace(message="hi", answer=says))
    asked = cast(Turn, SimpleNamespace(record=record, own=None, placeholders=Placeholders()))
    facts = {"turn": "1", "caller": "visitor", **texts_of(record, asked)}
    over = Observation(Kind.TURN, "turn", facts)
    assert details_of(over).are_stored is are_masked


def test_sums_in_their_fields_are_no_numbers_of_anything_else() -> None:
    """They are not read: the engine finds nothing in them."""
    for name in AMOUNTS:
        for amount in ("2480.15", "-249.99", "1231.00", "12.34"):
            assert not find_personal(f"{name}: {amount}")
    kept = '{"amount":"2480.15","pin":"12.34"}'
    assert veil().attribute(kept, is_said=False) == '{"amount":"2480.15","pin":"[SECRET]"}'


def test_one_detail_has_one_placeholder_in_a_trace_and_a_long_text_an_end() -> None:
    own = veil()
    assert own.text("zara.quill@mail.example") == own.text("ZARA.QUILL@mail.example").replace("2", "1") == "[EMAIL_1]"
    long = own.text("word " * 5_000)
    assert len(long) < 16_100
    assert long.endswith(" ...")
    assert own.attribute("[" + "1," * 40_000 + "1]") == "[TOO LONG]"


def test_the_prompt_that_is_linked_is_the_tasks_before_the_frames() -> None:
    assert find_linked_prompt("operation 1, policy 1, system 2") is None
    assert find_linked_prompt("operation langfuse-3, policy 1, system langfuse-7") == ("tellergraph-operation", 3)
    assert find_linked_prompt("operation 1, policy langfuse-2, system langfuse-7") == ("tellergraph-policy", 2)
    assert find_linked_prompt("") is None


@pytest.fixture
def langfuse() -> Iterator[LangfuseServer]:
    with langfuse_server() as server:
        yield server


@pytest.fixture
def connection(settings: Settings, langfuse: LangfuseServer, request: pytest.FixtureRequest) -> Iterator[Connection]:
    keys = {"langfuse_public_key": SecretStr(request.node.name), "langfuse_secret_key": SecretStr("sk-test")}
    opened = Connection(settings.model_copy(update={"langfuse_base_url": langfuse.base_url, **keys}))
    yield opened
    opened.end()


def turn(**facts: str) -> Observation:
    over = Observation(Kind.TURN, "turn", {"turn": "1", "caller": "visitor", **facts})
    over.end()
    return over


def nobody() -> Details:
    """Of a turn about whose customer nothing is known."""
    return Details()


def test_a_span_that_cannot_be_masked_loses_all_that_it_says_and_the_others_go_out(
    connection: Connection, langfuse: LangfuseServer
) -> None:
    def fail() -> Details:
        raise RuntimeError("nobody is known by zara.quill@mail.example")

    def unreadable() -> str:
        raise RuntimeError("arguments of zara.quill@mail.example")

    connection.take(turn(question_text="I am Zara Quill"), TRACE, fail)
    connection.take(turn(question_text="I am Zara Quill"), "cd" * 16, nobody)
    inside = turn(question_text="I am Zara Quill")
    inside.inner.append(Observation(Kind.TOOL, "list_payees", {"arguments_text": unreadable}))
    connection.take(inside, "ef" * 16, nobody)
    connection.end()

    failed, masked, whole, broken = langfuse.spans
    assert (failed.name, failed.attributes) == ("turn", {})
    assert masked.attributes["langfuse.observation.input"] == "I am [PERSON_1]"
    assert whole.attributes["langfuse.observation.input"] == "I am [PERSON_1]"
    assert (broken.name, broken.attributes, broken.parent_id) == ("list_payees", {}, whole.id)
    assert b"ara" not in langfuse.raw.replace(b"parameter", b"")


def test_codes_of_our_own_are_sent_as_they_are_and_what_only_stands_in_their_place_is_not(
    connection: Connection, langfuse: LangfuseServer
) -> None:
    connection.take(
        turn(route="operation", prompt="operation 1, system langfuse-7", intent="Zara Quill"), TRACE, nobody
    )
    connection.take(turn(tool="zara.quill@mail.example", step="GB29NWBK60161331926819"), "cd" * 16, nobody)
    connection.end()
    ours, others = langfuse.spans
    assert (ours.metadata["route"], ours.metadata["prompt"]) == ("operation", "operation 1, system langfuse-7")
    assert set(ours.attributes["langfuse.trace.tags"]) == {"operation", "visitor", "[PERSON_1]"}
    assert others.metadata["tool"] == "[EMAIL_1]"
    assert b"uill" not in langfuse.raw
    assert b"NWBK" not in langfuse.raw


def test_texts_of_a_customer_whose_details_are_not_known_are_withheld(
    connection: Connection, langfuse: LangfuseServer
) -> None:
    connection.take(turn(caller="customer", question_text="pay gas board", error_code="unavailable"), TRACE, nobody)
    connection.end()
    [root] = langfuse.spans
    assert root.attributes["langfuse.observation.input"] == "[WITHHELD]"
    assert root.metadata["error_code"] == "unavailable"


def test_a_file_in_a_text_is_not_uploaded(connection: Connection, langfuse: LangfuseServer) -> None:
    """The library would, before anything is masked."""
    connection.take(turn(question_text="data:image/png;base64,iVBORw0KGgoAAAANSUhEUg=="), TRACE, nobody)
    connection.end()
    assert {sent.path for sent in langfuse.requests} == {"/api/public/otel/v1/traces"}
    assert "iVBORw0KGgo" in langfuse.spans[0].attributes["langfuse.observation.input"]


def test_a_server_outside_the_allowed_networks_is_not_called(settings: Settings, langfuse: LangfuseServer) -> None:
    keys = {"langfuse_public_key": SecretStr("pk-elsewhere"), "langfuse_secret_key": SecretStr("sk-test")}
    nowhere = settings.model_copy(update={"langfuse_base_url": langfuse.base_url, "outgoing_networks": [], **keys})
    connection = Connection(nowhere)
    connection.take(turn(), TRACE, nobody)
    connection.end()
    assert connection.lost == 1
    assert langfuse.requests == []


def test_scores_that_are_not_taken_are_sent_once_more_and_then_lost(langfuse: LangfuseServer) -> None:
    local = [ip_network("127.0.0.0/8")]
    post = ScorePost(guarded_requests(local), langfuse.base_url, "Basic x", {"environment": "test"})
    score = post.score(TRACE, Score("guard_screen", 1.0, "BOOLEAN"), 1_700_000_000_000_000_000)

    assert post.send([score], 5)
    langfuse.fails = True
    assert not post.send([score], 5)

    assert (
        langfuse.scores
        == [
            {
                "environment": "test",
                "id": f"{TRACE}-guard_screen",
                "traceId": TRACE,
                "name": "guard_screen",
                "value": 1.0,
                "dataType": "BOOLEAN",
                "timestamp": "2023-11-14T22:13:20+00:00",
            }
        ]
        * 3
    )


def test_scores_do_not_go_where_nothing_may_be_called(langfuse: LangfuseServer) -> None:
    post = ScorePost(guarded_requests([]), langfuse.base_url, "Basic x", {})
    assert not post.send([{}], 5)
    assert langfuse.requests == []
