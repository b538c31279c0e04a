"""What a stopped server left running. Nothing, when it stops as it should."""

from pathlib import Path

import psutil

from evals.bench.usage import list_postgres, list_redis


def end_leftovers(folder: Path) -> list[str]:
    """End, by id, what still runs with its data or as its working environment under ``folder``.

    Returns:
        What was ended, as ``name (pid)``.
    """
    ids = {*list_postgres(folder), *list_redis(folder), *_list_started(folder)}
    return [_end(pid) for pid in sorted(ids)]


def _list_started(folder: Path) -> list[int]:
    """Every child is started with its folder as the temporary directory, and passes that on."""
    return [process.pid for process in psutil.process_iter() if _temporary(process) == str(folder)]


def _temporary(process: psutil.Process) -> str | None:
    try:
        return process.environ().get("TMPDIR")
    except psutil.Error:
        return None


def _end(pid: int) -> str:
    try:
        process = psutil.Process(pid)
        name = process.name()
        process.terminate()
        psutil.wait_procs([process], timeout=10)
    except psutil.NoSuchProcess:
        return f"ended by itself ({pid})"
    return f"{name} ({pid})"
