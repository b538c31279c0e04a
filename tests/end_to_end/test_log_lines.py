"""What a server writes while it serves: lines that programs read, that tell which request, turn and trace they belong
to, and nobody's data."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import SecretStr

from core.logging import configure_logging
from core.services import Services
from core.settings import Settings
from core.telemetry.pseudonyms import Pseudonyms
from tests.otlp_receiver import otlp_receiver
from tests.serving import serving
from tests.talking import ALEX, Meet

IBAN, CARD, MAIL, NAME = "GB29NWBK60161331926819", "4111111111111111", "jo@mail.example", "Jane Porter"


@pytest.fixture
def failing(settings: Settings) -> Iterator[Settings]:
    """With a model that cannot be reached, so that turns have something to say; and with traces."""
    with otlp_receiver() as receiver:
        changes = {
            "llm": "openai:away,offline",
            "openai_api_key": SecretStr("sk-test"),
            "openai_base_url": "http://127.0.0.1:9/v1",
            "model_retries": 0,
            "traces": "otlp",
            "otlp_endpoint": receiver.url,
        }
        yield settings.model_copy(update=changes)


def test_a_servers_lines_are_json_and_tell_nobodys_data(
    failing: Settings, fresh: Services, meet: Meet, capfd: pytest.CaptureFixture[str]
) -> None:
    configure_logging("INFO")
    with serving(failing, fresh) as server:
        alex = meet(server, ALEX)
        alex.ask(f"I am {NAME}, {MAIL}, card {CARD}, pay 10 pounds to {IBAN}")
        answer = alex.ask("what's my balance?")
        alex.http.get(f"/api/v1/payees/{NAME}?email={MAIL}", headers={"User-Agent": MAIL})
        alex.http.get(f"/api/v1/chat/history/{alex.session_id}?q={IBAN}")
        alex.http.post("/api/v1/payments", json={"to": NAME, "iban": IBAN})
        token = alex.http.headers["Authorization"].removeprefix("Bearer ")

    output = capfd.readouterr()
    lines: list[dict[str, Any]] = [json.loads(line) for line in output.err.splitlines()]
    assert output.out == ""
    everything = output.err.casefold()
    for told in (IBAN, CARD, MAIL, NAME, ALEX[0], str(alex.session_id), token, "127.0.0.1:9/v1?"):
        assert told.casefold() not in everything, told

    requests = {line["http.route"]: line for line in lines if line["message"] == "request"}
    chat = requests["/api/v1/chat"]
    assert (chat["http.request.method"], chat["http.response.status_code"]) == ("POST", 200)
    assert chat["event.duration"] > 1_000_000
    assert requests["/api/v1/chat/history/{session_id}"]["http.response.status_code"] == 200
    turn = Pseudonyms(fresh.secret_key).trace_id(answer["turn_id"])
    of_turn = [line for line in lines if line.get("tellergraph.turn") == turn]
    failed = next(line for line in of_turn if line["message"] == "model_failed")
    assert failed["http.request.id"] == chat["http.request.id"]
    assert len(failed["trace.id"]) == 32
    assert len(failed["session.id"]) == 16
