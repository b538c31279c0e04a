"""What an authenticated read of an account costs, all in: CPU of the server, of PostgreSQL and of Redis for each
request, with limits counted and the token verified, beside a request that asks for nothing (`/health`), in one run.

    python -m evals.bench.reads --json
"""

import asyncio
import os
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Annotated

import orjson
import typer
import uvloop

from evals.bench.client import read_body
from evals.bench.startup import sign_in
from evals.bench.systems import Ours, System, run_ours
from evals.bench.usage import measure

_UNBOUNDED = {
    "TELLERGRAPH_RATE_LIMITS": "on",
    "TELLERGRAPH_RATE_USER": "1000000",
    "TELLERGRAPH_RATE_ADDRESS": "1000000",
}
"""Counted as always, and never reached."""
_PATHS = {
    "health": "/health",
    "balances": "/api/v1/accounts/balances?account=Everyday",
    "accounts": "/api/v1/accounts",
    "transactions": "/api/v1/transactions?limit=10",
}
_CONNECTIONS = 8


def main(
    rounds: Annotated[int, typer.Option(min=1, help="Of each path, in turns.")] = 5,
    size: Annotated[int, typer.Option(min=10, help="Requests of a round.")] = 400,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    with (
        TemporaryDirectory(prefix="tgb-", dir="/tmp") as directory,
        run_ours(Ours(Path(directory), _UNBOUNDED), "reads", "offline", "http://127.0.0.1:9") as system,
    ):
        found = uvloop.run(_measure(system, rounds, size))
    if as_json:
        load = [round(each, 1) for each in os.getloadavg()]
        typer.echo(orjson.dumps({"rounds": rounds, "size": size, "load": load, "cpu_ms": found}).decode())
        return
    for name, parts in found.items():
        told = ", ".join(f"{part} {ms:.2f}" for part, ms in parts.items() if part != "all")
        typer.echo(f"{name:<14} {parts['all']:.2f} ms of CPU ({told})")


async def _measure(system: System, rounds: int, size: int) -> dict[str, dict[str, float]]:
    token = sign_in(system)
    taken: dict[str, list[dict[str, float]]] = {name: [] for name in _PATHS}
    for number in range(rounds + 1):
        for name, path in _PATHS.items():
            before = measure(system.footprint).cpu_s
            await _read_all(system.target.port, path, token, size)
            after = measure(system.footprint).cpu_s
            if number:
                taken[name].append({part: (after[part] - before[part]) * 1000 / size for part in after})
    return {name: _medians(each) for name, each in taken.items()}


async def _read_all(port: int, path: str, token: str, size: int) -> None:
    request = f"GET {path} HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\nauthorization: Bearer {token}\r\n\r\n".encode()
    left = iter(range(size))

    async def client() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for _ in left:
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            if not head.startswith(b"HTTP/1.1 200"):
                raise typer.BadParameter(f"{path} was answered with {head.splitlines()[0].decode()}")
            async for _ in read_body(reader, head):
                pass
        writer.close()

    await asyncio.gather(*(client() for _ in range(_CONNECTIONS)))


def _medians(rounds: list[dict[str, float]]) -> dict[str, float]:
    parts = {part: round(median(each[part] for each in rounds), 3) for part in rounds[0]}
    return parts | {"all": round(median(sum(each.values()) for each in rounds), 3)}


if __name__ == "__main__":
    typer.run(main)
