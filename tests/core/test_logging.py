"""Logs are one JSON object a line, in the words of ECS."""

import logging
import os
from collections.abc import Callable
from threading import get_ident
from typing import Literal

import orjson
import pytest
import structlog
from pydantic import BaseModel, ValidationError

from core.errors import NotFound
from core.logging import configure_logging, get_logger, set_trace_ids

_LOGGERS = ("agent.service", "some.library", "httpx2")


@pytest.fixture
def configure() -> Callable[..., None]:
    """For this test's lines alone: servers of other tests are threads of the same process, and what they left behind is
    told of when it is collected, in this thread."""

    def configure(level: str, format: Literal["json", "console"] = "json") -> None:
        configure_logging(level, format)
        mine = get_ident()
        for handler in logging.getLogger().handlers:
            handler.addFilter(lambda record: record.thread == mine and record.name in _LOGGERS)

    return configure


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    output = capsys.readouterr()
    assert output.out == ""
    return [orjson.loads(line) for line in output.err.splitlines()]


def test_ours_and_the_libraries_lines_look_alike(configure, capsys):
    configure("INFO")
    structlog.contextvars.bind_contextvars(request_id="r1", turn_id="t1")

    get_logger("agent.service").warning("turn_failed", code="model_unavailable")
    logging.getLogger("some.library").warning("something %s", "odd")
    get_logger("agent.service").debug("not_shown")

    ours, theirs = lines(capsys)
    for line in (ours, theirs):
        assert str(line.pop("@timestamp")).endswith("Z")
        assert line.pop("process.pid") == os.getpid()
        assert line.pop("service.version")
    common = {
        "log.level": "warning",
        "http.request.id": "r1",
        "tellergraph.turn_id": "t1",
        "ecs.version": "8.17",
        "service.name": "tellergraph",
    }
    assert ours == common | {
        "message": "turn_failed",
        "log.logger": "agent.service",
        "tellergraph.code": "model_unavailable",
    }
    assert theirs == common | {"message": "something odd", "log.logger": "some.library"}


def test_a_line_says_which_trace_it_belongs_to(configure, capsys):
    configure("INFO")
    set_trace_ids(lambda: {"trace": "0123456789" * 3 + "12", "span": "0123456789012345"})

    get_logger("agent.service").info("turn_done")
    set_trace_ids(None)
    get_logger("agent.service").info("turn_done")

    traced, untraced = lines(capsys)
    assert (traced["trace.id"], traced["span.id"]) == ("0123456789" * 3 + "12", "0123456789012345")
    assert "trace.id" not in untraced


def test_an_exception_is_told_by_class_and_stack(configure, capsys):
    """A library's text may quote whatever it was given; ours are written for whoever reads them."""

    class Amount(BaseModel):
        value: int

    configure("INFO")
    try:
        try:
            Amount.model_validate({"value": "Tell Zbigniew that the goose is ready"})
        except ValidationError as error:
            raise NotFound("There is no such\npayee.") from error
    except NotFound:
        get_logger("agent.service").exception("turn_crashed", odd=object)
        logging.getLogger("some.library").exception("crashed")

    for line in lines(capsys):
        assert line["error.type"] == "core.errors.NotFound"
        assert line["error.message"] == "There is no such\npayee."
        stack = str(line["error.stack_trace"])
        assert stack.index("ValidationError") < stack.index("-- and then:") < stack.index("core.errors.NotFound")
        assert "in test_an_exception_is_told_by_class_and_stack" in stack
        assert "Zbigniew" not in str({**line, "error.stack_trace": stack.replace('"Tell Zbigniew', "")})


def test_several_exceptions_at_once_are_told_with_each_ones_stack(configure, capsys):
    configure("INFO")
    both = ExceptionGroup("of Zbigniew", [ValueError("Zbigniew"), ExceptionGroup("more", [KeyError("Zbigniew")])])

    get_logger("agent.service").error("turn_crashed", exc_info=both)

    [line] = lines(capsys)
    assert line["error.type"] == "ExceptionGroup"
    assert str(line["error.stack_trace"]).replace("\n", " ") == (
        "ExceptionGroup -- with: ValueError -- with: ExceptionGroup -- with: KeyError"
    )


def test_whoever_watches_a_terminal_reads_lines(configure, capsys):
    configure("INFO", "console")
    try:
        raise LookupError("call 07700 900123")
    except LookupError:
        get_logger("agent.service").exception("turn_crashed", said="call 07700 900123")

    output = capsys.readouterr().err
    assert "turn_crashed" in output.splitlines()[0]
    assert output.rstrip().endswith("LookupError")
    assert "900123" not in output.splitlines()[0]


def test_chatty_libraries_are_quiet(configure, capsys):
    configure("INFO")

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


def test_nothing_personal_reaches_a_log(configure, capsys):
    """However it got there: as the event, a field, within a field, an object, a library's message, or an exception."""
    configure("INFO")
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


def test_no_secret_reaches_a_log(configure, capsys):
    configure("INFO")
    secrets = ("eyJhbGciOiJub25l.eyJzdWIiOiJhbGV4.c2ln", "tg_0123456789abcdef", "hunter2hunter")

    for text in (
        f"Authorization: Bearer {secrets[0]}",
        f"token {secrets[0]} expired",
        f"the key {secrets[1]} is unknown",
        f"postgresql://teller:{secrets[2]}@db.example/bank is away",
        f"POST /login?password={secrets[2]}&next=1",
    ):
        logging.getLogger("some.library").warning(text)

    output = capsys.readouterr().err
    assert output.count("[SECRET]") == 5
    assert not any(secret in output for secret in secrets)


def test_ids_and_figures_stay_as_they_are(configure, capsys):
    configure("INFO")
    fields = {
        "turn_id": "0f8f7c12-1234-4567-9012-223344556677",
        "milliseconds": 12.5,
        "count": 1_234_567,
        "model": "openai:gpt-4o-mini",
        "sentences": {"answer:fallback": 2},
        "is_first": True,
    }

    get_logger("agent.service").info("turn_done", duration=7_700_900_123, **fields)

    (line,) = lines(capsys)
    assert {name: line[f"tellergraph.{name}"] for name in fields} == fields
    assert line["event.duration"] == 7_700_900_123
