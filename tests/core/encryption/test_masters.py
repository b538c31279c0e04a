"""What wraps the customers' keys: the environment, a file, the secret key, Vault over HTTP."""

import base64
from pathlib import Path

import pytest
from vault_server import TOKEN, Transit, running_vault

from core.errors import ConfigurationError
from core.security.encryption.errors import DataUnreadable, KeyServiceGone, KeyUnknown
from core.security.encryption.masters import LocalMasters, Wrapped, read_masters
from core.security.encryption.ring import local_masters, open_key_ring
from core.settings import Settings

SECRET = b"s" * 32
DATA_KEY = b"d" * 32


def encoded(letter: bytes) -> str:
    return base64.b64encode(letter * 32).decode()


def settings(**values: object) -> Settings:
    return Settings(_env_file=None, **values)  # pyright: ignore[reportCallIssue, reportArgumentType]


async def test_without_settings_the_deployments_secret_key_wraps():
    async with open_key_ring(settings(), SECRET) as ring:
        wrapped = await ring.wrap(DATA_KEY, b"alex")
        assert wrapped.master_id.startswith("secret:")
        assert await ring.unwrap(wrapped, b"alex") == DATA_KEY
    async with open_key_ring(settings(old_secret_keys=SECRET.decode()), b"n" * 32) as ring:
        assert await ring.unwrap(wrapped, b"alex") == DATA_KEY
        assert await ring.current_id() != wrapped.master_id
    async with open_key_ring(settings(), b"n" * 32) as ring:
        with pytest.raises(KeyUnknown, match=f"{wrapped.master_id} is not set"):
            await ring.unwrap(wrapped, b"alex")


async def test_the_first_key_of_the_environment_wraps_and_all_open():
    old = local_masters(settings(master_keys=f"2025={encoded(b'a')}"), SECRET)
    new = local_masters(settings(master_keys=f"2026={encoded(b'b')},2025={encoded(b'a')}"), SECRET)
    wrapped = await old.wrap(DATA_KEY, b"alex")
    assert await new.unwrap(wrapped, b"alex") == DATA_KEY
    assert (await new.wrap(DATA_KEY, b"alex")).master_id == "local:2026"


async def test_a_key_does_not_open_as_another_customers():
    masters = LocalMasters({"local:a": b"a" * 32})
    wrapped = await masters.wrap(DATA_KEY, b"alex")
    with pytest.raises(DataUnreadable, match="was changed, or another key has that name"):
        await masters.unwrap(wrapped, b"blair")
    with pytest.raises(DataUnreadable):
        await LocalMasters({"local:a": b"b" * 32}).unwrap(wrapped, b"alex")


async def test_each_byte_of_a_wrapped_key_counts():
    masters = LocalMasters({"local:a": b"a" * 32})
    blob = (await masters.wrap(DATA_KEY, b"alex")).blob
    for changed in [*(blob[:n] + bytes([blob[n] ^ 1]) + blob[n + 1 :] for n in range(len(blob))), b"", blob[:9]]:
        with pytest.raises(DataUnreadable):
            await masters.unwrap(Wrapped("local:a", changed), b"alex")


@pytest.mark.parametrize("text", ["", "2026", "2026=AAAA", f"={encoded(b'a')}", f"a b={encoded(b'a')}", "x=!"])
def test_what_is_no_key_is_said_at_the_start(text: str):
    with pytest.raises(ConfigurationError, match="TELLERGRAPH_MASTER_KEYS"):
        read_masters(text, "TELLERGRAPH_MASTER_KEYS")


def test_a_name_stands_for_one_key():
    with pytest.raises(ConfigurationError, match="each name stands once"):
        read_masters(f"a={encoded(b'a')}\na={encoded(b'b')}", "here")


