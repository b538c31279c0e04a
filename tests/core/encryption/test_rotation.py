"""The customers' keys are wrapped anew while the server serves, also when that is cut off in the middle; and an old
master key goes only when nothing needs it any more."""

import asyncio
import base64
from datetime import UTC, datetime
from uuid import UUID

import psycopg
import pytest
from pydantic import SecretStr
from vault_server import TOKEN, Transit, running_vault

from core.db.database import Database, Scope
from core.errors import ConfigurationError
from core.security.encryption import rotation
from core.security.encryption.data_keys import DataKeys
from core.security.encryption.errors import KeyServiceGone, KeyUnknown
from core.security.encryption.masters import KeyRing, LocalMasters, Wrapped
from core.security.encryption.ring import open_key_ring, require_known_masters
from core.security.encryption.rotation import inspect_keys, rotate_keys
from core.services import Services
from core.settings import Settings

NOW = datetime(2026, 5, 4, tzinfo=UTC)
OLD = LocalMasters({"local:old": b"o" * 32})
BOTH = LocalMasters({"local:new": b"n" * 32, "local:old": b"o" * 32})
NEW = LocalMasters({"local:new": b"n" * 32})


def customers(services: Services) -> list[UUID]:
    with psycopg.connect(services.owner_url) as owner:
        return [found for (found,) in owner.execute("select id from customers order by id")]


async def make_keys(services: Services, masters: LocalMasters | KeyRing) -> dict[UUID, bytes]:
    """Every customer's key in the clear."""
    database = Database(services.app_url, pool_size=2)
    await database.open()
    keys = DataKeys(database, masters)
    made = {each: await keys.find_for_writing(each, NOW) for each in customers(services)}
    await database.close()
    return {customer: key.secret for customer, key in made.items() if key is not None}


async def test_after_a_rotation_the_new_key_alone_opens_what_the_old_one_wrapped(bank: Services):
    before = await make_keys(bank, OLD)
    report = await rotate_keys(bank.owner_url, BOTH, NOW)

    assert len(before) == 12
    assert (report.rewrapped, report.in_use, report.is_done) == (12, {"local:new": 12}, True)
    assert await make_keys(bank, NEW) == before
    with pytest.raises(KeyUnknown):
        await make_keys(bank, OLD)
    with psycopg.connect(bank.owner_url) as owner:
        (line,) = owner.execute("select detail from audit_log where action = 'keys.rotated'").fetchall()
    assert line[0] == {"current": "local:new", "rewrapped": 12, "unreadable": 0}
    assert (await rotate_keys(bank.owner_url, BOTH, NOW)).rewrapped == 0


async def test_a_server_that_reads_meanwhile_sees_its_keys_all_along(bank: Services, monkeypatch: pytest.MonkeyPatch):
    before = await make_keys(bank, OLD)
    monkeypatch.setattr(rotation, "BATCH", 1)
    reading = asyncio.create_task(rotate_keys(bank.owner_url, BOTH, NOW))
    while not reading.done():
        assert await make_keys(bank, BOTH) == before
    assert reading.result().rewrapped == 12


class BreaksAfter(LocalMasters):
    """Wraps a few keys and is then gone, as a process that is killed."""

    def __init__(self, left: int) -> None:
        super().__init__({"local:new": b"n" * 32, "local:old": b"o" * 32})
        self.left = left

    async def wrap(self, secret: bytes, about: bytes) -> Wrapped:
        self.left -= 1
        if self.left < 0:
            raise KeyServiceGone("gone")
        return await super().wrap(secret, about)


async def test_a_rotation_that_was_cut_off_goes_on_where_it_was(bank: Services, monkeypatch: pytest.MonkeyPatch):
    before = await make_keys(bank, OLD)
    monkeypatch.setattr(rotation, "BATCH", 2)
    with pytest.raises(KeyServiceGone):
        await rotate_keys(bank.owner_url, BreaksAfter(7), NOW)
    halfway = await inspect_keys(bank.owner_url, BOTH)
    assert halfway.in_use == {"local:new": 6, "local:old": 6}
    assert not halfway.is_done
    assert await make_keys(bank, BOTH) == before

    assert (await rotate_keys(bank.owner_url, BOTH, NOW)).rewrapped == 6
    assert await make_keys(bank, NEW) == before


