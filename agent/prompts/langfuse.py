"""Prompts that the bank keeps in Langfuse, in place of ours.

Each of our templates is looked for under ``tellergraph-NAME`` with the label ``production``: in the background, again
after a pause, never for a turn. What cannot be read or does not fit leaves the last good one where it is; a prompt that
Langfuse does not have is ours.
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from http import HTTPStatus
from typing import Annotated, Literal

import aiohttp
from pydantic import BaseModel, Field, ValidationError

from agent.prompts.templates import Prompt, Prompts, shipped
from core.logging import get_logger
from core.settings import Settings

PREFIX = "tellergraph-"
VERSION_PREFIX = "langfuse-"
"""Before the number of a prompt that is Langfuse's, in the version that is told."""

_LABEL = "production"
_PATIENCE = aiohttp.ClientTimeout(total=10)
_LARGEST = 262_144
"""Bytes of an answer."""

_log = get_logger(__name__)


class _Answer(BaseModel):
    """``GET /api/public/v2/prompts/NAME``, as far as it is read here."""

    type: Literal["text"]
    version: int
    prompt: Annotated[str, Field(min_length=1, max_length=20_000)]


@asynccontextmanager
async def running_langfuse(settings: Settings, prompts: Prompts, client: aiohttp.ClientSession) -> AsyncGenerator[None]:
    """Keeps ``prompts`` as they are in Langfuse while this is open; does nothing where it is not configured."""
    source = LangfusePrompts.of(settings, prompts, client)
    if source is None:
        yield
        return
    task = asyncio.create_task(source.keep_up(settings.langfuse_interval.total_seconds()), name="langfuse prompts")
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


class LangfusePrompts:
    def __init__(self, url: str, authorization: str, prompts: Prompts, client: aiohttp.ClientSession) -> None:
        self._url = url
        self._headers = {"Authorization": authorization}
        self._prompts = prompts
        self._client = client
        self._told: dict[str, str] = {}
        """The last fault of each prompt: it is logged once, not with every look."""

    @classmethod
    def of(cls, settings: Settings, prompts: Prompts, client: aiohttp.ClientSession) -> "LangfusePrompts | None":
        url, public, secret = (
            settings.langfuse_base_url,
            settings.langfuse_public_key,
            settings.langfuse_secret_key,
        )
        if url is None or public is None or secret is None:
            return None
        auth = aiohttp.encode_basic_auth(public.get_secret_value(), secret.get_secret_value())
        return cls(url, auth, prompts, client)

    async def keep_up(self, pause: float) -> None:
        """Until it is cancelled. ``pause``: seconds."""
        while True:
            await self.refresh()
            await asyncio.sleep(pause)

    async def refresh(self) -> None:
        """Looks once for each of our templates."""
        for name in shipped():
            try:
                await self._refresh(name)
                self._told.pop(name, None)
            except (aiohttp.ClientError, TimeoutError, OSError) as error:
                self._note(name, f"Langfuse cannot be reached ({type(error).__name__})")
            except ValidationError:
                self._note(name, "it is no text prompt, or too long")
            except ValueError as error:
                self._note(name, str(error))

    async def _refresh(self, name: str) -> None:
        url = f"{self._url}/api/public/v2/prompts/{PREFIX}{name}"
        async with self._client.get(
            url, params={"label": _LABEL}, headers=self._headers, timeout=_PATIENCE, allow_redirects=False
        ) as response:
            if response.status == HTTPStatus.NOT_FOUND:
                self._prompts.restore(name)
                return
            if response.status != HTTPStatus.OK:
                raise ValueError(f"Langfuse answered {response.status}")
            body = await response.content.read(_LARGEST + 1)
            while len(body) <= _LARGEST and (more := await response.content.read(_LARGEST)):
                body += more
        if len(body) > _LARGEST:
            raise ValueError("it is too long")
        answer = _Answer.model_validate_json(body)
        self._prompts.replace(Prompt(name, f"{VERSION_PREFIX}{answer.version}", answer.prompt.strip()))

    def _note(self, name: str, reason: str) -> None:
        if self._told.get(name) != reason:
            self._told[name] = reason
            _log.warning("prompt_not_taken", prompt=name, reason=reason)
