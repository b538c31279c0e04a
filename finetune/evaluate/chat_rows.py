"""What a chat row asks of a model, and how its answer is judged: without a second model, by the bank's own checks."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from pydantic import ValidationError

from agent.messages import Evidence
from agent.models.local.shadow_log import measure_overlap
from agent.release import Material, Release
from core.errors import InvalidInput
from finetune.evaluate.scores import Scores
from tools.catalogue import CATALOGUE

Message = Mapping[str, Any]
ANSWER = "answer"
"""What a model did that called no tool; else the first tool's name."""
BROKEN = "broken call"

_FENCED = re.compile(r"<(passages|result)>\n(.*?)\n</\1>", re.DOTALL)
_TODAY = re.compile(r"Today is \w+, (\d{1,2} \w+ \d{4})")
_SAYS_NO = re.compile(
    r"\b(can'?t|can’t|cannot|can not|unable|not able|won'?t|won’t|will not|must not|never|no information|not something|"
    r"only (help|answer)|outside|sorry)\b",
    re.IGNORECASE,
)
_SAME_WORDS = 0.5
"""Share of common words from which an answer says what the expected one says."""


@dataclass(frozen=True)
class Question:
    """One answer that a model is asked for."""

    row: str
    kind: str
    before: list[dict[str, Any]]
    tools: list[dict[str, Any]]
    expected: Message


@dataclass(frozen=True)
class Answered:
    text: str
    calls: list[tuple[str, dict[str, Any]]]
    is_broken: bool
    """A tool call that is none, or no end."""
    first_s: float
    seconds: float
    tokens: int
    probability: float
    """That the model gave all of it, 0 to 1."""


def list_questions(row: Mapping[str, Any], schemas: Mapping[str, dict[str, Any]]) -> list[Question]:
    """One for each of the assistant's messages that a training would learn from.

    Raises:
        InvalidInput: the row names a tool without a schema.
    """
    if missing := [name for name in row.get("tools", []) if name not in schemas]:
        raise InvalidInput(f"Row {row['id']} has the tool {missing[0]!r}, which tools.json lacks.")
    tools = [schemas[name] for name in row.get("tools", [])]
    messages = [_plain(message) for message in row["messages"]]
    return [
        Question(str(row["id"]), str(row.get("kind", "")), messages[:place], tools, message)
        for place, message in enumerate(messages)
        if message["role"] == "assistant" and message.get("train", True)
    ]


def _plain(message: Message) -> dict[str, Any]:
    return {**message, "content": message.get("content") or ""}


def judge(question: Question, answered: Answered) -> Scores:
    """Every metric that this row says something about, 0 to 1."""
    wanted = read_calls(question.expected)
    scores = {
        "tool_choice": float(label_of(wanted, False) == label_of(answered.calls, answered.is_broken)),
        "finished": float(not answered.is_broken),
    }
    if answered.calls or answered.is_broken:
        scores["tool_validity"] = float(not answered.is_broken and _are_valid(answered.calls, question.tools))
    if wanted:
        scores["tool_exact_match"] = float(not answered.is_broken and answered.calls == wanted)
        return scores
    scores["overlap"] = measure_overlap(question.expected["content"], answered.text)
    if question.kind == "refusal":
        scores["refusal"] = float(not answered.calls and _refuses(answered.text, scores["overlap"]))
    if answered.text and not answered.calls:
        scores["groundedness"] = float(is_grounded(question, answered.text))
    return scores


def label_of(calls: list[tuple[str, dict[str, Any]]], is_broken: bool) -> str:
    return BROKEN if is_broken else calls[0][0] if calls else ANSWER


def read_calls(message: Message) -> list[tuple[str, dict[str, Any]]]:
    calls: list[dict[str, Any]] = message.get("tool_calls") or []
    functions = [call["function"] for call in calls]
    return [(function["name"], _as_object(function["arguments"])) for function in functions]


def _as_object(arguments: Any) -> Any:
    return json.loads(arguments) if isinstance(arguments, str) else arguments


def _are_valid(calls: list[tuple[str, dict[str, Any]]], offered: list[dict[str, Any]]) -> bool:
    """Whether the bank would take them: offered, and with arguments that the tool's own types accept."""
    names = {schema["function"]["name"] for schema in offered}
    return all(name in names and _takes(name, arguments) for name, arguments in calls)


def _takes(name: str, arguments: dict[str, Any]) -> bool:
    tool = CATALOGUE.find(name)
    if tool is None:
        raise InvalidInput(f"The bank has no tool {name!r}, which the data offers: make the data set again.")
    try:
        tool.arguments.model_validate(arguments)
    except ValidationError:
        return False
    return True


def _refuses(text: str, common: float) -> bool:
    return bool(_SAYS_NO.search(text)) or common >= _SAME_WORDS


def is_grounded(question: Question, text: str) -> bool:
    """Whether the gate that stands before customers would let all of it out."""
    gate = Release(_gather(question.before))
    gate.push(text)
    gate.finish()
    return not any(outcome == "dropped" for _, outcome in gate.outcomes)


def _gather(messages: list[dict[str, Any]]) -> Material:
    system = "\n".join(message["content"] for message in messages if message["role"] == "system")
    told = _TODAY.search(system)
    return Material(
        today=datetime.strptime(told[1], "%d %B %Y").date() if told else date.min,  # noqa: DTZ007
        results=[_unfenced(message["content"]) for message in messages if message["role"] == "tool"],
        passages=list(_read_passages(system)),
        said_by_us=[message["content"] for message in messages if message["role"] == "assistant"],
        said_by_customer=[message["content"] for message in messages if message["role"] == "user"],
    )


def _unfenced(content: str) -> str:
    fenced = _FENCED.fullmatch(content)
    return fenced[2] if fenced else content


def _read_passages(system: str) -> Iterator[Evidence]:
    for tag, content in _FENCED.findall(system):
        passages: list[dict[str, Any]] = json.loads(content) if tag == "passages" else []
        for each in passages:
            title, heading, text = (str(each.get(key, "")) for key in ("title", "heading", "text"))
            yield Evidence(document_id="", title=title, heading=heading, url="", text=text, score=0.0)
