"""One definition of a tool: typed input, typed output, scope, risk and a docstring written for the model. The agent's
tools, MCP (tools/mcp_server.py), REST (api/routes/banking.py), LangChain (tools/langchain_tools.py) and docs/tools/
are all made from it.

A tool takes what to look for from its arguments and everything else from the context; no argument can name a customer.
"Nothing found", "several match" and "not possible" are results. A ``prepare`` tool changes nothing but the command log:
it stores a pending operation that only its customer's confirmation executes (tools/operations.py).
"""

import inspect
from base64 import b64encode
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Any, ClassVar, Literal, LiteralString, Protocol, TypeVar, cast
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer, ValidationError, field_validator

from core.clock import BANK_TIME_ZONE
from core.db.database import Database, Params, Row, Scope, Statement
from core.errors import CallerError, Refused
from core.security.sealing import Seal
from core.telemetry.observing import Kind, Observation, observe
from tools.fraud.decisions import SHIPPED, FraudPolicy
from tools.queries import QUERIES
from tools.reasons import NOT_POSSIBLE_NOW, reason_of

A = TypeVar("A", bound="Arguments")


class Risk(StrEnum):
    READ = "read"
    PREPARE = "prepare"


class Arguments(BaseModel):
    """Base of tool inputs: what is not declared is refused, so a forged ``customer_id`` is an error."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True, str_max_length=200)

    @field_validator("*", mode="before")
    @classmethod
    def _storable(cls, value: object) -> object:
        if isinstance(value, str) and "\x00" in value:
            raise ValueError("must not contain the null character")
        return value


def _as_base64(content: bytes) -> str:
    return b64encode(content).decode()


class Result(BaseModel):
    """Base of tool outputs."""

    model_config = ConfigDict(frozen=True)

    PRIVATE: ClassVar[Mapping[str, str]] = {}
    """Fields that their owner sees and no language model, with their kind of personal data (core/security/pii.py)."""


class Refusal(Result):
    """Base of results that say why nothing was found or prepared, and what would work: a model goes on from there, REST
    answers with ``http_status`` and with ``status``, which every subclass has, as the error's code."""

    http_status: ClassVar[int] = 422

    message: str = Field(description="The reason, as the customer may read it.")


class Unclear(Refusal):
    """Base of results that ask which one is meant; ``status`` is the slot's name with ``_unclear``."""

    asked_for: str | None
    choices: list[str] = Field(description="What may be meant: ask which one.")


class Document(Result):
    """A file. REST sends it as it is; in JSON its content is base64 (RFC 4648, section 4). A subclass that names its
    ``media_type`` as a Literal has it in the documentation."""

    status: Literal["document"] = "document"
    filename: str = Field(pattern=r"^[\w. -]+$", description="Under which a customer keeps it.")
    media_type: str
    content: Annotated[bytes, PlainSerializer(_as_base64, when_used="json")] = Field(repr=False)


class Proposed(Result):
    """What the customer is asked to confirm. Fields that do not apply are null."""

    status: Literal["confirmation_needed"] = "confirmation_needed"
    operation_id: str = ""
    type: str = ""
    summary: str
    amount: str | None = Field(default=None, description="Decimal string.")
    currency: str | None = None
    payee: str | None = None
    account: str | None = Field(default=None, description="The account that it is taken from, or that is changed.")
    to_account: str | None = None
    card: str | None = Field(default=None, description="Last four digits.")
    date: str | None = Field(default=None, description="ISO date.")
    fee: str | None = Field(default=None, description="Decimal string, in the currency of the account.")
    step_up: bool = Field(default=False, description="Whether the confirmation needs a security code.")
    expires_at: str = ""


class Withheld(Proposed):
    """A proposal that was decided against: it is over. Whoever asked is told so once its record is committed."""


InitiatedBy = Literal["chat", "rest", "mcp", "staff"]
Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]


class StepUp(Protocol):
    """Asks a customer for a code (tools/step_up/codes.py)."""

    async def issue(self, context: "ToolContext", operation_id: UUID) -> None:
        """Makes the code of a proposal that needs one, and sends it. Once for each proposal."""
        ...

    async def answer(self, context: "ToolContext", operation_id: UUID, code: str | None) -> None:
        """Raises Refused for a code that is missing or wrong, and when there were too many."""
        ...


@dataclass(frozen=True, slots=True)
class Bank:
    """What tools work with: built once for each process."""

    database: Database
    step_up: StepUp
    seal: Seal
    fraud: FraudPolicy = SHIPPED


