"""The fence of one turn (agent/models/fence.py), around whatever a model of another party is sent.

What is hidden comes from three places: the customer's own details (details.py), fields of tools' arguments and results
that say what they hold (fields.py), and forms that a pattern and a checksum prove (core/security/pii.py). Instructions
and passages are the same for everybody: there only a whole detail is hidden, since a placeholder in place of a common
word would tell that it is one of the customer's names.
"""

from collections.abc import Awaitable, Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import orjson
from langchain_core.messages import AIMessage, BaseMessage, SystemMessage, ToolMessage

from agent.models.fencing.details import BY_FORM, Detail, OwnDetails, kind_of
from agent.models.fencing.fields import list_details, rewrite
from agent.models.fencing.finder import Finder, Found, without_overlaps
from agent.models.fencing.names import Names, is_placeholder, look_alikes
from agent.models.fencing.opening import OwnOpening
from agent.prompts.fences import fence, unfence
from core.security.pii import Placeholders, find_personal
from core.security.pii.reading.folded import Folded


class _Text:
    """What can be said of a text whoever's it is."""

    __slots__ = ("folded", "look_alikes", "personal")

    def __init__(self, text: str) -> None:
        self.folded = Folded.of(text)
        self.look_alikes = [(found.start(), found.end(), key) for found, key in look_alikes(text)]
        spans = [
            (kind, *self.folded.span(start, end)) for kind, start, end in find_personal(self.folded.cased, BY_FORM)
        ]
        self.personal = [(Detail(kind_of(kind), text[start:end]), start, end) for kind, start, end in spans]


@dataclass(slots=True)
class _Result:
    """What a tool returned, as it was read, and as it is sent."""

    tag: str
    value: Any
    texts: list[str]
    hidden: str = ""
    hidden_at: tuple[int, int] = (-1, -1)
    """What was known of the customer then."""


