"""A language model that says what a file says, over the OpenAI protocol: for demonstrations and tests without a model.

A transcript is a YAML list; each request gets the first step that fits and was not used yet::

    - when: balance                # optional: this stands in what the customer or a tool said last; in any case
      call: {name: get_balance, arguments: {account: Everyday}}
    - say: You have GBP 2,480.15 in Everyday.
    - when: anything else
      refuse: {status: 503, message: overloaded}
      again: true                  # may be used any number of times
"""

from collections.abc import Sequence
from pathlib import Path
from threading import Lock
from typing import Annotated, Any

import orjson
import yaml
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, model_validator

from core.errors import InvalidInput
from evals.scripted_wire import Call, Finish, Request, Status, Step, WireServer, in_words


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Calling(_Strict):
    name: str
    arguments: dict[str, Any] = {}


class Refusing(_Strict):
    status: Annotated[int, Field(ge=400, le=599)]
    message: str = "refused"


class Line(_Strict):
    """One thing that the model does: exactly one of ``say``, ``call`` and ``refuse``."""

    when: str | None = None
    say: str | None = None
    call: Calling | None = None
    refuse: Refusing | None = None
    again: bool = False

    @model_validator(mode="after")
    def _does_one_thing(self) -> "Line":
        if sum(each is not None for each in (self.say, self.call, self.refuse)) != 1:
            raise ValueError("needs exactly one of say, call and refuse")
        return self

    def steps(self, number: int) -> Sequence[Step]:
        """Args:
        number: of the request, for the call's id.
        """
        if self.refuse is not None:
            return [Status(self.refuse.status, self.refuse.message)]
        if self.call is not None:
            arguments = orjson.dumps(self.call.arguments).decode()
            return [Call(self.call.name, arguments, id=f"call_{number}"), Finish("tool_calls")]
        return [*in_words(self.say or ""), Finish()]


_LINES = TypeAdapter(list[Line])


def read_transcript(path: Path) -> list[Line]:
    """Raises InvalidInput: not there, not YAML, or a line of another form."""
    try:
        return _LINES.validate_python(yaml.safe_load(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise InvalidInput(f"{path} cannot be read: {error.strerror}.") from error
    except yaml.YAMLError as error:
        raise InvalidInput(f"{path} is not YAML: {error}") from error
    except ValidationError as error:
        fault = error.errors()[0]
        where = ".".join(map(str, fault["loc"])) or "the file"
        raise InvalidInput(f"{path}, {where}: {fault['msg']}") from error


class Transcript:
    """What of a transcript is left. Requests may come from several threads."""

    def __init__(self, lines: Sequence[Line]) -> None:
        self._left = list(lines)
        self._lock = Lock()
        self._asked = 0

    def answer(self, request: Request) -> Sequence[Step]:
        said = _said_last(request.body)
        with self._lock:
            self._asked += 1
            line = next((each for each in self._left if (each.when or "").casefold() in said), None)
            if line is None:
                return [Status(500, "The transcript has no line left for this.")]
            if not line.again:
                self._left.remove(line)
            return line.steps(self._asked)


def make_server(lines: Sequence[Line], *, port: int = 0) -> WireServer:
    """On this machine; port 0 takes a free one.

    Raises:
        InvalidInput: the port is taken.
    """
    try:
        return WireServer(Transcript(lines).answer, port=port)
    except OSError as error:
        raise InvalidInput(f"Port {port} is taken: give another --port.") from error


def _said_last(body: dict[str, Any]) -> str:
    """Of customer or tool, in small letters."""
    said = [message for message in body.get("messages", []) if message.get("role") in ("user", "tool")]
    return str(said[-1].get("content") or "").casefold() if said else ""
