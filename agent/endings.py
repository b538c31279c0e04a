"""How a turn ends, as its customer hears it and as it is stored."""

from collections.abc import Sequence
from typing import Any

from langgraph.types import Interrupt

from agent.events import ConfirmationNeeded, Done, Failed
from agent.release.harmless import disarm, links_in
from agent.state import TurnRecord
from core.errors import ProviderBusy, ProviderFailed, TellergraphError
from core.security.pii import Placeholders
from tools.operations import Operation

CANNOT_ANSWER = "The assistant cannot answer just now. Please try again."


def find_confirmation(interrupts: Sequence[Interrupt]) -> ConfirmationNeeded | None:
    """What the graph stopped for."""
    return ConfirmationNeeded.model_validate(interrupts[0].value) if interrupts else None


def find_proposed(outcome: dict[str, Any] | None) -> str | None:
    """The operation that a turn with this outcome proposed."""
    confirmation = (outcome or {}).get("confirmation")
    return str(confirmation["operation_id"]) if confirmation else None


def ending_of(
    record: TurnRecord,
    placeholders: Placeholders,
    confirmation: ConfirmationNeeded | None,
    seconds: float,
    model_seconds: float,
) -> Done:
    """The last event of a turn that went well. ``seconds`` is how long it took, ``model_seconds`` what models had of
    it."""
    return Done(
        answer=disarm(placeholders.restore(record.answer), links_in(record.answer)),
        route=record.route,
        intent=record.intent,
        confidence=record.confidence,
        suggested_next_steps=record.suggested_next_steps,
        citations=record.citations,
        tool_calls=record.tool_calls,
        confirmation=confirmation,
        operation=record.operation,
        task=record.task,
        asks=record.asks,
        usage=record.usage,
        model=record.model,
        prompt=record.prompt,
        timings={"total_ms": round(seconds * 1000, 1), "model_ms": round(model_seconds * 1000, 1)},
        notices=record.notices,
    )


def told(error: TellergraphError) -> Failed:
    """What a customer is told. Why a model failed is the operator's business."""
    if isinstance(error, ProviderBusy):
        return Failed(code=error.error_code, message=CANNOT_ANSWER, details=error.details)
    if isinstance(error, ProviderFailed):
        return Failed(code=error.error_code, message=CANNOT_ANSWER)
    return Failed(code=error.error_code, message=error.message)


def masked(done: Done, record: TurnRecord) -> Done:
    """As it is stored: with placeholders."""
    return done.model_copy(update={"answer": record.answer})


def decided(operation: Operation, receipt: str | None = None) -> dict[str, Any]:
    """What became of a proposal, as the state carries it."""
    return {
        "operation_id": str(operation.id),
        "type": operation.type,
        "status": operation.status,
        "summary": operation.summary,
        "error": operation.error,
        "receipt": receipt,
    }
