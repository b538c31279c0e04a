"""Prompts that the bank keeps in Langfuse: read beside the turns, never in them, and taken only where they fit."""

import asyncio
import base64
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from pydantic import SecretStr

from agent.prompts.langfuse import LangfusePrompts, running_langfuse
from agent.prompts.templates import Prompts, shipped
from core.settings import Settings

SMALL_TALK = "Be brief and friendly."


@dataclass
class Receiver:
    """Stands where Langfuse would: ``prompts`` by name, or a status to answer with."""

    url: str = ""
    prompts: dict[str, Any] = field(default_factory=dict[str, Any])
    asked: list[web.Request] = field(default_factory=list[web.Request])
    answered: asyncio.Event = field(default_factory=asyncio.Event)

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(request)
        if len(self.asked) >= len(shipped()):
            self.answered.set()
        match self.prompts.get(request.match_info["name"]):
            case None:
                return web.json_response({"message": "not found"}, status=404)
            case int(status):
                return web.Response(status=status)
            case str(raw):
                return web.Response(text=raw)
            case body:
                return web.json_response(body)


@pytest.fixture
async def langfuse() -> AsyncIterator[Receiver]:
    receiver = Receiver()
    app = web.Application()
    app.router.add_get("/api/public/v2/prompts/{name}", receiver.answer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    receiver.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield receiver
    await runner.cleanup()


def settings_for(url: str) -> Settings:
    return Settings(
        _env_file=None,  # pyright: ignore[reportCallIssue]
        langfuse_base_url=url,
        langfuse_public_key=SecretStr("pk-lf-1"),
        langfuse_secret_key=SecretStr("sk-lf-2"),
    )


async def refreshed(langfuse: Receiver, prompts: Prompts) -> Prompts:
    async with aiohttp.ClientSession() as client:
        source = LangfusePrompts.of(settings_for(langfuse.url), prompts, client)
        assert source is not None
        await source.refresh()
    return prompts


def theirs(prompt: str, version: int = 7) -> dict[str, Any]:
    return {"name": "x", "version": version, "type": "text", "prompt": prompt, "labels": ["production"], "config": {}}


async def test_a_prompt_that_fits_takes_the_place_of_ours(langfuse: Receiver):
    langfuse.prompts["tellergraph-small_talk"] = theirs(SMALL_TALK)
    prompts = await refreshed(langfuse, Prompts())

    assert prompts.get("small_talk").text == SMALL_TALK
    assert prompts.versions(["small_talk", "policy"]) == "policy 1, small_talk langfuse-7"
    assert prompts.get("system") == shipped()["system"]
    assert {request.match_info["name"] for request in langfuse.asked} == {f"tellergraph-{name}" for name in shipped()}
    assert {request.query_string for request in langfuse.asked} == {"label=production"}
    basic = base64.b64encode(b"pk-lf-1:sk-lf-2").decode()
    assert {request.headers["Authorization"] for request in langfuse.asked} == {f"Basic {basic}"}


@pytest.mark.parametrize(
    "answer",
    [
        theirs("Be brief about $everything."),
        theirs("It costs $5."),
        {**theirs("x"), "type": "chat", "prompt": [{"role": "system", "content": "x"}]},
        theirs(""),
        theirs("x" * 20_001),
        "this is no JSON",
        "x" * 300_000,
        {"version": 7},
        500,
        401,
        302,
    ],
    ids=["other values", "a dollar", "chat", "empty", "long", "no json", "huge", "no prompt", "500", "401", "302"],
)
async def test_what_does_not_fit_leaves_the_last_good_one(langfuse: Receiver, answer: Any):
    langfuse.prompts["tellergraph-small_talk"] = theirs(SMALL_TALK)
    prompts = await refreshed(langfuse, Prompts())
    langfuse.prompts["tellergraph-small_talk"] = answer
    await refreshed(langfuse, prompts)

    assert prompts.get("small_talk").text == SMALL_TALK


async def test_a_prompt_that_was_taken_away_is_ours_again(langfuse: Receiver):
    langfuse.prompts["tellergraph-small_talk"] = theirs(SMALL_TALK)
    prompts = await refreshed(langfuse, Prompts())
    langfuse.prompts.clear()
    await refreshed(langfuse, prompts)

    assert prompts.get("small_talk") == shipped()["small_talk"]


async def test_a_server_that_is_down_leaves_ours():
    prompts = Prompts()
    await refreshed(Receiver(url="http://127.0.0.1:9"), prompts)

    assert prompts.get("small_talk") == shipped()["small_talk"]


async def test_it_is_read_in_the_background_and_let_go_at_the_end(langfuse: Receiver):
    langfuse.prompts["tellergraph-small_talk"] = theirs(SMALL_TALK)
    prompts = Prompts()
    async with aiohttp.ClientSession() as client:
        async with running_langfuse(settings_for(langfuse.url), prompts, client):
            assert prompts.get("small_talk") == shipped()["small_talk"]
            async with asyncio.timeout(20):
                await langfuse.answered.wait()
        assert not [task for task in asyncio.all_tasks() if task.get_name() == "langfuse prompts"]


async def test_without_settings_nothing_is_asked(langfuse: Receiver):
    async with (
        aiohttp.ClientSession() as client,
        running_langfuse(Settings(_env_file=None), Prompts(), client),  # pyright: ignore[reportCallIssue]
    ):
        pass
    assert langfuse.asked == []
