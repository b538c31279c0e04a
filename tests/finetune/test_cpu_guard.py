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
PUT_ASIDE = """
import ctypes, json, sys
from finetune.cpu_guard import restart_prepared, return_freed_memory

if "guarded" in sys.argv:
    restart_prepared()
    return_freed_memory()

class Account(ctypes.Structure):
    names = "arena ordblks smblks hblks hblkhd usmblks fsmblks uordblks fordblks keepcost"
    _fields_ = [(name, ctypes.c_size_t) for name in names.split()]

libc = ctypes.CDLL(None)
libc.malloc.restype, libc.mallinfo2.restype = ctypes.c_void_p, Account
pieces = [ctypes.c_void_p(libc.malloc(ctypes.c_size_t(40))) for _ in range(1000)]
for piece in pieces:
    libc.free(piece)
print(json.dumps({"put_aside": libc.mallinfo2().smblks}))
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


def test_small_pieces_that_are_freed_are_not_put_aside_between_large_ones():
    [bare], [guarded] = run(PUT_ASIDE), run(PUT_ASIDE, "guarded")

    assert bare["put_aside"] > 900
    assert guarded["put_aside"] == 0
