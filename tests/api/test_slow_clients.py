"""Who is slow, large or no client at all is cut off, and the server goes on. Raw sockets to the real server.
Issue 8, hardening."""

import socket
from collections.abc import Iterator
from datetime import timedelta

import httpx2
import pytest

from api.protocol import LONGEST_URL, MOST_HEADER_BYTES, MOST_HEADERS
from core.services import Services
from core.settings import Settings
from tests.api.strict import connected, exchange, impatient, read_to_end
from tests.serving import serving

HOST = b"Host: bank.example\r\n"
POST = b"POST /api/v1/chat HTTP/1.1\r\n" + HOST + b"Content-Type: application/json\r\n"


@pytest.fixture(scope="module")
def server_url(settings: Settings, shared_services: Services) -> Iterator[str]:
    with serving(impatient(settings), shared_services) as url:
        yield url


@pytest.fixture(autouse=True)
def still_serves(server_url: str) -> Iterator[None]:
    yield
    assert httpx2.get(f"{server_url}/health").status_code == 200


def status_of(answer: bytes) -> int:
    assert answer.startswith(b"HTTP/1.1 "), answer[:200]
    return int(answer[9:12])


def test_a_connection_that_says_nothing_is_closed(server_url: str) -> None:
    assert exchange(server_url) == b""


def test_headers_that_do_not_end_are_not_waited_for(server_url: str) -> None:
    answer = exchange(server_url, b"GET / HTTP/1.1\r\n" + HOST + b"X-Slow: ")
    assert status_of(answer) == 408
    assert b'"code":"too_slow"' in answer


def test_a_dripping_header_does_not_buy_time(server_url: str) -> None:
    """Slowloris: each byte used to be a sign of life."""
    with connected(server_url) as connection:
        connection.settimeout(0.05)
        connection.sendall(b"GET / HTTP/1.1\r\n" + HOST)
        answer = b""
        for _ in range(400):
            try:
                connection.sendall(b"X")
                answer = connection.recv(65_536)
                break
            except TimeoutError:
                continue
            except (BrokenPipeError, ConnectionResetError):
                break
        else:
            pytest.fail("the server still listens")
    assert answer == b"" or status_of(answer) == 408


def test_blank_lines_are_no_request(server_url: str) -> None:
    with connected(server_url) as connection:
        connection.sendall(b"\r\n")
        assert read_to_end(connection) == b""


def test_a_connection_that_was_used_gets_no_longer(server_url: str) -> None:
    with connected(server_url) as connection:
        connection.sendall(b"GET /health HTTP/1.1\r\n" + HOST + b"\r\n")
        assert status_of(connection.recv(65_536)) == 200
        connection.sendall(b"GET /health HTTP/1.1\r\n")
        assert status_of(read_to_end(connection)) == 408


def test_a_body_that_does_not_come_is_not_waited_for(server_url: str) -> None:
    answer = exchange(server_url, POST + b"Content-Length: 100\r\n\r\n", b'{"message": ')
    assert status_of(answer) == 408
    assert b'"code":"too_slow"' in answer


def test_a_body_that_nobody_reads_is_not_waited_for(server_url: str) -> None:
    """It was refused for its size; what is left of it may come for ever."""
    answer = exchange(server_url, POST + b"Content-Length: 99999999\r\n\r\n", b"x")
    assert status_of(answer) == 413


def test_chunks_beyond_the_limit_are_refused(server_url: str) -> None:
    chunk = b"%x\r\n%s\r\n" % (40_000, b" " * 40_000)
    answer = exchange(server_url, POST + b"Transfer-Encoding: chunked\r\n\r\n", chunk, chunk)
    assert status_of(answer) == 413


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (b"GET /" + b"a" * LONGEST_URL + b" HTTP/1.1\r\n" + HOST + b"\r\n", 414),
        (b"GET / HTTP/1.1\r\n" + HOST + b"X: y\r\n" * MOST_HEADERS + b"\r\n", 431),
        (b"GET / HTTP/1.1\r\n" + HOST + b"X: " + b"y" * (MOST_HEADER_BYTES + 1) + b"\r\n\r\n", 431),
        (b"GET / HTTP/1.1\r\n" + HOST + b"X" * 300_000 + b": y\r\n\r\n", 431),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400),
        (b"GET / HTTP/1.1\r\n" + HOST + b"X y\r\n\r\n", 400),
        (POST + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
        (POST + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}", 400),
        (POST + b"Content-Length: -1\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n", 421),
        (b"GET / HTTP/1.1\r\nConnection: close\r\n\r\n", 421),
    ],
    ids=["url", "count", "size", "name", "tls", "colon", "smuggled", "lengths", "negative", "host", "no host"],
)
def test_what_is_no_request_of_ours_gets_an_error_and_the_connection_ends(
    server_url: str, request_: bytes, status: int
) -> None:
    answer = exchange(server_url, request_)
    assert status_of(answer) == status
    assert b'"success":false' in answer
    assert b"nosniff" in answer


def test_json_nested_without_end_is_refused_before_it_is_read(server_url: str) -> None:
    for body in (b"[" * 30_000, b'{"message":' * 5_000, b'{"a":"' + b'\\"' * 20_000 + b'"}' + b"[" * 40):
        answer = httpx2.post(f"{server_url}/api/v1/chat", content=body, headers={"Content-Type": "application/json"})
        assert answer.status_code == 400, body[:20]


def test_a_reader_that_takes_nothing_is_let_go(server_url: str) -> None:
    """More is asked for than sockets hold; what is not taken in time ends the connection."""
    with connected(server_url) as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        asked = b"GET /openapi.json HTTP/1.1\r\n" + HOST + b"\r\n"
        with pytest.raises((BrokenPipeError, ConnectionResetError)):
            _send_for_ever(connection, asked)


def _send_for_ever(connection: socket.socket, asked: bytes) -> None:
    while True:
        connection.sendall(asked)


def test_an_answer_that_does_not_begin_is_given_up(settings: Settings, shared_services: Services) -> None:
    hurried = impatient(settings, request_timeout=timedelta(microseconds=1))
    with serving(hurried, shared_services) as url:
        answer = httpx2.get(f"{url}/api/v1/atms")
    assert answer.status_code == 503
    assert answer.json()["error"]["code"] == "too_slow"
    assert answer.headers["retry-after"]
