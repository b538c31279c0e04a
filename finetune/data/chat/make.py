"""`tellergraph finetune data chat`: dialogues recorded from the real graph on a demo bank of its own.

Each dialogue is a conversation with the graph that the server runs: its dialogue manager, its tools on a real
PostgreSQL, its prompts, and the offline model, whose words stand in the results and passages. Only the reading of a
message is given (`told`): a dialogue is written with what its messages mean. The last turn is what is learnt from.
"""

import asyncio
import hashlib
import random
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from agent.understanding.intents import INTENT_ROUTES, OwnIntent
from core.errors import TellergraphError
from finetune.data.chat.bank import OPENED, Client, list_clients, live, recording_bank
from finetune.data.chat.card import write_card
from finetune.data.chat.disguise import Disguise, Names
from finetune.data.chat.plots import CASTINGS, Plot, Scene, kind_of
from finetune.data.chat.recorder import CATALOGUE_TOOLS, Studio, open_studio
from finetune.data.chat.rows import can_be_reworded, make_messages, text_of, tool_schemas, tools_shown
from finetune.data.chat.scenarios import list_scenarios, play
from finetune.data.chat.words import Words
from finetune.data.folder import DataSet, write_data_set
from finetune.data.leakage import Row, check_parts, leaking, normalise, said_in
from finetune.data.parts import PARTS, TEST, TRAIN, VALIDATION

SHARES = {TRAIN: 0.9, VALIDATION: 0.05, TEST: 0.05}
_SCENARIOS, _CALLS = 0.02, 0.015
"""Share of scenarios, and of calls that a model makes by itself."""
_DAYS = timedelta(days=12)
"""Over which the dialogues spread."""
TELLINGS = 4
"""Dialogues made of a conversation at most: in other words of the customer, among people of other names."""
_PATIENCE = 2
"""Dialogues begun for each that is wanted; what did not go its way, or stood twice, is begun anew."""
_TRIES = 40
"""Dialogues begun for an intent or a tool that is not covered yet."""
_OF_NO_INTENT = OwnIntent.SUBMIT_IDENTITY_APPLICATION.value
"""What the tools of an application to be identified are about, which no intent names."""

Tell = Callable[[str], None]


class NotCovered(TellergraphError):
    """Something that the data must have is not in it."""

    code = "not_covered"


@dataclass(slots=True)
class Recording:
    """The rows so far."""

    studio: Studio
    clients: list[Client]
    words: Words
    names: Names
    seed: int
    wanted: int
    rows: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: {part: [] for part in PARTS})
    begun: int = 0
    known: dict[str, list[str]] = field(init=False)
    """Everybody of the bank, and of the templates, by first name."""
    _seen: set[str] = field(default_factory=set[str])

    def __post_init__(self) -> None:
        people = (name for client in self.clients for name in (client.name, *client.payees))
        self.known = {}
        for name in dict.fromkeys([*people, *self.words.slots["name"], *self.words.slots["payee"]]):
            if self.names.is_person(name):
                self.known.setdefault(name.casefold().split()[0], []).append(name)

    @property
    def kept(self) -> int:
        return sum(map(len, self.rows.values()))

    async def record(self, plot: Plot, intent: str, part: str, *, visitors: float = 0.0, who: str = "") -> bool:
        """Has one conversation, and keeps it if it went its way and is new."""
        self.begun += 1
        rng = random.Random(f"{self.seed}/{part}/{self.begun}")  # noqa: S311
        client = self._cast(rng, visitors, who)
        now = OPENED + timedelta(hours=1) + _DAYS * min(1.0, self.begun / (self.wanted / 2 + 500))
        conversation = self.studio.converse(
            self.begun, client.id if client else None, now.replace(microsecond=0), rng
        )  # fmt: skip
        scene = Scene(conversation, self.words, part, rng, client, [], [], intent)
        kind = await plot(scene)
        if kind is None or not conversation.turns or not conversation.turns[-1].shown:
            return False
        tellings = TELLINGS if can_be_reworded(conversation.turns) else 1
        kept = [self._keep(self._row(scene, kind, telling), part) for telling in range(tellings)]
        return any(kept)

    def _cast(self, rng: random.Random, visitors: float, who: str) -> Client | None:
        if who:
            return (
                None if who == "visitor" else next(each for each in self.clients if each.name.lower().startswith(who))
            )
        return None if rng.random() < visitors else rng.choice(self.clients)

    def _row(self, scene: Scene, kind: str, telling: int) -> dict[str, Any]:
        turned, number = scene.conversation.turns[-1], scene.conversation.number
        text = text_of(scene.conversation.turns)
        people = self._people_in(text)
        details = [detail for client in self.clients for detail in client.details if detail in text]
        disguise = Disguise.of(scene.client, people, details, self.names, scene.rng, f"{self.seed}/{number}/{telling}")
        reworded = {
            earlier.said: ways[telling % len(ways)]
            for earlier, ways in zip(scene.conversation.turns, scene.ways, strict=False)
            if telling
        }
        return {
            "id": f"d{number}-{telling}",
            "group": scene.families[0] if scene.families else f"d{number}",
            "kind": kind,
            "intent": scene.intent,
            "messages": make_messages(turned, disguise, reworded),
            "tools": tools_shown(turned, scene.rng),
        }

    def _people_in(self, text: str) -> list[str]:
        """Whoever of the bank, or of the templates, is named in it."""
        plain = text.casefold()
        words = set(re.findall(r"\w+", plain))
        return [
            name for first, names in self.known.items() if first in words for name in names if name.casefold() in plain
        ]

    def _keep(self, row: dict[str, Any], part: str) -> bool:
        # Names, numbers and ids differ between tellings of the same words, which are one dialogue all the same.
        said = [normalise(said_in(row)), row["messages"][-1]["content"], *_results_in(row)]
        content = hashlib.sha256("\0".join(said).encode()).hexdigest()
        if content in self._seen:
            return False
        self._seen.add(content)
        self.rows[part].append(row)
        return True


