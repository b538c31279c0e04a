"""The chain of models: the first that starts to answer gives the whole answer."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage, HumanMessage, ToolMessage
from langchain_core.messages.tool import tool_call_chunk
from langchain_core.outputs import ChatGenerationChunk, ChatResult
from prometheus_client import REGISTRY

from agent.models.allowance import BUDGET_USED_UP, CUT_OFF, Allowance
from agent.models.breaker import FAILURES, FIRST_PAUSE
from agent.models.budgets import Budgets, Limits
from agent.models.chain import CUT_SHORT, Link, ModelChain
from agent.models.faults import Fault, ModelFailed
from agent.models.prices import Price
from agent.models.reply import Reply
from core.budget import Budget
from core.errors import ProviderBusy, ProviderFailed

LONG = timedelta(seconds=20)
SHORT = timedelta(milliseconds=20)


class Model(BaseChatModel):
    """Says its pieces, then stops, fails or hangs."""

    pieces: Sequence[str] = ()
    then: Exception | asyncio.Event | None = None
    asked: list[dict[str, Any]]

    @property
    def _llm_type(self) -> str:
        return "model"

    async def _astream(self, messages, stop=None, run_manager=None, **kwargs: Any):
        self.asked.append(kwargs)
        for piece in self.pieces:
            yield ChatGenerationChunk(message=AIMessageChunk(content=piece))
        if isinstance(self.then, asyncio.Event):
            await self.then.wait()
        if isinstance(self.then, Exception):
            raise self.then
        done = AIMessageChunk(content="", response_metadata={"finish_reason": "stop"})
        yield ChatGenerationChunk(message=done)

    def _generate(self, messages, stop=None, run_manager=None, **kwargs: Any) -> ChatResult:
        raise NotImplementedError


def model(*pieces: str, then: Exception | asyncio.Event | None = None) -> Model:
    return Model(pieces=pieces, then=then, asked=[])


async def ask(
    *models: Model, first: timedelta = LONG, idle: timedelta = LONG, on_text: Callable[[str], None] | None = None
) -> tuple[Reply | ProviderFailed, str]:
    """The reply or the failure, and what was said meanwhile."""
    said: list[str] = []

    async def say(text: str) -> None:
        said.append(text)
        if on_text:
            on_text(text)

    links = [Link(f"model {number}", each) for number, each in enumerate(models, start=1)]
    chain = ModelChain(links, first_token_timeout=first, idle_timeout=idle)
    try:
        return await chain.stream([HumanMessage("hi")], tools=[], on_text=say), "".join(said)
    except ProviderFailed as error:
        return error, "".join(said)


async def test_the_first_model_answers_and_no_other_is_asked():
    second = model("no")

    reply, said = await ask(model("Hello ", "there"), second)

    assert reply == Reply("Hello there", [], {}, "model 1")
    assert said == "Hello there"
    assert second.asked == []


async def test_a_model_that_fails_before_its_first_word_is_replaced():
    reply, said = await ask(model(then=ProviderFailed("down")), model(then=ProviderFailed("down")), model("Hello"))

    assert isinstance(reply, Reply)
    assert (reply.model, said) == ("model 3", "Hello")


async def test_a_model_that_fails_after_its_first_word_is_not():
    """Text that a customer has read cannot be taken back."""
    second = model("Other")

    failure, said = await ask(model("Hel", then=ProviderFailed("gone")), second)

    assert isinstance(failure, ProviderFailed)
    assert (failure.message, said) == ("gone", "Hel")
    assert second.asked == []


async def test_when_all_fail_the_last_failure_is_told():
    failure, said = await ask(model(then=ProviderFailed("one")), model(then=ProviderFailed("two")))

    assert (str(failure), said) == ("two", "")


async def test_a_model_that_says_nothing_in_time_is_replaced():
    reply, _ = await ask(model(then=asyncio.Event()), model("Hello"), first=SHORT)

    assert isinstance(reply, Reply)
    assert reply.model == "model 2"


async def test_a_model_that_falls_silent_has_failed():
    failure, said = await ask(model("Hel", then=asyncio.Event()), model("Other"), idle=SHORT)

    assert isinstance(failure, ProviderFailed)
    assert (failure.message, said) == ("The model gave nothing more for 0.02 s.", "Hel")


async def test_a_model_that_says_nothing_at_all_is_replaced():
    reply, said = await ask(model(), model("Hello"))

    assert isinstance(reply, Reply)
    assert (reply.model, said) == ("model 2", "Hello")


async def test_a_fault_of_ours_is_no_reason_to_ask_another_model():
    second = model("Other")

    with pytest.raises(ZeroDivisionError):
        await ask(model("Hello"), second, on_text=lambda _: 1 // 0)

    assert second.asked == []


TOOLS = [{"type": "function", "function": {"name": "look", "description": "", "parameters": {}}}]
DOWN = ModelFailed("down", Fault.UNREACHABLE)


class Script(BaseChatModel):
    """Plays a script with each request: texts, a call (its arguments as JSON), an error, the reason to stop."""

    scripts: list[list[Any]]
    seen: list[list[BaseMessage]]

    @property
    def _llm_type(self) -> str:
        return "script"

    async def _astream(self, messages, stop=None, run_manager=None, **kwargs: Any):
        self.seen.append(messages)
        yield ChatGenerationChunk(message=AIMessageChunk(content=""))
        for step in self.scripts.pop(0) if len(self.scripts) > 1 else self.scripts[0]:
            if isinstance(step, Exception):
                raise step
            yield ChatGenerationChunk(
                message=step if isinstance(step, AIMessageChunk) else AIMessageChunk(content=step)
            )

    def _generate(self, messages, stop=None, run_manager=None, **kwargs: Any) -> ChatResult:
        raise NotImplementedError


def calls(arguments: str = "{}", name: str = "look") -> AIMessageChunk:
    part = tool_call_chunk(name=name, args=arguments, id="call_1", index=0)
    return AIMessageChunk(content="", tool_call_chunks=[part], response_metadata={"finish_reason": "tool_calls"})


STOP = AIMessageChunk(content="", response_metadata={"finish_reason": "stop"})
USED = AIMessageChunk(content="", usage_metadata={"input_tokens": 100, "output_tokens": 10, "total_tokens": 110})


def script(*scripts: list[Any]) -> Script:
    """The last one is played again and again."""
    return Script(scripts=list(scripts), seen=[])


def offline() -> Link:
    return Link("offline", script(["From the records.", STOP]), data_class="own", is_free=True)


@dataclass
class World:
    """A chain whose clocks stand still until somebody waits."""

    links: list[Link]
    budgets: Budgets | None = None
    retries: int = 0
    jitter: float = 1.0
    turn_time: timedelta | None = None
    time: float = 100.0
    waits: list[float] = field(default_factory=list)
    said: str = ""
    cuts: int = 0

    def __post_init__(self) -> None:
        self.chain = ModelChain(
            self.links,
            first_token_timeout=LONG,
            idle_timeout=LONG,
            turn_time=self.turn_time,
            retries=self.retries,
            budgets=self.budgets,
            now=lambda: self.time,
            sleep=self._sleep,
            jitter=lambda: self.jitter,
        )

    async def _sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.time += seconds

    async def ask(
        self,
        *more: BaseMessage,
        tools: list[dict[str, Any]] = TOOLS,
        allowance: Allowance | None = None,
        fence: Any = None,
        takes_cuts: bool = True,
    ) -> Reply:
        async def on_text(text: str) -> None:
            self.said += text

        async def on_cut() -> None:
            self.cuts += 1

        return await self.chain.stream(
            [HumanMessage("hi"), *more],
            tools=tools,
            on_text=on_text,
            fence=fence,
            allowance=allowance,
            on_cut=on_cut if takes_cuts else None,
        )


def asked(link: Link) -> int:
    assert isinstance(link.model, Script)
    return len(link.model.seen)


# What was said cannot be taken back.


async def test_an_answer_that_is_cut_off_is_completed_offline():
    other = Link("other", script(["Other", STOP]))
    world = World([Link("first", script(["You should ", DOWN])), other, offline()])
    allowance = Allowance()

    reply = await world.ask(allowance=allowance)

    assert world.said == f"You should {CUT_SHORT}From the records."
    assert (reply.model, reply.text, world.cuts) == ("offline", "From the records.", 1)
    assert allowance.notices == [CUT_OFF]
    assert asked(other) == 0


async def test_after_a_cut_the_offline_model_has_the_rest_of_the_turn():
    first = Link("first", script(["Hm", DOWN], ["Again", STOP]))
    world = World([first, offline()])
    allowance = Allowance()
    await world.ask(allowance=allowance)

    assert (await world.ask(allowance=allowance)).model == "offline"
    assert asked(first) == 1
    assert (await world.ask()).model == "first", "the next turn begins anew"


async def test_without_an_offline_model_a_cut_is_a_failure():
    with pytest.raises(ModelFailed, match="down"):
        await World([Link("first", script(["Hm", DOWN])), Link("other", script(["Other", STOP]))]).ask()


BROKEN = [
    pytest.param([calls('{"a": 1')], id="cut in a call"),
    pytest.param(["Half", AIMessageChunk(content="", response_metadata={"finish_reason": "length"})], id="length"),
    pytest.param([calls("[]")], id="no object"),
    pytest.param([calls("{}", name="")], id="no name"),
    pytest.param([STOP], id="empty"),
    pytest.param([], id="nothing"),
]


@pytest.mark.parametrize("broken", BROKEN)
async def test_what_is_no_whole_reply_is_never_an_action(broken):
    reply = await World([Link("first", script(broken)), offline()]).ask()

    assert (reply.model, reply.calls) == ("offline", [])


async def test_a_model_that_repeats_its_call_is_left_for_the_next():
    made = AIMessage("", tool_calls=[{"id": "call_1", "name": "look", "args": {"a": 1}}])
    world = World([Link("loop", script([calls('{"a": 1}')], [calls('{"a": 2}')])), offline()])

    assert (await world.ask(made, ToolMessage("{}", tool_call_id="call_1"))).model == "offline"
    assert (await world.ask(made, ToolMessage("{}", tool_call_id="call_1"))).model == "loop"


async def test_a_call_of_an_earlier_turn_is_no_repetition():
    earlier = AIMessage("", tool_calls=[{"id": "call_1", "name": "look", "args": {}}])
    world = World([Link("first", script([calls()])), offline()])

    assert (await world.ask(earlier, HumanMessage("and now?"))).model == "first"


# Asking again.


async def test_a_failure_that_may_pass_is_tried_again_after_a_wait_with_jitter():
    first = Link("first", script([DOWN], [DOWN], ["Hello", STOP]))
    world = World([first, offline()], retries=2)

    assert (await world.ask()).model == "first"
    assert world.waits == [pytest.approx(0.4), pytest.approx(0.8)]

    calm = World([Link("first", script([DOWN], ["Hello", STOP]))], retries=1, jitter=0.0)
    await calm.ask()
    assert calm.waits == [pytest.approx(0.2)]


async def test_a_server_that_says_when_to_come_back_is_asked_then():
    busy = ModelFailed("overloaded", Fault.OVERLOADED, timedelta(seconds=3))
    world = World([Link("first", script([busy], ["Hello", STOP])), offline()], retries=1)

    assert (await world.ask()).model == "first"
    assert world.waits == [pytest.approx(3.1)]


async def test_nobody_waits_longer_than_a_first_token_may_take():
    first = Link("first", script([ModelFailed("overloaded", Fault.OVERLOADED, timedelta(seconds=60))]))
    world = World([first, offline()], retries=5)

    assert (await world.ask()).model == "offline"
    assert (asked(first), world.waits) == (1, [])
    assert (await world.ask()).model == "offline"
    assert asked(first) == 1, "it asked to be left alone"


@pytest.mark.parametrize(
    "fault", [Fault.KEY_REFUSED, Fault.BAD_REPLY, Fault.SLOW, Fault.REQUEST_REFUSED, Fault.CUT_OFF]
)
async def test_a_failure_that_will_not_pass_is_not_tried_again(fault):
    first = Link("first", script([ModelFailed("no", fault)]))

    assert (await World([first, offline()], retries=5).ask()).model == "offline"
    assert asked(first) == 1


async def test_nothing_is_tried_again_after_the_first_word():
    first = Link("first", script(["Hel", DOWN], ["Hello", STOP]))
    world = World([first, offline()], retries=5)

    await world.ask()

    assert (asked(first), world.waits) == (1, [])


# Time.


async def test_the_time_of_a_turn_counts_over_all_links_and_rounds():
    first = Link("first", script([DOWN]))
    second = Link("second", script(["Hello", STOP]))
    world = World([first, second, offline()], turn_time=timedelta(seconds=5), retries=1)
    allowance = world.chain.allow("")
    world.time += 4.9

    assert (await world.ask(allowance=allowance)).model == "second"
    assert world.waits == [], "there is no time left to wait"
    world.time += 0.2
    assert (await world.ask(allowance=allowance)).model == "offline"


async def test_a_model_that_has_the_turn_too_long_is_stopped():
    hanging = Model(pieces=["Hm"], then=asyncio.Event(), asked=[])
    chain = ModelChain(
        [Link("hanging", hanging)], first_token_timeout=LONG, idle_timeout=LONG, turn_time=timedelta(milliseconds=20)
    )

    with pytest.raises(ModelFailed) as failed:
        await chain.stream([HumanMessage("hi")], tools=[], on_text=_ignore, allowance=chain.allow(""))

    assert failed.value.fault is Fault.TIME


async def _ignore(_text: str) -> None: ...


async def test_a_server_that_only_opens_its_stream_has_not_begun():
    """The first-token timeout is about words, not about the empty event that many servers send at once."""
    hanging = Model(pieces=[""], then=asyncio.Event(), asked=[])

    reply, _ = await ask(hanging, model("Hello"), first=SHORT)

    assert isinstance(reply, Reply)
    assert reply.model == "model 2"


# Left alone, and without tools.


async def test_a_model_that_keeps_failing_is_left_alone_then_tried_again():
    clock = [0.0]
    first = Link("first", script(*[[DOWN]] * FAILURES, ["Hello", STOP]), now=lambda: clock[0])
    world = World([first, offline()])
    for _ in range(FAILURES + 5):
        assert (await world.ask()).model == "offline"
    assert (asked(first), first.breaker.state) == (FAILURES, "open")

    clock[0] += FIRST_PAUSE.total_seconds()

    assert (await world.ask()).model == "first"
    assert first.breaker.state == "closed"


async def test_a_wrong_key_is_asked_once_and_its_reason_is_kept():
    first = Link("first", script([ModelFailed("The model server refused the API key.", Fault.KEY_REFUSED)]))
    world = World([first, offline()], retries=5)
    for _ in range(3):
        assert (await world.ask()).model == "offline"

    assert asked(first) == 1
    assert (first.breaker.state, first.breaker.reason) == ("open", "The model server refused the API key.")


async def test_a_model_without_tools_is_asked_only_where_none_are_needed():
    first = Link("first", script([ModelFailed("no tools", Fault.NO_TOOLS)], ["Hello", STOP]))
    world = World([first, offline()])

    assert [(await world.ask()).model for _ in range(3)] == ["offline"] * 3
    assert (asked(first), first.lacks_tools, first.breaker.state) == (1, True, "closed")
    assert (await world.ask(tools=[])).model == "first"


async def test_a_full_queue_passes_the_request_on():
    full = Link("local:a", script([ProviderBusy("full", timedelta(seconds=7))]))

    assert (await World([full, offline()]).ask()).model == "offline"
    assert full.breaker.state == "closed"


async def test_where_all_are_busy_the_caller_learns_when_to_come_back():
    links = [Link("local:a", script([ProviderBusy("full", timedelta(seconds=7))])), Link("b", script([DOWN]))]

    with pytest.raises(ProviderBusy) as busy:
        await World(links).ask()

    assert busy.value.details == {"retry_after": 7}


class Queue(Script):
    """A model that knows how full it is."""

    wait: timedelta | None = None

    def busy_for(self) -> timedelta | None:
        return self.wait


def test_a_chain_knows_before_a_turn_that_nobody_can_answer():
    full = Link("local:a", Queue(scripts=[], seen=[], wait=timedelta(seconds=4)))
    free = Link("local:b", Queue(scripts=[], seen=[]))

    assert World([full]).chain.unavailable_for() == timedelta(seconds=4)
    assert World([full, free]).chain.unavailable_for() is None
    assert World([full, offline()]).chain.unavailable_for() is None


# Whose data, and whose money.


class Hiding:
    """A fence that knows one name."""

    async def hide(self, messages: list[BaseMessage]) -> list[BaseMessage]:
        return [
            message.model_copy(update={"content": str(message.content).replace("Alex", "[P]")}) for message in messages
        ]

    def opening(self) -> "Hiding":
        self.held = ""
        return self

    def push(self, text: str) -> str:
        self.held += text
        out, self.held = (self.held, "") if "[" not in self.held or "]" in self.held else ("", self.held)
        return out.replace("[P]", "Alex")

    def finish(self) -> str:
        return self.held

    def arguments(self, arguments: dict[str, Any]) -> dict[str, Any]:
        return {name: value.replace("[P]", "Alex") for name, value in arguments.items()}


async def test_another_partys_model_sees_placeholders_and_ours_sees_everything():
    theirs, ours = Link("theirs", script([DOWN])), Link("ours", script(["x", STOP]), data_class="own")
    await World([theirs, ours]).ask(HumanMessage("I am Alex"), fence=Hiding())

    assert isinstance(theirs.model, Script)
    assert isinstance(ours.model, Script)
    assert [message.content for message in theirs.model.seen[0]] == ["hi", "I am [P]"]
    assert [message.content for message in ours.model.seen[0]] == ["hi", "I am Alex"]


async def test_what_comes_back_is_opened_for_its_owner_whatever_its_pieces():
    world = World([Link("theirs", script(["Dear [", "P", "], hello [", STOP]))])
    await world.ask(fence=Hiding())
    assert world.said == "Dear Alex, hello ["

    reply = await World([Link("theirs", script([calls('{"name": "[P]"}')]))]).ask(fence=Hiding())
    assert reply.calls[0]["arguments"] == {"name": "Alex"}


async def test_half_a_placeholder_of_a_stream_that_was_cut_goes_nowhere():
    world = World([Link("theirs", script(["Dear [", DOWN])), offline()])
    await world.ask(fence=Hiding())

    assert "[" not in world.said


NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
PRICE = Price(Decimal("0.15"), Decimal("0.60"))


def limited(**budgets: Budget) -> Budgets:
    return Budgets(None, Limits(**budgets), lambda: NOON)


async def test_a_used_up_budget_leaves_the_models_that_cost_nothing():
    paid = Link("paid", script(["Hello", STOP, USED]), price=PRICE)
    world = World([paid, offline()], budgets=limited(customer=Budget(200, "tokens")))
    used = [(await world.ask(allowance=Allowance("customer:alex"))).model for _ in range(4)]

    assert used == ["paid", "paid", "offline", "offline"]
    allowance = Allowance("customer:alex")
    await world.ask(allowance=allowance)
    assert allowance.notices == [BUDGET_USED_UP]
    assert (await world.ask(allowance=Allowance("customer:blair"))).model == "paid"


async def test_an_answer_says_what_it_took_and_its_cost_where_that_is_known():
    priced = await World([Link("a", script(["Hello", STOP, USED]), price=PRICE)]).ask()
    unknown = await World([Link("b", script(["Hello", STOP, USED]))]).ask()

    # 100 x 0.15 + 10 x 0.60 micro-dollars.
    assert priced.usage == {"input_tokens": 100, "output_tokens": 10, "cost_microdollars": 21}
    assert unknown.usage == {"input_tokens": 100, "output_tokens": 10}


async def test_a_failure_before_the_first_word_costs_nothing_and_one_after_it_does():
    budgets = limited(day=Budget(10_000, "tokens"))
    for failing in (script([DOWN]), script(["Hello there", DOWN])):
        await World([Link("paid", failing), offline()], budgets=budgets).ask(tools=[])
        [counted] = budgets.counted.values()
        assert (counted == 0) is (failing.scripts[0] == [DOWN])


async def test_where_the_provider_counts_nothing_our_estimate_stands():
    budgets = limited(day=Budget(10_000, "tokens"))
    await World([Link("paid", script(["x" * 300, STOP]))], budgets=budgets).ask(HumanMessage("y" * 300), tools=[])

    assert list(budgets.counted.values()) == [200]


async def test_what_models_do_is_counted():
    def value(name: str, **labels: str) -> float:
        return REGISTRY.get_sample_value(f"tellergraph_model_{name}", {"model": "counted", **labels}) or 0.0

    link = Link("counted", script([DOWN], ["Hello", STOP, USED]), price=PRICE)
    world = World([link, offline()], retries=1)
    await world.ask()

    assert value("retries_total") == 1
    assert value("requests_total", outcome="answered") == 1
    assert (value("tokens_total", direction="input"), value("tokens_total", direction="output")) == (100, 10)
    assert value("cost_microdollars_total") == 21
    assert (value("seconds_count"), value("first_token_seconds_count")) == (1, 1)
