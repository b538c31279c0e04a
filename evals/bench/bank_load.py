"""The load of the bank test: clients that prepare and confirm transfers over HTTP, and write down what they were told.

A client that gets no answer, or one of the server's own errors, sends the same request again with the same
``Idempotency-Key`` until it is answered. Some send everything twice; some race themselves on both servers.
"""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal
from uuid import UUID

import aiohttp
import orjson

from evals.bench.bank_ground import Holder, payee_name

Habit = Literal["once", "again", "race"]
_REQUEST_S = 15.0
"""After which a client hangs up."""
_PATIENCE_S = 120.0
"""For which a client goes on asking."""
_PAUSE_S, _LONGEST_PAUSE_S = 0.02, 0.5
_MOST_MINOR = 6_000
"""Of a transfer: below the threshold of security codes, and a day's transfers below the limit of a day."""
_AGAIN, _RACE = 0.1, 0.1
_OWN = 0.3
"""Share of transfers between a customer's own accounts; the others go to payees."""


class BankLoadError(Exception):
    """A server answered as none may, or not at all."""


@dataclass(frozen=True)
class Transfer:
    """What a client wants, once."""

    key: str
    holder: Holder
    path: str
    body: bytes
    amount_minor: int
    source: UUID
    target: UUID
    habit: Habit


@dataclass(frozen=True)
class Told:
    """What became of a transfer, as one client was told."""

    status: Literal["completed", "refused"]
    operation_id: UUID | None
    """None: it was refused before there was one."""
    code: str | None


@dataclass
class Record:
    """A transfer, everything that its clients were told, and the seconds until the first of them knew."""

    transfer: Transfer
    told: list[Told]
    seconds: float
    disturbed: bool
    """Some request had to be sent again."""

    @property
    def acknowledged(self) -> bool:
        return any(told.status == "completed" for told in self.told)


@dataclass
class Log:
    """Of a whole load."""

    records: list[Record] = field(default_factory=list[Record])
    retries: Counter[str] = field(default_factory=Counter[str])
    """Requests that had to be sent again, by what came instead of an answer."""
    wall_s: float = 0.0


class Load:
    """``clients`` at once, each with the next transfer when its last has ended, until ``transfers`` have been begun and
    ``is_over`` agrees."""

    def __init__(
        self,
        holders: Sequence[Holder],
        tokens: dict[UUID, str],
        addresses: Sequence[str],
        *,
        transfers: int,
        clients: int,
        seed: int,
        is_over: Callable[[], bool],
        on_end: Callable[[int], None],
    ) -> None:
        """Args: on_end: told after each transfer how many have ended."""
        self._tokens = tokens
        self._addresses = addresses
        self._clients = clients
        self._chance = random.Random(seed)
        self._transfers = self._draw(holders, transfers, is_over)
        self._on_end = on_end
        self.log = Log()

    async def run(self) -> Log:
        """Raises BankLoadError for an answer that no client may get."""
        start = time.perf_counter()
        connector = aiohttp.TCPConnector(limit=0)
        timeout = aiohttp.ClientTimeout(total=_REQUEST_S)
        async with aiohttp.ClientSession(connector=connector, timeout=timeout) as session, asyncio.TaskGroup() as group:
            for _ in range(self._clients):
                group.create_task(self._client(session))
        self.log.wall_s = time.perf_counter() - start
        return self.log

    def _draw(self, holders: Sequence[Holder], least: int, is_over: Callable[[], bool]) -> Iterator[Transfer]:
        number = 0
        while number < least or not is_over():
            number += 1
            yield draw_transfer(number, holders, self._chance)

    async def _client(self, session: aiohttp.ClientSession) -> None:
        for transfer in self._transfers:
            teller = _Teller(session, self._addresses, self._tokens[transfer.holder.id], self._chance)
            start = time.perf_counter()
            told = await self._make(teller, transfer)
            self.log.records.append(Record(transfer, told, time.perf_counter() - start, bool(teller.retries)))
            self.log.retries += teller.retries
            self._on_end(len(self.log.records))

    async def _make(self, teller: "_Teller", transfer: Transfer) -> list[Told]:
        if transfer.habit == "race":
            return list(await asyncio.gather(teller.make(transfer, 0), teller.make(transfer, 1)))
        told = [await teller.make(transfer, self._chance.randrange(len(self._addresses)))]
        if transfer.habit == "again":
            told.append(await teller.make(transfer, self._chance.randrange(len(self._addresses))))
        return told


def draw_transfer(number: int, holders: Sequence[Holder], chance: random.Random) -> Transfer:
    holder = chance.choice(holders)
    amount = chance.randint(1, _MOST_MINOR)
    body: dict[str, str] = {"amount": f"{amount // 100}.{amount % 100:02}", "currency": "GBP"}
    if chance.random() < _OWN:
        names = {holder.everyday: "Everyday", holder.savings: "Rainy Day"}
        source, target = chance.sample(holder.accounts, 2)
        path, body = "transfers/between-accounts", body | {"account": names[source], "to_account": names[target]}
    else:
        other = chance.choice(holder.payees)
        source, target = holder.everyday, holders[other].everyday
        path, body = "transfers", body | {"account": "Everyday", "payee": payee_name(other)}
    luck = chance.random()
    habit: Habit = "again" if luck < _AGAIN else "race" if luck < _AGAIN + _RACE else "once"
    return Transfer(f"transfer-{number}", holder, path, orjson.dumps(body), amount, source, target, habit)


class _Teller:
    """One transfer's way through HTTP."""

    def __init__(
        self, session: aiohttp.ClientSession, addresses: Sequence[str], token: str, chance: random.Random
    ) -> None:
        self._session = session
        self._addresses = addresses
        self._headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        self._chance = chance
        self.retries: Counter[str] = Counter()

    async def make(self, transfer: Transfer, server: int) -> Told:
        headers = self._headers | {"Idempotency-Key": transfer.key}
        status, answer = await self._post(transfer.path, transfer.body, headers, server)
        if status != 201:
            return _refused(status, answer, None)
        operation_id = UUID(answer["data"]["operation_id"])
        path = f"operations/{operation_id}/confirm"
        status, answer = await self._post(path, b'{"decision": "approve"}', self._headers, server)
        if status != 200 or answer["data"]["status"] != "completed":
            return _refused(status, answer, operation_id)
        return Told("completed", operation_id, None)

    async def _post(self, path: str, body: bytes, headers: dict[str, str], server: int) -> tuple[int, dict[str, Any]]:
        """The first answer that is one; the servers take turns after each failure."""
        deadline = time.perf_counter() + _PATIENCE_S
        pause = _PAUSE_S
        while time.perf_counter() < deadline:
            address = self._addresses[server % len(self._addresses)]
            try:
                async with self._session.post(f"{address}/api/v1/{path}", data=body, headers=headers) as response:
                    content = orjson.loads(await response.read())
                    if response.status < 500:
                        return response.status, content
                    self.retries[f"{response.status} {content['error']['code']}"] += 1
            except (aiohttp.ClientError, TimeoutError, OSError) as error:
                self.retries[type(error).__name__] += 1
            server += 1
            await asyncio.sleep(pause * self._chance.uniform(0.5, 1.0))
            pause = min(pause * 2, _LONGEST_PAUSE_S)
        raise BankLoadError(f"{path} was not answered in {_PATIENCE_S:.0f} s: {self.retries}")


def _refused(status: int, answer: dict[str, Any], operation_id: UUID | None) -> Told:
    if status != 422:
        raise BankLoadError(f"an answer that no client may get: {status} {answer}")
    return Told("refused", operation_id, answer["error"]["code"])
