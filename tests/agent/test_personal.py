"""What is kept of a message beside its masked text."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from uuid import UUID

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.personal import find_key, personal_in
from core.db.database import Database
from core.security.encryption.data_keys import DataKeys
from core.security.encryption.errors import KeyServiceGone
from core.security.encryption.masters import LocalMasters, Wrapped
from core.security.pii import Placeholders, mask
from core.services import Services

NOW = datetime(2026, 5, 4, tzinfo=UTC)


def kept(message: str) -> tuple[list[str], str | None]:
    placeholders = Placeholders()
    found = personal_in(mask(message, placeholders), placeholders)
    return found.kinds, found.original


def test_kinds_are_named_and_secrets_stay_hidden():
    assert kept("Mail a@example.org or b@example.org") == (["EMAIL"], "Mail a@example.org or b@example.org")
    kinds, original = kept("my PIN is 4821 and mail a@example.org")
    assert "4821" not in str(original)
    assert len(kinds) == 2


def test_a_message_with_a_secret_alone_has_no_original():
    kinds, original = kept("my PIN is 4821")
    assert (len(kinds), original) == (1, None)


def test_what_a_customer_types_like_a_placeholder_counts_for_nothing():
    assert kept("what does [EMAIL_1] mean, and [HELLO]?") == ([], None)


@given(st.text(max_size=80))
def test_what_is_kept_is_what_was_written_or_nothing(message: str):
    """Where no secret was hidden, the original is the message itself."""
    placeholders = Placeholders()
    masked = mask(message, placeholders)
    found = personal_in(masked, placeholders)
    if found.original is not None and "[SECRET]" not in masked:
        assert placeholders.restore(masked) == found.original


class Away(LocalMasters):
    """A key service that does not answer."""

    def __init__(self) -> None:
        super().__init__({"local:a": b"a" * 32})
        self.is_away = True

    async def wrap(self, secret: bytes, about: bytes) -> Wrapped:
        if self.is_away:
            raise KeyServiceGone("The key service cannot be reached.")
        return await super().wrap(secret, about)


@pytest.fixture
async def database(bank: Services) -> AsyncIterator[Database]:
    opened = Database(bank.app_url, pool_size=2)
    await opened.open()
    yield opened
    await opened.close()


async def test_a_turn_does_not_fail_for_a_key_service_that_is_away(bank: Services, database: Database):
    with psycopg.connect(bank.owner_url) as owner:
        customer: UUID = owner.execute("select id from customers order by id limit 1").fetchall()[0][0]
    masters = Away()
    keys = DataKeys(database, masters)
    assert await find_key(keys, customer, NOW) is None
    masters.is_away = False
    assert await find_key(keys, customer, NOW) is not None
    assert await find_key(keys, None, NOW) is None


async def test_a_key_is_asked_for_once_in_five_minutes(bank: Services, database: Database):
    with psycopg.connect(bank.owner_url) as owner:
        customer: UUID = owner.execute("select id from customers order by id limit 1").fetchall()[0][0]
    passed = [0.0]
    keys = DataKeys(database, LocalMasters({"local:a": b"a" * 32}), now=lambda: passed[0])
    first = await keys.find_for_writing(customer, NOW)
    with psycopg.connect(bank.owner_url) as owner:
        owner.execute("update data_keys set wrapped = null, destroyed_at = now()")
    assert await keys.find_for_writing(customer, NOW) is first
    passed[0] = 301.0
    assert await keys.find_for_writing(customer, NOW) is None
