"""Guards against three traps of training on a CPU.

Threads that spin: torch and bitsandbytes bring a pool of OpenMP threads each, and where cores are shared the one that
waits takes the other's time: a step of a small encoder took 3.4 s in place of 0.7. `wait_passively` is for before torch
is imported; afterwards it has no effect.

Wrong gradients: on a CPU with AVX512-BF16, bitsandbytes repacks a 4-bit layer for inference at its first forward pass
in evaluation mode, and trains through the packed form from then on, which has no gradient of its own: adapters then
learn from gradients that point elsewhere, without an error. `keep_gradients` is for every model with 4-bit layers.

Memory that is not used again: torch's buffers are aligned, so malloc cuts a bit off each. It puts these bits aside for
small pieces (the thread's cache, fastbins), where they keep freed buffers from growing together, and a buffer of the
same size, which needs a bit more than its own, fits in none of them: half of what a process had were such holes.
`restart_prepared` is for the beginning of a command, as malloc reads its settings before Python runs, and
`return_freed_memory` for before a model is loaded.
"""

# torch and bitsandbytes come with the finetune extra only.
# pyright: reportMissingImports=false, reportUnknownMemberType=false, reportUnknownVariableType=false

import ctypes
import os
import sys
from collections.abc import Mapping
from typing import Any

_TUNABLES = "GLIBC_TUNABLES"
_NO_CACHE = "glibc.malloc.tcache_count"


def wait_passively() -> None:
    """Lets OpenMP's threads sleep while they wait, unless the environment says otherwise."""
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")


def prepare(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment of a process that trains on a CPU: OpenMP's threads sleep while they wait, and malloc's threads
    have no caches. What `environment` says of either stays."""
    tunables = environment.get(_TUNABLES, "")
    if _NO_CACHE not in tunables:
        tunables = ":".join(filter(None, (tunables, f"{_NO_CACHE}=0")))
    return {"OMP_WAIT_POLICY": "passive"} | dict(environment) | {_TUNABLES: tunables}


def restart_prepared() -> None:
    """Begins the command that runs anew, in the same process and with an environment that is prepared; where it already
    is, goes on."""
    prepared = prepare(os.environ)
    if prepared != dict(os.environ):
        os.execve(sys.executable, sys.orig_argv, prepared)  # noqa: S606


_M_MXFAST, _M_MMAP_THRESHOLD = 1, -3
"""The numbers of the settings in glibc's malloc.h."""
_LARGE = 8 << 20
"""Smaller, and most buffers of a step are mapped anew each time: with 1 MiB a step of 128 texts in MPNet's shape took
1.6 times as long. Larger, and the heap keeps what a long batch needed: glibc's own choice took a seventh more."""


def return_freed_memory() -> None:
    """Lets large buffers go back to the system as soon as they are freed, and the bits between smaller ones grow
    together at once; without glibc it does nothing."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_MXFAST, 0)
        mallopt(_M_MMAP_THRESHOLD, _LARGE)


def keep_gradients(model: Any) -> int:
    """Forbids all 4-bit layers of `model` the packed form; to be called right after loading. Returns their number."""
    # Inside the function, because the other guard is for before torch is imported.
    from bitsandbytes.nn.modules import Linear4bit  # noqa: PLC0415

    layers = [module for module in model.modules() if isinstance(module, Linear4bit)]
    for layer in layers:
        layer.support_avx512bf16_for_cpu = False
    return len(layers)