def test_a_file_of_keys_is_read_unless_others_may_read_it(tmp_path: Path):
    file = tmp_path / "keys"
    file.write_text(f"2026={encoded(b'a')}\n2025={encoded(b'b')}\n")
    file.chmod(0o600)
    masters = local_masters(settings(master_key_file=file), SECRET)
    assert masters.owns("local:2025")
    file.chmod(0o640)
    with pytest.raises(ConfigurationError, match="chmod 600"):
        local_masters(settings(master_key_file=file), SECRET)
    with pytest.raises(ConfigurationError, match="No such file"):
        local_masters(settings(master_key_file=tmp_path / "none"), SECRET)


def test_one_name_cannot_mean_two_keys_in_file_and_environment(tmp_path: Path):
    file = tmp_path / "keys"
    file.write_text(f"2026={encoded(b'a')}")
    file.chmod(0o600)
    with pytest.raises(ConfigurationError, match="stands for another key"):
        local_masters(settings(master_key_file=file, master_keys=f"2026={encoded(b'b')}"), SECRET)


async def test_vault_wraps_and_opens_and_its_versions_are_master_keys_of_their_own():
    transit = Transit()
    with running_vault(transit) as url:
        async with open_key_ring(settings(kms_url=url, kms_token=TOKEN), SECRET) as ring:
            first = await ring.wrap(DATA_KEY, b"alex")
            assert first.master_id == "vault:transit/tellergraph:v1" == await ring.current_id()
            assert DATA_KEY not in first.blob
            transit.rotate()
            second = await ring.wrap(DATA_KEY, b"alex")
            assert second.master_id == "vault:transit/tellergraph:v2" == await ring.current_id()
            assert [await ring.unwrap(each, b"alex") for each in (first, second)] == [DATA_KEY, DATA_KEY]
            with pytest.raises(DataUnreadable, match="does not open in the key service"):
                await ring.unwrap(first, b"blair")
            with pytest.raises(DataUnreadable):
                await ring.unwrap(Wrapped(first.master_id, first.blob[:-6] + b"AAAAA="), b"alex")
            transit.oldest = 2
            with pytest.raises(DataUnreadable, match="min_decryption_version"):
                await ring.unwrap(first, b"alex")


async def test_what_was_wrapped_before_vault_still_opens_beside_it():
    before = await local_masters(settings(), SECRET).wrap(DATA_KEY, b"alex")
    transit = Transit()
    with running_vault(transit) as url:
        async with open_key_ring(settings(kms_url=url, kms_token=TOKEN), SECRET) as ring:
            assert await ring.unwrap(before, b"alex") == DATA_KEY
    assert transit.asked == []


async def test_an_agents_token_is_read_each_time(tmp_path: Path):
    file = tmp_path / "token"
    file.write_text("stale")
    with running_vault(Transit()) as url:
        async with open_key_ring(settings(kms_url=url, kms_token_file=file), SECRET) as ring:
            with pytest.raises(KeyServiceGone, match=r"refused \(403\)"):
                await ring.wrap(DATA_KEY, b"alex")
            file.write_text(TOKEN + "\n")
            assert await ring.unwrap(await ring.wrap(DATA_KEY, b"alex"), b"alex") == DATA_KEY
            file.unlink()
            with pytest.raises(KeyServiceGone, match="TELLERGRAPH_KMS_TOKEN_FILE"):
                await ring.wrap(DATA_KEY, b"alex")


async def test_a_vault_that_is_away_or_sealed_is_said_to_be():
    transit = Transit()
    with running_vault(transit) as url:
        async with open_key_ring(settings(kms_url=url, kms_token=TOKEN), SECRET) as ring:
            transit.is_broken = True
            with pytest.raises(KeyServiceGone, match=r"refused \(503\)"):
                await ring.wrap(DATA_KEY, b"alex")
    async with open_key_ring(settings(kms_url=url, kms_token=TOKEN), SECRET) as ring:
        with pytest.raises(KeyServiceGone, match="cannot be reached"):
            await ring.wrap(DATA_KEY, b"alex")


def test_a_vault_in_the_open_is_refused():
    with pytest.raises(ValueError, match="needs https://"):
        settings(kms_url="http://vault.example:8200")
