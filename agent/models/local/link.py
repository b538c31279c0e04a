"""Opens `local:PATH[@ADAPTER]` for the chain."""

import asyncio
import os
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from agent.models.local.chat import LocalChat
from agent.models.local.folders import LocalName, check_base, check_installed
from agent.models.local.following import Follower
from agent.models.local.host import Host, Opening
from agent.models.local.lineup import read_key, read_lineup
from agent.models.local.shadow import Shadow
from agent.models.registry_file import REGISTRY_FILE
from core.errors import ConfigurationError
from core.settings import Settings

__all__ = ["LocalChat", "LocalName", "open_local"]

_GPU_VARIABLES = ("CUDA_VISIBLE_DEVICES", "CUDA_DEVICE_ORDER", "HIP_VISIBLE_DEVICES", "PYTORCH_ALLOC_CONF")


@asynccontextmanager
async def open_local(name: LocalName, settings: Settings) -> AsyncGenerator[LocalChat]:
    """The model, which loads in the background: until then it fails, and the chain goes on to its next link.

    Raises:
        ConfigurationError: a folder or the key is not what it has to be, or torch is missing, with what to do.
    """
    check_installed()
    await asyncio.to_thread(check_base, name.path)
    key, is_registry = read_key(settings.adapter_key), bool(name.adapter and (name.adapter / REGISTRY_FILE).exists())
    if key and name.adapter and not is_registry:
        raise ConfigurationError(
            f"TELLERGRAPH_ADAPTER_KEY is set, so {name.adapter} must be a registry's folder, where adapters are signed."
        )
    await asyncio.to_thread(read_lineup, name.adapter)
    host = Host(Opening(name.path.absolute(), settings.local_four_bit, _environment(settings)), settings.local_queue)
    follower = Follower(host, name.adapter, key)
    shadow = Shadow(host, name.adapter) if name.adapter and is_registry else None
    tasks = [asyncio.create_task(part.run(), name="local model") for part in (host, follower, shadow) if part]
    try:
        yield LocalChat(name=str(name), follower=follower, shadow=shadow, max_tokens=settings.local_max_tokens)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)


def _environment(settings: Settings) -> dict[str, str]:
    threads = settings.local_threads or len(os.sched_getaffinity(0))
    return {name: os.environ[name] for name in _GPU_VARIABLES if name in os.environ} | {
        "OMP_NUM_THREADS": str(threads),
        # The pools of torch and bitsandbytes spin against each other otherwise: five times slower on two cores.
        "OMP_WAIT_POLICY": "passive",
        "TOKENIZERS_PARALLELISM": "false",
        "HF_HUB_OFFLINE": "1",
        "PYTHONWARNINGS": "ignore",
    }
