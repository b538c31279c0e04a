"""Passwords are kept as argon2id hashes. Each hash costs half a second of a core, so there are few of them here."""

import pytest
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from core.security import passwords
from core.security.passwords import Verified, compare_password, hash_password_async


@pytest.fixture(scope="module")
async def hashed() -> str:
    return await hash_password_async("correct horse ✓")


def test_the_hash_is_argon2id_at_the_recommended_cost(hashed: str):
    assert hashed.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert "correct" not in hashed


async def test_only_the_password_itself_matches(hashed: str):
    assert (await compare_password("correct horse ✓", hashed)).matches
    assert not (await compare_password("Correct horse ✓", hashed)).matches


async def test_a_login_that_is_not_there_costs_a_verification_too(monkeypatch: pytest.MonkeyPatch):
    """Or the time would tell which e-mail addresses have an account."""
    verified: list[str] = []

    class Hasher:
        def hash(self, password: str) -> str:
            return f"hash of {password}"

        def verify_and_update(self, password: str, hashed: str) -> tuple[bool, str | None]:
            verified.append(hashed)
            return True, "a newer hash"

    monkeypatch.setattr(passwords, "_HASHER", Hasher())
    passwords._decoy.cache_clear()

    assert await compare_password("anything", None) == Verified(matches=False)
    assert verified == ["hash of nobody has this password"]
    passwords._decoy.cache_clear()


async def test_a_password_is_the_same_however_a_keyboard_writes_its_accents(monkeypatch: pytest.MonkeyPatch):
    cheap = PasswordHash((Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1),))
    monkeypatch.setattr(passwords, "_HASHER", cheap)
    composed, decomposed = "caf\u00e9 au lait", "cafe\u0301 au lait"

    assert composed != decomposed
    assert (await compare_password(decomposed, await hash_password_async(composed))).matches
    assert not (await compare_password("cafe au lait", await hash_password_async(composed))).matches
