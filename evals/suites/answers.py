"""`answers`: what a visitor is answered, on a CSV `text,category`: one turn each, in a session of its own.

A citation is right if the cited article's `intents` name the row's category. `first_citation_accuracy` and
`any_citation_accuracy` are shares of all rows. `refusal_rate` is the share of rows that were answered without a
citation; `grounded_rate` the share of the others whose quotes all stand in the cited articles, and every figure of the
answer as well.
"""

import asyncio
import time
from collections.abc import Generator, Mapping, Sequence
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass
from datetime import date
from functools import partial

import orjson
from rich.console import Console

from agent.assembly import Running, running_assistant
from agent.events import Done
from agent.release import figures
from agent.whose import scope_of
from api.serve import prepared_services
from core.clock import BANK_TIME_ZONE, system_clock
from core.db.database import Database
from core.errors import InvalidInput, TellergraphError
from core.settings import Settings
from evals.classifying import p50_ms
from evals.metrics import accuracy_error
from evals.reading import read_csv
from evals.results.figures import Metric, share
from evals.results.record import Record, Scored
from evals.suite import OpenPlayer, Options, Plan, Play, Suite, name_cases, require, settings_of
from knowledge.plain import to_plain
from knowledge.render import get_article
from knowledge.topics import list_topics

Row = dict[str, str]


@dataclass(frozen=True, slots=True)
class _Asked:
    done: Done
    grounded: bool
    seconds: float


def plan(options: Options) -> Plan[Row]:
    """For the assistant as it is configured; without data of its own it uses the demo bank's help centre.

    Raises:
        InvalidInput: the file cannot be used; once it is played, also where no article names any of its categories.
    """
    path = require(options.data, "--data FILE")
    rows = read_csv(path, ("text", "category"))
    settings = settings_of(options)
    if settings.graph == "lists":
        # No answer asks it, and it would be built meanwhile.
        settings = settings.model_copy(update={"graph": "off"})
    cases = name_cases(rows, lambda row: f"{row['category']}\n{row['text']}")
    return Plan(cases=cases, opened=partial(_opened, settings, path), sources=[path], settings=settings)


@contextmanager
def _opened(settings: Settings, path: object, rows: Sequence[Row]) -> Generator[OpenPlayer[Row]]:
    with prepared_services(settings, Console(quiet=True)) as services:

        @contextmanager
        def open_player(_number: int) -> Generator[Play[Row]]:
            with asyncio.Runner() as runner:
                stack = AsyncExitStack()
                running = runner.run(stack.enter_async_context(running_assistant(settings, services, system_clock)))
                try:
                    topics = runner.run(list_topics(running.database))
                    _require_topics(topics, path, rows)
                    yield lambda row: _score(row, runner.run(_ask(running, row["text"])), topics)
                finally:
                    runner.run(stack.aclose())

        yield open_player


def _require_topics(topics: Mapping[str, frozenset[str]], path: object, rows: Sequence[Row]) -> None:
    if not any(row["category"] in intents for row in rows for intents in topics.values()):
        raise InvalidInput(f"No article of the knowledge base names any category of {path} in its intents.")


def _score(row: Row, asked: _Asked, topics: Mapping[str, frozenset[str]]) -> Scored:
    cited = [citation.document_id for citation in asked.done.citations]
    right = [row["category"] in topics[document] for document in cited]
    return Scored(
        value=right[:1] == [True],
        input=row["text"],
        expected=row["category"],
        answer=asked.done.answer,
        reason=f"cites {', '.join(cited)}" if cited else "cites nothing",
        seconds=asked.seconds,
        details={"any": any(right), "citations": list(cited), "grounded": asked.grounded, "articles": len(topics)},
    )


async def _ask(running: Running, text: str) -> _Asked:
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
    return _Asked(done, await _is_grounded(running.database, done, today), seconds)


async def _is_grounded(database: Database, done: Done, today: date) -> bool:
    ids = dict.fromkeys(citation.document_id for citation in done.citations)
    bodies = {document_id: (await get_article(database, document_id, today=today)).body for document_id in ids}
    quoted = all(
        citation.quote.removesuffix(" …") in to_plain(bodies[citation.document_id]) for citation in done.citations
    )
    return quoted and figures(done.answer) <= figures(" ".join(bodies.values()))


def measure(records: Sequence[Record]) -> dict[str, Metric]:
    cited = [record for record in records if record.details["citations"]]
    return {
        "first_citation_accuracy": share(record.passed for record in records),
        "any_citation_accuracy": share(record.details["any"] for record in records),
        "grounded_rate": share((record.details["grounded"] for record in cited), of_none=0.0),
        "refusal_rate": share(not record.details["citations"] for record in records),
        "p50_ms": p50_ms(records),
    }


def _describe(records: Sequence[Record]) -> dict[str, object]:
    return {
        "first_citation_accuracy_se": accuracy_error([record.passed for record in records]),
        "articles": records[0].details["articles"],
    }


SUITE = Suite(plan=plan, measure=measure, describe=_describe, judged=True)
