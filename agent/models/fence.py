"""The data fence: what a model of another party may see of the customer's own data."""

from typing import Any, Protocol

from langchain_core.messages import BaseMessage


class Opening(Protocol):
    """Puts the customer's own data back into one model's stream, however it is cut into chunks."""

    def push(self, text: str) -> str: ...

    def finish(self) -> str: ...

    def arguments(self, arguments: dict[str, Any]) -> dict[str, Any]: ...


class Fence(Protocol):
    """Of one turn: the same value has the same placeholder in all its messages."""

    async def hide(self, messages: list[BaseMessage]) -> list[BaseMessage]:
        """Reads what has to be hidden when it is first asked, so that a turn without such a model reads nothing."""
        ...

    def opening(self) -> Opening:
        """For the answer to what was hidden last. A new one for each stream."""
        ...
