"""A command that trains begins with the settings of malloc and OpenMP that a CPU wants."""

import json
import os
import subprocess
import sys
from typing import Any

import pytest

from finetune.cpu_guard import prepare

RESTARTED = """
import json, os, sys
from finetune.cpu_guard import restart_prepared
print(json.dumps({"pid": os.getpid()}), flush=True)
restart_prepared()
print(json.dumps({"pid": os.getpid(), "arguments": sys.argv[1:], "settings": os.environ["GLIBC_TUNABLES"]}))
"""
LAYERS, BUFFERS, BUFFER_MIB = 22, 12, 4
HEAP_GROWTH = f"""
import ctypes, json
from finetune.cpu_guard import restart_prepared, return_freed_memory

restart_prepared()
return_freed_memory()
libc = ctypes.CDLL(None)
libc.sbrk.restype = libc.malloc.restype = ctypes.c_void_p
ends = []
for layer in range({LAYERS}):
    buffers = [ctypes.c_void_p() for _ in range({BUFFERS})]
    for buffer in buffers:
        # As torch does.
        libc.posix_memalign(ctypes.byref(buffer), ctypes.c_size_t(64), ctypes.c_size_t({BUFFER_MIB} << 20))
    libc.malloc(ctypes.c_size_t(40))
    # The last is kept, as is a layer's output.
    for buffer in buffers[:-1]:
        libc.free(buffer)
    ends.append(libc.sbrk(ctypes.c_ssize_t(0)))
print(json.dumps({{"grown_mib": (ends[-1] - ends[0]) >> 20}}))
"""


def run(code: str, *arguments: str, **environment: str) -> list[dict[str, Any]]:
    plain = {name: value for name, value in os.environ.items() if name not in {"GLIBC_TUNABLES", "OMP_WAIT_POLICY"}}
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-c", code, *arguments], capture_output=True, check=True, text=True, env=plain | environment
    )
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_a_command_begins_anew_once_in_the_same_process_and_with_the_same_arguments():
    first, second, end = run(RESTARTED, "one", "two words", "--three=3")

    assert first["pid"] == second["pid"] == end["pid"]
    assert end["arguments"] == ["one", "two words", "--three=3"]
    assert end["settings"] == "glibc.malloc.tcache_count=0"


def test_a_command_in_a_prepared_environment_goes_on_at_once():
    first, end = run(RESTARTED, GLIBC_TUNABLES="glibc.malloc.tcache_count=3", OMP_WAIT_POLICY="active")

    assert end == {"pid": first["pid"], "arguments": [], "settings": "glibc.malloc.tcache_count=3"}


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, {"GLIBC_TUNABLES": "glibc.malloc.tcache_count=0", "OMP_WAIT_POLICY": "passive"}),
        (
            {"GLIBC_TUNABLES": "glibc.malloc.arena_max=1", "OMP_WAIT_POLICY": "active", "HOME": "/root"},
            {
                "GLIBC_TUNABLES": "glibc.malloc.arena_max=1:glibc.malloc.tcache_count=0",
                "OMP_WAIT_POLICY": "active",
                "HOME": "/root",
            },
        ),
    ],
)
def test_what_the_environment_says_itself_stays(given: dict[str, str], expected: dict[str, str]):
    assert prepare(given) == expected
    assert prepare(expected) == expected


def test_a_layers_freed_buffers_are_used_again_by_the_next():
    [end] = run(HEAP_GROWTH)

    assert end["grown_mib"] <= (LAYERS - 1) * BUFFER_MIB + BUFFER_MIB
