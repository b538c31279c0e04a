"""Settles the citations: marks that name no passage go, the passages that were used are cited. Then what the customer
let be known in passing is taken care of."""

import re

from langgraph.runtime import Runtime

from agent.care.notice import take_care
from agent.events import Citation
from agent.messages import Evidence
from agent.state import State, Turn, Update
from knowledge.plain import to_plain

_MARK = re.compile(r"\[(\d{1,2})\]")
_LONGEST_QUOTE = 240


async def verify(state: State, runtime: Runtime[Turn]) -> Update:
    passages, answer = state["passages"], state["answer"]
    marked = dict.fromkeys(int(mark) for mark in _MARK.findall(answer))
    cited = [number for number in marked if 1 <= number <= len(passages)]
    if passages and not cited:
        cited = [1]
    for number in cited:
        await runtime.context.emit(citation(number, passages[number - 1]))
    answer = _MARK.sub(lambda mark: mark[0] if int(mark[1]) in cited else "", answer)
    return {"answer": answer + await take_care(state, runtime.context), "cited": cited}


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
