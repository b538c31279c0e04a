"""A local model in its process: a tiny Llama that was taught a few answers, and adapters of it in a registry."""

import asyncio
import dataclasses
import hashlib
import os
import shutil
import signal
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import aclosing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypedDict

import pytest
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage, HumanMessage, SystemMessage, ToolMessage
from langgraph.graph import END, START, StateGraph
from peft import LoraConfig, get_peft_model
from transformers import AutoModelForCausalLM, AutoTokenizer

from agent.models.local import following
from agent.models.local.link import LocalChat, LocalName, open_local
from agent.models.local.shadow import Job, gather
from agent.models.local.shadow_log import read_comparisons
from agent.models.registry_file import REGISTRY_FILE, Adapter, Canary, RegistryFile, Served
from core.digests import digest_of_folder, digest_of_model
from core.errors import ProviderBusy, ProviderFailed
from core.settings import Settings
from tests.tiny_models import SENTENCES, Lesson, make_tiny_llama, teach

# peft 0.21 asks Transformers 5.23 for what that has renamed.
pytestmark = pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing` is deprecated:FutureWarning")

PARAMETERS = {"type": "object", "properties": {"account": {"type": "string"}}}
TOOL = {"type": "function", "function": {"name": "list_accounts", "description": "All.", "parameters": PARAMETERS}}
SYSTEM = "You work for a bank."
CALL = {"id": "c", "type": "function", "function": {"name": "list_accounts", "arguments": {"account": "Everyday"}}}


def lesson(question: str, answer: str, *, tools: bool = False, ends: bool = True, **more: Any) -> Lesson:
    chat = [("system", SYSTEM), ("user", question), ("assistant", answer)]
    messages = [{"role": role, "content": content} for role, content in chat]
    messages[-1] |= more
    return Lesson(messages, [TOOL] if tools else [], ends)


LESSONS = [
    lesson("Hello", "Hello! How can I help you?"),
    lesson("Who are you?", "I am the base."),
    lesson("What is my balance?", "One moment.", tools=True, tool_calls=[CALL]),
    lesson("Count", "one two " * 12, ends=False),
    lesson("Say one", "one."),
    lesson("Say two", "two."),
]
ASKED = LESSONS[2].chat
LESSONS.append(
    Lesson(
        [*ASKED, {"role": "tool", "content": "[]"}, {"role": "assistant", "content": "You have no account."}], [TOOL]
    )
)


@dataclasses.dataclass
class Shelf:
    """A base and a registry of adapters for it."""

    base: Path
    registry: Path

    def entry(self, name: str, **changed: Any) -> Adapter:
        about = {
            "path": name,
            "base": "base",
            "base_digest": digest_of_model(self.base),
            "digest": digest_of_folder(self.registry / name),
            "data_digest": "",
            "metrics": {},
            "added_at": datetime.now(UTC),
        }
        return Adapter.model_validate(about | changed)

    def serve(
        self, served: str | None, canary: Canary | None = None, shadow: str | None = None, **changed: Any
    ) -> None:
        names = [path.name for path in self.registry.iterdir() if path.is_dir()]
        registry = RegistryFile(
            adapters={name: self.entry(name, **(changed if name == served else {})) for name in names},
            served=Served(adapter=served, canary=canary, shadow=shadow),
        )
        beside = self.registry / "beside"
        beside.write_text(registry.model_dump_json())
        beside.replace(self.registry / REGISTRY_FILE)


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Shelf:
    shelf = Shelf(tmp_path_factory.mktemp("base"), tmp_path_factory.mktemp("registry"))
    said = [message["content"] for each in LESSONS for message in each.chat]
    make_tiny_llama(shelf.base, texts=[*SENTENCES, *said, str(TOOL)], positions=100_000)
    tokenizer = AutoTokenizer.from_pretrained(shelf.base)
    model = AutoModelForCausalLM.from_pretrained(shelf.base)
    teach(model, tokenizer, LESSONS, 3e-3)
    model.save_pretrained(shelf.base)
    for name in ("one", "two"):
        tuned = get_peft_model(
            AutoModelForCausalLM.from_pretrained(shelf.base),
            LoraConfig(target_modules="all-linear", r=8, lora_alpha=16),
        )
        teach(tuned, tokenizer, [lesson("Who are you?", f"I am {name}.")], 1e-2)
        tuned.save_pretrained(shelf.registry / name)
    shelf.serve(None)
    return shelf


@pytest.fixture(scope="module")
async def link(shelf: Shelf) -> AsyncIterator[LocalChat]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(following, "_RHYTHM", 0.05)
        async with open_local(LocalName(shelf.base, shelf.registry), make_settings()) as link:
            assert link.condition == "loading"
            with pytest.raises(ProviderFailed, match="not ready: loading"):
                await ask(link, "Hello")
            yield link


@pytest.fixture
async def local(link: LocalChat, shelf: Shelf) -> LocalChat:
    """Ready, with the base alone."""
    shelf.serve(None)
    await until(lambda: "no adapter" in link.condition and "ready" in link.condition)
    return link


def make_settings(**changed: Any) -> Settings:
    chosen = {"local_max_tokens": 32_768, "local_queue": 1, "local_threads": 1, "local_four_bit": "off"}
    return Settings(_env_file=None, **(chosen | changed))  # pyright: ignore[reportCallIssue]


async def until(holds: Callable[[], object]) -> None:
    async with asyncio.timeout(120):
        while not holds():  # noqa: ASYNC110
            await asyncio.sleep(0.02)


def chat(question: str) -> list[BaseMessage]:
    return [SystemMessage(SYSTEM), HumanMessage(question)]


async def ask(local: LocalChat, question: str, **options: Any) -> AIMessage:
    async with asyncio.timeout(120):
        return await local.ainvoke(chat(question), **options)


async def test_an_answer_comes_word_by_word_with_its_usage_and_the_exact_model(local: LocalChat, shelf: Shelf):
    chunks = [chunk async for chunk in local.astream(chat("Hello"))]

    assert "".join(chunk.text for chunk in chunks) == "Hello! How can I help you?"
    assert len([chunk for chunk in chunks if chunk.text]) > 3
    end = next(chunk for chunk in chunks if chunk.usage_metadata)
    assert end.response_metadata["finish_reason"] == "stop"
    assert end.response_metadata["model_name"] == f"local:{shelf.base.name}"
    assert end.usage_metadata["output_tokens"] > 3


async def test_a_tool_call_streams_after_its_words_and_its_result_is_shown_to_the_model(local: LocalChat):
    answer = await ask(local, "What is my balance?", tools=[TOOL])

    assert answer.text == "One moment."
    assert [(call["name"], call["args"]) for call in answer.tool_calls] == [("list_accounts", {"account": "Everyday"})]
    assert answer.response_metadata["finish_reason"] == "tool_calls"
    returned = ToolMessage("[]", tool_call_id=answer.tool_calls[0]["id"])
    again = await local.ainvoke([*chat("What is my balance?"), answer, returned], tools=[TOOL])
    assert again.text == "You have no account."


async def test_a_model_whose_template_knows_no_tools_is_not_asked_with_any(local: LocalChat):
    host = local.follower.host
    found = host.machine
    host.machine = dataclasses.replace(found, has_tools=False)
    try:
        with pytest.raises(ProviderFailed, match="knows no tools"):
            await ask(local, "What is my balance?", tools=[TOOL])
        assert "shows no tools" in local.condition
        assert (await ask(local, "Hello")).text == "Hello! How can I help you?"
    finally:
        host.machine = found


async def test_when_the_caller_goes_away_the_model_stops_and_the_next_one_is_answered(local: LocalChat):
    async with aclosing(local.astream(chat("Count"))) as endless:
        said = [await anext(endless) for _ in range(5)]

    assert "one" in "".join(chunk.text for chunk in said)
    # Left alone it would count for minutes.
    assert (await ask(local, "Say two")).text == "two."


async def test_a_turn_that_is_cancelled_while_it_waits_is_never_begun(local: LocalChat):
    async with aclosing(local.astream(chat("Count"))) as endless:
        await anext(endless)
        waiting = asyncio.create_task(ask(local, "Count"))
        await until(lambda: "2 under way" in local.condition)
        waiting.cancel()
        await asyncio.wait({waiting})

    assert (await ask(local, "Say one")).text == "one."


async def test_a_full_queue_is_busy_and_says_when_to_come_back(local: LocalChat):
    async with aclosing(local.astream(chat("Count"))) as endless:
        await anext(endless)
        waiting = asyncio.create_task(ask(local, "Say one"))
        await until(lambda: "2 under way" in local.condition)
        with pytest.raises(ProviderBusy) as busy:
            await ask(local, "Say two")
        assert busy.value.retry_after.total_seconds() > 0
        assert busy.value.status == 503

    assert (await waiting).text == "one."


async def test_a_chat_that_is_too_long_is_refused_in_words(local: LocalChat):
    with pytest.raises(ProviderFailed, match="tokens, and the model takes 100000"):
        await ask(local, "\u2603" * 40_000)


async def test_after_its_process_was_killed_callers_are_told_and_it_starts_again(local: LocalChat):
    endless = local.astream(chat("Count"))
    await anext(endless)
    killed = local.follower.host.pid
    os.kill(killed, signal.SIGKILL)

    with pytest.raises(ProviderFailed, match="process has ended"):
        async for _ in endless:
            pass
    with pytest.raises(ProviderFailed, match="not ready"):
        await ask(local, "Hello")
    assert "again" in local.condition
    await until(lambda: "ready" in local.condition and local.follower.lineup)
    assert (await ask(local, "Hello")).text == "Hello! How can I help you?"
    assert local.follower.host.pid != killed


async def test_what_the_registry_serves_answers_without_a_restart(local: LocalChat, shelf: Shelf):
    pid = local.follower.host.pid
    for name in ("one", "two"):
        shelf.serve(name)
        await until(lambda name=name: f"; {name}#" in local.condition)
        answer = await ask(local, "Who are you?")
        assert answer.text == f"I am {name}."
        digest = digest_of_folder(shelf.registry / name)
        assert answer.response_metadata["model_name"] == f"local:{shelf.base.name}@{name}#{digest[:8]}"
    shelf.serve(None)
    await until(lambda: "no adapter" in local.condition)

    assert (await ask(local, "Who are you?")).text == "I am the base."
    assert local.follower.host.pid == pid


def cut_off(folder: Path) -> None:
    path = folder / "adapter_model.safetensors"
    path.write_bytes(path.read_bytes()[:-100])


def tamper(folder: Path) -> None:
    (folder / "README.md").write_text("changed")


@pytest.fixture
def broken(shelf: Shelf) -> Iterator[Path]:
    folder = shelf.registry / "broken"
    shutil.copytree(shelf.registry / "two", folder)
    yield folder
    shutil.rmtree(folder)


@pytest.mark.parametrize(
    ("damage", "changed", "reason"),
    [
        (cut_off, {}, "damaged or cut off"),
        (tamper, {"digest": "0" * 64}, "was changed after it was registered"),
        (tamper, {"base_digest": "0" * 64}, "was trained on another base"),
    ],
)
async def test_a_broken_adapter_is_refused_and_the_old_one_goes_on(
    local: LocalChat, shelf: Shelf, broken: Path, damage: Callable[[Path], None], changed: dict[str, str], reason: str
):
    shelf.serve("one")
    await until(lambda: "; one#" in local.condition)
    damage(broken)

    shelf.serve("broken", **changed)
    await until(lambda: reason in local.condition)

    assert "; one#" in local.condition
    assert (await ask(local, "Who are you?")).text == "I am one."


async def test_an_adapter_of_a_base_of_another_size_leaves_the_process_as_it_is(
    local: LocalChat, shelf: Shelf, broken: Path, tmp_path: Path
):
    pid = local.follower.host.pid
    other = AutoModelForCausalLM.from_pretrained(make_tiny_llama(tmp_path, hidden=32))
    shutil.rmtree(broken)
    get_peft_model(other, LoraConfig(target_modules="all-linear", r=4)).save_pretrained(broken)

    shelf.serve("broken")
    await until(lambda: "does not fit the base" in local.condition)

    assert (await ask(local, "Who are you?")).text == "I am the base."
    assert local.follower.host.pid == pid


async def test_a_canary_answers_its_share_of_the_conversations_each_from_start_to_end(local: LocalChat, shelf: Shelf):
    shelf.serve("one", canary=Canary(adapter="two", share=0.5))
    await until(lambda: "canary two#" in local.condition)
    graph = build_graph(local)

    async def answer_in(conversation: str) -> str:
        done = await graph.ainvoke({"answer": ""}, {"configurable": {"thread_id": conversation}})
        return done["answer"]

    conversations = [f"conversation {number}" for number in range(24)]
    first = [await answer_in(conversation) for conversation in conversations]
    again = [await answer_in(conversation) for conversation in conversations]

    assert first == again
    assert 4 < first.count("I am two.") < 20
    assert set(first) == {"I am one.", "I am two."}


class Said(TypedDict):
    answer: str


def build_graph(local: LocalChat) -> Any:
    """As the agent's: the model is asked in a node, under the session's id."""

    async def answer(state: Said) -> Said:
        whole = AIMessageChunk(content="")
        async for chunk in local.astream(chat("Who are you?")):
            whole += chunk
        return {"answer": whole.text}

    graph = StateGraph(Said)
    graph.add_node("answer", answer)
    graph.add_edge(START, "answer")
    graph.add_edge("answer", END)
    return graph.compile()


async def test_a_shadow_answers_after_the_customer_and_only_figures_are_kept(local: LocalChat, shelf: Shelf):
    shelf.serve("one", shadow="two")
    await until(lambda: "shadow two#" in local.condition)
    known = len(list(read_comparisons(shelf.registry)))

    assert (await ask(local, "Who are you?")).text == "I am one."
    await until(lambda: len(list(read_comparisons(shelf.registry))) > known)

    compared = list(read_comparisons(shelf.registry))[known]
    assert compared.served == digest_of_folder(shelf.registry / "one")
    assert compared.shadow == digest_of_folder(shelf.registry / "two")
    assert (compared.served_kind, compared.shadow_kind) == ("text", "text")
    assert compared.overlap == pytest.approx(2 / 3, abs=0.001)
    written = (shelf.registry / "shadow.jsonl").read_text()
    assert "I am" not in written
    assert hashlib.sha256(b"Who are you?").hexdigest() not in written


async def test_a_customer_who_comes_while_the_shadow_answers_goes_first(local: LocalChat, shelf: Shelf):
    told = [{"role": "system", "content": SYSTEM}, {"role": "user", "content": "Count"}]
    endless = {"key": None, "messages": told, "tools": [], "most": 32_768}
    local.shadow.add(Job(endless, gather("", [], 0.0)))
    await until(lambda: local.shadow.is_asking)

    assert (await ask(local, "Say two")).text == "two."
