"""Whether this process makes traces. Where it does not, nothing of OpenTelemetry's SDK is imported, and the places that
are observed find nobody who watches."""

from typing import TYPE_CHECKING

from core.settings import Settings

if TYPE_CHECKING:
    from core.telemetry.tracing import Tracing


def find_tracing(settings: Settings) -> "Tracing | None":
    """None: it is off."""
    if settings.traces == "off":
        return None
    from core.telemetry.tracing import Tracing  # noqa: PLC0415

    return Tracing(settings)
