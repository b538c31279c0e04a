"""Settles the citations: marks that name no passage go, the passages that were used are cited; without a mark, the one
that the answer has most words of, if it has some. Then what the customer let be known in passing is taken care of,
and whoever typed a secret is told not to."""

import re

from langgraph.runtime import Runtime

from agent.care.notice import take_care
from agent.events import Citation, Token
from agent.messages import Evidence
from agent.release import LEFT_OUT, LEFT_OUT_WORDS
from agent.state import State, Turn, Update
from knowledge.plain import to_plain

_MARK = re.compile(r"\[(\d{1,2})\]")
_WORD = re.compile(r"[^\W\d_]{4,}")
_LEAST_SHARED = 2
_LONGEST_QUOTE = 240
WARNING = (
    "Your message had something secret in it, such as a PIN, a password or a code. I removed it before anything was"
    " kept, and I did not use it. Please never type a secret into a chat: we never ask for one here."
)


async def verify(state: State, runtime: Runtime[Turn]) -> Update:
    passages, answer = state["passages"], state["answer"]
    marked = dict.fromkeys(int(mark) for mark in _MARK.findall(answer))
    cited = [number for number in marked if 1 <= number <= len(passages)]
    if passages and not cited:
        cited = _told_from(answer, passages)
    for number in cited:
        await runtime.context.emit(citation(number, passages[number - 1]))
    answer = _MARK.sub(lambda mark: mark[0] if int(mark[1]) in cited else "", answer)
    answer += await take_care(state, runtime.context)
    return {"answer": answer + await _warn(runtime.context), "cited": cited}


async def _warn(turn: Turn) -> str:
    """What is said to whoever typed a secret, behind everything else; empty otherwise."""
    if not turn.typed_secret:
        return ""
    await turn.emit(Token(text=f"\n\n{WARNING}"))
    return f"\n\n{WARNING}"


def _told_from(answer: str, passages: list[Evidence]) -> list[int]:
    """The number of the passage that an answer without a mark is about; none where all that was said of it was left
    out."""
    said = _words(answer.replace(LEFT_OUT, "").replace(LEFT_OUT_WORDS, ""))
    shared = [len(said & _words(f"{each['title']} {each['heading']} {each['text']}")) for each in passages]
    return [shared.index(max(shared)) + 1] if max(shared) >= _LEAST_SHARED else []


def _words(text: str) -> set[str]:
    return set(_WORD.findall(text.lower()))


def citation(number: int, passage: Evidence) -> Citation:
    quote = to_plain(passage["text"])
    if len(quote) > _LONGEST_QUOTE:
        quote = quote[:_LONGEST_QUOTE].rsplit(" ", 1)[0] + " …"
    title, heading = passage["title"], passage["heading"]
    return Citation(
        n=number,
        document_id=passage["document_id"],
        title=title if heading == title else f"{title} · {heading}",
        url=passage["url"],
        quote=quote,
    )