class OwnFence:
    """``read`` gives the customer's details, once, when something is to be hidden."""

    def __init__(self, read: Callable[[], Awaitable[OwnDetails]], placeholders: Placeholders) -> None:
        self._read = read
        self._said: list[Detail] = []
        self._names = Names(placeholders)
        self._finder: Finder | None = None
        self._account_names: frozenset[str] = frozenset()
        self._named: dict[str, int] = {}
        """Whole values of fields that say what they hold."""
        self._read_texts: dict[str, _Text] = {}
        self._hidden: dict[tuple[str, bool, int], str] = {}
        self._results: dict[str, _Result] = {}
        """What tools returned, which every round shows again."""
        self._learned: set[tuple[str, str]] = set()
        self._allotted = 0

    def add(self, details: Iterable[Detail]) -> None:
        """What only the conversation knows so far, such as the name of a payee who is being added."""
        self._said.extend(details)

    async def hide(self, messages: list[BaseMessage]) -> list[BaseMessage]:
        finder = self._finder or await self._open()
        while self._said:
            detail = self._said.pop(0)
            if detail.value not in self._account_names:
                finder.add(detail)
        tools = {call["id"]: call["name"] for message in messages for call in _calls(message)}
        for message in messages:
            tool = tools.get(message.tool_call_id, "") if isinstance(message, ToolMessage) else ""
            seen = (f"{message.type} {message.text}", tool)
            if seen not in self._learned or _calls(message):
                self._learned.add(seen)
                self._learn(message, tool, finder)
        while self._allotted < len(finder.details):
            self._names.allot(self._allotted, finder.details[self._allotted])
            self._allotted += 1
        return [self._hide(message, finder) for message in messages]

    def opening(self) -> OwnOpening:
        return OwnOpening(self._names)

    async def _open(self) -> Finder:
        own = await self._read()
        self._account_names = own.account_names
        self._finder = Finder(own.details)
        return self._finder

    def _text(self, text: str) -> _Text:
        if text not in self._read_texts:
            self._read_texts[text] = _Text(text)
        return self._read_texts[text]

    def _result(self, message: ToolMessage) -> "_Result":
        text = str(message.text)
        if text not in self._results:
            self._results[text] = _read_result(text)
        return self._results[text]

    def _texts(self, message: BaseMessage) -> list[str]:
        """Everything that is said in a message, as it is read."""
        texts = self._result(message).texts if isinstance(message, ToolMessage) else [str(message.text)]
        return [*texts, *(text for call in _calls(message) for text in _strings(call["args"]))]

    def _learn(self, message: BaseMessage, tool: str, finder: Finder) -> None:
        """What the fields and the forms in a message say is personal."""
        texts = list(map(self._text, self._texts(message)))
        self._names.reserve(key for text in texts for _, _, key in text.look_alikes)
        structured = [(call["args"], call["name"]) for call in _calls(message)]
        if isinstance(message, ToolMessage):
            structured.append((self._result(message).value, tool))
        for value, of in structured:
            for detail in list_details(value, of, self._account_names):
                self._named[detail.value] = finder.add(detail)
        if not isinstance(message, SystemMessage):
            for text in texts:
                for detail, _, _ in text.personal:
                    finder.add(detail)

    def _hide(self, message: BaseMessage, finder: Finder) -> BaseMessage:
        if isinstance(message, ToolMessage):
            content = self._hidden_result(message, finder)
        else:
            content = self._replaced(str(message.text), finder, whole_only=isinstance(message, SystemMessage))
        update: dict[str, Any] = {"content": content, "additional_kwargs": {}}
        if isinstance(message, AIMessage):
            update["tool_calls"] = [
                call | {"args": self._rewritten(call["args"], finder)} for call in message.tool_calls
            ]
        return message.model_copy(update=update)

    def _rewritten(self, value: Any, finder: Finder) -> Any:
        """Names of fields are instructions rather than anybody's words, unless they are a whole detail."""
        return rewrite(
            value,
            lambda text: self._replaced(text, finder, whole_only=False),
            lambda name: self._replaced(name, finder, whole_only=True),
        )

    def _hidden_result(self, message: ToolMessage, finder: Finder) -> str:
        result, state = self._result(message), (finder.version, len(self._named))
        if result.hidden_at != state:
            changed = self._rewritten(result.value, finder)
            if isinstance(changed, str):
                result.hidden = changed
            else:
                result.hidden = fence(result.tag, changed) if result.tag else orjson.dumps(changed).decode()
            result.hidden_at = state
        return result.hidden

    def _replaced(self, text: str, finder: Finder, *, whole_only: bool) -> str:
        if text in self._named and not whole_only:
            owner = self._named[text]
            return self._names.hide(owner, finder.details[owner], text)
        key = (text, whole_only, finder.version)
        if key not in self._hidden:
            self._hidden[key] = "".join(self._pieces(text, finder, whole_only=whole_only))
        return self._hidden[key]

    def _pieces(self, text: str, finder: Finder, *, whole_only: bool) -> Iterator[str]:
        read = self._text(text)
        fixed = [each for each in read.look_alikes if is_placeholder(each[2])]
        by_form = [] if whole_only else [Found(start, end, finder.add(detail)) for detail, start, end in read.personal]
        found = [
            one
            for one in (*finder.find(read.folded, whole_only=whole_only), *by_form)
            if all(one.end <= start or end <= one.start for start, end, _ in fixed)
        ]
        for start, end, key in fixed:
            if self._names.is_ours(key):
                found.append(Found(start, end, finder.add(Detail("TEXT", text[start:end]))))
        done = 0
        for one in without_overlaps(found):
            yield text[done : one.start]
            yield self._names.hide(one.owner, finder.details[one.owner], text[one.start : one.end])
            done = one.end
        yield text[done:]


def _calls(message: BaseMessage) -> list[Any]:
    return list(message.tool_calls) if isinstance(message, AIMessage) else []


def _read_result(text: str) -> _Result:
    """The tag around a result, and the result; the text itself where it is an error in words."""
    tag, inside = unfence(text) or ("", text)
    try:
        value: Any = orjson.loads(inside)
    except orjson.JSONDecodeError:
        return _Result("", text, [text])
    return _Result(tag, value, _strings(value)) if isinstance(value, (dict, list)) else _Result("", text, [text])


def _strings(value: Any) -> list[str]:
    found: list[str] = []

    def keep(text: str) -> str:
        found.append(text)
        return text

    rewrite(value, keep, keep)
    return found
