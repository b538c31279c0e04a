"""What may be a new password (NIST SP 800-63B), and the local list of breached ones."""

import hashlib
from collections.abc import Callable
from io import BufferedReader
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.errors import ConfigurationError, Refused
from core.security import breached
from core.security.breached import BreachedPasswords
from core.security.password_rules import LONGEST, SHORTEST, check_password

ABOUT = ("alex.morgan@demo.example", "Alex Morgan", "Teller Bank")
Listed = Callable[..., BreachedPasswords]


@pytest.fixture
def listed(tmp_path: Path) -> Listed:
    def make(*passwords: str, end: str = "\n", count: str = ":7") -> BreachedPasswords:
        hashes = sorted(hashlib.sha1(each.encode(), usedforsecurity=False).hexdigest().upper() for each in passwords)
        path = tmp_path / "pwned.txt"
        path.write_text(end.join(f"{each}{count}" for each in hashes) + end, encoding="ascii", newline="")
        return BreachedPasswords(path)

    return make


async def refusal(password: str, known: BreachedPasswords | None = None) -> str | None:
    try:
        await check_password(password, about=ABOUT, breached=known or BreachedPasswords())
    except Refused as error:
        return error.message
    return None


@pytest.mark.parametrize(
    "password",
    [
        "four plain words here",
        "lowercaseonlyletters",
        "12 monkeys 34",
        "ünïcödé wörds",
        "7" * 5 + "xyzzy plugh",
        "alexandria-library",
    ],
)
async def test_anything_long_that_nobody_would_guess_first_is_taken(password: str):
    assert await refusal(password) is None


@pytest.mark.parametrize(
    "password",
    [
        "short one",
        "x y z" * 41,
        "alex.morgan@demo.example",
        "Alex.Morgan2026",
        "alexmorgan!!",
        "TellerBank1",
        "teller-bank-2026",
        "abababababab",
        "1234567890123",
        "9876543210",
        "password123",
        "PASSWORD1234",
        "qwertyuiop",
    ],
)
async def test_what_anybody_would_guess_first_is_refused_with_the_reason(password: str):
    reason = await refusal(password)

    assert reason is not None
    assert reason.endswith(("Choose another one.", "make a good one."))
    assert password not in reason


async def test_length_counts_characters_and_not_bytes_and_one_form_of_them():
    assert await refusal("ǆ€ß漢字かなétü"[:SHORTEST]) is None
    assert await refusal("漢字かな" + "e\u0301" * 5) is not None
    assert await refusal("".join(chr(0x4E00 + n * n) for n in range(LONGEST))) is None


async def test_a_password_of_the_banks_own_list_is_refused(listed: Listed):
    own = listed("four plain words here", "something else", "and a third one")

    assert "data breach" in str(await refusal("four plain words here", own))
    assert await refusal("four plain words there", own) is None


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    known=st.sets(st.integers(0, 10_000), min_size=1, max_size=60),
    asked=st.integers(0, 10_000),
    end=st.sampled_from(["\n", "\r\n"]),
    count=st.sampled_from(["", ":1", ":123456789"]),
)
def test_the_search_finds_what_stands_in_the_file_and_nothing_else(
    listed: Listed, known: set[int], asked: int, end: str, count: str
):
    own = listed(*(f"pass phrase {each}" for each in known), end=end, count=count)

    assert own.has(f"pass phrase {asked}") == (asked in known)
    assert all(own.has(f"pass phrase {each}") for each in known)


def test_a_search_looks_at_a_few_lines_of_many(listed: Listed, monkeypatch: pytest.MonkeyPatch):
    looked_at: list[int] = []
    line_start = breached._line_start

    def counted(file: BufferedReader, position: int) -> int:
        looked_at.append(position)
        return line_start(file, position)

    monkeypatch.setattr(breached, "_line_start", counted)
    known = listed(*map(str, range(20_000)))

    assert known.has("123")
    assert len(looked_at) <= 20


@pytest.mark.parametrize("content", ["", "hello world, this is a text and no list of any hashes\n", "5BAA61E4\n"])
def test_a_file_that_is_no_list_is_refused_at_the_start(tmp_path: Path, content: str):
    path = tmp_path / "list.txt"
    path.write_text(content)
    with pytest.raises(ConfigurationError, match="is none"):
        BreachedPasswords(path)
    with pytest.raises(ConfigurationError, match="No such file"):
        BreachedPasswords(tmp_path / "nowhere.txt")
