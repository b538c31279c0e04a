"""Puts the customer's own data back into a model's stream."""

from typing import Any, cast

from agent.models.fencing.names import Names, split_at_begun


class OwnOpening:
    """Of one stream. What may become a placeholder is held back until it is one, or cannot be."""

    def __init__(self, names: Names) -> None:
        self._names = names
        self._held = ""

    def push(self, text: str) -> str:
        ready, self._held = split_at_begun(self._held + text)
        return self._names.restore(ready)

    def finish(self) -> str:
        ready, self._held = self._held, ""
        return self._names.restore(ready)

    def arguments(self, arguments: dict[str, Any]) -> dict[str, Any]:
        return {self._names.restore(name): self._restored(value) for name, value in arguments.items()}

    def _restored(self, value: Any) -> Any:
        match value:
            case str():
                return self._names.restore(value)
            case list():
                return [self._restored(item) for item in cast(list[Any], value)]
            case dict():
                return self.arguments(cast(dict[str, Any], value))
            case _:
                return value
