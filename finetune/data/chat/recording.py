"""The rows of a data set while it is recorded: each conversation becomes up to four of them."""

import hashlib
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from finetune.data.chat.bank import OPENED, Client
from finetune.data.chat.disguise import Disguise, Names
from finetune.data.chat.plots import Plot, Scene
from finetune.data.chat.recorder import Studio
from finetune.data.chat.rows import can_be_reworded, make_messages, text_of, tools_shown
from finetune.data.chat.words import Words
from finetune.data.leakage import Row, normalise, said_in
from finetune.data.parts import PARTS

_DAYS = timedelta(days=12)
"""Over which the dialogues spread."""
TELLINGS = 4
"""Dialogues made of a conversation at most: in other words of the customer, among people of other names."""


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
