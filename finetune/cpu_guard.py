"""Guards against three traps of training on a CPU, in the order in which they bite.

Threads that spin: torch and bitsandbytes bring a pool of OpenMP threads each, and where cores are shared the one that
waits takes the other's time: a step of a small encoder took 3.4 s in place of 0.7. `wait_passively` is for before torch
is imported; afterwards it has no effect.

Wrong gradients: on a CPU with AVX512-BF16, bitsandbytes repacks a 4-bit layer for inference at its first forward pass
in evaluation mode, and trains through the packed form from then on, which has no gradient of its own: adapters then
learn from gradients that point elsewhere, without an error. `keep_gradients` is for every model with 4-bit layers.

Memory that is not given back: glibc learns from the first large buffer that is freed to take the next ones from its
heap, where the unpacked weights of each layer leave holes. `return_freed_memory` is for before a model is loaded.
"""

# torch and bitsandbytes come with the finetune extra only.
# pyright: reportMissingImports=false, reportUnknownMemberType=false, reportUnknownVariableType=false

import ctypes
import os
from typing import Any


def wait_passively() -> None:
    """Lets OpenMP's threads sleep while they wait, unless the environment says otherwise."""
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")


_M_MMAP_THRESHOLD = -3
"""The number of the setting in glibc's malloc.h."""
_LARGE = 8 << 20
"""Smaller, and most buffers of a step are mapped anew each time: with 1 MiB a step of 128 texts in MPNet's shape took
1.6 times as long. Larger, and the holes that a long batch leaves are not used again: glibc's own choice took a third
more memory at the peak, and never gave it back."""


def return_freed_memory() -> None:
    """Lets large buffers go back to the system as soon as they are freed; without glibc it does nothing."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_MMAP_THRESHOLD, _LARGE)


def keep_gradients(model: Any) -> int:
    """Forbids all 4-bit layers of `model` the packed form; to be called right after loading. Returns their number."""
    # Inside the function, because the other guard is for before torch is imported.
    from bitsandbytes.nn.modules import Linear4bit  # noqa: PLC0415

    layers = [module for module in model.modules() if isinstance(module, Linear4bit)]
    for layer in layers:
        layer.support_avx512bf16_for_cpu = False
    return len(layers)