def _results_in(row: Row) -> Iterator[str]:
    yield from (message["content"] for message in row["messages"] if message["role"] == "tool")


def make_chat(out: Path, *, dialogues: int, customers: int, seed: int, tell: Tell) -> dict[str, Any]:
    """Records dialogues into `out` and returns the manifest. The same seed and code give the same bytes.

    Args:
        dialogues: how many; more where that is needed to cover every tool and intent.
        customers: of the demo bank.
        tell: told how far it is.

    Raises:
        NotCovered: a tool or an intent has no dialogue in the training part.
        InvalidInput: `out` is something else.
        Unavailable: the folder cannot be written.
    """
    rows, figures = record_dialogues(dialogues, customers, seed, tell)
    check_coverage(rows[TRAIN])
    check_parts(rows)
    about = figures | count(rows) | {"seed": seed, "customers": customers}
    return write_data_set(DataSet("chat", rows, about, {"tools.json": tool_schemas()}), write_card(about), out)


def record_dialogues(
    dialogues: int, customers: int, seed: int, tell: Tell
) -> tuple[dict[str, list[Row]], dict[str, Any]]:
    """The rows of the parts, and how many conversations were begun for them."""
    with recording_bank(seed, customers) as (settings, services):
        clients = list_clients(services.owner_url)

        async def work() -> Recording:
            async with open_studio(settings, services, seed) as studio:
                words = Words.load(studio.articles.questions, seed)
                recording = Recording(studio, clients, words, Names.load(), seed, dialogues)
                # The two with a login stay as the scenarios expect them.
                happened = await live(studio.parts.bank, clients_without_login(clients), seed)
                tell(f"a demo bank of {len(clients)} customers, to whom {happened} things happened")
                for part, share in SHARES.items():
                    await _fill(recording, part, round(dialogues * share), tell)
                await _cover(recording)
                return recording

        recording = asyncio.run(work())
    rows, left_out = _without_leaks(recording.rows)
    return rows, {"begun": recording.begun, "left_out_as_near": left_out}


def clients_without_login(clients: Sequence[Client]) -> list[Client]:
    return [client for client in clients if not any("@demo.example" in detail for detail in client.details)]


async def _fill(recording: Recording, part: str, target: int, tell: Tell) -> None:
    """Dialogues of a part, until there are enough or nothing new comes."""
    rows, begun = recording.rows[part], recording.begun
    await _play_scenarios(recording, part, round(target * _SCENARIOS))
    if part == TRAIN:
        await _call_tools(recording, round(target * _CALLS))
    plan = _plan(target, recording.seed, part)
    while len(rows) < target and recording.begun - begun < _PATIENCE * target:
        casting, intent = next(plan)
        await recording.record(casting.plot, intent, part, visitors=casting.visitors)
        if recording.begun % 500 == 0:
            tell(f"{recording.kept:,} of {recording.wanted:,} dialogues")
    del rows[target:]


def _plan(target: int, seed: int, part: str) -> Iterator[Any]:
    """Plots by their shares, each going through what it can be about; over and over, in a drawn order."""
    rng = random.Random(f"{seed}/plan/{part}")  # noqa: S311
    turn = Counter[Plot]()
    while True:
        round_ = [casting for casting in CASTINGS for _ in range(max(1, round(casting.share * min(target, 1_000))))]
        rng.shuffle(round_)
        for casting in round_:
            place = turn[casting.plot]
            turn[casting.plot] += 1
            yield casting, casting.intents[place % len(casting.intents)]


async def _play_scenarios(recording: Recording, part: str, most: int) -> None:
    for scenario in list_scenarios(part)[:most]:

        async def plot(scene: Scene, scenario: Any = scenario) -> str | None:
            return await play(scene, scenario)

        await recording.record(plot, OwnIntent.MAKE_TRANSFER.value, part, who=scenario.customer)