async def test_two_rotations_at_once_share_the_work(bank: Services):
    before = await make_keys(bank, OLD)
    reports = await asyncio.gather(*(rotate_keys(bank.owner_url, BOTH, NOW) for _ in range(3)))
    assert sum(report.rewrapped for report in reports) == 12
    assert await make_keys(bank, NEW) == before


async def test_a_key_that_does_not_open_is_named_and_holds_nobody_up(bank: Services):
    await make_keys(bank, OLD)
    broken = customers(bank)[3]
    with psycopg.connect(bank.owner_url) as owner:
        owner.execute("update data_keys set wrapped = wrapped || '\\x00' where customer_id = %s", [broken])
    report = await rotate_keys(bank.owner_url, BOTH, NOW)
    assert (report.rewrapped, report.unreadable, report.is_done) == (11, [str(broken)], False)
    assert report.in_use == {"local:new": 11, "local:old": 1}


async def test_a_missing_master_key_is_named_by_the_check_and_at_the_start(bank: Services):
    await make_keys(bank, OLD)
    report = await inspect_keys(bank.owner_url, NEW)
    assert (report.unknown, report.is_done) == (["local:old"], False)
    bare = Settings(_env_file=None)  # pyright: ignore[reportCallIssue]
    with pytest.raises(ConfigurationError, match="The master key local:old is not set"):
        require_known_masters(bare, b"s" * 32, bank.owner_url)
    known = bare.model_copy(update={"master_keys": SecretStr(_keys("old", b"o"))})
    require_known_masters(known, b"s" * 32, bank.owner_url)


async def test_keys_move_to_vault_and_to_its_next_version(bank: Services):
    before = await make_keys(bank, OLD)
    transit = Transit()
    with running_vault(transit) as url:
        settings = Settings(_env_file=None, kms_url=url, kms_token=TOKEN, master_keys=_keys("old", b"o"))  # pyright: ignore[reportCallIssue, reportArgumentType]
        async with open_key_ring(settings, b"s" * 32) as ring:
            assert (await rotate_keys(bank.owner_url, ring, NOW)).in_use == {"vault:transit/tellergraph:v1": 12}
            transit.rotate()
            assert not (await inspect_keys(bank.owner_url, ring)).is_done
            assert (await rotate_keys(bank.owner_url, ring, NOW)).in_use == {"vault:transit/tellergraph:v2": 12}
            transit.oldest = 2
            assert await make_keys(bank, ring) == before
        require_known_masters(settings, b"s" * 32, bank.owner_url)


async def test_a_customers_key_is_made_once_whoever_asks_first(bank: Services):
    database = Database(bank.app_url, pool_size=4)
    await database.open()
    alex = customers(bank)[0]
    made = await asyncio.gather(*(DataKeys(database, OLD).find_for_writing(alex, NOW) for _ in range(6)))
    assert len({key.secret for key in made if key is not None}) == 1
    async with database.reading(Scope(customer_id=customers(bank)[1])) as db:
        assert await DataKeys(database, OLD).open(db, alex) is None
    await database.close()


async def test_a_destroyed_key_never_comes_back(bank: Services):
    await make_keys(bank, OLD)
    alex = customers(bank)[0]
    with psycopg.connect(bank.owner_url) as owner:
        owner.execute("update data_keys set wrapped = null, destroyed_at = now() where customer_id = %s", [alex])
    assert alex not in await make_keys(bank, OLD)
    with psycopg.connect(bank.owner_url) as owner, pytest.raises(psycopg.Error, match="never comes back"):
        owner.execute("update data_keys set wrapped = 'x', destroyed_at = null where customer_id = %s", [alex])


def _keys(name: str, letter: bytes) -> str:
    return f"{name}={base64.b64encode(letter * 32).decode()}"
