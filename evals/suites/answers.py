"""`answers`: what a visitor is answered, on a CSV `text,category`: one turn each, in a session of its own.

A citation is right if the cited article's `intents` name the row's category. `first_citation_accuracy` and
`any_citation_accuracy` are shares of all rows. `refusal_rate` is the share of rows that were answered without a
citation; `grounded_rate` the share of the others whose quotes all stand in the cited articles, and every figure of the
answer as well.
"""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import orjson
from rich.console import Console

from agent.assembly import Running, running_assistant
from agent.events import Citation, Done
from agent.release import figures
from agent.whose import scope_of
from api.serve import prepared_services
from core.clock import BANK_TIME_ZONE, system_clock
from core.db.database import Database
from core.errors import InvalidInput, TellergraphError
from core.services import Services
from core.settings import Settings, load_settings
from evals.metrics import accuracy, accuracy_error
from evals.reading import read_csv
from evals.suite import Options, Outcome, require
from knowledge.plain import to_plain
from knowledge.render import get_article
from knowledge.topics import list_topics


@dataclass(frozen=True, slots=True)
class Answered:
    citations: list[Citation]
    grounded: bool
    seconds: float


def run(options: Options) -> Outcome:
    """Asks the assistant as it is configured; without data of its own it uses the demo bank's help centre.

    Raises:
        InvalidInput: the file cannot be used, or no article names any of its categories.
    """
    rows = read_csv(require(options.data, "--data FILE"), ("text", "category"))
    settings = load_settings()
    if settings.graph == "lists":
        # No answer asks it, and it would be built meanwhile.
        settings = settings.model_copy(update={"graph": "off"})
    with prepared_services(settings, Console(quiet=True)) as services:
        answers, topics = asyncio.run(_answer_all(settings, services, [row["text"] for row in rows]))
    if not any(row["category"] in intents for row in rows for intents in topics.values()):
        raise InvalidInput(f"No article of the knowledge base names any category of {options.data} in its intents.")
    right = [
        [row["category"] in topics[citation.document_id] for citation in answer.citations]
        for row, answer in zip(rows, answers, strict=True)
    ]
    first = [hits[:1] == [True] for hits in right]
    cited = [answer for answer in answers if answer.citations]
    metrics = {
        "first_citation_accuracy": accuracy(first),
        "any_citation_accuracy": accuracy([any(hits) for hits in right]),
        "grounded_rate": accuracy([answer.grounded for answer in cited]) if cited else 0.0,
        "refusal_rate": 1 - len(cited) / len(answers),
        "p50_ms": float(np.median([answer.seconds for answer in answers])) * 1000,
    }
    return Outcome(len(rows), metrics, {"first_citation_accuracy_se": accuracy_error(first), "articles": len(topics)})


async def _answer_all(
    settings: Settings, services: Services, texts: Sequence[str]
) -> tuple[list[Answered], dict[str, frozenset[str]]]:
    async with running_assistant(settings, services, system_clock) as running:
        answers = [await _answer(running, text) for text in texts]
        return answers, await list_topics(running.database)


async def _answer(running: Running, text: str) -> Answered:
    start = time.perf_counter()
    turn = await running.assistant.ask(text, identity=None, session_id=None)
    scope = scope_of(None, turn.session_id)
    ending = [event async for event in running.assistant.follow(turn.turn_id, scope=scope)][-1]
    seconds = time.perf_counter() - start
    if ending.name != Done.event:
        raise TellergraphError(f"The assistant could not answer {text!r}: {ending.data}")
    done = Done.model_validate(orjson.loads(ending.data))
    await running.assistant.forget(turn.session_id, scope)
    today = system_clock().astimezone(BANK_TIME_ZONE).date()
    return Answered(done.citations, await _is_grounded(running.database, done, today), seconds)


async def _is_grounded(database: Database, done: Done, today: date) -> bool:
    ids = dict.fromkeys(citation.document_id for citation in done.citations)
    bodies = {document_id: (await get_article(database, document_id, today=today)).body for document_id in ids}
    quoted = all(
        citation.quote.removesuffix(" …") in to_plain(bodies[citation.document_id]) for citation in done.citations
    )
    return quoted and figures(done.answer) <= figures(" ".join(bodies.values()))