@dataclass(slots=True)
class _Line:
    """Of a call, in the customer's ledger."""

    tool: str
    is_written: bool = False


@dataclass(frozen=True, slots=True)
class ToolContext:
    """Whose data, which moment, on whose behalf."""

    bank: Bank
    customer_id: UUID
    now: datetime
    turn_id: UUID | None
    """The turn of a chat that calls; None for the other doors."""
    initiated_by: InitiatedBy = "chat"
    idempotency_key: str | None = None
    """The caller's own, for what a ``prepare`` tool stores; without one, a chat's turn and the proposal make it."""
    request_hash: str | None = None
    """Of the tool and the arguments that the caller's key stands for."""
    said: tuple[str, ...] = ()
    """What the customer wrote in this turn of a chat, masked."""
    is_noted: bool = True
    """Whether calls stand in the customer's ledger. What a message is understood by does not."""
    line: _Line | None = None
    """Of the call that is under way, if it is to stand there."""

    async def fetch(self, row: type[Row], query: LiteralString, params: Params) -> list[Row]:
        """The rows of a query after which the call is done whatever they are: its line in the ledger is written on the
        same way to the database."""
        if self.line is None or self.line.is_written:
            return await self.database.fetch(row, query, params, scope=self.scope)
        line = _noted(self, self.line.tool, "done")
        rows = await self.database.fetch(row, query, params, scope=self.scope, first=line)
        self.line.is_written = True
        return rows

    @property
    def door(self) -> str:
        """As the ledger tells it: a turn that no chat of ours began came through the door of OpenAI clients."""
        return "openai" if self.initiated_by == "rest" and self.turn_id is not None else self.initiated_by

    @property
    def database(self) -> Database:
        return self.bank.database

    @property
    def step_up(self) -> StepUp:
        return self.bank.step_up

    @property
    def seal(self) -> Seal:
        return self.bank.seal

    @property
    def scope(self) -> Scope:
        return Scope(customer_id=self.customer_id, subject=f"customer:{self.customer_id}", turn_id=self.turn_id)

    @property
    def today(self) -> date:
        return self.now.astimezone(BANK_TIME_ZONE).date()


@dataclass(frozen=True, slots=True)
class Example:
    """What a customer says, and the arguments that it means."""

    said: str
    arguments: dict[str, Any]


@dataclass(frozen=True, slots=True)
class RestRoute:
    """Where the tool stands under ``/api/v1``. Arguments named in braces come from the path, the others from the query
    of a GET and from the JSON body of every other method."""

    method: Method
    path: str


@dataclass(frozen=True, slots=True)
class Tool:
    name: str
    title: str
    """What it does, in the customer's words."""
    description: str
    arguments: type[Arguments]
    risk: Risk
    scope: str
    run: Callable[[ToolContext, Any], Awaitable[Result]]
    schema: dict[str, Any]
    """The function schema that OpenAI-compatible models take."""
    rest: RestRoute
    examples: tuple[Example, ...]

    async def perform(self, context: ToolContext, arguments: Arguments) -> Result:
        """Runs it with arguments that were validated, and sends the code that a proposal asks for.

        Raises:
            Refused: the bank decided against it.
        """
        with observe(
            Kind.TOOL, self.name, door=context.door, risk=self.risk.value, arguments_text=arguments.model_dump_json
        ) as observation:
            return await self._perform(context, arguments, observation)

    async def _perform(self, context: ToolContext, arguments: Arguments, observation: Observation) -> Result:
        line = _Line(self.name) if context.is_noted else None
        try:
            result = await self.run(replace(context, line=line), arguments)
        except (CallerError, Refused) as refusal:
            observation.note(outcome="refused", error_code=refusal.error_code)
            await _write(line, context, "refused")
            # The bank's no is an answer.
            observation.end()
            raise
        observation.note(outcome=_outcome(result), result_text=result.model_dump_json)
        await _write(line, context, _outcome(result))
        if isinstance(result, Withheld):
            observation.end()
            raise Refused(reason_of(NOT_POSSIBLE_NOW), code=NOT_POSSIBLE_NOW)
        if isinstance(result, Proposed) and result.step_up:
            await context.step_up.issue(context, UUID(result.operation_id))
        return result

    @property
    def plain(self) -> str:
        """What was done, as the ledger tells it: "Listed your cards"; no names, no amounts."""
        verb, _, rest = self.title.partition(" ")
        return f"{PAST[verb]} {rest}"


@dataclass(frozen=True, slots=True)
class ToolOutcome:
    """What came of a call: a result, or an error text that the model can act on."""

    name: str
    result: Result | None = None
    error: str | None = None
    error_code: str | None = None


