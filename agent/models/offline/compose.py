"""Answers in words, from tool results and passages. Nothing is said that does not stand in them."""

from collections.abc import Iterator

import orjson

from agent.messages import Evidence
from agent.models.offline.brief import Brief
from agent.models.offline.phrases import (
    CANNOT_HERE,
    HAND_OFF,
    NOTHING_FOUND,
    OUT_OF_SCOPE,
    SIGN_IN,
    SMALL_TALK,
    operation_ended,
)
from agent.models.offline.results import say
from agent.understanding.intents import PUBLIC_INTENTS, OwnIntent

_LONGEST_ANSWER = 140
"""Words of passages that an answer quotes before it stops at a section's end."""
_MOST_OTHERS = 3
"""Articles that an answer names beside the one that it quotes."""
_AS_GOOD_AS = 0.8
"""How much less than the best one may have been found by: more than an intent that was certain makes up."""

_TAKES_NO_ACCOUNT = PUBLIC_INTENTS | {OwnIntent.UNCLEAR}
"""What may be an operation, and is answered without one."""


def compose(brief: Brief, results: list[tuple[str, bool, str]]) -> str:
    """The answer in Markdown. ``results`` are (tool name, succeeded, content) of this turn's calls."""
    if brief["ended"]:
        return operation_ended(brief["ended"])
    if results:
        return "\n\n".join([*_of_results(results, brief), *filter(None, [brief["question"]])])
    if brief["words"]:
        return brief["words"]
    if brief["passages"]:
        said = _of_passages(brief["passages"], brief["marks_from"])
        return "\n\n".join([*_before_passages(brief), said])
    return _of_route(brief)


def _before_passages(brief: Brief) -> Iterator[str]:
    """What must be known before the help centre is quoted to whoever asked for something to be done."""
    if brief["route"] == "handoff":
        yield HAND_OFF
    elif brief["route"] == "operation" and brief["intent"] not in _TAKES_NO_ACCOUNT:
        yield CANNOT_HERE if brief["signed_in"] else SIGN_IN


def _of_results(results: list[tuple[str, bool, str]], brief: Brief) -> Iterator[str]:
    """In words of the manager, where it has any for the last one."""
    told = results[:-1] if brief["words"] else results
    yield from (_of_result(*result, said=brief["said"]) for result in told)
    yield from filter(None, [brief["words"]])


def _of_route(brief: Brief) -> str:
    match brief["route"]:
        case "small_talk":
            return SMALL_TALK.get(brief["intent"], SMALL_TALK["greeting"])
        case "out_of_scope":
            return OUT_OF_SCOPE
        case "handoff":
            return HAND_OFF
        case "operation" | "fraud" if not brief["signed_in"] and brief["intent"] != OwnIntent.UNCLEAR:
            return SIGN_IN
        case "operation" if brief["intent"] != OwnIntent.UNCLEAR:
            return CANNOT_HERE
        case _:
            return NOTHING_FOUND


def _of_passages(passages: list[Evidence], marks_from: int) -> str:
    """The best passage with the opening of its article, which answers in short, and more of it while there is room."""
    best = passages[0]
    same = [
        (number, passage)
        for number, passage in enumerate(passages, start=marks_from)
        if passage["document_id"] == best["document_id"]
    ]
    same.sort(key=lambda numbered: not _is_opening(numbered[1]))
    parts: list[str] = []
    words = 0
    for number, passage in same:
        words += len(passage["text"].split())
        if passage is best or _is_opening(passage) or words <= _LONGEST_ANSWER:
            heading = "" if not parts or _is_opening(passage) else f"**{passage['heading']}**\n\n"
            parts.append(f"{heading}{passage['text'].strip()} [{number}]")
    return "\n\n".join([*parts, *_others(passages, marks_from)])


def _others(passages: list[Evidence], marks_from: int) -> Iterator[str]:
    """The articles that may be meant instead, by name."""
    best = passages[0]
    first: dict[str, str] = {}
    for number, passage in enumerate(passages, start=marks_from):
        if passage["document_id"] != best["document_id"] and passage["score"] >= best["score"] - _AS_GOOD_AS:
            first.setdefault(passage["document_id"], f"*{passage['title']}* [{number}]")
    if first:
        yield f"See also: {' · '.join(list(first.values())[:_MOST_OTHERS])}"


def _is_opening(passage: Evidence) -> bool:
    return passage["heading"] == passage["title"]


def _of_result(name: str, succeeded: bool, content: str, *, said: str) -> str:
    return say(name, orjson.loads(content), said) if succeeded else f"I could not do that: {content}"
