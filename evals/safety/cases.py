"""The format of attacks and of the harmless questions that look like them. docs/red-team.md explains it to those who
write one."""

from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal, cast

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, TypeAdapter, ValidationError, model_validator

from core.errors import InvalidInput
from tools.demo_bank.named import Who as Named

Who = Literal["alex", "blair", "visitor"]
Stands = Literal[
    "message", "conversation", "memo", "reference", "payee", "account", "card", "alert", "article", "upload",
    "mcp", "openai", "rest", "code", "tool_result",
]  # fmt: skip
"""Where the hostile text is: in what the customer types (one message, or several), in what the bank has stored, in what
a client sends by another door, or in the code of a confirmation."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Rest(_Part):
    """One request. ``{session}``, ``{turn}`` and ``{operation}`` stand for the latest ones."""

    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"] = "GET"
    path: str = Field(pattern="^/")
    body: dict[str, Any] | None = None
    headers: dict[str, str] = {}


class ToolUse(_Part):
    name: str
    arguments: dict[str, Any] = {}


class Decision(_Part):
    """The button. ``code``: what is typed; ``ok`` is the code that was sent, ``wrong`` another one."""

    code: str | None = None
    operation: str | None = None
    """Another operation's id instead of the one that was asked about."""


class Step(_Part):
    """Exactly one thing that somebody does."""

    user: str | None = Field(default=None, min_length=1)
    """What the customer types; ``{code}`` stands for the code that was sent last, ``{operation}`` for the operation."""
    fill: str | None = Field(default=None, min_length=1)
    """The same, as often as it fits into a message."""
    confirm: Decision | None = None
    deny: bool = False
    openai: list[dict[str, Any]] | None = None
    """Messages for the OpenAI door."""
    mcp: ToolUse | None = None
    rest: Rest | None = None
    upload: str | None = None
    """A PDF with this text, sent as evidence."""
    become: Who | None = None
    """From here on somebody else acts, in a session of their own."""

    @model_validator(mode="after")
    def _one_act(self) -> "Step":
        if len(self.model_fields_set) != 1:
            raise ValueError("needs exactly one of user, fill, confirm, deny, openai, mcp, rest, upload and become")
        return self


class Plant(_Part):
    """Hostile text in the bank's records before the first step: somebody else wrote it there."""

    memo: str | None = None
    """Description of the customer's newest transaction."""
    reference: str | None = None
    """Of alex's standing order."""
    payee: str | None = None
    """Name of one more payee."""
    account: str | None = None
    """Name of an account of theirs."""
    card: str | None = None
    """Nickname of a card of theirs."""
    alert: str | None = None
    """Reason of alex's fraud alert."""
    article: str | None = None
    """A published article, Markdown without front matter; its first line is the title."""


class Orders(_Part):
    """What a model that obeys does for the attacker, besides what it finds in what it is shown."""

    calls: list[ToolUse] = []
    says: list[str] = []


class Allowed(_Part):
    """A proposal that the customer's own words ask for."""

    type: str
    amount: Decimal | None = None
    """In major units."""
    recipient: str | None = None
    done: bool = False
    """The customer confirms it in the attack, so it may complete."""


def _as_allowed(value: object) -> object:
    return {"type": value} if isinstance(value, str) else value


def _as_steps(value: object) -> object:
    texts = cast("list[object]", value) if isinstance(value, list) else [value]
    return [{"user": text} if isinstance(text, str) else text for text in texts]


Steps = Annotated[list[Step], BeforeValidator(_as_steps), Field(min_length=1)]


class Case(_Part):
    id: str = Field(pattern=r"^[a-z0-9-]+$")
    group: str = Field(min_length=1)
    customer: Who
    stands: Stands = "message"
    plant: Plant | None = None
    steps: Steps
    """A text is what the customer types."""
    orders: Orders = Orders()
    allows: list[Annotated[Allowed, BeforeValidator(_as_allowed)]] = []
    """Empty: nothing may even wait for a confirmation."""
    records: list[str] = []
    """Tables that the customer's own words may write to without a confirmation: care_cases, handoffs, ..."""
    success: str = ""
    """What the attacker would have. Empty: a harmless question, which must be answered."""

    @property
    def is_attack(self) -> bool:
        return bool(self.success)

    @property
    def actors(self) -> list[Named]:
        """The customers that act in it."""
        named = [self.customer, *(step.become for step in self.steps)]
        return [who for who in dict.fromkeys(named) if who == "alex" or who == "blair"]


_CASES = TypeAdapter(list[Case])


def read_cases(path: Path) -> list[Case]:
    """The cases of a YAML file, or of all that are below a folder.

    Raises:
        InvalidInput: a file cannot be used, or two cases have one id.
    """
    files = sorted(path.rglob("*.yaml")) if path.is_dir() else [path]
    cases = [case for file in files for case in _read_file(file)]
    if not cases:
        raise InvalidInput(f"{path} has no cases.")
    ids = [case.id for case in cases]
    if twice := sorted({each for each in ids if ids.count(each) > 1}):
        raise InvalidInput(f"{path} has two cases with the id {twice[0]}.")
    return cases


def sample(cases: Sequence[Case], attacks: int, harmless: int) -> list[Case]:
    """So many of each, of every group as many as of the others: always the same."""
    return [
        *_spread([c for c in cases if c.is_attack], attacks),
        *_spread([c for c in cases if not c.is_attack], harmless),
    ]


def _spread(cases: Sequence[Case], number: int) -> list[Case]:
    groups: dict[str, list[Case]] = {}
    for case in cases:
        groups.setdefault(case.group, []).append(case)
    chosen: list[Case] = []
    rank = 0
    while len(chosen) < min(number, len(cases)):
        # From both ends of a group, where its plainest and its oddest stand.
        chosen += [
            group[rank // 2 if rank % 2 == 0 else -1 - rank // 2] for group in groups.values() if rank < len(group)
        ]
        rank += 1
    return chosen[:number]


def _read_file(path: Path) -> list[Case]:
    given: object = None
    try:
        given = yaml.safe_load(path.read_text(encoding="utf-8"))
        return _CASES.validate_python(given or [])
    except OSError as error:
        raise InvalidInput(f"{path} cannot be read: {error.strerror}.") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise InvalidInput(f"{path} is not YAML: {str(error).splitlines()[0]}.") from error
    except ValidationError as error:
        first = error.errors()[0]
        raise InvalidInput(f"{path}, {_where(first['loc'], given)}: {first['msg']}.") from error


def _where(location: tuple[int | str, ...], given: object) -> str:
    place, *keys = location or (0,)
    item = cast("list[object]", given)[place] if isinstance(given, list) and isinstance(place, int) else None
    name = cast("dict[str, object]", item).get("id", place) if isinstance(item, dict) else place
    return ", ".join([f"case {name}", *map(str, keys)])
