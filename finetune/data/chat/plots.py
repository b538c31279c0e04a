"""How dialogues go: what the customer says, turn by turn, depending on what is asked. Each plot ends with the turn that
is learnt from, and says what kind of turn it is; None where the conversation did not go its way."""

import random
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from agent.dialogue.tables import FAMILIES
from agent.understanding.intents import BANKING77_INTENTS, CONVERSATION_ACTS, INTENT_ROUTES, OwnIntent, Route
from finetune.data.chat.bank import Client
from finetune.data.chat.recorder import Conversation, Turned
from finetune.data.chat.words import Words, labels_of
from tools.catalogue import CATALOGUE
from tools.registry import Risk

_MOST_ANSWERS = 4
_TASKS = frozenset({Route.OPERATION, Route.FRAUD, Route.HANDOFF})
_CHAT = (OwnIntent.GREETING, OwnIntent.THANKS, OwnIntent.GOODBYE, OwnIntent.BOT_QUESTION, OwnIntent.ABUSE)
_STRANGE = (OwnIntent.OUT_OF_SCOPE, OwnIntent.GIBBERISH)
_BEGINS_SLOTS = (OwnIntent.MAKE_TRANSFER, OwnIntent.SET_CARD_LIMIT, OwnIntent.CREATE_STANDING_ORDER, OwnIntent.APPLY_FOR_LOAN)
"""Tasks that ask for something, for what is said while they are open."""


@dataclass(slots=True)
class Scene:
    """A conversation that is to be had."""

    conversation: Conversation
    words: Words
    part: str
    rng: random.Random
    client: Client | None
    families: list[str]
    """The wordings that were used."""
    intent: str
    """What it is about."""

    async def say(self, label: str, meaning: str | None = None) -> Turned | None:
        """A wording of a label; its intent is what it means, unless said otherwise."""
        own = self.client.slots() if self.client else {}
        key = str(self.client.id) if self.client else ""
        wording = self.words.say(label, self.part, self.rng, own, key=key)
        if wording is None:
            return None
        self.families.append(wording.family)
        return await self.conversation.say(wording.text, meaning or wording.intent)

    async def ask_for(self, intent: str) -> Turned | None:
        """Says something that means the intent; None where it was not taken for it."""
        labels = labels_of(self.words, self.part).get(intent)
        turned = await self.say(self.rng.choice(labels)) if labels else None
        return turned if turned and _is_about(turned, intent) else None

    async def answer_questions(self, turned: Turned) -> Turned | None:
        """Answers what is asked until nothing is, or the patience is over."""
        for _ in range(_MOST_ANSWERS):
            if turned.record.asks is None or is_proposed(turned):
                return turned
            following = await self.say(self._answer_for(turned.record.asks), OwnIntent.ACKNOWLEDGEMENT)
            if following is None:
                return None
            turned = following
        return turned

    def _answer_for(self, slot: str) -> str:
        label = f"phrase/answer/{slot}"
        return label if label in self.words.templates[self.part] else "phrase/answer/other"


Plot = Callable[[Scene], Awaitable[str | None]]


async def request(scene: Scene) -> str | None:
    """Something is asked for, in one message."""
    if scene.rng.random() < 0.08:
        await scene.say("phrase/hello", OwnIntent.GREETING)
    turned = await scene.ask_for(scene.intent)
    return kind_of(turned, scene) if turned else None


async def two_requests(scene: Scene) -> str | None:
    """One thing after another."""
    first = scene.rng.choice(_begun_by_reading(scene))
    if await scene.ask_for(first) is None:
        return None
    turned = await scene.ask_for(scene.intent)
    return kind_of(turned, scene) if turned else None


async def filling(scene: Scene) -> str | None:
    """What is missing is asked for and told."""
    turned = await scene.ask_for(scene.intent)
    if turned is None or turned.record.asks is None:
        return None
    turned = await scene.answer_questions(turned)
    return kind_of(turned, scene) if turned else None


