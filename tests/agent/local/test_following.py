"""Which choice of a registry a running server follows, when it has the key that signs choices."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from agent.models.local import following
from agent.models.local.following import Follower
from agent.models.local.host import Host, Machine, Opening
from agent.models.registry_file import REGISTRY_FILE, RegistryFile, Served

KEY = Ed25519PrivateKey.generate()


def write_choice(folder: Path, serial: int, key: Ed25519PrivateKey | None = KEY) -> None:
    """That the base answers alone, which needs no adapter to be loaded."""
    registry = RegistryFile(served=Served(), serial=serial)
    signature = key.sign(registry.served_bytes()).hex() if key else ""
    beside = folder / "beside"
    beside.write_text(registry.model_copy(update={"served_signature": signature}).model_dump_json())
    beside.replace(folder / REGISTRY_FILE)


@asynccontextmanager
async def follow(folder: Path) -> AsyncGenerator[Follower]:
    """Of a process that is ready; nothing is asked of it."""
    host = Host(Opening(folder, "off", {}), queue=1)
    host.machine = Machine(has_tools=True, device="cpu", four_bit=False, longest=128)
    follower = Follower(host, folder, KEY.public_key())
    task = asyncio.create_task(follower.run())
    try:
        yield follower
    finally:
        task.cancel()
        await asyncio.wait([task])


async def until(holds: Callable[[], object]) -> None:
    async with asyncio.timeout(30):
        while not holds():  # noqa: ASYNC110
            await asyncio.sleep(0.01)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following, "_RHYTHM", 0.02)


async def test_an_older_choice_is_refused_and_the_newer_one_stays(tmp_path: Path):
    write_choice(tmp_path, 5)
    async with follow(tmp_path) as follower:
        await until(lambda: follower.lineup)
        write_choice(tmp_path, 4)
        await until(lambda: follower.problem)
        assert "choice 4, older than choice 5" in follower.condition
        assert follower.lineup

        write_choice(tmp_path, 6)
        await until(lambda: follower.problem is None)
        assert follower.lineup


@pytest.mark.parametrize("key", [None, Ed25519PrivateKey.generate()])
async def test_a_choice_that_the_key_did_not_sign_is_not_followed(tmp_path: Path, key: Ed25519PrivateKey | None):
    write_choice(tmp_path, 5, key)
    async with follow(tmp_path) as follower:
        await until(lambda: follower.problem)
        assert "is not signed with the key of TELLERGRAPH_ADAPTER_KEY" in follower.condition
        assert follower.lineup is None

        write_choice(tmp_path, 5)
        await until(lambda: follower.lineup)
