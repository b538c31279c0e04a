"""A scripted model behind the real server, and what the bank's records say."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row
from pydantic import SecretStr

from core.clock import Clock, system_clock
from core.services import Services
from core.settings import Settings
from tests.scripted_model import ScriptedModel, serve_scripted_model
from tests.serving import serving

Serve = Callable[..., str]
Records = Callable[..., list[dict[str, Any]]]


@pytest.fixture
def model() -> Iterator[ScriptedModel]:
    with serve_scripted_model() as scripted:
        yield scripted


@pytest.fixture
def model_settings(settings: Settings, model: ScriptedModel) -> Settings:
    """The scripted model first, the offline model after it."""
    return settings.model_copy(
        update={
            "llm": "openai:scripted,offline",
            "openai_api_key": SecretStr("sk-test"),
            "openai_base_url": model.base_url,
            "model_retries": 0,
            # A machine that is busy with something else is not a model that is slow.
            "first_token_timeout": timedelta(minutes=5),
            "idle_timeout": timedelta(minutes=5),
            "turn_time": timedelta(minutes=10),
        }
    )


@pytest.fixture
def serve(model_settings: Settings, fresh: Services) -> Iterator[Serve]:
    """``serve(llm=..., ...)``: one more server on this test's database, with settings of its own. Its base URL."""
    with ExitStack() as stack:

        def served(*, clock: Clock = system_clock, **changes: Any) -> str:
            own = model_settings.model_copy(update=changes)
            return stack.enter_context(serving(own, fresh, clock))

        yield served


@pytest.fixture
def model_server(serve: Serve) -> str:
    """A server whose answers come from the scripted model."""
    return serve()


@pytest.fixture
def records(fresh: Services) -> Records:
    """``records(query, *values)``: rows of this test's database, as its owner sees them."""

    def rows(query: str, *values: object) -> list[dict[str, Any]]:
        with psycopg.connect(fresh.owner_url, row_factory=dict_row) as owner:
            return owner.execute(query.encode(), values).fetchall()

    return rows


LockTable = Callable[[str], AbstractContextManager[psycopg.Connection[Any]]]
