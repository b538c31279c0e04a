"""Passwords are kept as argon2id hashes. Each hash costs half a second of a core, so there are few of them here."""

import pytest

from core.security import passwords
from core.security.passwords import hash_password_async, verify_password


@pytest.fixture(scope="module")
async def hashed() -> str:
    return await hash_password_async("correct horse ✓")


def test_the_hash_is_argon2id_at_the_recommended_cost(hashed: str):
    assert hashed.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert "correct" not in hashed


async def test_only_the_password_itself_matches(hashed: str):
    assert await verify_password("correct horse ✓", hashed)
    assert not await verify_password("Correct horse ✓", hashed)


async def test_a_login_that_is_not_there_costs_a_verification_too(monkeypatch: pytest.MonkeyPatch):
    """Or the time would tell which e-mail addresses have an account."""
    verified: list[str] = []

    class Hasher:
        def hash(self, password: str) -> str:
            return f"hash of {password}"

        def verify(self, password: str, hashed: str) -> bool:
            verified.append(hashed)
            return True

    monkeypatch.setattr(passwords, "_HASHER", Hasher())
    passwords._decoy.cache_clear()

    assert not await verify_password("anything", None)
    assert verified == ["hash of nobody has this password"]
    passwords._decoy.cache_clear()
