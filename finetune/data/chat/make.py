"""`tellergraph finetune data chat`: dialogues recorded from the real graph on a demo bank of its own.

Each dialogue is a conversation with the graph that the server runs: its dialogue manager, its tools on a real
PostgreSQL, its prompts, and the offline model, whose words stand in the results and passages. Only the reading of a
message is given (`told`): a dialogue is written with what its messages mean. The last turn is what is learnt from.
"""

import asyncio
import random
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from agent.understanding.intents import OwnIntent
from finetune.data.chat.bank import Client, list_clients, live, recording_bank
from finetune.data.chat.card import write_card
from finetune.data.chat.coverage import call_tools, check_coverage, cover
from finetune.data.chat.disguise import Names
from finetune.data.chat.plots import CASTINGS, Plot, Scene
from finetune.data.chat.recorder import open_studio
from finetune.data.chat.recording import TELLINGS, Recording
from finetune.data.chat.rows import tool_schemas
from finetune.data.chat.scenarios import list_scenarios, play
from finetune.data.chat.successes import count_successes
from finetune.data.chat.words import Words
from finetune.data.folder import DataSet, check_place, write_data_set
from finetune.data.leakage import Row, check_parts, leaking, normalise, said_in
from finetune.data.parts import TEST, TRAIN, VALIDATION
from tools.bank import make_attachments

SHARES = {TRAIN: 0.9, VALIDATION: 0.05, TEST: 0.05}
_SCENARIOS, _CALLS = 0.02, 0.015
"""Share of scenarios, and of calls that a model makes by itself."""
_PATIENCE = 2
"""Dialogues begun for each that is wanted; what did not go its way, or stood twice, is begun anew."""

Tell = Callable[[str], None]


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
    check_place(out)
    rows, figures = record_dialogues(dialogues, customers, seed, tell)
    check_coverage(rows[TRAIN])
    check_parts(rows)
    warn_of_failures(rows[TRAIN], tell)
    about = figures | count(rows) | {"seed": seed, "customers": customers}
    return write_data_set(DataSet("chat", rows, about, {"tools.json": tool_schemas()}), write_card(about), out)


def record_dialogues(
    dialogues: int, customers: int, seed: int, tell: Tell, *, covering: bool = True
) -> tuple[dict[str, list[Row]], dict[str, Any]]:
    """The rows of the parts, and how many conversations were begun for them.

    Args:
        covering: whether what the training part lacks after that is tried until it comes.
    """
    with recording_bank(seed, customers) as (settings, services):
        clients = list_clients(services.owner_url)

        async def work() -> Recording:
            async with open_studio(settings, services, seed) as studio:
                words = Words.load(studio.articles.questions, seed)
                # The two with a login stay as the scenarios expect them.
                files = make_attachments(settings, services)
                happened = await live(studio.parts.bank, files, clients_without_login(clients), seed)
                known = list_clients(services.owner_url)
                recording = Recording(studio, known, words, Names.load(), seed, dialogues)
                tell(f"a demo bank of {len(clients)} customers, to whom {happened} things happened")
                for part, share in SHARES.items():
                    await _fill(recording, part, round(dialogues * share), tell)
                if covering:
                    await cover(recording)
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
        await call_tools(recording, round(target * _CALLS))
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
    for scenario in list_scenarios(part)[:most] if most else ():

        async def plot(scene: Scene, scenario: Any = scenario) -> str | None:
            return await play(scene, scenario)

        await recording.record(plot, OwnIntent.MAKE_TRANSFER.value, part, who=scenario.customer)


def warn_of_failures(rows: Sequence[Row], tell: Tell) -> None:
    """Tells which tools have no success: of them a model learns nothing but refusals."""
    if failing := [name for name, successes in count_successes(rows).items() if not successes]:
        tell(
            f"Warning: no training dialogue has a successful result of {', '.join(failing)}. More --customers may help."
        )


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
        "successes": count_successes(every),
        "with_several_turns": sum(sum(m["role"] == "user" for m in row["messages"]) > 1 for row in every),
        "with_citations": sum("[1]" in row["messages"][-1]["content"] for row in every),
        "user_messages": len(said),
        "distinct_user_messages": len(set(said)),
        "distinct_wordings": len(set(map(normalise, said))),
        "distinct_calls": len(set(calls)),
        "type_token_ratio": round(len(set(words)) / max(1, len(words)), 4),
    }