async def confirming(scene: Scene) -> str | None:
    """A proposal, and the customer's yes. One that needs a code is only proposed: no yes in the chat confirms it."""
    turned = await _propose(scene)
    if turned is None or not is_proposed(turned):
        return None
    if _needs_code(turned):
        return "proposal"
    done = await scene.say("phrase/approve", OwnIntent.AGREE)
    return "confirmation" if done and done.record.operation else None


async def cancelling(scene: Scene) -> str | None:
    """A proposal, and the customer's no."""
    turned = await _propose(scene)
    if turned is None or not is_proposed(turned):
        return None
    ended = await scene.say("phrase/deny", OwnIntent.DECLINE)
    return "cancellation" if ended and not ended.record.asks and not is_proposed(ended) else None


async def correcting(scene: Scene) -> str | None:
    """A proposal, and a slip put right: the tool is called again with the new value."""
    turned = await _propose(scene)
    if turned is None or not is_proposed(turned):
        return None
    proposed = _last_result(turned)
    fits = [slot for slot in ("amount", "payee", "account", "card", "date") if proposed.get(slot)]
    labels = [label for slot in fits if (label := f"phrase/correct_{slot}") in scene.words.templates[scene.part]]
    if not labels:
        return None
    corrected = await scene.say(scene.rng.choice(labels), OwnIntent.CHANGE_ANSWER)
    return "correction" if corrected and corrected.results else None


async def digressing(scene: Scene) -> str | None:
    """A question in between, and back to what was open."""
    opened = await scene.ask_for(scene.rng.choice(_BEGINS_SLOTS))
    if opened is None or opened.record.asks is None:
        return None
    turned = await scene.ask_for(scene.intent)
    return "digression" if turned and (turned.record.citations or turned.results) else None


async def acting(scene: Scene) -> str | None:
    """What is no request: why do you ask, wait, never mind, say that again."""
    if scene.intent in CONVERSATION_ACTS and scene.rng.random() < 0.8:
        opened = await scene.ask_for(scene.rng.choice(_BEGINS_SLOTS))
        if opened is None or opened.record.asks is None:
            return None
    turned = await scene.say(scene.rng.choice(labels_of(scene.words, scene.part).get(scene.intent, [""])))
    return "conversation" if turned and turned.record.answer else None


async def asking(scene: Scene) -> str | None:
    """A question that the help centre answers."""
    turned = await scene.ask_for(scene.intent)
    return "answer" if turned and turned.record.citations else None


async def following_up(scene: Scene) -> str | None:
    """A second question about the same."""
    if await asking(scene) is None:
        return None
    turned = await scene.say("phrase/follow_up", scene.intent)
    return "answer" if turned and turned.record.citations else None


async def finding_nothing(scene: Scene) -> str | None:
    """A question that no article answers: the model says so."""
    scene.conversation.studio.articles.finds_nothing = True
    turned = await scene.ask_for(scene.intent)
    return "nothing_found" if turned and not turned.record.citations and not turned.results else None


async def chatting(scene: Scene) -> str | None:
    """Small talk."""
    turned = await scene.ask_for(scene.intent)
    return "small_talk" if turned else None


async def refusing(scene: Scene) -> str | None:
    """What is no business of the bank, somebody else's, or an attack."""
    phrases = ("phrase/attack", "phrase/other_people", "phrase/asks_secret")
    if scene.rng.random() < 0.4:
        turned = await scene.say(scene.rng.choice(phrases), OwnIntent.OUT_OF_SCOPE)
    else:
        turned = await scene.ask_for(scene.intent)
    return "refusal" if turned and not turned.results else None


async def pressing(scene: Scene) -> str | None:
    """A payment with a secret, or without a confirmation: it is proposed all the same, and the secret is not read."""
    label = scene.rng.choice(("phrase/without_asking", "phrase/gives_secret"))
    turned = await scene.say(label, OwnIntent.MAKE_TRANSFER)
    return "refusal" if turned and (turned.results or turned.record.asks) else None


async def visiting(scene: Scene) -> str | None:
    """Somebody who has not logged in asks for what needs an account."""
    turned = await scene.ask_for(scene.intent)
    return "sign_in" if turned and not turned.results else None


