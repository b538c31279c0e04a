"""Outcomes of tools as JSON: a result is known by its class among those that its tool names."""

from base64 import b64decode
from dataclasses import dataclass
from functools import cache
from typing import Any

from tools.registry import Document, Registry, Result, ToolOutcome
from tools.results import results_of


@dataclass(frozen=True, slots=True)
class OutcomeCodec:
    registry: Registry

    def encode(self, value: ToolOutcome) -> Any:
        result = None
        if value.result is not None:
            result = {"kind": type(value.result).__name__, "fields": value.result.model_dump(mode="json")}
        return {"name": value.name, "result": result, "error": value.error, "code": value.error_code}

    def decode(self, stored: Any) -> ToolOutcome:
        return ToolOutcome(stored["name"], self._result(stored), stored["error"], stored["code"])

    def _result(self, stored: Any) -> Result | None:
        """Raises KeyError for a result that its tool does not have any more."""
        tool = self.registry.find(stored["name"])
        if stored["result"] is None or tool is None:
            return None
        kind = _kinds(self.registry, tool.name)[stored["result"]["kind"]]
        fields: dict[str, Any] = stored["result"]["fields"]
        if issubclass(kind, Document):
            fields = fields | {"content": b64decode(fields["content"])}
        return kind.model_validate(fields)


@cache
def _kinds(registry: Registry, name: str) -> dict[str, type[Result]]:
    tool = registry.find(name)
    return {kind.__name__: kind for kind in results_of(tool)} if tool else {}
