"""Logs are one JSON object a line."""

import logging

import orjson
import pytest
import structlog

from core.logging import configure_logging, get_logger


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    output = capsys.readouterr()
    assert output.out == ""
    return [orjson.loads(line) for line in output.err.splitlines()]


def test_ours_and_the_libraries_lines_look_alike(logging_restored, capsys):
    configure_logging("INFO")
    structlog.contextvars.bind_contextvars(request_id="r1")

    get_logger("agent.service").warning("turn_failed", turn_id="t1", code="model_unavailable")
    logging.getLogger("some.library").warning("something %s", "odd")
    get_logger("agent.service").debug("not_shown")

    ours, theirs = lines(capsys)
    assert ours.pop("timestamp")
    assert theirs.pop("timestamp")
    assert ours == {
        "event": "turn_failed",
        "level": "warning",
        "logger": "agent.service",
        "request_id": "r1",
        "turn_id": "t1",
        "code": "model_unavailable",
    }
    assert theirs == {"event": "something odd", "level": "warning", "logger": "some.library", "request_id": "r1"}


def test_a_stack_is_one_line_too(logging_restored, capsys):
    configure_logging("INFO")

    try:
        raise LookupError("no\nsuch thing")
    except LookupError:
        get_logger("agent.service").exception("turn_crashed", odd=object)

    [line] = lines(capsys)
    assert "LookupError: no\nsuch thing" in str(line["exception"])


def test_chatty_libraries_are_quiet(logging_restored, capsys):
    configure_logging("INFO")

    logging.getLogger("httpx2").info("GET https://model.example?key=1")

    assert lines(capsys) == []


PERSONAL = (
    "jo@mail.example",
    "4111 1111 1111 1111",
    "GB29 NWBK 6016 1331 9268 19",
    "07700 900123",
    "9876",
    "Jane Porter",
)
SAID = (
    "my name is Jane Porter, jo@mail.example, card 4111 1111 1111 1111, IBAN GB29 NWBK 6016 1331 9268 19, call me on"
    " 07700 900123, my PIN is 9876"
)


def test_nothing_personal_reaches_a_log(logging_restored, capsys):
    """However it got there: as the event, a field, within a field, an object, a library's message, or in a stack."""
    configure_logging("INFO")
    log, library = get_logger("agent.service"), logging.getLogger("some.library")

    log.info(SAID)
    log.info("said", text=SAID, number=4111111111111111, within={"texts": [SAID], SAID: 1}, seen=(SAID,))
    log.info("said", error=ValueError(SAID))
    library.warning("could not read %s", SAID)
    try:
        raise ValueError(SAID)
    except ValueError:
        log.exception("crashed")
        library.exception("crashed")

    output = capsys.readouterr().err
    assert len(output.splitlines()) == 6
    for original in (*PERSONAL, "4111111111111111"):
        assert original not in output


def test_ids_and_figures_stay_as_they_are(logging_restored, capsys):
    configure_logging("INFO")
    fields = {
        "turn_id": "0f8f7c12-1234-4567-9012-223344556677",
        "milliseconds": 12.5,
        "count": 1_234_567,
        "model": "openai:gpt-4o-mini",
        "sentences": {"answer:fallback": 2},
        "is_first": True,
    }

    get_logger("agent.service").info("turn_done", **fields)

    (line,) = lines(capsys)
    assert {name: line[name] for name in fields} == fields
