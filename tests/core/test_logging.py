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