async def _propose(scene: Scene) -> Turned | None:
    turned = await scene.ask_for(scene.intent)
    return await scene.answer_questions(turned) if turned else None


def is_proposed(turned: Turned) -> bool:
    return any(_content(result).get("status") == "confirmation_needed" for result in turned.results)


def _needs_code(turned: Turned) -> bool:
    return any(_content(result).get("step_up") for result in turned.results)


def _last_result(turned: Turned) -> Mapping[str, Any]:
    return _content(turned.results[-1])


def _content(result: Mapping[str, Any]) -> Mapping[str, Any]:
    return orjson.loads(result["content"]) if result["ok"] else {}


def kind_of(turned: Turned, scene: Scene) -> str:
    """What the turn is an example of."""
    if turned.results:
        last = _last_result(turned)
        status = str(last.get("status", "error"))
        if status == "confirmation_needed":
            return "proposal"
        if status.endswith("_unclear"):
            return "clarification"
        return "not_possible" if "message" in last or not turned.results[-1]["ok"] else "tool"
    if turned.record.asks:
        return "question"
    if turned.record.citations:
        return "answer"
    if turned.record.route == Route.OUT_OF_SCOPE:
        return "refusal"
    return "conversation" if scene.client else "sign_in"


def _is_about(turned: Turned, intent: str) -> bool:
    """Whether what was done is what the words mean."""
    tools = FAMILIES.get(intent, (intent,))
    called = [result["name"] for result in turned.results]
    is_called = any(name in tools for name in called) or turned.record.task in tools
    return is_called or (turned.record.intent == intent and not called)


def _begun_by_reading(scene: Scene) -> list[str]:
    known = labels_of(scene.words, scene.part)
    return [intent for intent in known if _reads(intent)]


def _reads(intent: str) -> bool:
    tool = CATALOGUE.find(FAMILIES.get(intent, (intent,))[0])
    return tool is not None and tool.risk is Risk.READ


def _prepares(intent: str) -> bool:
    tool = CATALOGUE.find(FAMILIES.get(intent, (intent,))[0])
    return tool is not None and tool.risk is Risk.PREPARE


@dataclass(frozen=True, slots=True)
class Casting:
    """A plot with its share of the dialogues and what it can be about."""

    plot: Plot
    share: float
    intents: tuple[str, ...]
    visitors: float = 0.0
    """Share of the dialogues with somebody who has not logged in."""


_ALL = tuple(INTENT_ROUTES)
_REQUESTS = tuple(intent for intent in _ALL if INTENT_ROUTES[intent] in _TASKS)
_CHANGES = tuple(intent for intent in _REQUESTS if _prepares(intent))
_QUESTIONS = (*BANKING77_INTENTS, OwnIntent.BANKING_QUESTION.value)
_ACTS = tuple(sorted(str(intent) for intent in CONVERSATION_ACTS))

CASTINGS: tuple[Casting, ...] = (
    Casting(request, 0.29, _REQUESTS),
    Casting(two_requests, 0.07, _REQUESTS),
    Casting(filling, 0.09, _CHANGES),
    Casting(confirming, 0.08, _CHANGES),
    Casting(cancelling, 0.04, _CHANGES),
    Casting(correcting, 0.08, _CHANGES),
    Casting(digressing, 0.04, _QUESTIONS),
    Casting(acting, 0.05, _ACTS),
    Casting(asking, 0.15, _QUESTIONS, visitors=0.5),
    Casting(following_up, 0.03, _QUESTIONS, visitors=0.5),
    Casting(finding_nothing, 0.01, (OwnIntent.BANKING_QUESTION.value,), visitors=0.5),
    Casting(chatting, 0.02, tuple(map(str, _CHAT)), visitors=0.3),
    Casting(refusing, 0.03, tuple(map(str, _STRANGE)), visitors=0.3),
    Casting(pressing, 0.01, (OwnIntent.MAKE_TRANSFER.value,)),
    Casting(visiting, 0.01, tuple(intent for intent in _REQUESTS if not intent.startswith(("list_", "find_"))), visitors=1.0),
)