async def _call_tools(recording: Recording, most: int) -> None:
    """What the registry gives as examples of each tool, called by the model itself."""
    examples = [(tool, example) for tool in CATALOGUE_TOOLS.values() for example in tool.examples]
    for place in range(most):
        tool, example = examples[place % len(examples)]
        await recording.record(_calling(tool.name, example.said, example.arguments), _intent_of(tool.name), TRAIN)


def _calling(tool: str, said: str, arguments: Mapping[str, Any]) -> Plot:
    async def plot(scene: Scene) -> str | None:
        turned = await scene.conversation.call(tool, dict(arguments), said, _intent_of(tool))
        scene.families.append(f"r/{tool}/{hashlib.sha256(said.encode()).hexdigest()[:8]}")
        return kind_of(turned, scene)

    return plot


def _intent_of(tool: str) -> str:
    begins = {"pay_payee": "make_transfer", "schedule_payment": "make_transfer", "request_handoff": "talk_to_human"}
    begins |= {"transfer_between_accounts": "make_transfer", "answer_fraud_alert": "report_fraud_alert"}
    return tool if tool in INTENT_ROUTES else begins.get(tool, _OF_NO_INTENT)


async def _cover(recording: Recording) -> None:
    """Tries what the training part still lacks."""
    for intent in _missing_intents(recording.rows[TRAIN]):
        plots = [casting for casting in CASTINGS if intent in casting.intents]
        for attempt in range(_TRIES):
            casting = plots[attempt % len(plots)]
            if await recording.record(casting.plot, intent, TRAIN, visitors=casting.visitors):
                break
    for name in _missing_tools(recording.rows[TRAIN]):
        for example in CATALOGUE_TOOLS[name].examples:
            await recording.record(_calling(name, example.said, example.arguments), _intent_of(name), TRAIN)


def _missing_intents(rows: Sequence[Row]) -> list[str]:
    covered = {row["intent"] for row in rows}
    return [intent for intent in INTENT_ROUTES if intent not in covered]


def _missing_tools(rows: Sequence[Row]) -> list[str]:
    covered = set(_called(rows))
    return [name for name in CATALOGUE_TOOLS if name not in covered]


def check_coverage(rows: Sequence[Row]) -> None:
    """Raises NotCovered where a tool or an intent has no dialogue."""
    if missing := [*_missing_tools(rows), *_missing_intents(rows)]:
        raise NotCovered(
            f"No training dialogue has {', '.join(missing[:5])}{' and others' if len(missing) > 5 else ''}: add "
            "wordings to finetune/data/chat, or raise --dialogues."
        )


def _called(rows: Sequence[Row]) -> Iterator[str]:
    for row in rows:
        for message in row["messages"]:
            for call in message.get("tool_calls", ()):
                yield call["function"]["name"]


def _without_leaks(rows: Mapping[str, list[dict[str, Any]]]) -> tuple[dict[str, list[Row]], int]:
    """Without what is said in validation or test and nearly so in another part."""
    placed = [(part, row) for part, part_rows in rows.items() for row in part_rows]
    found = leaking([part for part, _ in placed], [normalise(said_in(row)) for _, row in placed], protected=TRAIN)
    kept: dict[str, list[Row]] = {part: [] for part in rows}
    for position, (part, row) in enumerate(placed):
        if position not in found:
            kept[part].append(row)
    return kept, len(found)


def count(rows: Mapping[str, Sequence[Row]]) -> dict[str, Any]:
    """What is in it."""
    every = [row for part in rows.values() for row in part]
    said = [message["content"] for row in every for message in row["messages"] if message["role"] == "user"]
    words = [word for text in said for word in normalise(text).split()]
    calls = [
        (call["function"]["name"], call["function"]["arguments"])
        for row in every
        for message in row["messages"]
        for call in message.get("tool_calls", ())
    ]
    return {
        "dialogues": len(every),
        "conversations": len({row["id"].partition("-")[0] for row in every}),
        "tellings": TELLINGS,
        "kinds": dict(sorted(Counter(row["kind"] for row in every).items())),
        "intents": dict(sorted(Counter(row["intent"] for row in every).items())),
        "tools": dict(sorted(Counter(name for name, _ in calls).items())),
        "with_several_turns": sum(sum(m["role"] == "user" for m in row["messages"]) > 1 for row in every),
        "with_citations": sum("[1]" in row["messages"][-1]["content"] for row in every),
        "user_messages": len(said),
        "distinct_user_messages": len(set(said)),
        "distinct_wordings": len(set(map(normalise, said))),
        "distinct_calls": len(set(calls)),
        "type_token_ratio": round(len(set(words)) / max(1, len(words)), 4),
    }
