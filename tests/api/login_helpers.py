"""What tests about logging in share: a clock that they move, cheap passwords, answers taken apart."""

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx2
import psycopg
import pytest
from psycopg.rows import dict_row
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from core.security import passwords
from core.services import Services
from tests.talking import Caller

PASSWORD = "four plain words here"


@dataclass
class MovedClock:
    """Stands still until it is moved."""

    now: datetime

    def __call__(self) -> datetime:
        return self.now

    def move(self, **by: float) -> None:
        self.now += timedelta(**by)


@contextmanager
def cheap_passwords(time_cost: int = 1) -> Generator[None]:
    """argon2id at its least cost, for what a test hashes itself."""
    cheap = PasswordHash((Argon2Hasher(time_cost=time_cost, memory_cost=8, parallelism=1),))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "_HASHER", cheap)
        passwords._decoy.cache_clear()
        yield
    passwords._decoy.cache_clear()


def data(response: httpx2.Response, status: int = 200) -> dict[str, Any]:
    assert response.status_code == status, response.text
    return response.json()["data"]


def error(response: httpx2.Response, status: int) -> dict[str, Any]:
    assert response.status_code == status, response.text
    return response.json()["error"]


def new_address() -> str:
    return f"{uuid4().hex}@new.example"


def join(caller: Caller, *, verified: bool = False, **changes: str) -> str:
    """A new customer, signed in; their address."""
    body = {"name": "Nia New", "email": new_address(), "password": PASSWORD} | changes
    use(caller, data(caller.http.post("/api/v1/auth/register", json=body), 201))
    if verified:
        code = outbox(caller)[0]["code"]
        assert data(caller.http.post("/api/v1/auth/verification/confirm", json={"code": code}))["verified"]
    return body["email"]


def use(caller: Caller, signed_in: dict[str, Any]) -> None:
    caller.http.headers["Authorization"] = f"Bearer {signed_in['access_token']}"


def log_in(caller: Caller, email: str, password: str = PASSWORD) -> httpx2.Response:
    return caller.http.post("/api/v1/auth/login", json={"email": email, "password": password})


def outbox(caller: Caller) -> list[dict[str, Any]]:
    return data(caller.http.get("/api/v1/demo/outbox"))["messages"]


def rows(services: Services, query: str, *values: object) -> list[dict[str, Any]]:
    with psycopg.connect(services.owner_url, row_factory=dict_row, autocommit=True) as owner:
        cursor = owner.execute(query, values)  # pyright: ignore[reportArgumentType]
        return cursor.fetchall() if cursor.description else []


def audited(services: Services, email: str) -> list[str]:
    """What the audit log says about a login, in order."""
    found = rows(
        services,
        """select action from audit_log
            where resource = 'login:' || encode(substr(sha256(convert_to(%s, 'UTF8')), 1, 8), 'hex') order by id""",
        email,
    )
    return [row["action"] for row in found]