def tool(
    *, title: str, scope: str, rest: str, examples: dict[str, dict[str, Any]], risk: Risk = Risk.READ
) -> Callable[[Callable[[ToolContext, A], Awaitable[Result]]], Tool]:
    """Makes a Tool of ``async def name(context, arguments)``.

    Args:
        rest: method and path under ``/api/v1``, such as ``GET /cards`` or ``POST /cards/{card}/freeze``.
        examples: what customers say, each with the arguments that it means. They are validated here.
    """
    method, _, path = rest.partition(" ")

    def define(run: Callable[[ToolContext, A], Awaitable[Result]]) -> Tool:
        arguments = cast(type[Arguments], list(inspect.signature(run).parameters.values())[1].annotation)
        description = inspect.cleandoc(run.__doc__ or "")
        return Tool(
            name=run.__name__,
            title=title,
            description=description,
            arguments=arguments,
            risk=risk,
            scope=scope,
            run=run,
            schema=_function_schema(run.__name__, description, arguments),
            rest=RestRoute(cast(Method, method), path),
            examples=tuple(_example(said, meant, arguments) for said, meant in examples.items()),
        )

    return define


def _example(said: str, meant: dict[str, Any], arguments: type[Arguments]) -> Example:
    arguments.model_validate(meant)
    return Example(said, meant)


def _function_schema(name: str, description: str, arguments: type[Arguments]) -> dict[str, Any]:
    parameters = arguments.model_json_schema()
    parameters.pop("title", None)
    return {"type": "function", "function": {"name": name, "description": description, "parameters": parameters}}


async def _write(line: _Line | None, context: ToolContext, outcome: str) -> None:
    """Into the customer's own ledger: what is not written there is not handed out."""
    if line is not None and not line.is_written:
        await context.database.run(_noted(context, line.tool, outcome), scope=context.scope)


def _noted(context: ToolContext, tool: str, outcome: str) -> Statement:
    values = {"tool": tool, "door": context.door, "outcome": outcome, "now": context.now}
    about = {"customer_id": context.customer_id, "turn_id": context.turn_id}
    return QUERIES["insert_tool_call"], values | about


def _outcome(result: Result) -> str:
    if isinstance(result, Withheld | Refusal):
        return "refused"
    return "prepared" if isinstance(result, Proposed) else "done"


PAST: Mapping[str, str] = {
    "Add": "Added",
    "Check": "Checked",
    "Explain": "Explained",
    "Find": "Looked for",
    "Get": "Made",
    "List": "Listed",
    "Look": "Looked",
    "Prepare": "Prepared",
    "Search": "Searched",
    "See": "Looked at",
    "Track": "Tracked",
}
"""The verbs that titles of tools begin with."""


class Registry:
    """The tools by name, and the one way to call them."""

    def __init__(self, tools: Iterable[Tool]) -> None:
        self._tools = {tool.name: tool for tool in tools}

    def offered(self, scopes: frozenset[str]) -> list[Tool]:
        return [tool for tool in self._tools.values() if tool.scope in scopes]

    def find(self, name: str) -> Tool | None:
        return self._tools.get(name)

    async def call(
        self,
        name: str,
        arguments: dict[str, Any],
        *,
        context: ToolContext,
        scopes: frozenset[str],
        perform: Callable[[Tool, ToolContext, Arguments], Awaitable[Result]] = Tool.perform,
    ) -> ToolOutcome:
        """Runs a tool. A wrong name, wrong arguments or a refusal by the bank is an outcome; Unavailable and our own
        faults are raised, since no other arguments would help."""
        found = self._tools.get(name)
        if found is None or found.scope not in scopes:
            names = ", ".join(tool.name for tool in self.offered(scopes)) or "none"
            return ToolOutcome(name, error=f"There is no tool {name!r} for this customer. Tools: {names}.")
        try:
            parsed = found.arguments.model_validate(arguments)
        except ValidationError as error:
            return ToolOutcome(name, error=_explain(error))
        try:
            return ToolOutcome(name, result=await perform(found, context, parsed))
        except (CallerError, Refused) as error:
            return ToolOutcome(name, error=error.message, error_code=error.error_code)


def _explain(error: ValidationError) -> str:
    """Which argument is wrong and how, without echoing the value."""
    lines = [f"{'.'.join(map(str, item['loc'])) or 'arguments'}: {item['msg']}" for item in error.errors()]
    return "The arguments are wrong. " + "; ".join(lines)
